package window

import (
	"time"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// metadata is the prefix of what Debezium's flattening adds to a row.
const metadata = "__"

// flat reads a row that Debezium's ExtractNewRecordState has taken out of its envelope. What it adds is taken out
// again; all of it is optional, and may stand in headers instead.
func (r *Reader) flat(e *model.Event, n *format.Node, lookup Lookup) (Reading, error) {
	if n.IsNull() {
		return r.tombstone(e, lookup)
	}
	if n.Shape != format.Object {
		return r.problem("window.no_row", "the value is no object, so it has no columns")
	}
	if what := besides(n); what != "" {
		return Reading{Ignored: what}, nil
	}
	c := r.change(e, Write)
	op := r.added(e, n, "op")
	c.Snapshot = op == "r" || isSnapshot(r.added(e, n, "source_snapshot")) || isSnapshot(r.added(e, n, "snapshot"))
	r.flatTime(e, n, &c)
	for _, name := range [...]string{"gtid", "source_gtid", "lsn", "source_lsn", "pos", "source_pos"} {
		if text := r.added(e, n, name); text != "" && c.Source == "" {
			c.Source = name + ":" + text
		}
	}
	rules := rowRules{skip: metadata}
	switch {
	case op == "m":
		return Reading{Ignored: "logical message"}, nil
	case op == "t":
		c.Op = Truncate
		return Reading{Changes: []Change{c}}, nil
	case op == "d" || r.added(e, n, "deleted") == "true":
		c.Op = Delete
		if im, known := r.before(n, rules); known {
			c.Before, c.Columns = im.fields, im.columns
		}
		return r.keyed(e, c, c.Before, lookup)
	}
	return r.written(e, c, n, rules, lookup)
}

// added finds what the flattening added, in the row or in a header.
func (r *Reader) added(e *model.Event, n *format.Node, name string) string {
	if m := n.Get(metadata + name); m != nil {
		return m.Value.Text
	}
	h := header(e, metadata+name)
	if len(h) >= 2 && h[0] == '"' && h[len(h)-1] == '"' {
		h = h[1 : len(h)-1]
	}
	return string(h)
}

func (r *Reader) flatTime(e *model.Event, n *format.Node, c *Change) {
	for _, clock := range []struct {
		name string
		unit time.Duration
	}{{"source_ts_ns", time.Nanosecond}, {"source_ts_us", time.Microsecond}, {"source_ts_ms", time.Millisecond}} {
		text := r.added(e, n, clock.name)
		if at, ok := moment(&format.Node{Value: model.Text(text)}, clock.unit); ok {
			c.At, c.AtFrom = at, metadata+clock.name
			return
		}
	}
}
