package audience

import (
	"fmt"
	"strings"
)

// children are the nodes directly below a node.
func children(n Node) []Node {
	switch n := n.(type) {
	case All:
		return n.Of
	case Any:
		return n.Of
	case Not:
		return []Node{n.Of}
	}
	return nil
}

// walk visits a node and all below it, each with its path: include, include.of.0, include.of for the one below a Not.
func walk(n Node, path string, depth int, visit func(n Node, path string, depth int)) {
	if n == nil || depth > maxDepth+1 {
		return
	}
	visit(n, path, depth)
	if not, ok := n.(Not); ok {
		walk(not.Of, path+".of", depth+1, visit)
		return
	}
	for i, child := range children(n) {
		walk(child, fmt.Sprintf("%s.of.%d", path, i), depth+1, visit)
	}
}

// visit walks both sides of a definition.
func (d Definition) visit(each func(n Node, path string, depth int)) {
	walk(d.Include, "include", 1, each)
	walk(d.Exclude, "exclude", 1, each)
}

// identified gives every node that has no ID one: n1, n2 … in reading order.
func identified(d Definition) Definition {
	taken := map[string]bool{}
	d.visit(func(n Node, _ string, _ int) { taken[strings.ToLower(n.id())] = true })
	count := 0
	next := func() string {
		for {
			if count++; !taken[fmt.Sprintf("n%d", count)] {
				return fmt.Sprintf("n%d", count)
			}
		}
	}
	d.Include, d.Exclude = withIDs(d.Include, next), withIDs(d.Exclude, next)
	return d
}

func withIDs(n Node, next func() string) Node {
	if n == nil {
		return nil
	}
	id := n.id()
	if id == "" {
		id = next()
	}
	switch n := n.(type) {
	case All:
		return All{ID: id, Of: allWithIDs(n.Of, next)}
	case Any:
		return Any{ID: id, Of: allWithIDs(n.Of, next)}
	case Not:
		return Not{ID: id, Of: withIDs(n.Of, next)}
	case Prop:
		n.ID = id
		return n
	case Rel:
		n.ID = id
		return n
	case Seq:
		n.ID = id
		return n
	case Member:
		n.ID = id
		return n
	case Consent:
		n.ID = id
		return n
	case Bucket:
		n.ID = id
		return n
	}
	return n
}

func allWithIDs(of []Node, next func() string) []Node {
	out := make([]Node, len(of))
	for i, child := range of {
		out[i] = withIDs(child, next)
	}
	return out
}

// columnsOf describes every node of a definition whose nodes have IDs.
func columnsOf(d Definition) []NodeColumn {
	var all []NodeColumn
	d.visit(func(n Node, path string, _ int) {
		all = append(all, NodeColumn{ID: n.id(), Path: path, Column: columnName(n.id()), Sentence: Phrase(n)})
	})
	return all
}
