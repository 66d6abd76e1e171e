package format

// The types of Kafka Connect, as its JSON converter writes them.
var connectTypes = map[string]Type{
	"int8": plain["TINYINT"], "int16": plain["SMALLINT"], "int32": plain["INTEGER"], "int64": plain["BIGINT"],
	"float": plain["FLOAT"], "float32": plain["FLOAT"], "double": plain["DOUBLE"], "float64": plain["DOUBLE"],
	"boolean": plain["BOOLEAN"], "string": plain["VARCHAR"], "bytes": plain["BLOB"],
	"struct": plain["JSON"], "array": plain["JSON"], "map": plain["JSON"],
}

// connectSchema reads the schema that Kafka Connect's JSON converter puts beside a payload.
func connectSchema(n *Node) (*Schema, *Problem) { return connectAt(n, 0) }

func connectAt(n *Node, depth int) (*Schema, *Problem) {
	t, ok := connectTypes[n.Text("type")]
	if !ok || depth > maxDepth {
		return nil, badSpelling
	}
	s := &Schema{Type: t}
	name := n.Text("name")
	if s.scaled = name == variableDecimal; s.scaled {
		return s, nil
	}
	if special, ok := namedType(name, n.Get("parameters").Text); ok {
		s.Type = special
		return s, nil
	}
	var p *Problem
	switch n.Text("type") {
	case "struct":
		p = s.connectFields(n.Get("fields"), depth)
	case "array":
		s.Elem, p = connectAt(n.Get("items"), depth+1)
	case "map":
		// A map whose keys are no texts is written as a list of pairs, of which a schema of members says nothing.
		if n.Get("keys").Text("type") == "string" {
			s.Elem, p = connectAt(n.Get("values"), depth+1)
		}
	}
	return s, p
}

func (s *Schema) connectFields(fields *Node, depth int) *Problem {
	if fields == nil || fields.Shape != List {
		return badSpelling
	}
	for i := range fields.Items {
		field, p := connectAt(&fields.Items[i], depth+1)
		if p != nil {
			return p
		}
		s.add(fields.Items[i].Text("field"), field)
	}
	return nil
}
