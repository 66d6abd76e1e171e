package reach

import (
	"slices"
	"strings"
)

// finder walks a parse and notes what every SELECT reads and makes equal.
type finder struct {
	catalog Catalog
	uses    []*use
	edges   []edge
	unlike  map[*use]string // a comparison with a column of another type
}

// named are the common table expressions in force.
type named struct {
	name  string
	query node
	outer *named
}

func (n *named) find(name string) (*named, bool) {
	for ; n != nil; n = n.outer {
		if n.name == strings.ToLower(name) {
			return n, true
		}
	}
	return nil, false
}

// query reads a SELECT, or several joined by UNION and the like.
func (f *finder) query(n node, outer *scope, ctes *named) (*query, error) {
	ctes = withTables(n, ctes)
	switch text(n, "type") {
	case "SELECT_NODE":
		return f.selection(n, outer, ctes)
	case "SET_OPERATION_NODE":
		return f.setOperation(n, outer, ctes)
	case "CTE_NODE":
		return f.query(child(n, "child"), outer, &named{name: strings.ToLower(text(n, "cte_name")), query: child(n, "query"), outer: ctes})
	default:
		return nil, refuse("its SQL has a part (%s) that cannot be followed", strings.ToLower(strings.TrimSuffix(text(n, "type"), "_NODE")))
	}
}

func withTables(n node, ctes *named) *named {
	for _, entry := range list(child(n, "cte_map"), "map") {
		ctes = &named{name: strings.ToLower(text(entry, "key")), query: child(child(child(entry, "value"), "query"), "node"), outer: ctes}
	}
	return ctes
}

// setOperation: a row of the whole with the key k comes from rows of the parts with the key k.
func (f *finder) setOperation(n node, outer *scope, ctes *named) (*query, error) {
	parts := list(n, "children")
	if len(parts) == 0 {
		parts = []node{child(n, "left"), child(n, "right")}
	}
	whole := &query{deep: true}
	for _, part := range parts {
		q, err := f.query(part, outer, ctes)
		if err != nil {
			return nil, err
		}
		whole.parts = append(whole.parts, q)
	}
	whole.unite(strings.HasSuffix(text(n, "setop_type"), "_BY_NAME"))
	if cuts(n) {
		whole.shut()
	}
	return whole, nil
}

// unite makes the columns of a set operation of those of its parts. A column that a part lacks, or has in another type, comes
// from nowhere.
func (q *query) unite(byName bool) {
	for i, first := range q.parts[0].out {
		o := &outcome{name: first.name, typ: first.typ, open: true}
		for _, part := range q.parts {
			at := i
			if byName {
				at = slices.IndexFunc(part.out, func(p *outcome) bool { return p.name == first.name })
			}
			if at < 0 || at >= len(part.out) || part.out[at].typ != o.typ || part.out[at].from == nil {
				o = &outcome{name: first.name}
				break
			}
			o.place, o.from, o.open = append(o.place, at), append(o.from, part.out[at].from...), o.open && part.out[at].open
		}
		q.out = append(q.out, o)
	}
	if byName {
		q.others()
	}
}

// others adds the columns that the first part of a set operation by name lacks.
func (q *query) others() {
	for _, part := range q.parts[1:] {
		for _, p := range part.out {
			if !slices.ContainsFunc(q.out, func(o *outcome) bool { return o.name == p.name }) {
				q.out = append(q.out, &outcome{name: p.name})
			}
		}
	}
}

// cuts says whether a statement drops rows by looking at other rows: LIMIT, DISTINCT ON.
func cuts(n node) bool {
	return slices.ContainsFunc(list(n, "modifiers"), func(m node) bool {
		kind := text(m, "type")
		return strings.HasPrefix(kind, "LIMIT") || kind == "DISTINCT_MODIFIER" && len(list(m, "distinct_on_targets")) > 0
	})
}

// shut: no column chooses among the rows any more. What the values come from stays true.
func (q *query) shut() {
	q.deep = true
	for _, o := range q.out {
		o.open = false
	}
}

func (f *finder) selection(n node, outer *scope, ctes *named) (*query, error) {
	if n["sample"] != nil {
		return nil, refuse("it takes a sample of rows")
	}
	s, q := &scope{outer: outer}, &query{}
	var err error
	if q.joins, err = f.from(child(n, "from_table"), q, s, ctes); err != nil {
		return nil, err
	}
	q.within = map[*relation]bool{}
	for _, r := range s.relations {
		q.within[r] = true
	}
	for _, c := range conjuncts(child(n, "where_clause")) {
		q.where = append(q.where, f.equalities(c, s)...)
	}
	for _, e := range q.where {
		if q.within[e.a.sure()] && q.within[e.b.sure()] {
			equal(e.a.class, e.b.class)
		}
	}
	for _, part := range []string{"select_list", "where_clause", "having", "qualify", "group_expressions", "modifiers"} {
		if err := f.inner(n[part], q, s, ctes); err != nil {
			return nil, err
		}
	}
	if err := outputs(n, q, s); err != nil {
		return nil, err
	}
	grouped(n, q, s)
	windowed(n, q, s)
	if cuts(n) {
		q.shut()
	}
	return q, nil
}

// equalities are the columns that a condition makes equal: a = b, (a, b) = (c, d).
func (f *finder) equalities(c node, s *scope) (all []equality) {
	if text(c, "type") != "COMPARE_EQUAL" {
		return nil
	}
	left, right := s.refs(child(c, "left")), s.refs(child(c, "right"))
	for i := range min(len(left), len(right)) {
		all = append(all, f.same(left[i], right[i])...)
	}
	return all
}

// same notes two columns as equal, where that can be followed.
func (f *finder) same(a, b *col) []equality {
	if a == nil || b == nil || a == b {
		return nil
	}
	if comparable(a.typ, b.typ) {
		return []equality{{a, b}}
	}
	for _, o := range slices.Concat(a.from, b.from) {
		f.unlike[o.use] = a.name + " (" + a.typ + ") with " + b.name + " (" + b.typ + ")"
	}
	return nil
}

// inner reads the sub-selects inside expressions. One that is asked by IN gives only rows that equal what is asked for;
// not so under NOT, where a null among its rows would change the answer.
func (f *finder) inner(of any, q *query, s *scope, ctes *named) error {
	var failed error
	each(of, func(n node) bool {
		if failed != nil {
			return false
		}
		if text(n, "class") == "FUNCTION" {
			if failed = steady(text(n, "function_name")); failed != nil {
				return false
			}
		}
		if text(n, "class") == "COLUMN_REF" {
			failed = steadyWord(words(n, "column_names"), s)
			return false
		}
		if text(n, "class") != "SUBQUERY" {
			return true
		}
		a := asked{}
		if a.query, failed = f.query(child(child(n, "subquery"), "node"), s, ctes); failed != nil {
			return false
		}
		if text(n, "subquery_type") == "ANY" && text(n, "comparison_type") == "COMPARE_EQUAL" && positive(of, n) {
			a.by = s.refs(child(n, "child"))
		}
		q.inner = append(q.inner, a)
		failed = f.inner(n["child"], q, s, ctes)
		return false
	})
	return failed
}

// positive says whether a node is one of the conditions that every row fulfils.
func positive(of any, n node) bool {
	root, ok := of.(node)
	return ok && slices.ContainsFunc(conjuncts(root), func(c node) bool { return samePlace(c, n) })
}

func samePlace(a, b node) bool {
	a["freshet_here"] = true
	_, is := b["freshet_here"]
	delete(a, "freshet_here")
	return is
}
