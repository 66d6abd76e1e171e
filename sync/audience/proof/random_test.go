package proof

import (
	"fmt"
	"math/rand/v2"
	"time"

	a "github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/model"
)

// maker makes random definitions over the catalogue.
type maker struct {
	*rand.Rand
	now       time.Time
	audiences []string
}

func span(text string) a.Span {
	s, err := a.ParseSpan(text)
	if err != nil {
		panic(err)
	}
	return s
}

var spans = []string{"15m", "30m", "1h", "6h", "1d", "36h", "2d", "3d", "1w"}

func (m *maker) span() a.Span { return span(pick(m.Rand, spans...)) }

func (m *maker) definition(name string) a.Definition {
	d := a.Definition{Name: name, Model: "customers", Zone: pick(m.Rand, "", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Beirut", "Asia/Kathmandu")}
	d.Include = m.node(3)
	if m.IntN(2) == 0 { // one condition alone: nothing hides its mistakes
		d.Include = m.node(1)
		return d
	}
	if m.IntN(3) == 0 {
		d.Exclude = m.node(2)
	}
	if m.IntN(4) == 0 {
		d.Split = &a.Split{Salt: "s", Groups: []a.Group{{Name: "a", From: 0, To: 3000}, {Name: "it's", From: 3000, To: 10000}}}
	}
	return d
}

func (m *maker) node(depth int) a.Node {
	if depth > 1 && m.IntN(2) == 0 {
		of := make([]a.Node, 1+m.IntN(3))
		for i := range of {
			of[i] = m.node(depth - 1)
		}
		switch m.IntN(5) {
		case 0:
			return a.Not{Of: of[0]}
		case 1, 2:
			return a.All{Of: of}
		}
		return a.Any{Of: of}
	}
	switch m.IntN(14) {
	case 0, 1, 2:
		return m.prop()
	case 3, 4, 5:
		return m.related(pick(m.Rand, "orders", "items", "cards", "views", "carts"), false)
	case 6, 7:
		return m.related(pick(m.Rand, "orders", "views", "carts"), true)
	case 8, 9, 10:
		return m.sequence()
	case 11:
		if len(m.audiences) > 0 {
			return a.Member{Audience: pick(m.Rand, m.audiences...)}
		}
		return m.prop()
	case 12:
		return a.Consent{Purpose: pick(m.Rand, "ads", "mail", "calls", "nothing")}
	}
	from := m.IntN(8000)
	return a.Bucket{Salt: pick(m.Rand, "x", "it's"), From: from, To: from + 1 + m.IntN(2000)}
}

func (m *maker) prop() a.Node {
	f := pick(m.Rand, "country", "plan", "ltv", "score", "born", "signup", "seen", "vip", "tags", "signup", "born", "born")
	return a.Prop{Field: f, Test: m.test(sortOf(f))}
}

// sortOf is what sort of values a field of the test's tables has.
func sortOf(field string) string {
	switch field {
	case "ltv", "score", "amount", "qty", "price", "id", "order_id", "customer_id":
		return "number"
	case "born", "signup", "seen", "shipped_at", "ordered_at", "at", "day", "expires":
		return "time"
	case "vip", "ads_ok":
		return "truth"
	case "tags":
		return "list"
	}
	return "text"
}

func (m *maker) unset() a.Unset { return pick(m.Rand, a.UnsetDefault, a.UnsetIn, a.UnsetOut) }

func (m *maker) test(sort string) a.Test {
	if m.IntN(12) == 0 {
		return a.Test{Cmp: pick(m.Rand, a.Set, a.Empty)}
	}
	t := a.Test{Unset: m.unset()}
	switch sort {
	case "number":
		t.Cmp = pick(m.Rand, a.Eq, a.Ne, a.Lt, a.Le, a.Gt, a.Ge, a.Between, a.In, a.NotIn)
		t.Values = m.values(t.Cmp, func() model.Value {
			return model.Value{Kind: model.Decimal, Text: fmt.Sprintf("%.2f", float64(m.IntN(12))/4)}
		})
	case "text":
		t.Cmp = pick(m.Rand, a.Eq, a.Ne, a.In, a.NotIn, a.Contains, a.NotContains, a.Starts, a.Ends, a.Matches, a.Between, a.Lt, a.Ge)
		t.Values = m.values(t.Cmp, func() model.Value {
			if t.Cmp == a.Matches {
				return model.Text(pick(m.Rand, "^[a-p]", "[0-9]$", "'"))
			}
			return model.Text(pick(m.Rand, "US", "DE", "it's", "pro", "paid", "gold", "c1", "x", "o"))
		})
	case "truth":
		t.Cmp = pick(m.Rand, a.Eq, a.Ne, a.IsTrue, a.IsFalse)
		t.Values = m.values(t.Cmp, func() model.Value { return model.Boolean(m.IntN(2) == 0) })
	case "list":
		t.Cmp = pick(m.Rand, a.HasAny, a.HasAll)
		t.Values = m.values(t.Cmp, func() model.Value { return model.Text(pick(m.Rand, "a", "b", "it's", "z")) })
	default:
		m.timeTest(&t)
	}
	return t
}

func (m *maker) timeTest(t *a.Test) {
	t.Cmp = pick(m.Rand, a.Eq, a.Ne, a.Lt, a.Le, a.Gt, a.Ge, a.Between, a.In, a.NotIn, a.On, a.Before, a.After)
	if m.IntN(2) == 0 {
		t.Cmp = pick(m.Rand, a.Last, a.Next, a.BeforeLast, a.AfterNext, a.Anniversary)
	}
	switch t.Cmp {
	case a.Last, a.Next, a.BeforeLast, a.AfterNext:
		t.Values = []model.Value{model.Text(m.span().String())}
	default:
		t.Values = m.values(t.Cmp, func() model.Value { return model.Text(m.moment()) })
	}
}

// moment is a day or a time near now, as people write it.
func (m *maker) moment() string {
	t := m.now.Add(time.Duration(m.IntN(96*10)-96*7) * 15 * time.Minute)
	return t.Format(pick(m.Rand, time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04"))
}

func (m *maker) values(c a.Cmp, one func() model.Value) []model.Value {
	n := 1
	switch c {
	case a.Set, a.Empty, a.IsTrue, a.IsFalse, a.Anniversary:
		n = 0
	case a.Between:
		n = 2
	case a.In, a.NotIn, a.HasAny, a.HasAll:
		n = 1 + m.IntN(3)
	}
	var all []model.Value
	for range n {
		all = append(all, one())
	}
	return all
}

var fields = map[string][]string{"orders": {"amount", "qty", "country", "status", "shipped_at", "cart_id"}, "items": {"sku", "price"}, "carts": {"cart_id", "amount"},
	"views": {"page", "cart_id", "day"}, "cards": {"kind", "expires"}}

func (m *maker) rows(table string) a.Rows {
	var w a.Rows
	for range m.IntN(3) {
		w.All = append(w.All, m.pred(table))
	}
	if m.IntN(4) == 0 {
		for range 1 + m.IntN(2) {
			w.Any = append(w.Any, m.pred(table))
		}
	}
	return w
}

func (m *maker) pred(table string) a.Pred {
	f := pick(m.Rand, fields[table]...)
	if m.IntN(5) == 0 {
		theirs := map[string]string{"number": "ltv", "text": "plan", "time": "signup"}[sortOf(f)]
		return a.Pred{Field: f, Test: a.Test{Cmp: pick(m.Rand, a.Eq, a.Ne, a.Lt, a.Ge), Ref: a.RefEntity, Values: []model.Value{model.Text(theirs)}, Unset: m.unset()}}
	}
	return a.Pred{Field: f, Test: m.test(sortOf(f))}
}

func (m *maker) window() a.Window {
	switch m.IntN(8) {
	case 0, 1, 2:
		return a.Window{Last: m.span()}
	case 3:
		return a.Window{Last: span(pick(m.Rand, "1d", "2d", "1w")), Align: a.Days}
	case 4:
		return a.Window{Last: span(pick(m.Rand, "1w", "2w")), Align: a.Weeks}
	case 5:
		return a.Window{Ago: [2]a.Span{span(pick(m.Rand, "3d", "5d", "1w")), span(pick(m.Rand, "30m", "1d", "2d"))}}
	case 6:
		w := a.Window{From: m.moment(), To: m.moment()}
		if m.IntN(2) == 0 {
			w.To = ""
		}
		return w
	}
	return a.Window{}
}

func (m *maker) related(table string, event bool) a.Node {
	n := a.Rel{Names: []string{table}, Event: event, Where: m.rows(table)}
	timed := table != "cards"
	if timed {
		n.Window = m.window()
	}
	if event && m.IntN(3) == 0 && table != "views" { // several events share cart_id and amount
		n.Names, n.Where = []string{"orders", "carts"}, a.Rows{}
		if m.IntN(2) == 0 {
			n.Where.All = []a.Pred{{Field: "cart_id", Test: m.test("text")}}
		}
	}
	number := map[string]string{"orders": "amount", "items": "price", "carts": "amount"}[table]
	n.Agg.Fn = pick(m.Rand, a.Count, a.Count, a.Sum, a.Avg, a.Min, a.Max, a.Distinct, a.FirstAt, a.LastAt)
	switch {
	case n.Agg.Fn == a.Count || number == "" && (n.Agg.Fn == a.Sum || n.Agg.Fn == a.Avg) || !timed && (n.Agg.Fn == a.FirstAt || n.Agg.Fn == a.LastAt):
		n.Agg.Fn = a.Count
		n.Test = a.Test{Cmp: pick(m.Rand, a.Eq, a.Ge, a.Lt, a.Gt, a.Ne), Values: []model.Value{model.Integer(int64(m.IntN(4)))}}
	case n.Agg.Fn == a.Sum || n.Agg.Fn == a.Avg:
		n.Agg.Field, n.Test = number, m.test("number")
	case n.Agg.Fn == a.Distinct:
		n.Agg.Field, n.Test = pick(m.Rand, fields[table]...), m.test("number")
		if len(n.Names) > 1 {
			n.Agg.Field = "cart_id"
		}
	case n.Agg.Fn == a.Min || n.Agg.Fn == a.Max:
		n.Agg.Field = pick(m.Rand, fields[table]...)
		if len(n.Names) > 1 {
			n.Agg.Field = "amount"
		}
		n.Test = m.test(sortOf(n.Agg.Field))
	default:
		n.Test = m.test("time")
	}
	return n
}

func (m *maker) sequence() a.Node {
	n := a.Seq{Window: m.window()}
	events := []string{"carts", "orders", "views"}
	first := pick(m.Rand, events...)
	n.Steps = append(n.Steps, a.Step{Event: first, Where: m.rows(first)})
	firsts := 1 // steps so far that are measured from the first
	for range 1 + m.IntN(3) {
		e := pick(m.Rand, events...)
		s := a.Step{Event: e, Not: m.IntN(3) > 0, Where: m.rows(e)}
		if m.IntN(4) > 0 {
			s.Within = m.span()
		}
		if m.IntN(2) == 0 {
			s.Same = []string{"cart_id"}
		}
		if firsts > 0 && m.IntN(3) == 0 && e != "views" && first != "views" {
			s.Where.All = append(s.Where.All, a.Pred{Field: "amount", Test: a.Test{Cmp: pick(m.Rand, a.Ge, a.Lt, a.Ne), Ref: a.RefStep0, Values: []model.Value{model.Text("amount")}, Unset: m.unset()}})
		}
		n.Steps = append(n.Steps, s)
		if !s.Not {
			firsts = 0
		}
	}
	return n
}
