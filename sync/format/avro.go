package format

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/twmb/avro"

	"github.com/freshet/freshet/sync/model"
)

// avroSchema decodes values of one Avro schema. The library walks the bytes; what it finds is made nodes on the way.
type avroSchema struct {
	parsed *avro.Schema
	arena  *arena
	types  map[*avro.SchemaNode]avroType
	named  map[string]*avro.SchemaNode // definitions by their full names
	refs   map[*avro.SchemaNode]string // the full names that mentions of them mean
}

// avroType is what is known of the values of a part of the schema.
type avroType struct {
	typ    Type
	scaled bool   // VariableScaleDecimal
	fields []Type // of a record, for what is null in it
	choice []bool // of a record: the field is one of several types, so that it becomes JSON
}

// avroLogical are the logical types that the library would convert itself, not always keeping every digit.
var avroLogical = []string{"decimal", "date", "time-millis", "time-micros", "timestamp-millis", "timestamp-micros",
	"timestamp-nanos", "local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos", "uuid", "duration"}

func compileAvro(s model.Schema, a *arena) (*avroSchema, *Problem) {
	c := &avroSchema{arena: a, types: map[*avro.SchemaNode]avroType{}, named: map[string]*avro.SchemaNode{}, refs: map[*avro.SchemaNode]string{}}
	options := []avro.SchemaOpt{avro.WithLaxNames(nil)}
	for _, logical := range avroLogical {
		options = append(options, avro.CustomType{LogicalType: logical, Decode: c.value})
	}
	options = append(options, avro.CustomType{Decode: c.value})
	cache := &avro.SchemaCache{}
	for _, ref := range append(slices.Clone(s.References), model.NamedSchema{Text: s.Text}) {
		parsed, err := cache.Parse(ref.Text, options...)
		if err != nil {
			return nil, badSchema
		}
		c.parsed = parsed
		c.learn(parsed.Root(), "", 0)
	}
	return c, nil
}

// learn remembers named types, which elsewhere in the schema are mentioned by their name only: by the full one, or by
// the last part of it within the same namespace.
func (c *avroSchema) learn(n *avro.SchemaNode, namespace string, depth int) {
	if n == nil || depth > maxDepth {
		return
	}
	switch n.Type {
	case "record", "error", "enum", "fixed":
		full := n.Name
		if !strings.Contains(full, ".") && n.Namespace != "" {
			full = n.Namespace + "." + full
		}
		c.named[full] = n
		namespace = full[:max(0, strings.LastIndexByte(full, '.'))]
	case "array", "map", "union", "null", "boolean", "int", "long", "float", "double", "bytes", "string":
	default:
		c.refs[n] = n.Type
		if !strings.Contains(n.Type, ".") && namespace != "" {
			c.refs[n] = namespace + "." + n.Type
		}
	}
	for i := range n.Fields {
		c.learn(&n.Fields[i].Type, namespace, depth+1)
	}
	for i := range n.Branches {
		c.learn(&n.Branches[i], namespace, depth+1)
	}
	c.learn(n.Items, namespace, depth+1)
	c.learn(n.Values, namespace, depth+1)
}

func (c *avroSchema) decode(b []byte) (Node, *Problem) {
	var v any
	rest, err := c.parsed.Decode(b, &v)
	if err != nil {
		return Node{}, problemIn(err, badAvro)
	}
	if len(rest) > 0 {
		return Node{}, trailing
	}
	return nodeOf(v)
}

// value makes a node of what the library has read at one place of the schema.
func (c *avroSchema) value(v any, at *avro.SchemaNode) (any, error) {
	if c.arena.count > maxNodes {
		return nil, tooManyNodes
	}
	if defined, ok := c.named[at.Name]; ok && at.Name != "" { // within itself a record comes without its fields
		at = defined
	}
	known, ok := c.types[at]
	if !ok {
		known = c.typeOf(at)
		c.types[at] = known
	}
	n, p := c.node(v, at, known)
	if p != nil {
		return nil, p
	}
	return &c.arena.keep([]Node{n})[0], nil
}

