package salesforce

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// addressBytes bounds a query's address: Salesforce takes 16,384 bytes of address and headers.
const addressBytes = 12_000

// query asks for records of an object: all, or those whose field where has one of the values.
type query struct {
	object string
	fields []string
	where  string // "": all
	values []model.Value
	order  string
	binned bool // records in the recycle bin too
}

// search runs a query, in as many calls as its values need, and hands every record to each.
func (d *destination) search(ctx context.Context, q query, each func(record) error) error {
	schema := d.schema(ctx, q.object)
	head := "SELECT " + strings.Join(q.fields, ",") + " FROM " + q.object
	if q.where == "" {
		if q.order != "" {
			head += " ORDER BY " + q.order
		}
		return d.pages(ctx, q, head, schema, each)
	}
	number := schema.number(q.where)
	for rest := q.values; len(rest) > 0; {
		text, used := conditions(head+" WHERE "+q.where+" IN (", rest, number)
		rest = rest[used:]
		if err := d.pages(ctx, q, text+")", schema, each); err != nil {
			return err
		}
	}
	return nil
}

// conditions appends as many literals as an address holds, at least one.
func conditions(text string, values []model.Value, number bool) (query string, used int) {
	var b strings.Builder
	b.WriteString(text)
	size := len(url.QueryEscape(text))
	for i, v := range values {
		one := literal(v, number)
		if size += len(url.QueryEscape(one)) + 3; i > 0 && size > addressBytes {
			return b.String(), i
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(one)
	}
	return b.String(), len(values)
}

var escaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

// literal writes a value into a query: bare where the field is a number and the text is one, else quoted.
func literal(v model.Value, number bool) string {
	if number && isNumber(v.Text) {
		return v.Text
	}
	return "'" + escaper.Replace(v.Text) + "'"
}

func isNumber(s string) bool {
	digits := strings.TrimLeft(strings.TrimPrefix(s, "-"), "0123456789")
	if fraction, ok := strings.CutPrefix(digits, "."); ok {
		digits = strings.TrimLeft(fraction, "0123456789")
	}
	return s != "" && s != "-" && digits == ""
}

type page struct {
	Next    string           `json:"nextRecordsUrl"`
	Done    bool             `json:"done"`
	Records []map[string]any `json:"records"`
}

func (d *destination) pages(ctx context.Context, q query, text string, schema schema, each func(record) error) error {
	path := "query?q="
	if q.binned {
		path = "queryAll?q="
	}
	for path += url.QueryEscape(text); path != ""; {
		var p page
		if err := d.ask(ctx, request{method: http.MethodGet, path: path}, &p); err != nil {
			return err
		}
		for _, r := range p.Records {
			if err := each(record{values: r, schema: schema}); err != nil {
				return err
			}
		}
		path = p.Next
	}
	return nil
}
