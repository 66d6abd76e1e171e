package contract

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Any is a value of any type, exactly as it is written. The zero Any is absent, which is not null.
type Any struct{ node *yaml.Node }

// Text makes a text.
func Text(s string) Any {
	n := &yaml.Node{}
	n.SetString(s)
	return Any{n}
}

// Number makes a whole number.
func Number(n int64) Any {
	return Any{&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(n, 10)}}
}

// List makes a list.
func List(items ...Any) Any {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, item := range items {
		n.Content = append(n.Content, item.node)
	}
	return Any{n}
}

// Absent says whether nothing is written.
func (a Any) Absent() bool { return a.node == nil }

// IsNull says whether null is written.
func (a Any) IsNull() bool { return a.is("!!null") }

// IsNumber says whether it is a number.
func (a Any) IsNumber() bool { return a.is("!!int") || a.is("!!float") }

// IsList says whether it is a list.
func (a Any) IsList() bool { return a.node != nil && a.node.Kind == yaml.SequenceNode }

// IsMapping says whether it has keys.
func (a Any) IsMapping() bool { return a.node != nil && a.node.Kind == yaml.MappingNode }

// IsText says whether it is a text; an unquoted date is one.
func (a Any) IsText() bool { return a.is("!!str") || a.is("!!timestamp") }

func (a Any) is(tag string) bool {
	return a.node != nil && a.node.Kind == yaml.ScalarNode && a.node.ShortTag() == tag
}

// Scalar is the text of a single value as it is written; "" for anything else.
func (a Any) Scalar() string {
	if a.node == nil || a.node.Kind != yaml.ScalarNode || a.IsNull() {
		return ""
	}
	return a.node.Value
}

// Items are the values of a list.
func (a Any) Items() []Any {
	if !a.IsList() {
		return nil
	}
	items := make([]Any, len(a.node.Content))
	for i, n := range a.node.Content {
		items[i] = Any{n}
	}
	return items
}

// Key finds a value of a mapping; it is absent where there is none.
func (a Any) Key(name string) Any {
	if !a.IsMapping() {
		return Any{}
	}
	for i := 0; i+1 < len(a.node.Content); i += 2 {
		if a.node.Content[i].Value == name {
			return Any{a.node.Content[i+1]}
		}
	}
	return Any{}
}

// Texts are the scalars of a list, or the one scalar; ok is false where there is anything else.
func (a Any) Texts() (texts []string, ok bool) {
	if a.IsText() {
		return []string{a.Scalar()}, true
	}
	for _, item := range a.Items() {
		if !item.IsText() {
			return nil, false
		}
		texts = append(texts, item.Scalar())
	}
	return texts, a.IsList()
}

// Plain gives the value as nil, bool, int, float64, string, []any or map[string]any.
func (a Any) Plain() any {
	if a.node == nil {
		return nil
	}
	return plain(a.node)
}

func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.AliasNode:
		return plain(n.Alias)
	case yaml.SequenceNode:
		items := []any{}
		for _, item := range n.Content {
			items = append(items, plain(item))
		}
		return items
	case yaml.MappingNode:
		all := map[string]any{}
		for _, m := range membersOf(n) {
			all[m.key.Value] = plain(m.value)
		}
		return all
	}
	return plainScalar(n)
}

func plainScalar(n *yaml.Node) any {
	if tag := n.ShortTag(); tag == "!!timestamp" || tag == "!!str" {
		return n.Value
	}
	var v any
	if n.Decode(&v) != nil {
		return n.Value
	}
	return v
}
