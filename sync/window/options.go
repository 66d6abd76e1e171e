package window

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// Options say how the events of a feed are read.
type Options struct {
	Format       string            // one of Formats
	Key          []string          // the key columns
	Columns      map[string]string // declared types: "DECIMAL(10,2)", "TIMESTAMP from ms"; see format.ParseType
	Placeholders []string          // texts that stand for values a source did not send, besides Debezium's own; "hex:…" for bytes
	Partial      bool              // plain events hold only what changed: what is missing in one stays as it was
}

// wire is how values are encoded.
type wire uint8

const (
	anyWire wire = iota
	jsonWire
	jsonSchemaWire
	avroWire
	protobufWire
)

// shape is what values mean.
type shape uint8

const (
	anyShape shape = iota
	plainRows
	cloudEvents
	envelopes
	flattened
)

type layout struct {
	wire  wire
	shape shape
}

var layouts = map[string]layout{
	"json":               {jsonWire, plainRows},
	"jsonschema":         {jsonSchemaWire, plainRows},
	"avro":               {avroWire, plainRows},
	"protobuf":           {protobufWire, plainRows},
	"cloudevents":        {anyWire, cloudEvents},
	"debezium-json":      {jsonWire, envelopes},
	"debezium-avro":      {avroWire, envelopes},
	"debezium-protobuf":  {protobufWire, envelopes},
	"debezium-json-flat": {jsonWire, flattened},
	"debezium-avro-flat": {avroWire, flattened},
	"auto":               {anyWire, anyShape},
}

// Formats are the names of the formats, in order.
func Formats() []string {
	names := make([]string, 0, len(layouts))
	for name := range layouts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Reader reads the events of one feed, one after the other. It is for one goroutine.
type Reader struct {
	layout       layout
	name         string
	key          []string
	declared     map[string]format.Type
	placeholders placeholders
	partial      bool

	values, keys format.Decoder
	columns      []Column // of the row before: rows mostly have the same columns
	scratch      []Column
	order        []int // of the names in it
}

// NewReader makes a Reader. Faults: window.unknown_format, window.no_key_columns, and those of format.ParseType.
func NewReader(o Options) (*Reader, error) {
	l, ok := layouts[o.Format]
	if !ok {
		return nil, unknownFormat(o.Format)
	}
	if len(o.Key) == 0 || slices.Contains(o.Key, "") {
		return nil, fault.New(fault.Usage, "window.no_key_columns", "the feed has no key").
			Do("name the columns that tell its rows apart: key: [id]")
	}
	r := &Reader{layout: l, name: o.Format, key: slices.Clone(o.Key), declared: map[string]format.Type{}, partial: o.Partial}
	for name, text := range o.Columns {
		t, err := format.ParseType(text)
		if err != nil {
			return nil, fault.As(err).At("columns." + name)
		}
		r.declared[name] = t
	}
	var err error
	r.placeholders, err = newPlaceholders(o.Placeholders)
	return r, err
}

func unknownFormat(name string) error {
	f := fault.New(fault.Usage, "window.unknown_format", fmt.Sprintf("there is no format %q", name))
	if near := fault.Nearest(name, Formats()); near != "" {
		return f.Do(fmt.Sprintf("did you mean %s?", near))
	}
	return f.Do("use one of " + strings.Join(Formats(), ", "))
}

// wireOf is the encoding that a schema's language means.
func wireOf(kind model.SchemaKind) wire {
	switch kind {
	case model.AvroSchema:
		return avroWire
	case model.ProtobufSchema:
		return protobufWire
	}
	return jsonSchemaWire
}

var wireNames = map[wire]string{jsonWire: "JSON", jsonSchemaWire: "JSON Schema", avroWire: "Avro", protobufWire: "Protobuf"}
