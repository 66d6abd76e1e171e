package window

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// keyNode is the key of an event, decoded where it is needed.
type keyNode struct {
	node    format.Node
	decoded bool
	problem *Problem
}

// keyOf finds the key of a row: in the row where it holds the key columns, else in the event's own key. The error is
// the lookup's.
func (r *Reader) keyOf(e *model.Event, row model.Fields, lookup Lookup) (model.Key, *Problem, error) {
	var one [1]string
	parts := append(one[:0], r.key...)
	var own keyNode
	for i, column := range r.key {
		v, p := r.keyValue(row, column)
		if p != nil {
			return "", p, nil
		}
		if v.IsNull() {
			var err error
			if v, p, err = r.ownKey(e, &own, column, lookup); p != nil || err != nil {
				return "", p, err
			}
		}
		parts[i] = v.Text
	}
	if len(parts) == 1 {
		return model.Key(strings.Clone(parts[0])), nil, nil
	}
	return model.CompositeKey(parts), nil, nil
}

// toldKey is the key of a row of which other columns cannot be read; "" where it cannot be told either.
func (r *Reader) toldKey(e *model.Event, n *format.Node, rules rowRules, lookup Lookup) model.Key {
	var row model.Fields
	for i := range n.Items {
		item := &n.Items[i]
		if !slices.ContainsFunc(r.key, func(column string) bool { return strings.EqualFold(column, item.Name) }) {
			continue
		}
		r.columnOf(item, rules.unsure)
		if v, p := r.value(item); p == nil {
			row = append(row, model.Field{Name: item.Name, Value: v})
		}
	}
	row.Sort()
	key, p, err := r.keyOf(e, row, lookup)
	if p != nil || err != nil {
		return ""
	}
	return key
}

// keyValue finds a key column in a row; null where the row does not have it.
func (r *Reader) keyValue(row model.Fields, column string) (model.Value, *Problem) {
	v, ok := row.Get(column)
	for i := 0; !ok && i < len(row); i++ {
		if strings.EqualFold(row[i].Name, column) {
			v, ok = row[i].Value, true
		}
	}
	return v, r.fitsKey(v, column)
}

// fitsKey: a key has one text for ever. Floats and JSON have several, and a decimal of unknown scale too.
func (r *Reader) fitsKey(v model.Value, column string) *Problem {
	switch v.Kind {
	case model.Float, model.JSON:
		return &Problem{Code: "window.bad_key", Message: "the key column " + column + " holds a " + v.Kind.String() +
			", of which one value can be written in several ways: declare its type"}
	case model.Decimal:
		if !r.known(column) {
			return &Problem{Code: "window.bad_key", Message: "the key column " + column +
				" holds a decimal whose scale is not known: declare it as DECIMAL(width,scale)"}
		}
	}
	return nil
}

// known says whether the type of a column of the row just read is one that every row has.
func (r *Reader) known(column string) bool {
	if _, ok := r.declared[column]; ok {
		return true
	}
	for _, c := range r.scratch {
		if c.Name == column {
			return c.Known
		}
	}
	return false
}

// ownKey finds a key column in the event's key.
func (r *Reader) ownKey(e *model.Event, own *keyNode, column string, lookup Lookup) (v model.Value, p *Problem, err error) {
	if !own.decoded {
		own.decoded = true
		own.node, own.problem, err = r.decodeKey(e.Key, header(e, format.KeyHeader), lookup)
	}
	if own.problem != nil || err != nil {
		return v, own.problem, err
	}
	n := r.keyMember(&own.node, column)
	if n == nil || n.IsNull() {
		return v, noKey(column), nil
	}
	if t, ok := r.declared[column]; ok {
		v, p = n.As(t)
	} else {
		v, p = n.Whole()
	}
	if p == nil && (v.Kind != model.Decimal || n.Type == nil) {
		p = r.fitsKey(v, column)
	}
	return v, p, nil
}

func noKey(column string) *Problem {
	return &Problem{Code: "window.no_key", Message: "neither the value nor the key of the event holds the key column " + column}
}

// keyMember finds a column in a decoded key. MongoDB's key is named id and holds the document's _id as a text of JSON.
func (r *Reader) keyMember(n *format.Node, column string) *format.Node {
	if n.Shape != format.Object {
		if len(r.key) == 1 && n.Shape == format.Scalar {
			return n
		}
		return nil
	}
	if m := n.Get(column); m != nil {
		return m
	}
	if column == "_id" {
		if m := n.Get("id"); m != nil && m.Shape == format.Scalar {
			return r.mongoID(m)
		}
	}
	for i := range n.Items {
		if strings.EqualFold(n.Items[i].Name, column) {
			return &n.Items[i]
		}
	}
	return nil
}

func (r *Reader) mongoID(n *format.Node) *format.Node {
	inner, p := r.keys.JSONText(n.Value.Text)
	if p != nil {
		return n
	}
	format.Extended(&inner)
	return &inner
}

// decodeKey decodes a key by what its bytes are: keys are often written in another way than values.
func (r *Reader) decodeKey(key, head []byte, lookup Lookup) (format.Node, *Problem, error) {
	if key == nil {
		return format.Node{}, nil, nil
	}
	if head != nil || r.framedKeys() && len(key) >= 5 && key[0] == 0 {
		frame, _, p := format.CutFrame(key, head)
		if p != nil {
			return format.Node{}, p, nil
		}
		n, _, p, err := r.keys.Framed(frame, lookup)
		return n, p, err
	}
	if bytes.IndexByte(key, 0) >= 0 || !utf8.Valid(key) {
		return format.Node{}, &Problem{Code: "window.bad_key", Message: "the key of the event is neither text nor JSON, and names no schema"}, nil
	}
	n, p := r.keys.Plain(key)
	if p == nil && n.Shape == format.Scalar && n.Type == nil && n.Value.Numeric() && n.Value.Kind != model.Int {
		n.Value = model.Text(string(key)) // 12e5 may be an id as well as a number
	}
	return n, p, nil
}

func (r *Reader) framedKeys() bool { return r.layout.wire != jsonWire }

func header(e *model.Event, name string) []byte {
	for i := range e.Headers {
		if e.Headers[i].Name == name {
			return e.Headers[i].Value
		}
	}
	return nil
}

// hint reads a header that holds another key of the same row; "" where there is none that can be read.
func (r *Reader) hint(e *model.Event, name string, lookup Lookup) (model.Key, error) {
	text := header(e, name)
	if text == nil {
		return "", nil
	}
	other := *e
	other.Key, other.Headers = text, nil
	key, p, err := r.keyOf(&other, nil, lookup)
	if p != nil {
		return "", nil
	}
	return key, err
}
