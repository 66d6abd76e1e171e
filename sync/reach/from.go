package reach

import (
	"fmt"
	"slices"
	"strings"
)

// from adds what stands in a FROM to the scope.
func (f *finder) from(n node, q *query, s *scope, ctes *named) (*item, error) {
	if n == nil {
		return nil, nil
	}
	if n["sample"] != nil {
		return nil, refuse("it takes a sample of rows")
	}
	switch text(n, "type") {
	case "EMPTY", "EMPTY_FROM":
		return nil, nil
	case "BASE_TABLE":
		return f.table(n, s, ctes)
	case "SUBQUERY":
		return f.derived(child(child(n, "subquery"), "node"), strings.ToLower(text(n, "alias")), n, s, s, ctes)
	case "EXPRESSION_LIST":
		return f.values(n, q, s, ctes)
	case "JOIN":
		return f.join(n, q, s, ctes)
	default:
		return nil, refuse("it reads from something (%s) that cannot be followed", strings.ToLower(strings.ReplaceAll(text(n, "type"), "_", " ")))
	}
}

// derived puts a SELECT in the FROM.
func (f *finder) derived(statement node, alias string, n node, s, outer *scope, ctes *named) (*item, error) {
	inner, err := f.query(statement, outer, ctes)
	if err != nil {
		return nil, err
	}
	return s.add(inner.relation(alias, words(n, "column_name_alias"))), nil
}

func (s *scope) add(r *relation) *item {
	s.relations = append(s.relations, r)
	return &item{relation: r}
}

// values is a list of rows that the SQL itself gives: nothing about them changes.
func (f *finder) values(n node, q *query, s *scope, ctes *named) (*item, error) {
	if err := f.inner(n["values"], q, s, ctes); err != nil {
		return nil, err
	}
	r := &relation{alias: strings.ToLower(text(n, "alias"))}
	rows, _ := n["values"].([]any)
	if len(rows) > 0 {
		first, _ := rows[0].([]any)
		for i := range first {
			r.cols = append(r.cols, &col{name: fmt.Sprint("col", i), of: []*relation{r}, class: &class{}})
		}
	}
	return s.add(r), nil
}

func (f *finder) table(n node, s *scope, ctes *named) (*item, error) {
	name := text(n, "table_name")
	if cte, ok := ctes.find(name); ok && text(n, "schema_name") == "" && text(n, "catalog_name") == "" {
		return f.derived(cte.query, aliasOf(n), n, s, nil, cte.outer)
	}
	if view := f.catalog.View(text(n, "catalog_name"), text(n, "schema_name"), name); view != nil {
		return f.view(n, view, s)
	}
	columns, ok := f.catalog.Columns(text(n, "catalog_name"), text(n, "schema_name"), name)
	if !ok {
		return nil, refuse("it reads %s, whose columns are not known", name)
	}
	u := &use{at: n, columns: columns, rank: unbound}
	f.uses = append(f.uses, u)
	r := &relation{alias: aliasOf(n), use: u}
	for _, c := range columns {
		r.cols = append(r.cols, &col{name: strings.ToLower(c.Name), typ: c.Type, of: []*relation{r}, open: true, class: &class{},
			from: []origin{{use: u, column: c.Name}}})
	}
	rename(r, words(n, "column_name_alias"))
	return s.add(r), nil
}

// view puts the SELECT that a name stands for in its place, so that the tables it reads can be restricted too.
func (f *finder) view(n node, parse []byte, s *scope) (*item, error) {
	_, statement, err := read(parse)
	if err != nil {
		return nil, err
	}
	alias, names := text(n, "alias"), n["column_name_alias"]
	if alias == "" {
		alias = text(n, "table_name")
	}
	location := n["query_location"]
	clear(n)
	n["type"], n["alias"], n["query_location"], n["column_name_alias"] = "SUBQUERY", alias, location, names
	n["subquery"] = node{"node": statement, "named_param_map": []any{}}
	return f.derived(statement, strings.ToLower(alias), n, s, nil, nil)
}

func aliasOf(n node) string {
	if a := text(n, "alias"); a != "" {
		return strings.ToLower(a)
	}
	return strings.ToLower(text(n, "table_name"))
}

func (f *finder) join(n node, q *query, s *scope, ctes *named) (*item, error) {
	kind := text(n, "ref_type")
	if kind == "POSITIONAL" {
		return nil, refuse("it joins by position")
	}
	j := &join{kind: text(n, "join_type"), asof: kind == "ASOF"}
	before := len(s.relations)
	var err error
	if j.left, err = f.from(child(n, "left"), q, s, ctes); err != nil {
		return nil, err
	}
	middle := len(s.relations)
	if j.right, err = f.from(child(n, "right"), q, s, ctes); err != nil {
		return nil, err
	}
	left, right := s.side(j.left, before, middle), s.side(j.right, middle, len(s.relations))
	using := words(n, "using_columns")
	if kind == "NATURAL" {
		using = common(left, right)
	}
	for _, name := range using {
		j.on = append(j.on, f.using(j.kind, left.find([]string{name}), right.find([]string{name}), s)...)
	}
	condition := child(n, "condition")
	for _, c := range conjuncts(condition) {
		j.on = append(j.on, f.equalities(c, s)...)
	}
	j.settle(s.relations[middle:])
	if condition != nil {
		err = f.inner(any(condition), q, s, ctes)
	}
	for _, r := range s.relations[middle:] {
		r.hidden = r.hidden || j.kind == "SEMI" || j.kind == "ANTI"
	}
	return &item{join: j}, err
}

// side is what the names on one side of a join can mean.
func (s *scope) side(of *item, from, to int) *scope {
	side := &scope{relations: s.relations[from:to]}
	for _, m := range s.merged {
		if of.holds(m.means) {
			side.merged = append(side.merged, m)
		}
	}
	return side
}

// settle notes what holds in every row of the join whatever is asked of it.
func (j *join) settle(right []*relation) {
	if j.asof {
		for _, r := range right {
			r.nearby = j
		}
	}
	for _, e := range j.on {
		if j.kind == "INNER" && !j.asof && (&item{join: j}).holds(e.a) && (&item{join: j}).holds(e.b) {
			equal(e.a.class, e.b.class)
		}
	}
}

// using notes the one column that USING makes of two.
func (f *finder) using(kind string, left, right *col, s *scope) []equality {
	if left == nil || right == nil {
		return nil
	}
	means := left
	switch kind {
	case "RIGHT":
		means = right
	case "FULL":
		means = &col{name: left.name, typ: left.typ, of: slices.Concat(left.of, right.of), from: slices.Concat(left.from, right.from),
			open: left.open && right.open, class: &class{}}
		if left.typ != right.typ || left.from == nil || right.from == nil {
			means.from, means.open = nil, false
		}
	}
	shown := left
	for _, m := range s.merged {
		if m.means == left {
			shown = m.shown
		}
	}
	s.merged = append(s.merged, merged{shown: shown, hidden: right, means: means})
	return f.same(left, right)
}

// common are the names that both sides of a NATURAL join have.
func common(left, right *scope) (names []string) {
	for _, r := range left.relations {
		for _, c := range r.cols {
			if !slices.Contains(names, c.name) && right.find([]string{c.name}) != nil {
				names = append(names, c.name)
			}
		}
	}
	return names
}
