package format

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Convert makes a scalar, or nested JSON, the value that a column of the type holds: exactly, or not at all. The text
// it gives is the one the engine makes of such a column, so that it can be a key. Null stays null.
// Guarantee G16.
func (t Type) Convert(v model.Value) (model.Value, *Problem) {
	if v.Kind == model.Null {
		return v, nil
	}
	switch t.base {
	case boolean:
		return t.toBoolean(v)
	case integer:
		return t.toInteger(v)
	case decimal:
		return t.toDecimal(v)
	case float:
		return t.toFloat(v)
	case varchar:
		return model.Text(v.Text), nil
	case blob:
		return t.toBytes(v)
	case uuid:
		return t.toUUID(v)
	case document:
		return t.toJSON(v)
	case bit:
		return t.toBits(v)
	case digits:
		return t.toDigits(v)
	case span:
		return t.toSpan(v)
	case date, clock, zonedClock, timestamp, instant:
		return t.toTime(v)
	}
	return v, nil
}

func (t Type) misfit(v model.Value) (model.Value, *Problem) { return v, misfit(t, v.Kind.String()) }

func (t Type) toBoolean(v model.Value) (model.Value, *Problem) {
	if v.Kind == model.Bool {
		return v, nil
	}
	if v.Kind == model.Int || v.Kind == model.String {
		switch strings.ToLower(v.Text) {
		case "true", "1":
			return model.Boolean(true), nil
		case "false", "0":
			return model.Boolean(false), nil
		}
	}
	return t.misfit(v)
}

func (t Type) toBytes(v model.Value) (model.Value, *Problem) {
	if v.Kind == model.Bytes {
		return v, nil
	}
	if v.Kind != model.String {
		return t.misfit(v)
	}
	b, ok := bytesOf(v.Text, t.Unit)
	if !ok {
		return t.misfit(v)
	}
	return model.Blob(b), nil
}

func bytesOf(text string, unit Unit) (b []byte, ok bool) {
	var err error
	switch unit {
	case Hex:
		b, err = hex.DecodeString(text)
	case Base64U:
		b, err = base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	default:
		if strings.ContainsAny(text, "\r\n") { // which the standard library passes over
			return nil, false
		}
		b, err = base64.StdEncoding.Strict().DecodeString(text)
	}
	return b, err == nil
}

func (t Type) toUUID(v model.Value) (model.Value, *Problem) {
	switch v.Kind {
	case model.String:
		if text, ok := uuidText(v.Text); ok {
			return model.Text(text), nil
		}
	case model.Bytes:
		if b, _ := base64.StdEncoding.DecodeString(v.Text); len(b) == 16 {
			return model.Text(uuidOf([16]byte(b))), nil
		}
	}
	return t.misfit(v)
}

// uuidText brings a UUID into the form that DuckDB writes.
func uuidText(s string) (string, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	plain := s
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		plain = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	b, err := hex.DecodeString(plain)
	if err != nil || len(b) != 16 {
		return "", false
	}
	return uuidOf([16]byte(b)), true
}

func uuidOf(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// toJSON takes JSON as it is and scalars as JSON scalars; a text has to be JSON itself.
func (t Type) toJSON(v model.Value) (model.Value, *Problem) {
	if v.Kind == model.JSON {
		return v, nil
	}
	if v.Kind != model.String || t.Unit == Anything {
		return model.Value{Kind: model.JSON, Text: string(v.AppendJSON(nil))}, nil
	}
	if !json.Valid([]byte(v.Text)) {
		return t.misfit(v)
	}
	return CompactJSON(v.Text)
}

// CompactJSON reads a text that holds JSON and writes it compactly, every number with its digits.
func CompactJSON(text string) (model.Value, *Problem) {
	c := scanner{s: text, arena: &arena{}}
	n, p := c.scanJSON()
	if p != nil {
		return model.Value{}, p
	}
	out, p := n.appendJSON(make([]byte, 0, len(text)), 0)
	return model.Value{Kind: model.JSON, Text: string(out)}, p
}

// toBits writes a bit string as DuckDB does. In Debezium's bytes the lowest bit is the last digit.
func (t Type) toBits(v model.Value) (model.Value, *Problem) {
	if v.Kind != model.Bytes && v.Kind != model.String {
		return t.misfit(v)
	}
	b, ok := bytesOf(v.Text, Base64)
	if !ok {
		return t.misfit(v)
	}
	width := t.width
	if width == 0 {
		width = 8 * len(b)
	}
	out := []byte(strings.Repeat("0", width))
	for i := range 8 * len(b) {
		if b[i/8]>>(i%8)&1 == 0 {
			continue
		}
		if i >= width {
			return t.misfit(v)
		}
		out[width-1-i] = '1'
	}
	return model.Text(string(out)), nil
}
