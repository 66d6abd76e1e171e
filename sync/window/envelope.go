package window

import (
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

func whole(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// envelope is Debezium's, taken apart. Of CloudEvents some of it stands elsewhere.
type envelope struct {
	op            string
	before, after *format.Node
	update        *format.Node // MongoDB's updateDescription
	source        *format.Node
	at            time.Time // zero where the source says none
	atFrom        string
	snapshot      bool
	place         string
}

// envelope reads Debezium's envelope, or one of the other events that Debezium writes.
func (r *Reader) envelope(e *model.Event, n *format.Node, lookup Lookup) (Reading, error) {
	if n.IsNull() { // "payload": null
		return r.tombstone(e, lookup)
	}
	if n.Get("op") == nil {
		if what := besides(n); what != "" {
			reading := Reading{Ignored: what}
			if what == "heartbeat" {
				reading.Watermark, _ = moment(n.Get("ts_ms"), time.Millisecond)
			}
			return reading, nil
		}
		return r.problem("window.no_envelope", "the value has no op, so it is no envelope of Debezium's. A flattened stream has the format "+
			"debezium-json-flat or debezium-avro-flat")
	}
	v := envelope{op: n.Text("op"), before: n.Get("before"), after: n.Get("after"), update: n.Get("updateDescription"), source: n.Get("source")}
	v.at, v.atFrom = committed(v.source)
	v.snapshot = v.op == "r" || isSnapshot(v.source.Text("snapshot"))
	v.place = place(v.source)
	return r.opened(e, v, lookup)
}

// besides names the events without rows that Debezium writes beside its envelopes; "" for what is none of them. A flattened row of
// a table with a column or two of the same names must not be taken for one.
func besides(n *format.Node) string {
	has := func(name string) bool { return n.Get(name) != nil }
	holds := func(name string) bool { return has(name) && n.Get(name).Shape == format.Object }
	switch {
	case n.Shape != format.Object:
	case has("id") && has("event_count") && has("data_collections") && (n.Text("status") == "BEGIN" || n.Text("status") == "END"):
		return "transaction topic"
	case n.Text("op") == "m" && holds("message") && holds("source"): // flattening leaves it as it is
		return "logical message"
	case has("ddl") && (has("databaseName") || has("tableChanges")):
		return "schema change"
	case has("aggregate_type") && has("additional_data") && has("type"):
		return "notification"
	case has("ts_ms") && onlyTimes(n):
		return "heartbeat"
	}
	return ""
}

func onlyTimes(n *format.Node) bool {
	for i := range n.Items {
		switch n.Items[i].Name {
		case "ts_ms", "ts_us", "ts_ns", "serverName":
		default:
			return false
		}
	}
	return true
}

func isSnapshot(text string) bool { return text != "" && text != "false" }

// committed is when the source says the change was committed, by the finest of its clocks.
func committed(source *format.Node) (at time.Time, from string) {
	if at, ok := moment(source.Get("ts_ns"), time.Nanosecond); ok {
		return at, "source.ts_ns"
	}
	if at, ok := moment(source.Get("ts_us"), time.Microsecond); ok {
		return at, "source.ts_us"
	}
	if at, ok := moment(source.Get("ts_ms"), time.Millisecond); ok {
		return at, "source.ts_ms"
	}
	return time.Time{}, ""
}

// place is where in the source's log the change stands.
func place(source *format.Node) string {
	if source == nil {
		return ""
	}
	for _, name := range [...]string{"gtid", "lsn", "commit_lsn", "commit_scn", "scn", "ord"} {
		if text := source.Text(name); text != "" {
			return name + ":" + text
		}
	}
	if file := source.Text("file"); file != "" {
		return file + ":" + source.Text("pos")
	}
	return ""
}

// opened makes changes of an envelope.
func (r *Reader) opened(e *model.Event, v envelope, lookup Lookup) (Reading, error) {
	c := r.change(e, Write)
	if !v.at.IsZero() {
		c.At, c.AtFrom = v.at, v.atFrom
	}
	c.Snapshot, c.Source = v.snapshot, v.place
	switch v.op {
	case "m":
		return Reading{Ignored: "logical message"}, nil
	case "t":
		c.Op = Truncate
		return Reading{Changes: []Change{c}}, nil
	case "d":
		c.Op = Delete
		return r.deleted(e, c, v, lookup)
	case "c", "r", "u":
		return r.upserted(e, c, v, lookup)
	}
	return r.problem("window.unknown_op", "the envelope's op is none of c, u, d, r, t and m")
}

func (r *Reader) deleted(e *model.Event, c Change, v envelope, lookup Lookup) (Reading, error) {
	before, rules, p := r.document(v.before, v)
	if p != nil {
		return Reading{Problem: p}, nil
	}
	if im, known := r.before(before, rules); known {
		c.Before, c.Columns = im.fields, im.columns
	}
	return r.keyed(e, c, c.Before, lookup)
}

// before reads the row as it was; known is false where the event does not say it.
func (r *Reader) before(n *format.Node, rules rowRules) (im image, known bool) {
	if n == nil || n.Shape != format.Object {
		return image{}, false
	}
	im, p := r.image(n, rules)
	return im, p == nil
}

func (r *Reader) upserted(e *model.Event, c Change, v envelope, lookup Lookup) (Reading, error) {
	before, rules, p := r.document(v.before, v)
	if p != nil {
		return Reading{Problem: p}, nil
	}
	old, _ := r.before(before, rules)
	c.Before = old.fields
	after, rules, p := r.document(v.after, v)
	if p != nil {
		return Reading{Problem: p}, nil
	}
	if (after == nil || after.IsNull()) && v.update != nil && !v.update.IsNull() {
		return r.mongoUpdate(e, c, v.update, lookup)
	}
	if after == nil || after.Shape != format.Object {
		return r.problem("window.no_row", "the envelope has no row in after")
	}
	reading, err := r.written(e, c, after, rules, lookup)
	if err == nil && v.op == "u" {
		reading = r.moved(reading)
	}
	return reading, err
}

// moved puts the removal of the old key before a write under another one. Debezium does that itself for a primary key,
// but a feed's key may be another column.
func (r *Reader) moved(reading Reading) Reading {
	if len(reading.Changes) != 1 {
		return reading
	}
	c := reading.Changes[0]
	parts := make([]string, len(r.key))
	for i, column := range r.key {
		v, p := r.keyValue(c.Before, column)
		if p != nil || v.IsNull() {
			return reading
		}
		parts[i] = v.Text
	}
	old := model.CompositeKey(parts)
	if old == c.Key {
		return reading
	}
	gone := c
	gone.Op, gone.Key, gone.Row, gone.Absent, gone.OldKey, gone.NewKey = Delete, old, nil, nil, "", c.Key
	c.Before, c.OldKey = nil, old
	return Reading{Changes: []Change{gone, c}}
}
