package config

import (
	"fmt"
	"slices"

	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// value is one YAML node and where it stands: file, place in it, and path from the top ("syncs.crm.mode").
type value struct {
	file string
	path string
	name string // last step of the path, for messages
	node *yaml.Node
}

// member is one entry of a mapping.
type member struct {
	key value // its node is the key's
	val value
}

func (v value) pos() model.Pos {
	if v.node == nil {
		return model.Pos{File: v.file}
	}
	return model.Pos{File: v.file, Line: v.node.Line, Col: v.node.Column}
}

func where(p model.Pos) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// content is the node itself, or what an alias stands for.
func (v value) content() *yaml.Node {
	n := v.node
	for hops := 0; n != nil && n.Kind == yaml.AliasNode && hops < maxDepth; hops++ {
		n = n.Alias
	}
	return n
}

func (v value) absent() bool { return v.node == nil }

func (v value) isNull() bool {
	n := v.content()
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func (v value) kind() yaml.Kind {
	if n := v.content(); n != nil {
		return n.Kind
	}
	return 0
}

func (v value) child(name string, n *yaml.Node) value {
	path := name
	if v.path != "" {
		path = v.path + "." + name
	}
	return value{file: v.file, path: path, name: name, node: n}
}

// maxDepth bounds nesting and chains of aliases, which YAML lets loop.
const (
	maxDepth  = 20
	maxMerges = 4 // merge keys in merge keys multiply
)

// members lists the entries of a mapping, its own first, then those of its merge keys that it does not override.
// It is empty for anything else.
func (v value) members() []member { return v.mergedMembers(0) }

func (v value) mergedMembers(depth int) []member {
	n := v.content()
	if n == nil || n.Kind != yaml.MappingNode || depth > maxMerges {
		return nil
	}
	var own, merged []member
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.ScalarNode && k.ShortTag() == "!!merge" {
			merged = append(merged, v.mergeSources(val, depth)...)
			continue
		}
		if k.Kind != yaml.ScalarNode {
			continue // reported where duplicates are
		}
		own = append(own, member{key: v.child(k.Value, k), val: v.child(k.Value, val)})
	}
	for _, m := range merged {
		if !slices.ContainsFunc(own, func(o member) bool { return o.key.name == m.key.name }) {
			own = append(own, m)
		}
	}
	return own
}

func (v value) mergeSources(n *yaml.Node, depth int) []member {
	from := value{file: v.file, path: v.path, name: v.name, node: n}
	if from.kind() != yaml.SequenceNode {
		return from.mergedMembers(depth + 1)
	}
	var all []member
	for _, item := range from.content().Content {
		all = append(all, value{file: v.file, path: v.path, name: v.name, node: item}.mergedMembers(depth+1)...)
	}
	return all
}

// get finds an entry of a mapping; it is absent where there is none, or where v is no mapping.
func (v value) get(name string) value {
	for _, m := range v.members() {
		if m.key.name == name {
			return m.val
		}
	}
	return value{file: v.file}
}

// items lists the items of a sequence; it is empty for anything else.
func (v value) items() []value {
	n := v.content()
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	all := make([]value, len(n.Content))
	for i, item := range n.Content {
		all[i] = value{file: v.file, path: v.path, name: v.name, node: item}
	}
	return all
}

// found says in words what stands at a place.
func (v value) found() string {
	n := v.content()
	switch {
	case v.isNull():
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!int":
		return "a whole number"
	case "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	default:
		return "text"
	}
}
