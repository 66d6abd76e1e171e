package salesforce

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// wire gives an operation's fields as Salesforce wants them, with the match field among them where it is given.
func wire(fields, match model.Fields) model.Fields {
	out := make(model.Fields, 0, len(fields)+len(match))
	for _, f := range match {
		out = append(out, model.Field{Name: f.Name, Value: spelled(f.Value)})
	}
	for _, f := range fields {
		if _, twice := match.Get(f.Name); !twice {
			out = append(out, unrelated(model.Field{Name: f.Name, Value: spelled(f.Value)}))
		}
	}
	out.Sort()
	return slices.CompactFunc(out, samePlace)
}

// samePlace says whether two neighbours write the same field: two nulls that take a record away from one parent.
func samePlace(a, b model.Field) bool { return a.Name == b.Name }

// unrelated turns a null in a related record's external id, where relate could not, into a null in the relationship.
func unrelated(f model.Field) model.Field {
	if relation, _, nested := strings.Cut(f.Name, "."); nested && f.Value.IsNull() {
		f.Name = relation
	}
	return f
}

// spelled writes a value in the vendor's way: moments in UTC with milliseconds, lists joined by semicolons, all
// other JSON as text.
func spelled(v model.Value) model.Value {
	switch v.Kind {
	case model.Timestamp, model.Instant:
		return model.Text(milliseconds(strings.TrimSuffix(v.Text, "Z")) + "Z")
	case model.Time:
		return model.Text(milliseconds(v.Text) + "Z")
	case model.JSON:
		return model.Text(joined(v.Text))
	default:
		return v
	}
}

// milliseconds brings a moment's fraction to three digits, cutting what is finer.
func milliseconds(text string) string {
	whole, fraction, _ := strings.Cut(text, ".")
	return whole + "." + (fraction + "000")[:3]
}

// joined writes a list of texts, numbers and truths as a multi-select picklist takes it; other JSON stays as it is.
func joined(text string) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var list []any
	if decoder.Decode(&list) != nil {
		return text
	}
	parts := make([]string, len(list))
	for i, v := range list {
		switch v := v.(type) {
		case string:
			parts[i] = v
		case json.Number:
			parts[i] = v.String()
		case bool:
			parts[i] = map[bool]string{true: "true", false: "false"}[v]
		default:
			return text
		}
	}
	return strings.Join(parts, ";")
}

// row is one record of a collections call.
type row struct {
	at     int    // its operation's place in the batch
	id     string // the record's id; "" where the external id says which
	fields model.Fields
}

// collection is the body of a collections call.
func collection(object string, rows []row) []byte {
	dst := []byte(`{"allOrNone":false,"records":[`)
	for i, r := range rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"attributes":{"type":`...)
		dst = model.AppendQuoted(dst, object)
		dst = append(dst, '}')
		if r.id != "" {
			dst = append(dst, `,"id":`...)
			dst = model.AppendQuoted(dst, r.id)
		}
		at := len(dst)
		dst = r.fields.AppendNested(dst)
		if len(r.fields) > 0 {
			dst[at] = ',' // what opened the fields' own object now follows the attributes
		} else {
			dst = dst[:at+1]
			dst[at] = '}'
		}
	}
	return append(dst, `]}`...)
}

// fold is the form in which two match values are one: Salesforce compares without regard to case and surrounding
// space, and numbers by what they are worth.
func fold(v model.Value) string {
	text := strings.ToLower(strings.TrimSpace(v.Text))
	if v.Numeric() {
		return plain(text)
	}
	return text
}

// plain strips the zeros of a fraction, so that 42, 42.0 and 42.00 are one.
func plain(number string) string {
	if strings.Contains(number, ".") && !strings.Contains(number, "e") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number
}

// matchOf gives the one match field of an operation; ok is false where it has no value.
func matchOf(fields model.Fields) (f model.Field, ok bool) {
	if len(fields) != 1 || fields[0].Value.Text == "" {
		return model.Field{}, false
	}
	return fields[0], true
}

// moved says whether the record carries another match value than before.
func moved(op connect.Operation) bool {
	before, ok := matchOf(op.PriorMatch)
	now, there := matchOf(op.Match)
	return ok && there && fold(before.Value) != fold(now.Value)
}
