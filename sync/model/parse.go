package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// ParseFlat reads back what AppendFlat wrote. Numbers keep their digits; which of Int, Decimal and Float a number was
// is told by its text (a dot: Decimal, an exponent: Float).
func ParseFlat(flat []byte) (Fields, error) {
	if len(flat) == 0 {
		return nil, nil
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(flat, &raw); err != nil {
		return nil, fmt.Errorf("reading a stored payload: %w", err)
	}
	fields := make(Fields, 0, len(raw))
	for name, text := range raw {
		value, err := parseValue(text)
		if err != nil {
			return nil, fmt.Errorf("reading a stored payload: %w", err)
		}
		fields = append(fields, Field{Name: name, Value: value})
	}
	fields.Sort()
	return fields, nil
}

func parseValue(text json.RawMessage) (Value, error) {
	text = bytes.TrimSpace(text)
	switch text[0] {
	case 'n':
		return Value{}, nil
	case 't', 'f':
		return Value{Kind: Bool, Text: string(text)}, nil
	case '"':
		var s string
		err := json.Unmarshal(text, &s)
		return Text(s), err
	case '{', '[':
		return Value{Kind: JSON, Text: string(text)}, nil
	default:
		return Value{Kind: numberKind(string(text)), Text: string(text)}, nil
	}
}

func numberKind(text string) Kind {
	switch {
	case strings.ContainsAny(text, "eE"):
		return Float
	case strings.Contains(text, "."):
		return Decimal
	default:
		return Int
	}
}