func (c *avroSchema) node(v any, at *avro.SchemaNode, known avroType) (Node, *Problem) {
	switch v := v.(type) {
	case map[string]any:
		if at.Type == "map" {
			return c.object(v)
		}
		return c.record(v, at, known)
	case []any:
		return c.list(v)
	case []byte:
		if at.LogicalType == "duration" && len(v) == 12 {
			return Node{Value: model.Text(avroDuration(v)), Type: &known.typ}, nil
		}
		return Node{Value: model.Blob(v), Type: &known.typ}, nil
	}
	raw, p := goValue(v)
	return Node{Value: raw, Type: &known.typ}, p
}

// goValue is the exact value of what a library gives for a scalar.
func goValue(v any) (model.Value, *Problem) {
	switch v := v.(type) {
	case nil:
		return model.Value{}, nil
	case bool:
		return model.Boolean(v), nil
	case int32:
		return model.Integer(int64(v)), nil
	case int64:
		return model.Integer(v), nil
	case uint32:
		return model.Integer(int64(v)), nil
	case uint64:
		return model.Value{Kind: model.Int, Text: strconv.FormatUint(v, 10)}, nil
	case float32:
		return floatValue(float64(v), 32)
	case float64:
		return floatValue(v, 64)
	case string:
		if !utf8.ValidString(v) {
			return model.Value{}, badUTF8
		}
		return model.Text(v), nil
	case []byte:
		return model.Blob(v), nil
	}
	return model.Value{}, badAvro
}

// nodeOf takes back a node that was handed to the library; what is null it does not ask about.
func nodeOf(v any) (Node, *Problem) {
	if n, ok := v.(*Node); ok {
		return *n, nil
	}
	raw, p := goValue(v)
	return Node{Value: raw}, p
}

func (c *avroSchema) record(members map[string]any, at *avro.SchemaNode, known avroType) (Node, *Problem) {
	n := Node{Shape: Object, Type: &known.typ}
	if len(members) != len(at.Fields) {
		return n, badAvro
	}
	mark := len(c.arena.stack)
	for i := range at.Fields {
		member, p := nodeOf(members[at.Fields[i].Name])
		if p != nil {
			return n, p
		}
		if member.Type == nil && !known.scaled {
			member.Type = &known.fields[i]
		}
		if len(known.choice) > 0 && known.choice[i] && !member.IsNull() {
			member.becomeJSON()
		}
		member.Name = at.Fields[i].Name
		c.arena.stack = append(c.arena.stack, member)
	}
	n.Items = c.arena.closeFrom(mark)
	if known.scaled {
		n.applyScaled()
	}
	return n, nil
}

// becomeJSON makes a scalar that could have had another type JSON, as the column is.
func (n *Node) becomeJSON() {
	if n.Shape != Scalar {
		return
	}
	if n.Value, n.Bad = n.Whole(); n.Bad == nil {
		n.Type = &anyJSON
	}
}

var (
	jsonType = plain["JSON"]
	anyJSON  = with("JSON", Anything)
)

func (c *avroSchema) list(items []any) (Node, *Problem) {
	mark := len(c.arena.stack)
	for _, item := range items {
		n, p := nodeOf(item)
		if p != nil {
			return n, p
		}
		c.arena.stack = append(c.arena.stack, n)
	}
	return Node{Shape: List, Type: &jsonType, Items: c.arena.closeFrom(mark)}, nil
}

// object makes a map an object; the library does not keep the order of its entries, so they are in that of their names.
func (c *avroSchema) object(members map[string]any) (Node, *Problem) {
	names := make([]string, 0, len(members))
	for name := range members {
		if !utf8.ValidString(name) {
			return Node{}, badUTF8
		}
		names = append(names, name)
	}
	slices.Sort(names)
	mark := len(c.arena.stack)
	for _, name := range names {
		n, p := nodeOf(members[name])
		if p != nil {
			return n, p
		}
		n.Name = name
		c.arena.stack = append(c.arena.stack, n)
	}
	return Node{Shape: Object, Type: &jsonType, Items: c.arena.closeFrom(mark)}, nil
}

// resolve finds the definition of a type that is mentioned by its name only.
func (c *avroSchema) resolve(at *avro.SchemaNode) *avro.SchemaNode {
	for _, name := range [...]string{c.refs[at], at.Type} {
		if defined, ok := c.named[name]; ok {
			return defined
		}
	}
	return at
}

