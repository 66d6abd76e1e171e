package contract

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Write gives the contract as YAML. What was read keeps its comments, the order of its keys and the form of every value
// that has not changed.
func Write(c *Contract) ([]byte, error) {
	fresh := nodeOf(reflect.ValueOf(c).Elem())
	top := fresh
	if c.doc != nil {
		doc := *c.doc
		doc.Content = []*yaml.Node{merged(c.doc.Content[0], fresh)}
		top = &doc
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(top); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}

// nodeOf writes a value anew; nil where there is nothing to write.
func nodeOf(v reflect.Value) *yaml.Node {
	switch x := v.Interface().(type) {
	case Any:
		return x.node
	case References:
		return referencesNode(x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if v.Elem().Kind() != reflect.Struct {
			return scalarNode(v.Elem())
		}
		return nodeOf(v.Elem())
	case reflect.Struct:
		return mappingNode(v)
	case reflect.Slice:
		return sequenceNode(v)
	default:
		if v.IsZero() {
			return nil
		}
		return scalarNode(v)
	}
}

func mappingNode(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, f := range fieldsOf(v.Type()) {
		value := nodeOf(v.Field(f.index))
		if value == nil && f.required && v.Field(f.index).Kind() == reflect.String {
			value = Text("").node
		}
		if value != nil {
			n.Content = append(n.Content, Text(f.name).node, value)
		}
	}
	return n
}

func sequenceNode(v reflect.Value) *yaml.Node {
	if v.IsNil() {
		return nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i := range v.Len() {
		item := v.Index(i)
		if item.Kind() == reflect.String {
			n.Content = append(n.Content, scalarNode(item))
		} else if node := nodeOf(item); node != nil {
			n.Content = append(n.Content, node)
		}
	}
	return n
}

func scalarNode(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}
	case reflect.Int:
		return Number(v.Int()).node
	default:
		return Text(v.String()).node
	}
}

func referencesNode(r References) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, name := range r.Names {
		n.Content = append(n.Content, Text(name).node)
	}
	if !r.List && len(n.Content) == 1 {
		return n.Content[0]
	}
	return n
}

// merged is what was read, with what has changed since. Values that mean the same keep their form.
func merged(was, now *yaml.Node) *yaml.Node {
	if equal(was, now) {
		return was
	}
	target := resolved(was)
	switch {
	case target.Kind == yaml.MappingNode && now.Kind == yaml.MappingNode && was.Kind != yaml.AliasNode:
		return mergedMapping(target, now)
	case target.Kind == yaml.SequenceNode && now.Kind == yaml.SequenceNode && was.Kind != yaml.AliasNode:
		return mergedSequence(target, now)
	case target.Kind == yaml.SequenceNode && now.Kind == yaml.MappingNode && len(now.Content) == 2:
		return merged(was, now.Content[1]) // the short form: a list of members for the team that has them
	case target.Kind == yaml.ScalarNode && now.Kind == yaml.ScalarNode:
		out := *now
		out.HeadComment, out.LineComment, out.FootComment = was.HeadComment, was.LineComment, was.FootComment
		return &out
	}
	return now
}

// equal says whether two values mean the same. Short forms and values that are left out mean what is written in full.
func equal(was, now *yaml.Node) bool {
	if reflect.DeepEqual(plain(was), plain(now)) {
		return true
	}
	target := resolved(was)
	short := now.Kind == yaml.MappingNode && len(now.Content) == 2 && target.Kind != yaml.MappingNode
	return short && equal(was, now.Content[1])
}

func mergedMapping(was, now *yaml.Node) *yaml.Node {
	out := *was
	out.Content = nil
	written := map[string]bool{}
	for i := 0; i+1 < len(was.Content); i += 2 {
		key, value := was.Content[i], was.Content[i+1]
		if key.ShortTag() == "!!merge" {
			out.Content = append(out.Content, key, value)
			continue
		}
		written[key.Value] = true
		if to := (Any{now}).Key(key.Value); !to.Absent() {
			out.Content = append(out.Content, key, merged(value, to.node))
		} else if empty(value) {
			out.Content = append(out.Content, key, value)
		}
	}
	inherited := membersOf(was)
	for i := 0; i+1 < len(now.Content); i += 2 {
		key, value := now.Content[i], now.Content[i+1]
		by := slices.IndexFunc(inherited, func(m entry) bool { return m.key.Value == key.Value })
		if !written[key.Value] && (by < 0 || !equal(inherited[by].value, value)) {
			out.Content = append(out.Content, key, value)
		}
	}
	return &out
}

// empty says whether a value means what leaving it out means.
func empty(n *yaml.Node) bool {
	n = resolved(n)
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.ShortTag() == "!!str" || n.Kind != yaml.ScalarNode && len(n.Content) == 0
}

// mergedSequence pairs the items by what names them, else by their place.
func mergedSequence(was, now *yaml.Node) *yaml.Node {
	out := *was
	out.Content = nil
	taken := make([]bool, len(was.Content))
	for i, item := range now.Content {
		at := partner(was.Content, taken, item, i)
		if at < 0 {
			out.Content = append(out.Content, item)
			continue
		}
		taken[at] = true
		out.Content = append(out.Content, merged(was.Content[at], item))
	}
	return &out
}

func partner(was []*yaml.Node, taken []bool, item *yaml.Node, place int) int {
	named := func(n *yaml.Node) string {
		for _, key := range []string{"name", "property", "username", "role", "server", "channel"} {
			if text := textOf(n, key); text != "" {
				return text
			}
		}
		return ""
	}
	if name := named(item); name != "" {
		for i, n := range was {
			if !taken[i] && named(n) == name {
				return i
			}
		}
		return -1
	}
	if place < len(was) && !taken[place] && named(was[place]) == "" {
		return place
	}
	return -1
}
