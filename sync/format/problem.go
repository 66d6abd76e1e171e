package format

import "errors"

// Problem says why bytes cannot be read. Its message holds no values: names of columns and types at most.
type Problem struct {
	Code    string // "format.bad_json"
	Message string // one sentence for people
}

// The problems without further detail.
var (
	badJSON      = &Problem{"format.bad_json", "the bytes are not JSON"}
	badUTF8      = &Problem{"format.bad_text", "a text is not UTF-8"}
	halfRune     = &Problem{"format.bad_text", "a text in JSON has half of a surrogate pair"}
	memberTwice  = &Problem{"format.member_twice", "an object of the JSON has one member twice"}
	tooDeep      = &Problem{"format.too_deep", "values are nested more than 100 deep"}
	hugeNumber   = &Problem{"format.huge_number", "a number has an exponent that would make it more than 1000 digits long"}
	notFinite    = &Problem{"format.not_finite", "a number is not a number or infinite, which no payload can say"}
	notFramed    = &Problem{"format.no_schema_id", "the bytes name no schema: neither a header nor their first bytes do"}
	noRegistry   = &Problem{"format.no_registry", "the bytes name a schema, and their source has no schema registry"}
	badFrame     = &Problem{"format.bad_frame", "the schema id before or beside the bytes is broken off or malformed"}
	badAvro      = &Problem{"format.bad_avro", "the bytes do not fit their Avro schema"}
	badProtobuf  = &Problem{"format.bad_protobuf", "the bytes do not fit their Protobuf message"}
	badIndexes   = &Problem{"format.bad_frame", "the schema has no message at the place that the bytes name"}
	badSchema    = &Problem{"format.bad_schema", "the registry's schema cannot be read"}
	badSpelling  = &Problem{"format.bad_schema", "the schema beside the JSON cannot be read"}
	trailing     = &Problem{"format.trailing_bytes", "there are bytes behind the value"}
	avroFile     = &Problem{"format.avro_container", "the bytes are an Avro file, or name their schema by a fingerprint; only schemas of a registry are read"}
	tooManyNodes = &Problem{"format.too_large", "the bytes say more than a million values"}
)

// Error makes a Problem fit to pass through libraries that know errors only.
func (p *Problem) Error() string { return p.Message }

// problemIn finds the problem of ours in an error of a library; otherwise is the problem where there is none. What a
// library says itself may quote values, so it is not passed on.
func problemIn(err error, otherwise *Problem) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return otherwise
}

func misfit(t Type, v string) *Problem {
	return &Problem{"format.misfit", "the " + v + " cannot be a " + t.Name + " without loss"}
}
