package window

import (
	"strings"
	"time"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// Lookup finds a schema of the registry.
type Lookup = format.Lookup

// Read says what an event means. Its error is the lookup's: then nothing is known yet, and the event is to be read
// again. Nothing else is an error; what cannot be read is the Reading's Problem.
func (r *Reader) Read(e *model.Event, lookup Lookup) (Reading, error) {
	if e.Value == nil {
		return r.tombstone(e, lookup)
	}
	if r.layout.shape == cloudEvents || r.layout.shape == anyShape {
		if isBinaryCloudEvent(e) {
			return r.binaryCloudEvent(e, lookup)
		}
	}
	n, p, err := r.decode(e, lookup)
	if p != nil || err != nil {
		return Reading{Problem: p}, err
	}
	switch r.shapeOf(&n) {
	case cloudEvents:
		return r.structuredCloudEvent(e, &n, lookup)
	case envelopes:
		return r.envelope(e, &n, lookup)
	case flattened:
		return r.flat(e, &n, lookup)
	}
	return r.plain(e, &n, lookup)
}

// decode decodes a value in the format's encoding.
func (r *Reader) decode(e *model.Event, lookup Lookup) (format.Node, *Problem, error) {
	frame, framed, p := format.CutFrame(e.Value, header(e, format.ValueHeader))
	if p != nil {
		return format.Node{}, p, nil
	}
	want := r.layout.wire
	if framed {
		n, kind, p, err := r.values.Framed(frame, lookup)
		if is := wireOf(kind); err == nil && p == nil && !want.takes(is) {
			p = &Problem{Code: "window.other_format", Message: "the event's schema is " + wireNames[is] + ", and the feed's format is " + r.name}
		}
		return n, p, err
	}
	if want == anyWire && !looksLikeJSON(e.Value) || want == avroWire || want == protobufWire || want == jsonSchemaWire {
		return format.Node{}, format.Sniffed(e.Value), nil
	}
	n, p := r.values.JSON(e.Value)
	return n, p, nil
}

// takes: JSON with a schema in the registry is JSON all the same.
func (w wire) takes(is wire) bool {
	return w == anyWire || w == is || w == jsonWire && is == jsonSchemaWire
}

func looksLikeJSON(b []byte) bool {
	text := strings.TrimLeft(string(b[:min(len(b), 64)]), " \t\r\n\ufeff")
	return text != "" && strings.IndexByte(`{["-0123456789tfn`, text[0]) >= 0
}

// shapeOf is the format's shape, or, where it is to be found out, what the value looks like.
func (r *Reader) shapeOf(n *format.Node) shape {
	switch {
	case r.layout.shape != anyShape:
		return r.layout.shape
	case n.Get("specversion") != nil && n.Get("type") != nil && n.Get("source") != nil:
		return cloudEvents
	case n.Get("op") != nil && n.Get("source") != nil && (n.Get("after") != nil || n.Get("before") != nil):
		return envelopes
	case n.Get("__deleted") != nil || n.Get("__op") != nil:
		return flattened
	case besides(n) != "":
		return envelopes
	}
	return plainRows
}

func (r *Reader) problem(code, message string) (Reading, error) {
	return Reading{Problem: &Problem{Code: code, Message: message}}, nil
}

// tombstone: a null value says that there is no row of this key any more. Compaction may have taken the event that
// said so before it, so it is a Delete of its own.
func (r *Reader) tombstone(e *model.Event, lookup Lookup) (Reading, error) {
	if e.Key == nil {
		return Reading{Ignored: "neither key nor value"}, nil
	}
	c := r.change(e, Delete)
	c.Tombstone = true
	return r.keyed(e, c, nil, lookup)
}

// change begins the change that an event makes.
func (r *Reader) change(e *model.Event, op Op) Change {
	return Change{Op: op, At: e.At, AtFrom: "event", Topic: e.Topic, TopicID: e.TopicID, Partition: e.Partition, Offset: e.Offset}
}

// keyed completes a change with its key, by a row that holds it or by the event's own.
func (r *Reader) keyed(e *model.Event, c Change, row model.Fields, lookup Lookup) (Reading, error) {
	key, p, err := r.keyOf(e, row, lookup)
	if p != nil || err != nil {
		return Reading{Problem: p}, err
	}
	c.Key = key
	if c.OldKey, err = r.hint(e, "__debezium.oldkey", lookup); err != nil {
		return Reading{}, err
	}
	if c.NewKey, err = r.hint(e, "__debezium.newkey", lookup); err != nil {
		return Reading{}, err
	}
	return Reading{Changes: []Change{c}}, nil
}

// plain reads a value that is the row itself.
func (r *Reader) plain(e *model.Event, n *format.Node, lookup Lookup) (Reading, error) {
	if n.Shape != format.Object {
		return r.problem("window.no_row", "the value is no object, so it has no columns")
	}
	c := r.change(e, Write)
	if r.partial {
		c.Op = Patch
	}
	return r.written(e, c, n, rowRules{}, lookup)
}

// written completes a change with the row in n.
func (r *Reader) written(e *model.Event, c Change, n *format.Node, rules rowRules, lookup Lookup) (Reading, error) {
	im, p := r.image(n, rules)
	if p != nil {
		return Reading{Problem: p, Key: r.toldKey(e, n, rules, lookup)}, nil
	}
	c.Row, c.Absent, c.Columns = im.fields, im.absent, im.columns
	if len(c.Absent) > 0 {
		c.Op = Patch
	}
	return r.keyed(e, c, c.Row, lookup)
}

// moment reads a count of units since 1970 as debezium writes its times, or a text.
func moment(n *format.Node, unit time.Duration) (time.Time, bool) {
	if n == nil || n.Shape != format.Scalar {
		return time.Time{}, false
	}
	count, ok := whole(n.Value.Text)
	if !ok || count <= 0 {
		return time.Time{}, false
	}
	per := int64(time.Second / unit)
	return time.Unix(count/per, count%per*int64(unit)).UTC(), true
}
