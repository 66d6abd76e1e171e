package mapping

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// The types a value can be coerced to. asIs takes every value as it comes.
const (
	asIs        = ""
	asString    = "string"
	asInteger   = "integer"
	asDecimal   = "decimal"
	asFloat     = "float"
	asBoolean   = "boolean"
	asDate      = "date"
	asTimestamp = "timestamp"
	asJSON      = "json"
	asChoice    = "choice"
	asChoices   = "choices"
)

// writable are the types people may write in a definition.
var writable = []string{asString, asInteger, asDecimal, asFloat, asBoolean, asDate, asTimestamp, asJSON}

// rule is what a destination field wants of its values.
type rule struct {
	typ     string
	length  int // characters at most, 0: no limit
	scale   int // digits after the point at most, -1: no limit
	choices []string
}

// possible says whether any value of a kind can become the type. What can never be is an error before anything is read.
func possible(kind model.Kind, typ string) bool {
	if kind == model.Null { // a column of nothing but nulls
		return true
	}
	number := kind == model.Int || kind == model.Decimal || kind == model.Float
	moment := kind == model.Date || kind == model.Timestamp || kind == model.Instant
	switch typ {
	case asInteger, asDecimal, asFloat:
		return number || kind == model.String
	case asBoolean:
		return kind == model.Bool || kind == model.Int || kind == model.String
	case asDate, asTimestamp:
		return moment || kind == model.String
	case asChoices:
		return kind == model.String || kind == model.JSON
	case asChoice:
		return kind != model.JSON && kind != model.Bytes
	default:
		return true
	}
}

// coerce makes a value what the rule wants, exactly, or says why it cannot be. Null is not asked.
// Guarantee G16.
func (r *rule) coerce(v model.Value) (model.Value, *Problem) {
	switch r.typ {
	case asIs:
		return r.sized(v)
	case asString:
		return r.sized(model.Value{Kind: model.String, Text: v.Text})
	case asInteger:
		return toInteger(v)
	case asDecimal:
		return r.toDecimal(v)
	case asFloat:
		return toFloat(v)
	case asBoolean:
		return toBoolean(v)
	case asDate:
		return toDate(v)
	case asTimestamp:
		return toTimestamp(v)
	case asJSON:
		return toJSON(v)
	case asChoice:
		return r.toChoice(v)
	case asChoices:
		return r.toChoices(v)
	}
	return v, nil
}

// sized refuses a text that is too long; it is never cut.
func (r *rule) sized(v model.Value) (model.Value, *Problem) {
	if r.length > 0 && v.Kind == model.String && len(v.Text) > r.length && utf8.RuneCountInString(v.Text) > r.length {
		return v, &Problem{Code: "mapping.too_long", Message: "the text is longer than the " + strconv.Itoa(r.length) +
			" characters the destination takes"}
	}
	return v, nil
}

// toBoolean takes true and false, 1 and 0, and their texts in any case; "yes" and "t" are nobody's agreement.
func toBoolean(v model.Value) (model.Value, *Problem) {
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
	return v, &Problem{Code: "mapping.not_a_boolean", Message: "the " + v.Kind.String() + " is neither true nor false"}
}

// toJSON takes JSON as it is and scalars as JSON scalars. A text has to be JSON itself.
func toJSON(v model.Value) (model.Value, *Problem) {
	switch v.Kind {
	case model.JSON, model.Bool, model.Int, model.Decimal, model.Float:
		return model.Value{Kind: model.JSON, Text: v.Text}, nil
	case model.String:
		if !json.Valid([]byte(v.Text)) {
			return v, &Problem{Code: "mapping.not_json", Message: "the text is not JSON"}
		}
		return model.Value{Kind: model.JSON, Text: compacted(v.Text)}, nil
	default:
		return model.Value{Kind: model.JSON, Text: string(model.AppendQuoted(nil, v.Text))}, nil
	}
}

func (r *rule) toChoice(v model.Value) (model.Value, *Problem) {
	if p := r.choose(v.Text); p != nil {
		return v, p
	}
	return model.Text(v.Text), nil
}

// choose names the nearest choice, never the value itself.
func (r *rule) choose(text string) *Problem {
	if len(r.choices) == 0 || slices.Contains(r.choices, text) {
		return nil
	}
	message := "the value is not one of the " + strconv.Itoa(len(r.choices)) + " choices of the field"
	if near := fault.Nearest(text, r.choices); near != "" {
		message += "; the nearest is " + strconv.Quote(near)
	}
	return &Problem{Code: "mapping.not_a_choice", Message: message}
}

// toChoices takes a JSON list of texts, or texts joined by ";", and gives them joined by ";".
func (r *rule) toChoices(v model.Value) (model.Value, *Problem) {
	parts := strings.Split(v.Text, ";")
	if v.Kind == model.JSON {
		parts = nil
		if json.Unmarshal([]byte(v.Text), &parts) != nil {
			return v, &Problem{Code: "mapping.not_a_choice", Message: "the JSON is not a list of texts"}
		}
	}
	if v.Text == "" || len(parts) == 0 {
		return model.Text(""), nil
	}
	for _, part := range parts {
		if strings.Contains(part, ";") {
			return v, &Problem{Code: "mapping.not_a_choice", Message: "a choice has a semicolon in it"}
		}
		if p := r.choose(part); p != nil {
			return v, p
		}
	}
	return model.Text(strings.Join(parts, ";")), nil
}
