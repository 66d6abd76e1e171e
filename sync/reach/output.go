package reach

import (
	"slices"
	"strings"
)

// outputs are the columns a SELECT gives. An expression that is not a plain column is calculated.
func outputs(n node, q *query, s *scope) error {
	for _, item := range list(n, "select_list") {
		switch {
		case text(item, "class") == "STAR" && item["expr"] == nil && !columnsStar(item):
			if len(list(item, "rename_list")) > 0 {
				return refuse("it renames the columns of a star")
			}
			star(item, q, s)
		case text(item, "class") == "STAR":
			return refuse("it names its columns with COLUMNS(…)")
		default:
			q.out = append(q.out, output(item, s))
		}
	}
	return nil
}

func output(item node, s *scope) *outcome {
	o := &outcome{name: strings.ToLower(text(item, "alias"))}
	if names := words(item, "column_names"); o.name == "" && len(names) > 0 {
		o.name = names[len(names)-1]
	}
	if c := s.ref(item); c != nil {
		o.take(c)
	} else if c := picked(item, s); c != nil {
		o.typ = c.typ
		for _, from := range c.from {
			from.loose = true
			o.from = append(o.from, from)
		}
	}
	return o
}

func (o *outcome) take(c *col) {
	o.typ, o.from, o.open, o.plain = c.typ, c.from, c.open && c.from != nil, c
	for _, r := range c.of {
		o.open = o.open && r.nearby == nil // which row is the nearest depends on the others
	}
}

// picking are the aggregates whose value is one of the values of their first argument.
var picking = set("any_value arbitrary first last min max arg_max arg_min argmax argmin max_by min_by mode")

// picked is the column that an aggregate takes a value from.
func picked(n node, s *scope) *col {
	arguments := list(n, "children")
	name := text(n, "function_name")
	if text(n, "class") != "FUNCTION" || !picking[name] || len(arguments) == 0 {
		return nil
	}
	pair := strings.HasPrefix(name, "arg") || strings.HasSuffix(name, "_by")
	if pair && len(arguments) != 2 || !pair && len(arguments) != 1 {
		return nil // of several values it makes a list
	}
	return s.ref(arguments[0])
}

func columnsStar(item node) bool {
	is, _ := item["columns"].(bool)
	return is
}

// star adds every column of the FROM, or of the relation named before the star.
func star(item node, q *query, s *scope) {
	of := strings.ToLower(text(item, "relation_name"))
	left, replaced := leftOut(item), map[string]bool{}
	for _, r := range list(item, "replace_list") {
		replaced[strings.ToLower(text(r, "key"))] = true
	}
	for _, r := range s.relations {
		if of != "" && r.alias != of || r.hidden && of == "" {
			continue
		}
		for _, c := range r.cols {
			o := &outcome{name: c.name}
			o.take(c)
			if of == "" {
				if s.merge(c, o) {
					continue
				}
			}
			if left(r.alias, c.name) {
				continue
			}
			if replaced[c.name] {
				o = &outcome{name: c.name}
			}
			q.out = append(q.out, o)
		}
	}
}

// merge gives a column of a star the meaning that USING has given it; hidden says that it stands elsewhere.
func (s *scope) merge(c *col, o *outcome) (hidden bool) {
	for _, m := range s.merged {
		if m.hidden == c {
			return true
		}
		if m.shown == c {
			o.take(m.means)
		}
	}
	return false
}

// leftOut says which columns EXCLUDE leaves out of a star.
func leftOut(item node) func(alias, name string) bool {
	names := words(item, "exclude_list")
	qualified := list(item, "qualified_exclude_list")
	return func(alias, name string) bool {
		return slices.Contains(names, name) || slices.ContainsFunc(qualified, func(q node) bool {
			return strings.ToLower(text(q, "column")) == name && (text(q, "table") == "" || strings.ToLower(text(q, "table")) == alias)
		})
	}
}

// grouped shuts every column that the groups are not made by.
func grouped(n node, q *query, s *scope) {
	groups := list(n, "group_expressions")
	sets, _ := n["group_sets"].([]any)
	all := text(n, "aggregate_handling") == "FORCE_AGGREGATES" // GROUP BY ALL: by every column that is not an aggregate
	if !all && len(groups) == 0 && !aggregates(n) {
		return
	}
	q.deep = true
	if all {
		return
	}
	if len(sets) > 1 {
		q.calculate()
		return
	}
	var by []*col
	for _, g := range groups {
		by = append(by, q.group(g, s))
	}
	for _, o := range q.out {
		if !slices.ContainsFunc(by, func(c *col) bool { return c.always(o.plain) }) {
			o.open = false
		}
	}
}

// calculate: a null that stands for all groups can be in any column.
func (q *query) calculate() {
	for _, o := range q.out {
		o.open, o.from, o.plain = false, nil, nil
	}
}

// group is the column that a group is made by: named, by its place, or by the name of an output.
func (q *query) group(g node, s *scope) *col {
	if c := s.ref(g); c != nil {
		return c
	}
	if i, ok := position(g); ok && i < len(q.out) {
		return q.out[i].plain
	}
	if names := words(g, "column_names"); len(names) == 1 {
		if i := slices.IndexFunc(q.out, func(o *outcome) bool { return o.name == names[0] }); i >= 0 {
			return q.out[i].plain
		}
	}
	return nil
}

// always says whether two columns have the same value, or null, in every row.
func (c *col) always(d *col) bool { return c != nil && d != nil && (c == d || same(c.class, d.class)) }

// position reads a group named by its place, as GROUP BY 1.
func position(g node) (int, bool) {
	if text(g, "type") != "VALUE_CONSTANT" {
		return 0, false
	}
	number, ok := child(g, "value")["value"].(interface{ Int64() (int64, error) })
	if !ok {
		return 0, false
	}
	i, err := number.Int64()
	return int(i) - 1, err == nil && i > 0
}

// aggregates says whether a SELECT without groups makes one row of all. Every function of which it is not known that it
// works on one row counts as one that does not.
func aggregates(n node) bool {
	found := child(n, "having") != nil
	each(n["select_list"], func(c node) bool {
		if text(c, "class") == "FUNCTION" && aggregate[text(c, "function_name")] {
			found = true
		}
		return text(c, "class") != "SUBQUERY" && text(c, "class") != "WINDOW"
	})
	return found
}

// windowed keeps those columns open that every window is divided by: the others' windows see rows of other keys.
func windowed(n node, q *query, s *scope) {
	var windows []node
	for _, part := range []string{"select_list", "qualify"} {
		each(n[part], func(c node) bool {
			if text(c, "class") == "WINDOW" {
				windows = append(windows, c)
			}
			return text(c, "class") != "SUBQUERY"
		})
	}
	for _, w := range windows {
		q.deep = true
		for _, o := range q.out {
			if !slices.ContainsFunc(list(w, "partitions"), func(p node) bool { return s.ref(p).always(o.plain) }) {
				o.open = false
			}
		}
	}
}
