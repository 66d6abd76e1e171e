package reach

import "strings"

// node is an object of DuckDB's parse.
type node = map[string]any

func text(n node, name string) string {
	s, _ := n[name].(string)
	return s
}

func child(n node, name string) node {
	c, _ := n[name].(node)
	return c
}

func list(n node, name string) []node {
	items, _ := n[name].([]any)
	var out []node
	for _, item := range items {
		if c, ok := item.(node); ok {
			out = append(out, c)
		}
	}
	return out
}

func words(n node, name string) []string {
	items, _ := n[name].([]any)
	var out []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, strings.ToLower(s))
		}
	}
	return out
}

// each calls visit for a node and everything below it; a false answer leaves out what is below.
func each(of any, visit func(node) bool) {
	switch n := of.(type) {
	case []any:
		for _, c := range n {
			each(c, visit)
		}
	case node:
		if !visit(n) {
			return
		}
		for _, c := range n {
			each(c, visit)
		}
	}
}

// conjuncts takes a condition apart at its ANDs.
func conjuncts(of node) []node {
	if of == nil {
		return nil
	}
	if text(of, "type") != "CONJUNCTION_AND" {
		return []node{of}
	}
	var out []node
	for _, c := range list(of, "children") {
		out = append(out, conjuncts(c)...)
	}
	return out
}