// typeOf finds out what there is to know of a part of the schema.
func (c *avroSchema) typeOf(at *avro.SchemaNode) avroType {
	known := avroType{typ: c.columnType(at)}
	if at.Type != "record" && at.Type != "error" {
		return known
	}
	known.scaled = isScaled(at)
	known.fields = make([]Type, len(at.Fields))
	known.choice = make([]bool, len(at.Fields))
	for i := range at.Fields {
		known.fields[i] = c.columnType(&at.Fields[i].Type)
		known.choice[i] = len(choices(&at.Fields[i].Type)) > 1
	}
	return known
}

func isScaled(at *avro.SchemaNode) bool {
	name, _ := at.Props["connect.name"].(string)
	return name == variableDecimal
}

// choices are the types of a union besides null.
func choices(at *avro.SchemaNode) []*avro.SchemaNode {
	var list []*avro.SchemaNode
	for i := range at.Branches {
		if at.Branches[i].Type != "null" {
			list = append(list, &at.Branches[i])
		}
	}
	return list
}

// columnType is the type of a column of such values. Where it may be one of several types it is JSON.
func (c *avroSchema) columnType(at *avro.SchemaNode) Type {
	if at.Type == "union" {
		list := choices(at)
		switch len(list) {
		case 0:
			return Type{}
		case 1:
			at = list[0]
		default:
			return jsonType
		}
	}
	at = c.resolve(at)
	if isScaled(at) {
		return Type{}
	}
	return c.scalarType(at)
}

// avroTypes are the types of Avro, of logical types those without parameters.
var avroTypes = map[string]Type{
	"null": {}, "boolean": plain["BOOLEAN"], "int": plain["INTEGER"], "long": plain["BIGINT"], "float": plain["FLOAT"],
	"double": plain["DOUBLE"], "string": plain["VARCHAR"], "bytes": plain["BLOB"], "fixed": plain["BLOB"], "enum": plain["VARCHAR"],

	"date":                   with("DATE", Days),
	"time-millis":            with("TIME", Millis),
	"time-micros":            with("TIME", Micros),
	"timestamp-millis":       with("TIMESTAMP WITH TIME ZONE", Millis),
	"timestamp-micros":       with("TIMESTAMP WITH TIME ZONE", Micros),
	"timestamp-nanos":        with("TIMESTAMP_NS", Nanos),
	"local-timestamp-millis": with("TIMESTAMP", Millis),
	"local-timestamp-micros": with("TIMESTAMP", Micros),
	"local-timestamp-nanos":  with("TIMESTAMP_NS", Nanos),
	"uuid":                   with("UUID", ""),
	"duration":               with("VARCHAR", ""),
}

// scalarType prefers the name that Kafka Connect gave the type: Debezium's say more than Avro's.
func (c *avroSchema) scalarType(at *avro.SchemaNode) Type {
	if name, _ := at.Props["connect.name"].(string); name != "" {
		parameters, _ := at.Props["connect.parameters"].(map[string]any)
		t, ok := namedType(name, func(p string) string { text, _ := parameters[p].(string); return text })
		if ok {
			return t
		}
	}
	if at.LogicalType == "decimal" {
		return wideDecimal(at.Precision, at.Scale)
	}
	if t, ok := avroTypes[at.LogicalType]; ok && at.LogicalType != "" {
		return t
	}
	if t, ok := avroTypes[at.Type]; ok {
		return t
	}
	return jsonType
}

// avroDuration writes months, days and milliseconds as an ISO 8601 duration.
func avroDuration(b []byte) string {
	months, days, millis := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	out := []byte("P")
	for _, part := range []struct {
		n    uint32
		unit byte
	}{{months / 12, 'Y'}, {months % 12, 'M'}, {days, 'D'}} {
		if part.n > 0 {
			out = append(strconv.AppendUint(out, uint64(part.n), 10), part.unit)
		}
	}
	if millis > 0 || len(out) == 1 {
		return string(out) + spanText(int64(millis/1000), int64(millis%1000)*1e6)[1:]
	}
	return string(out)
}
