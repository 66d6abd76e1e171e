package salesforce

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// record is one record as a query gives it.
type record struct {
	values map[string]any
	schema schema
}

// get reads a field; a dot reaches the related record. Salesforce does not tell case in names.
func (r record) get(name string) (model.Value, bool) {
	relation, field, nested := strings.Cut(name, ".")
	v, ok := member(r.values, relation)
	if nested {
		parent, _ := v.(map[string]any)
		if v, ok = member(parent, field); !ok {
			return model.Value{}, true // no parent
		}
	}
	if !ok {
		return model.Value{}, false
	}
	return value(v, r.schema.kind(name)), true
}

func member(values map[string]any, name string) (any, bool) {
	if v, ok := values[name]; ok {
		return v, true
	}
	for key, v := range values {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return nil, false
}

// value gives the canonical value of a field of this type (the vendor's word for it).
func value(v any, kind string) model.Value {
	switch v := v.(type) {
	case bool:
		return model.Boolean(v)
	case json.Number:
		return number(v.String())
	case string:
		return textual(v, kind)
	case nil:
		return model.Value{}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return model.Value{}
	}
	return model.Value{Kind: model.JSON, Text: string(text)}
}

// number reads what Salesforce writes of every kind of number, 42 as 42.0: whole ones become integers.
func number(text string) model.Value {
	switch {
	case strings.ContainsAny(text, "eE"):
		return model.Value{Kind: model.Float, Text: text}
	case strings.Contains(plain(text), "."):
		return model.Value{Kind: model.Decimal, Text: text}
	default:
		return model.Value{Kind: model.Int, Text: plain(text)}
	}
}

func textual(text, kind string) model.Value {
	switch kind {
	case "date":
		return model.Value{Kind: model.Date, Text: text}
	case "datetime":
		if at, err := time.Parse("2006-01-02T15:04:05.000-0700", text); err == nil {
			return model.Value{Kind: model.Instant, Text: at.UTC().Format("2006-01-02T15:04:05.999Z")}
		}
	}
	return model.Text(text)
}
