package reach

import (
	"slices"
	"strings"
)

// outputs are the columns a SELECT gives. An expression that is not a plain column has no class.
func outputs(n node, s *scope) (relation, error) {
	var out relation
	for _, item := range list(n, "select_list") {
		switch {
		case text(item, "class") == "STAR" && item["expr"] == nil && !columnsStar(item):
			star(item, s, &out)
		case text(item, "class") == "STAR":
			return out, refuse("it names its columns with COLUMNS(…)")
		default:
			name := strings.ToLower(text(item, "alias"))
			if names := words(item, "column_names"); name == "" && len(names) > 0 {
				name = names[len(names)-1]
			}
			out.columns = append(out.columns, column{name: name, class: s.ref(item)})
		}
	}
	return out, nil
}

func columnsStar(item node) bool {
	is, _ := item["columns"].(bool)
	return is
}

// star adds every column of the FROM, or of the relation named before the star.
func star(item node, s *scope, out *relation) {
	of := strings.ToLower(text(item, "relation_name"))
	var left []string
	for _, name := range words(item, "exclude_list") {
		left = append(left, name)
	}
	replaced := map[string]bool{}
	for _, r := range list(item, "replace_list") {
		replaced[strings.ToLower(text(r, "key"))] = true
	}
	for _, r := range s.relations {
		if of != "" && r.alias != of {
			continue
		}
		for _, c := range r.columns {
			if slices.Contains(left, c.name) {
				continue
			}
			if replaced[c.name] {
				c.class = nil
			}
			out.columns = append(out.columns, c)
		}
	}
}

// grouped takes the class from every column that the groups are not made by.
func grouped(n node, s *scope, out *relation) {
	groups := list(n, "group_expressions")
	sets, _ := n["group_sets"].([]any)
	all := text(n, "aggregate_handling") == "FORCE_AGGREGATES" // GROUP BY ALL: by every column that is not an aggregate
	if all || len(groups) == 0 && !aggregates(n) {
		return
	}
	if len(sets) > 1 {
		forget(out)
		return
	}
	var by []*class
	for _, g := range groups {
		c := s.ref(g)
		if i, ok := position(g); ok && i < len(out.columns) {
			c = out.columns[i].class
		}
		if c == nil {
			if names := words(g, "column_names"); len(names) == 1 {
				c = out.class(names[0]) // by the name of an output
			}
		}
		by = append(by, c)
	}
	for i := range out.columns {
		if !slices.ContainsFunc(by, func(c *class) bool { return same(c, out.columns[i].class) }) {
			out.columns[i].class = nil
		}
	}
}

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

// windowed keeps the class only of columns that every window is divided by: the others' windows see rows of other keys.
func windowed(n node, s *scope, out *relation) {
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
		for i := range out.columns {
			if !slices.ContainsFunc(list(w, "partitions"), func(p node) bool { return same(s.ref(p), out.columns[i].class) }) {
				out.columns[i].class = nil
			}
		}
	}
}
