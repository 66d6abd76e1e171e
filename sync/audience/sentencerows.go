package audience

import (
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// relatedPhrase says how many rows there are, or what they come to.
func relatedPhrase(n Rel) string {
	rows := listed(n.Names) + rowsPhrase(n.Where) + windowPhrase(n.Window)
	one := len(n.Values) == 1 && n.Agg.Fn == Count
	switch {
	case one && (n.Cmp == Ge && n.Values[0].Text == "1" || n.Cmp == Gt && n.Values[0].Text == "0"):
		return "there are " + rows
	case one && (n.Cmp == Eq && n.Values[0].Text == "0" || n.Cmp == Lt && n.Values[0].Text == "1"):
		return "there are no " + rows
	}
	t := n.Test
	t.Unset = UnsetOut
	what := map[Fn]string{Count: "the number", FirstAt: "the time of the first", LastAt: "the time of the last", Sum: "the sum of " + n.Agg.Field,
		Avg: "the average " + n.Agg.Field, Min: "the least " + n.Agg.Field, Max: "the greatest " + n.Agg.Field, Distinct: "the number of different " + n.Agg.Field}[n.Agg.Fn]
	return strings.TrimSuffix(test(what+" of "+rows, t), " (and has a value)")
}

func rowsPhrase(w Rows) string {
	var all, some []string
	for _, p := range w.All {
		all = append(all, test(p.Field, p.Test))
	}
	for _, p := range w.Any {
		some = append(some, test(p.Field, p.Test))
	}
	if len(some) > 0 {
		any := strings.Join(some, " or ")
		if len(all) > 0 && len(some) > 1 {
			any = "(" + any + ")"
		}
		all = append(all, any)
	}
	if len(all) == 0 {
		return ""
	}
	return " whose " + strings.Join(all, " and ")
}

func windowPhrase(w Window) string {
	switch {
	case w.Align == Days && w.Last == day:
		return " today"
	case w.Align == Weeks && w.Last == week:
		return " this week"
	case w.Align == Weeks:
		return " in the last " + w.Last.spoken() + ", this week among them"
	case w.Align == Days:
		return " in the last " + w.Last.spoken() + ", today among them"
	case w.Last > 0:
		return " in the last " + w.Last.spoken()
	case w.Ago[0] > 0:
		return " between " + w.Ago[0].spoken() + " and " + w.Ago[1].spoken() + " ago"
	}
	text := ""
	if w.From != "" {
		text += " from " + w.From
	}
	if w.To != "" {
		text += " to " + w.To
	}
	return text
}

func sequencePhrase(n Seq) string {
	text := "there are " + n.Steps[0].Event + rowsPhrase(n.Steps[0].Where) + windowPhrase(n.Window)
	for _, s := range n.Steps[1:] {
		link := ", then "
		if s.Not {
			link = ", with no "
		}
		text += link + s.Event + rowsPhrase(s.Where)
		if len(s.Same) > 0 {
			text += " for the same " + joined(s.Same, " and ")
		}
		switch {
		case s.Within > 0:
			text += " within " + s.Within.spoken()
		case s.Not:
			text += " since"
		}
	}
	return text
}

// speaksOfDays: some part of the definition depends on its zone.
func speaksOfDays(d Definition) bool {
	found := false
	d.visit(func(n Node, _ string, _ int) {
		switch n := n.(type) {
		case Prop:
			found = found || daily(n.Test)
		case Rel:
			found = found || daily(n.Test) || n.Window.daily() || n.Where.daily()
		case Seq:
			found = found || n.Window.daily()
			for _, s := range n.Steps {
				found = found || s.Where.daily()
			}
		}
	})
	return found
}

func daily(t Test) bool {
	if t.Cmp == Anniversary {
		return true
	}
	for _, v := range t.Values {
		if m, err := parseMoment(v.Text); err == nil && m.local && v.Kind == model.String {
			return true
		}
	}
	return false
}

func (w Rows) daily() bool {
	for _, p := range append(append([]Pred{}, w.All...), w.Any...) {
		if daily(p.Test) {
			return true
		}
	}
	return false
}

func (w Window) daily() bool {
	from, err := parseMoment(w.From)
	to, toErr := parseMoment(w.To)
	return w.Align != Rolling || err == nil && from.local || toErr == nil && to.local
}
