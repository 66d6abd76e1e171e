package format

import "strconv"

// Schema is what is known of the values at one place of a payload. A nil Schema knows nothing.
type Schema struct {
	Type   Type // of a scalar; JSON of what is nested
	Fields []SchemaField
	Elem   *Schema // of a list's items, and of an object's members where they have no names of their own
	index  map[string]int
	scaled bool // VariableScaleDecimal: an object of scale and value that means one number
}

// SchemaField is a named part of a Schema.
type SchemaField struct {
	Name   string
	Schema *Schema
}

// Field finds what is known of a member, nil where nothing is.
func (s *Schema) Field(name string) *Schema {
	if s == nil {
		return nil
	}
	if i, ok := s.index[name]; ok {
		return s.Fields[i].Schema
	}
	return s.Elem
}

func (s *Schema) add(name string, field *Schema) {
	if s.index == nil {
		s.index = map[string]int{}
	}
	if _, twice := s.index[name]; twice {
		return
	}
	s.index[name] = len(s.Fields)
	s.Fields = append(s.Fields, SchemaField{Name: name, Schema: field})
}

// Apply gives a node and what is in it the types of a schema.
func (s *Schema) Apply(n *Node) { s.apply(n, 0) }

func (s *Schema) apply(n *Node, depth int) {
	if s == nil || depth > maxDepth {
		return
	}
	if s.scaled && n.Shape == Object {
		n.applyScaled()
		return
	}
	n.Type = &s.Type
	for i := range n.Items {
		s.Field(n.Items[i].Name).apply(&n.Items[i], depth+1)
	}
}

// applyScaled makes one number of an object of scale and value.
func (n *Node) applyScaled() {
	scale, err := strconv.Atoi(n.Text("scale"))
	value := n.Get("value")
	if err != nil || value == nil {
		n.Bad = &Problem{"format.misfit", "an object of scale and value lacks one of them"}
		return
	}
	if b, ok := bytesOf(value.Value.Text, Base64); ok {
		n.becomeDecimal(b, scale)
		return
	}
	n.Bad = &Problem{"format.misfit", "the value of an object of scale and value is not base64"}
}
