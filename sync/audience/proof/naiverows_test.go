package proof

import (
	"slices"
	"time"

	a "github.com/freshet/freshet/sync/audience"
)

// happened is a row with the time that it counts from; without one it has none.
type happened struct {
	row
	at    time.Time
	since time.Time // at, or the later time of what it belongs to
}

// of lists a person's rows of a table that have a time, or need none.
func (n *naive) of(table string, person row) []happened {
	var all []happened
	if table == "items" {
		for _, o := range n.of("orders", person) {
			for _, item := range n.children["items"][o.row["order_id"]] {
				all = append(all, happened{item, o.at, o.since})
			}
		}
		return all
	}
	by := map[string]string{"carts": "mail"}[table]
	if by == "" {
		by = "customer_no"
	}
	column := map[string]string{"orders": "ordered_at", "carts": "at", "views": "day"}[table]
	for _, r := range n.children[table][person[by]] {
		if column == "" {
			all = append(all, happened{row: r})
		} else if at, ok := n.plain(r[column]).(time.Time); ok {
			all = append(all, happened{r, at, at})
		}
	}
	return all
}

func (n *naive) where(r row, w a.Rows, person, first row) bool {
	one := func(p a.Pred) bool {
		var other any
		switch p.Ref {
		case a.RefEntity:
			other = person[p.Values[0].Text]
		case a.RefStep0:
			other = first[p.Values[0].Text]
		}
		return n.test(r[p.Field], p.Test, other)
	}
	if slices.ContainsFunc(w.All, func(p a.Pred) bool { return !one(p) }) {
		return false
	}
	return len(w.Any) == 0 || slices.ContainsFunc(w.Any, one)
}

func (n *naive) related(x a.Rel, person row) bool {
	var rows []happened
	for _, table := range x.Names {
		for _, h := range n.of(table, person) {
			if n.where(h.row, x.Where, person, nil) && (table == "cards" || n.inside(h.at, x.Window) && !h.since.After(n.now)) {
				rows = append(rows, h)
			}
		}
	}
	v := n.value(x.Agg, rows)
	if v == nil && x.Cmp != a.Empty {
		return false
	}
	return n.test(v, x.Test, nil)
}

// value makes one value of rows; nil where there is none.
func (n *naive) value(g a.Agg, rows []happened) any {
	var times []any
	for _, h := range rows {
		times = append(times, h.at)
	}
	var values []any
	different := map[any]bool{}
	for _, h := range rows {
		if v := n.plain(h.row[g.Field]); v != nil {
			values = append(values, v)
			different[v] = true
		}
	}
	switch g.Fn {
	case a.Count:
		return float64(len(rows))
	case a.Distinct:
		return float64(len(different))
	case a.FirstAt:
		return extreme(times, -1)
	case a.LastAt:
		return extreme(times, 1)
	case a.Min:
		return extreme(values, -1)
	case a.Max:
		return extreme(values, 1)
	}
	sum := 0.0
	for _, v := range values {
		sum += v.(float64)
	}
	if g.Fn == a.Sum {
		return sum
	}
	if len(values) == 0 {
		return nil
	}
	return sum / float64(len(values))
}

func extreme(values []any, sign int) any {
	var best any
	for _, v := range values {
		if best == nil || compare(v, best) == sign {
			best = v
		}
	}
	return best
}

// sequence tries every first event, and from it every way on.
func (n *naive) sequence(x a.Seq, person row) bool {
	for _, first := range n.of(x.Steps[0].Event, person) {
		if n.inside(first.at, x.Window) && n.where(first.row, x.Steps[0].Where, person, nil) && n.goesOn(x.Steps, 0, first, first, person) {
			return true
		}
	}
	return false
}

// goesOn: after step i, which was prev, the rest happened.
func (n *naive) goesOn(steps []a.Step, i int, prev, first happened, person row) bool {
	for j := i + 1; j < len(steps); j++ {
		s := steps[j]
		end := prev.at.Add(time.Duration(s.Within))
		follows := func(h happened) bool {
			same := !slices.ContainsFunc(s.Same, func(f string) bool {
				mine, theirs := n.plain(h.row[f]), n.plain(prev.row[f])
				return mine == nil || mine != theirs
			})
			return same && !h.at.After(n.now) && h.at.After(prev.at) && (s.Within == 0 || !h.at.After(end)) && n.where(h.row, s.Where, person, first.row)
		}
		if !s.Not {
			return slices.ContainsFunc(n.of(s.Event, person), func(h happened) bool {
				return follows(h) && n.goesOn(steps, j, h, first, person)
			})
		}
		if s.Within > 0 && end.After(n.now) || slices.ContainsFunc(n.of(s.Event, person), follows) {
			return false
		}
	}
	return true
}

// consent: the last word on record, and of two at one moment the no.
func (n *naive) consent(purpose string, person row) bool {
	if purpose == "ads" {
		return person["ads_ok"] == true
	}
	granted, last := false, time.Time{}
	for _, r := range n.children["consents"][person["customer_no"]] {
		at, ok := r["at"].(time.Time)
		if !ok || r["purpose"] != purpose || at.After(n.now) {
			continue
		}
		switch yes := r["granted"] == true; {
		case at.After(last):
			granted, last = yes, at
		case at.Equal(last):
			granted = granted && yes
		}
	}
	return granted
}
