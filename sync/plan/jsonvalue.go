package plan

import (
	"bytes"
	"encoding/json"

	"github.com/freshet/freshet/sync/model"
)

// readJSON takes a JSON value back. Kinds that JSON writes alike come back as the plainest of them: what is quoted as
// String, a number with a point as Decimal, with an exponent as Float.
func readJSON(text []byte) JSONValue {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return JSONValue{}
	}
	switch text[0] {
	case 'n':
		return JSONValue{}
	case 't', 'f':
		return JSONValue{Kind: model.Bool, Text: string(text)}
	case '"':
		var s string
		if json.Unmarshal(text, &s) != nil {
			return JSONValue{}
		}
		return JSONValue{Kind: model.String, Text: s}
	case '{', '[':
		return JSONValue{Kind: model.JSON, Text: string(text)}
	}
	kind := model.Int
	if bytes.ContainsRune(text, '.') {
		kind = model.Decimal
	}
	if bytes.ContainsAny(text, "eE") {
		kind = model.Float
	}
	return JSONValue{Kind: kind, Text: string(text)}
}

// MarshalJSON writes the value as it is in a payload.
func (v JSONValue) MarshalJSON() ([]byte, error) {
	text := model.Value(v).AppendJSON(nil)
	if !json.Valid(text) { // a summary must be readable whatever a row held
		text = model.AppendQuoted(nil, v.Text)
	}
	return text, nil
}

// UnmarshalJSON reads what MarshalJSON wrote, with every digit.
func (v *JSONValue) UnmarshalJSON(text []byte) error {
	*v = readJSON(text)
	return nil
}
