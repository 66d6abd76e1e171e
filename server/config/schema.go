package config

import (
	"encoding/json"

	"github.com/freshet/freshet/sync/connect"
)

// SchemaFile is the name under which the schema stands beside a workspace.
const SchemaFile = "freshet.schema.json"

// Schema is the JSON Schema (draft 2020-12) of one file of a workspace, for editors. It comes from the same table as
// the checks, and says less than they do: references, names in other files and the environment are theirs alone.
func Schema(drivers []connect.Driver) []byte {
	s := workspace(drivers).schema()
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Freshet workspace"
	s["$defs"] = object{"condition": conditionSchema()}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // strings, lists and maps of them always marshal
	}
	return append(text, '\n')
}

type object = map[string]any

// schema describes what may stand here.
func (s *shape) schema() object {
	described := s.bare()
	if s.help != "" {
		described["description"] = s.help
	}
	return described
}

func (s *shape) bare() object {
	switch s.kind {
	case integerKind:
		return orReference(object{"type": "integer"})
	case booleanKind:
		return orReference(object{"type": "boolean"})
	case literalKind:
		return object{"type": []string{"string", "number", "boolean", "null"}}
	case recordKind:
		return recordSchema(s.fields)
	case namedKind:
		return s.namedSchema()
	case listKind:
		return object{"type": "array", "items": s.of.schema()}
	case openKind:
		return object{"type": "object"}
	case conditionKind:
		return object{"$ref": "#/$defs/condition"}
	case anyKind:
		return object{}
	case eitherKind:
		return object{"anyOf": []object{s.either[0].schema(), s.either[1].schema()}}
	case variantKind:
		return s.variantSchema()
	default:
		return s.textSchema()
	}
}

// reference is a text that the environment fills in.
const reference = `\$\{[A-Za-z_][A-Za-z0-9_]*\}`

func orReference(s object) object {
	return object{"anyOf": []object{s, {"type": "string", "pattern": reference}}}
}

func (s *shape) textSchema() object {
	switch {
	case len(s.choices) > 0:
		return orReference(object{"enum": s.choices})
	case s.pattern != "" && s.parse("1") != nil: // YAML reads a bare number as one, which this form is not
		return orReference(object{"type": "string", "pattern": s.pattern})
	case s.pattern != "":
		return orReference(object{"type": []string{"string", "integer", "number"}, "pattern": s.pattern})
	default:
		return object{"type": []string{"string", "number"}}
	}
}

// conditionSchema is every form of a condition, and a list of them.
func conditionSchema() object {
	branches := []object{{"type": "array", "items": object{"$ref": "#/$defs/condition"}, "description": "True where every one of them is."}}
	for _, f := range forms() {
		branch := recordSchema(f.fields)
		branch["description"] = f.help
		branches = append(branches, branch)
	}
	return object{"anyOf": branches, "description": "A condition of an audience."}
}

func recordSchema(fields []field) object {
	properties, required := object{}, []string{}
	for _, f := range fields {
		if f.later != "" {
			continue
		}
		properties[f.name] = f.shape.schema()
		if f.required {
			required = append(required, f.name)
		}
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (s *shape) namedSchema() object {
	named := object{"type": []string{"object", "null"}, "additionalProperties": s.of.schema()}
	if s.rule != nil {
		named["propertyNames"] = object{"pattern": s.rule.String()}
	}
	return named
}

// variantSchema lists the types, and under each what belongs to it.
func (s *shape) variantSchema() object {
	branches := make([]object, len(s.types))
	for i, t := range s.types {
		branch := recordSchema(append(append([]field{}, s.fields...), t.fields...))
		branch["properties"].(object)["type"] = object{"const": t.name, "description": t.help}
		branches[i] = object{"if": object{"properties": object{"type": object{"const": t.name}}}, "then": branch}
	}
	return object{"type": "object", "required": []string{"type"}, "allOf": branches,
		"properties": object{"type": object{"enum": s.typeNames(), "description": "The connector."}}}
}
