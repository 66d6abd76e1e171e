package audience

import (
	"fmt"
	"slices"
	"strings"
)

// A sequence is found backwards: a row of a step is good where no Not step stands in its way and a good row of the next
// step follows. Due times are those of every row on its own, which is early at times and never late.

// steps is a sequence on its way to SQL.
type steps struct {
	*scope
	node  Seq
	rows  []string // the part with the rows of each step: pk, t, o, wd, w and the fields that are compared, s0, s1 …
	dues  []string // selects of pk, v and d
	since string   // no row before this counts in any step
}

// sequence makes a seq node.
func (s *scope) sequence(n Seq) truth {
	q := &steps{scope: s, node: n, since: stayOf("t", n.Window, s.zone).since}
	for i := range n.Steps {
		q.rows = append(q.rows, q.step(i))
	}
	good := ""
	for i := len(n.Steps) - 1; i >= 0; i-- {
		if !n.Steps[i].Not {
			good = q.good(i, good)
		}
	}
	part := s.add("q", "SELECT pk, bool_or(v) AS v, min(d) AS d\nFROM (\nSELECT pk, true AS v, CAST(NULL AS BIGINT) AS d\nFROM "+good+
		"\nUNION ALL\n"+strings.Join(q.dues, "\nUNION ALL\n")+")\nGROUP BY pk")
	s.join(part)
	return truth{is: "coalesce(" + part + ".v, false)", due: part + ".d"}
}

// step selects the rows of one step that count now or will.
func (q *steps) step(i int) string {
	step := q.node.Steps[i]
	src := q.source(step.Event)
	where := q.scope.rows(withoutFirst(step.Where), src.row)
	fields := []string{"k.pk AS pk", src.time + " AS t", latest(src.others) + " AS o", "CAST(" + orNull(where.due) + " AS BIGINT) AS wd", where.is + " AS w"}
	for n, f := range q.compared(i) {
		fields = append(fields, fmt.Sprintf("%s AS s%d", q.operand(i, f, "r").sql, n))
	}
	keep := src.keep
	if q.since != "" {
		keep = and(keep, src.time+" > "+q.since)
	}
	rows := q.add("e", "SELECT "+strings.Join(fields, ", ")+"\nFROM "+src.from+"\nWHERE "+keep)
	q.dues = append(q.dues, q.due(i, rows))
	return rows
}

// operand is a field of a step's own table.
func (q *steps) operand(i int, field, alias string) operand {
	path, _ := q.catalogue.path(q.node.Steps[i].Event)
	column, _ := path[0].column(field)
	return operandOf(alias+"."+name(column.Name), column.Type, q.zone)
}

// withoutFirst leaves out what compares with the first step: that is done where their rows are joined.
func withoutFirst(w Rows) Rows {
	w.All = slices.DeleteFunc(slices.Clone(w.All), func(p Pred) bool { return p.Ref == RefStep0 })
	return w
}

// compared lists the fields of a step that some comparison between steps reads.
func (q *steps) compared(i int) []string {
	var fields []string
	add := func(f string) {
		if !slices.ContainsFunc(fields, func(g string) bool { return strings.EqualFold(f, g) }) {
			fields = append(fields, f)
		}
	}
	for _, f := range q.node.Steps[i].Same {
		add(f)
	}
	for _, p := range q.node.Steps[i].Where.All {
		if p.Ref == RefStep0 {
			add(p.Field)
		}
	}
	for _, j := range q.followers(i) {
		for _, f := range q.node.Steps[j].Same {
			add(f)
		}
		for _, p := range q.node.Steps[j].Where.All {
			if p.Ref == RefStep0 {
				add(p.Values[0].Text)
			}
		}
	}
	return fields
}

func (q *steps) column(i int, field string) string {
	at := slices.IndexFunc(q.compared(i), func(f string) bool { return strings.EqualFold(f, field) })
	return fmt.Sprintf("s%d", at)
}

// followers are the steps that stand after this one and are measured from it: Not steps, and the next that is not.
func (q *steps) followers(i int) []int {
	if q.node.Steps[i].Not {
		return nil
	}
	var all []int
	for j := i + 1; j < len(q.node.Steps); j++ {
		all = append(all, j)
		if !q.node.Steps[j].Not {
			break
		}
	}
	return all
}

// stay is when a row of a step counts.
func (q *steps) stay(i int) stay {
	w := Window{}
	if i == 0 {
		w = q.node.Window
	}
	s := stayOf("t", w, q.zone)
	s.enter = "greatest(" + s.enter + ", coalesce(o, t))"
	return s
}

// due selects the next moment of each row of a step: when it begins or ends to count, when its fields pass a moment,
// and when the span is over in which something must not happen after it.
func (q *steps) due(i int, rows string) string {
	next := q.stay(i).next()
	for _, j := range q.followers(i) {
		if step := q.node.Steps[j]; step.Not && step.Within > 0 {
			over := after("t", step.Within.micros())
			next = earliest(next, "CASE WHEN "+over+" > "+now+" THEN "+over+" END")
		}
	}
	return "SELECT pk, NULL AS v, " + earliest(next, "wd") + " AS d\nFROM " + rows
}

// good selects the rows of a step from which the rest of the sequence has happened; next has those of the step after it.
func (q *steps) good(i int, next string) string {
	s := q.stay(i)
	keep := and("w AND "+s.inside(), s.keep)
	for _, j := range q.followers(i) {
		step := q.node.Steps[j]
		if !step.Not {
			keep += " AND EXISTS (SELECT 1 FROM " + next + " AS b WHERE " + q.follows(i, j) + ")"
			continue
		}
		if step.Within > 0 {
			keep += " AND " + after("a.t", step.Within.micros()) + " <= " + now
		}
		keep += " AND NOT EXISTS (SELECT 1 FROM " + q.rows[j] + " AS b WHERE " + q.follows(i, j) + " AND b.w AND greatest(b.t, b.o) <= " + now + ")"
	}
	return q.add("g", "SELECT *\nFROM "+q.rows[i]+" AS a\nWHERE "+keep)
}

// follows is SQL for "row b of step j comes after row a of step i as it should".
func (q *steps) follows(i, j int) string {
	step := q.node.Steps[j]
	is := "b.pk = a.pk AND b.t > a.t"
	if step.Within > 0 {
		is += " AND b.t <= " + after("a.t", step.Within.micros())
	}
	for _, f := range step.Same {
		is += " AND b." + q.column(j, f) + " = a." + q.column(i, f)
	}
	for _, p := range step.Where.All {
		if p.Ref == RefStep0 {
			x, y := q.operand(j, p.Field, "b"), q.operand(i, p.Values[0].Text, "a")
			x.sql, y.sql = "b."+q.column(j, p.Field), "a."+q.column(i, p.Values[0].Text)
			is += " AND " + compare(x, p.Test, &y, q.zone).is
		}
	}
	return is
}
