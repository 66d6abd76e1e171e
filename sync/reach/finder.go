package reach

import (
	"slices"
	"strings"
)

// finder walks a parse and unites what the SQL makes equal.
type finder struct {
	catalog  Catalog
	mentions []mention
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

// query gives what a SELECT, or several joined by UNION and the like, gives.
func (f *finder) query(n node, outer *scope, ctes *named) (relation, error) {
	ctes = withTables(n, ctes)
	switch text(n, "type") {
	case "SELECT_NODE":
		return f.selection(n, outer, ctes)
	case "SET_OPERATION_NODE":
		return f.setOperation(n, outer, ctes)
	case "CTE_NODE":
		return f.query(child(n, "child"), outer, &named{name: strings.ToLower(text(n, "cte_name")), query: child(n, "query"), outer: ctes})
	default:
		return relation{}, refuse("its SQL has a part (%s) that cannot be followed", strings.ToLower(strings.TrimSuffix(text(n, "type"), "_NODE")))
	}
}

func withTables(n node, ctes *named) *named {
	for _, entry := range list(child(n, "cte_map"), "map") {
		ctes = &named{name: strings.ToLower(text(entry, "key")), query: child(child(child(entry, "value"), "query"), "node"), outer: ctes}
	}
	return ctes
}

// setOperation: a row of the whole with the key k comes from rows of the parts with the key k.
func (f *finder) setOperation(n node, outer *scope, ctes *named) (relation, error) {
	parts := list(n, "children")
	if len(parts) == 0 {
		parts = []node{child(n, "left"), child(n, "right")}
	}
	var whole relation
	for i, part := range parts {
		r, err := f.query(part, outer, ctes)
		if err != nil {
			return r, err
		}
		if i == 0 {
			whole = r
			continue
		}
		for j := range whole.columns {
			if j >= len(r.columns) || r.columns[j].class == nil {
				whole.columns[j].class = nil
				continue
			}
			equal(whole.columns[j].class, r.columns[j].class)
		}
	}
	if cuts(n) {
		forget(&whole)
	}
	return whole, nil
}

// cuts says whether a statement drops rows by looking at other rows: LIMIT, DISTINCT ON.
func cuts(n node) bool {
	return slices.ContainsFunc(list(n, "modifiers"), func(m node) bool {
		kind := text(m, "type")
		return strings.HasPrefix(kind, "LIMIT") || kind == "DISTINCT_MODIFIER" && len(list(m, "distinct_on_targets")) > 0
	})
}

func forget(r *relation) {
	for i := range r.columns {
		r.columns[i].class = nil
	}
}

func (f *finder) selection(n node, outer *scope, ctes *named) (relation, error) {
	s := &scope{outer: outer}
	if err := f.from(child(n, "from_table"), s, ctes); err != nil {
		return relation{}, err
	}
	for _, c := range conjuncts(child(n, "where_clause")) {
		unite(c, s)
	}
	if n["sample"] != nil {
		return relation{}, refuse("it takes a sample of rows")
	}
	for _, part := range []string{"select_list", "where_clause", "having", "qualify", "group_expressions"} {
		if err := f.inner(n[part], s, ctes); err != nil {
			return relation{}, err
		}
	}
	out, err := outputs(n, s)
	if err != nil {
		return out, err
	}
	grouped(n, s, &out)
	windowed(n, s, &out)
	if cuts(n) {
		forget(&out)
	}
	return out, nil
}

// unite notes an equality that every row fulfils.
func unite(c node, s *scope) {
	if text(c, "type") == "COMPARE_EQUAL" {
		equal(s.ref(child(c, "left")), s.ref(child(c, "right")))
	}
}

// inner follows the sub-selects inside expressions. One that is asked by IN makes its column equal to what is asked for;
// not so under NOT, where a null among its rows would change the answer.
func (f *finder) inner(of any, s *scope, ctes *named) error {
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
		var r relation
		if r, failed = f.query(child(child(n, "subquery"), "node"), s, ctes); failed != nil {
			return false
		}
		if text(n, "subquery_type") == "ANY" && text(n, "comparison_type") == "COMPARE_EQUAL" && len(r.columns) > 0 && positive(of, n) {
			equal(s.ref(child(n, "child")), r.columns[0].class)
		}
		failed = f.inner(n["child"], s, ctes)
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

// from adds what stands in a FROM to the scope.
func (f *finder) from(n node, s *scope, ctes *named) error {
	if n == nil {
		return nil
	}
	if n["sample"] != nil {
		return refuse("it takes a sample of rows")
	}
	switch text(n, "type") {
	case "EMPTY", "EMPTY_FROM":
		return nil
	case "BASE_TABLE":
		return f.table(n, s, ctes)
	case "SUBQUERY":
		r, err := f.query(child(child(n, "subquery"), "node"), s, ctes)
		r.alias = strings.ToLower(text(n, "alias"))
		rename(&r, n)
		s.relations = append(s.relations, r)
		return err
	case "JOIN":
		return f.join(n, s, ctes)
	default:
		return refuse("it reads from something (%s) that cannot be followed", strings.ToLower(strings.ReplaceAll(text(n, "type"), "_", " ")))
	}
}

func (f *finder) table(n node, s *scope, ctes *named) error {
	name := text(n, "table_name")
	if cte, ok := ctes.find(name); ok && text(n, "schema_name") == "" && text(n, "catalog_name") == "" {
		r, err := f.query(cte.query, nil, cte.outer)
		r.alias = aliasOf(n)
		rename(&r, n)
		s.relations = append(s.relations, r)
		return err
	}
	if view := f.catalog.View(text(n, "catalog_name"), text(n, "schema_name"), name); view != nil {
		return f.view(n, view, s)
	}
	columns, ok := f.catalog.Columns(text(n, "catalog_name"), text(n, "schema_name"), name)
	if !ok {
		return refuse("it reads %s, whose columns are not known", name)
	}
	r := relation{alias: aliasOf(n)}
	for _, c := range columns {
		r.columns = append(r.columns, column{name: strings.ToLower(c), class: &class{}})
	}
	f.mentions = append(f.mentions, mention{at: n, relation: relation{alias: r.alias, columns: slices.Clone(r.columns)}})
	rename(&r, n)
	s.relations = append(s.relations, r)
	return nil
}

// view puts the SELECT that a name stands for in its place, so that the tables it reads can be restricted too.
func (f *finder) view(n node, parse []byte, s *scope) error {
	_, statement, err := read(parse)
	if err != nil {
		return err
	}
	alias, names := text(n, "alias"), n["column_name_alias"]
	if alias == "" {
		alias = text(n, "table_name")
	}
	location := n["query_location"]
	clear(n)
	n["type"], n["alias"], n["query_location"], n["column_name_alias"] = "SUBQUERY", alias, location, names
	n["subquery"] = node{"node": statement, "named_param_map": []any{}}
	r, err := f.query(statement, nil, nil)
	r.alias = strings.ToLower(alias)
	rename(&r, n)
	s.relations = append(s.relations, r)
	return err
}

func aliasOf(n node) string {
	if a := text(n, "alias"); a != "" {
		return strings.ToLower(a)
	}
	return strings.ToLower(text(n, "table_name"))
}

// rename applies the column names of an alias such as t(a, b).
func rename(r *relation, n node) {
	for i, name := range words(n, "column_name_alias") {
		if i < len(r.columns) {
			r.columns[i].name = name
		}
	}
}

func (f *finder) join(n node, s *scope, ctes *named) error {
	if kind := text(n, "ref_type"); kind == "POSITIONAL" {
		return refuse("it joins by position")
	}
	before := len(s.relations)
	if err := f.from(child(n, "left"), s, ctes); err != nil {
		return err
	}
	middle := len(s.relations)
	if err := f.from(child(n, "right"), s, ctes); err != nil {
		return err
	}
	left, right := &scope{relations: s.relations[before:middle]}, &scope{relations: s.relations[middle:]}
	for _, name := range words(n, "using_columns") {
		equal(left.find([]string{name}), right.find([]string{name}))
	}
	condition := child(n, "condition")
	for _, c := range conjuncts(condition) {
		unite(c, s)
	}
	if condition == nil {
		return nil
	}
	return f.inner(any(condition), s, ctes)
}
