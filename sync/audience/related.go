package audience

import (
	"fmt"
	"strings"
)

// source is the rows of one related table, joined up to k.
type source struct {
	from   string  // FROM with its joins
	row    Related // r
	time   string  // the row's time in microseconds, never where it has none
	others []string
	keep   string // conditions
}

// source joins a related table with the tables it belongs to, and with the entity's rows.
func (s *scope) source(related string) source {
	path, _ := s.catalogue.path(related)
	out := source{row: path[0], from: path[0].SQL() + " AS r"}
	alias := "r"
	for i, table := range path {
		if table.At != "" {
			s.timeOf(&out, alias, table)
		}
		next := fmt.Sprintf("p%d", i+1)
		if i+1 < len(path) {
			out.from += "\nJOIN " + path[i+1].SQL() + " AS " + next + " ON " + joinOn(alias, next, table.On)
			alias = next
			continue
		}
		out.from += "\nJOIN k ON " + s.joinEntity(alias, table)
	}
	return out
}

// timeOf notes the time of a row, or of a row that it belongs to: neither may lie in the future.
func (s *scope) timeOf(out *source, alias string, table Related) {
	column, _ := table.column(table.At)
	at := operandOf(alias+"."+name(column.Name), column.Type, s.zone).sql
	if out.time == never {
		out.time = at
	} else {
		out.others = append(out.others, at)
	}
	out.keep = and(out.keep, at+" IS NOT NULL")
}

func joinOn(theirs, ours string, on []Join) string {
	all := make([]string, len(on))
	for i, j := range on {
		all[i] = theirs + "." + name(j.Theirs) + " = " + ours + "." + name(j.Ours)
	}
	return strings.Join(all, " AND ")
}

func (s *scope) joinEntity(theirs string, table Related) string {
	all := make([]string, len(table.On))
	for i, j := range table.On {
		ours, typ := s.field(j.Ours)
		mine := theirs + "." + name(j.Theirs)
		if column, _ := table.column(j.Theirs); classOf(typ) == textual && !strings.EqualFold(column.Type, typ) {
			mine, ours = "CAST("+mine+" AS VARCHAR)", "CAST("+ours+" AS VARCHAR)"
		}
		all[i] = mine + " = " + ours
	}
	return strings.Join(all, " AND ")
}

// rows makes the condition on a related row, and when time alone changes it.
func (s *scope) rows(w Rows, of Related) truth {
	var parts, dues, some []string
	for _, p := range w.All {
		t := s.pred(p, of)
		parts, dues = append(parts, t.is), append(dues, t.due)
	}
	for _, p := range w.Any {
		t := s.pred(p, of)
		some, dues = append(some, t.is), append(dues, t.due)
	}
	if len(some) > 0 {
		parts = append(parts, "("+strings.Join(some, " OR ")+")")
	}
	if len(parts) == 0 {
		return truth{is: "true"}
	}
	return truth{is: "(" + strings.Join(parts, " AND ") + ")", due: earliest(dues...)}
}

func (s *scope) pred(p Pred, of Related) truth {
	column, _ := of.column(p.Field)
	x := operandOf("r."+name(column.Name), column.Type, s.zone)
	if p.Ref == RefEntity {
		sql, typ := s.field(p.Values[0].Text)
		y := operandOf(sql, typ, s.zone)
		return compare(x, p.Test, &y, s.zone)
	}
	return compare(x, p.Test, nil, s.zone)
}

// related makes a rel or event node: one part with a row for each record that has rows.
func (s *scope) related(n Rel) truth {
	var selects []string
	var field operand
	for _, related := range n.Names {
		text, f := s.countable(n, related)
		selects, field = append(selects, text), f
	}
	value, result := aggregate(n.Agg, field)
	part := s.add("r", "SELECT pk, "+value+" AS v, min(d) AS d\nFROM (\n"+strings.Join(selects, "\nUNION ALL\n")+")\nGROUP BY pk")
	s.join(part)
	result.sql = part + ".v"
	if n.Agg.Fn == Count || n.Agg.Fn == Sum || n.Agg.Fn == Distinct {
		result.sql = "coalesce(" + part + ".v, 0)"
	}
	test := n.Test
	test.Unset = UnsetOut
	t := compare(result, test, nil, s.zone)
	t.due = earliest(part+".d", t.due)
	return t
}

