package format

import (
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// jsonSchemas finds types in a JSON Schema of any draft, and in what it refers to. It does not validate: what the
// schema forbids beyond types is a matter of contracts.
type jsonSchemas struct {
	root   Node
	others map[string]Node // by the names they are referred to
	made   map[*Node]*Schema
}

// compileJSONSchema reads a registry's schema.
func compileJSONSchema(s model.Schema) (*Schema, *Problem) {
	c := jsonSchemas{others: map[string]Node{}, made: map[*Node]*Schema{}}
	for _, ref := range s.References {
		n, p := parsed(ref.Text)
		if p != nil {
			return nil, badSchema
		}
		c.others[ref.Name] = n
		if id := n.Text("$id"); id != "" {
			c.others[id] = n
		}
	}
	root, p := parsed(s.Text)
	if p != nil {
		return nil, badSchema
	}
	c.root = root
	return c.at(&c.root, &c.root, 0), nil
}

// parsed reads JSON into nodes of its own.
func parsed(text string) (Node, *Problem) {
	c := scanner{s: text, arena: &arena{}}
	return c.scanJSON()
}

// at makes a Schema of a part of the document in; nil where it says no type.
func (c *jsonSchemas) at(n, in *Node, depth int) *Schema {
	if n == nil || n.Shape != Object || depth > maxDepth {
		return nil
	}
	if s, ok := c.made[n]; ok { // a schema may hold itself
		return s
	}
	if ref := n.Text("$ref"); ref != "" {
		to, document := c.follow(ref, in)
		return c.at(to, document, depth+1)
	}
	if one := only(n); one != nil {
		return c.at(one, in, depth+1)
	}
	s := &Schema{}
	c.made[n] = s
	if s.Type, s.scaled = jsonSchemaType(n); s.scaled {
		return s
	}
	if properties := n.Get("properties"); properties != nil {
		for i := range properties.Items {
			s.add(properties.Items[i].Name, c.at(&properties.Items[i], in, depth+1))
		}
	}
	s.Elem = c.at(n.Get("items"), in, depth+1)
	if s.Elem == nil {
		s.Elem = c.at(n.Get("additionalProperties"), in, depth+1)
	}
	return s
}

// follow finds what a reference names: "#/definitions/x", "other.json" or "other.json#/definitions/x".
func (c *jsonSchemas) follow(ref string, in *Node) (to, document *Node) {
	name, pointer, _ := strings.Cut(ref, "#")
	if name != "" {
		other, ok := c.others[name]
		if !ok {
			return nil, nil
		}
		in = &other
	}
	to = in
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if part != "" {
			to = to.Get(strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
		}
	}
	return to, in
}

// only finds the one type besides null that a value may have by oneOf, anyOf or allOf.
func only(n *Node) *Node {
	for _, word := range []string{"oneOf", "anyOf", "allOf"} {
		list := n.Get(word)
		if list == nil {
			continue
		}
		var found *Node
		for i := range list.Items {
			if list.Items[i].Text("type") == "null" {
				continue
			}
			if found != nil {
				return nil
			}
			found = &list.Items[i]
		}
		return found
	}
	return nil
}

// jsonTypes are the words of JSON Schema; a number may have a fraction, which only its digits tell.
var jsonTypes = map[string]Type{"string": plain["VARCHAR"], "boolean": plain["BOOLEAN"], "integer": plain["BIGINT"],
	"object": plain["JSON"], "array": plain["JSON"]}

// jsonFormats are the formats of texts.
var jsonFormats = map[string]Type{"date-time": plain["TIMESTAMP WITH TIME ZONE"], "date": plain["DATE"], "uuid": plain["UUID"]}

func jsonSchemaType(n *Node) (t Type, scaled bool) {
	if n.Text("title") == variableDecimal {
		return Type{}, true
	}
	parameters := n.Get("connect.parameters")
	if t, ok := namedType(n.Text("title"), parameters.Text); ok {
		return t, false
	}
	if t, ok := connectTypes[n.Text("connect.type")]; ok {
		return t, false
	}
	word := typeWord(n)
	if t, ok := jsonFormats[n.Text("format")]; ok && word == "string" {
		return t, false
	}
	return jsonTypes[word], false
}

// typeWord is the one type besides null, "" where there are several.
func typeWord(n *Node) string {
	list := n.Get("type")
	if list == nil || list.Shape != List {
		return n.Text("type")
	}
	word := ""
	for i := range list.Items {
		if text := list.Items[i].Value.Text; text != "null" {
			if word != "" {
				return ""
			}
			word = text
		}
	}
	return word
}