// countable selects the rows of one table that count now or will: w says that a row counts, d when that changes.
func (s *scope) countable(n Rel, related string) (text string, field operand) {
	src := s.source(related)
	t := src.time
	where := s.rows(n.Where, src.row)
	w, d, keep := where.is, where.due, src.keep
	f := "NULL"
	if n.Agg.Field != "" {
		column, _ := src.row.column(n.Agg.Field)
		field = operandOf("r."+name(column.Name), column.Type, s.zone)
		f = field.sql
	}
	if t != never {
		stay := stayOf("t", n.Window, s.zone)
		return s.timedRows(src, where, stay, f), field
	}
	if where.due == never {
		keep, w = and(keep, w), "true"
	}
	text = "SELECT k.pk AS pk, " + w + " AS w, " + orNull(d) + " AS d, " + f + " AS f, CAST(NULL AS BIGINT) AS t\nFROM " + src.from
	if keep != "" {
		text += "\nWHERE " + keep
	}
	return text, field
}

// timedRows selects rows with a time: w, d, f and t. Rows whose time is over are left out before anything is counted.
func (s *scope) timedRows(src source, where truth, stay stay, f string) string {
	keep, w := src.keep, where.is
	if where.due == never {
		keep, w = and(keep, w), "true"
	}
	if stay.since != "" {
		keep = and(keep, src.time+" > "+stay.since)
	}
	if len(src.others) > 0 {
		stay.enter = "greatest(" + stay.enter + ", o)"
	}
	inner := "SELECT k.pk AS pk, " + src.time + " AS t, " + latest(src.others) + " AS o, " + w + " AS w, CAST(" + orNull(where.due) + " AS BIGINT) AS wd, " + f + " AS f\nFROM " +
		src.from + "\nWHERE " + keep
	outer := "SELECT pk, w AND " + stay.inside() + " AS w, " + earliest(stay.next(), "wd") + " AS d, f, t\nFROM (\n" + inner + ")"
	if stay.keep != "" {
		outer += "\nWHERE " + stay.keep
	}
	return outer
}

func latest(times []string) string {
	switch len(times) {
	case 0:
		return "CAST(NULL AS BIGINT)"
	case 1:
		return times[0]
	}
	return "greatest(" + strings.Join(times, ", ") + ")"
}

// aggregate is SQL for the value of the rows that count, and what sort of value that is.
func aggregate(a Agg, f operand) (sql string, result operand) {
	filter := " FILTER (WHERE w)"
	switch a.Fn {
	case Count:
		return "count(*)" + filter, operand{class: numeric, typ: "BIGINT"}
	case Distinct:
		return "count(DISTINCT f)" + filter, operand{class: numeric, typ: "BIGINT"}
	case Min, Max:
		return string(a.Fn) + "(f)" + filter, f
	case FirstAt:
		return "min(t)" + filter, operand{class: instant}
	case LastAt:
		return "max(t)" + filter, operand{class: instant}
	}
	return total(a.Fn, f, filter)
}

// total sums or averages. The sum of floats depends on their order, so they have one; decimals that could outgrow
// DuckDB's are summed as floats.
func total(fn Fn, f operand, filter string) (string, operand) {
	d := typeDigits(f.typ)
	x := "f"
	if !d.ok || d.whole+d.scale > 28 {
		x = double("f") + " ORDER BY f"
		return "nullif(" + string(fn) + "(" + x + ")" + filter + ", CAST('nan' AS DOUBLE))", operand{class: numeric, typ: "DOUBLE"}
	}
	switch {
	case fn == Avg:
		return "avg(f)" + filter, operand{class: numeric, typ: "DOUBLE"}
	case d.decimal:
		return "sum(f)" + filter, operand{class: numeric, typ: fmt.Sprintf("DECIMAL(38,%d)", d.scale)}
	}
	return "sum(f)" + filter, operand{class: numeric, typ: "HUGEINT"}
}
