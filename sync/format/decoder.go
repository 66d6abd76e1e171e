package format

import (
	"strings"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/model"
)

// Lookup finds a schema. Its error means "not now": the event waits, and is not at fault. A nil Lookup says that there
// is no registry.
type Lookup func(model.SchemaRef) (model.Schema, error)

// Decoder decodes the payloads of one side of a stream: keys or values. It keeps the schemas it has seen, which never
// change. It is for one goroutine, and what it gives holds until it is asked again. The zero Decoder is ready.
type Decoder struct {
	arena  arena
	known  map[model.SchemaRef]*compiled
	beside string  // the text of the schema that stood beside the last JSON
	schema *Schema // what it says
}

// compiled is a schema of a registry, ready to decode with.
type compiled struct {
	kind  model.SchemaKind
	avro  *avroSchema
	proto *protoSchema
	json  *Schema
	bad   *Problem
}

// maxSchemas is how many schemas of a registry are kept ready.
const maxSchemas = 1000

// JSON decodes plain JSON. Where it is Kafka Connect's pair of schema and payload, the payload is given with its types.
func (d *Decoder) JSON(payload []byte) (Node, *Problem) {
	d.arena.reset()
	return d.json(string(payload))
}

// JSONText decodes JSON that stands in a text of a payload, beside what was decoded before.
func (d *Decoder) JSONText(text string) (Node, *Problem) {
	c := scanner{s: text, arena: &d.arena}
	return c.scanJSON()
}

func (d *Decoder) json(text string) (Node, *Problem) {
	c := scanner{s: text, arena: &d.arena, known: d.beside}
	n, p := c.scanJSON()
	if p != nil || c.raw == "" || len(n.Items) != 2 {
		return n, p
	}
	payload, schema := n.Get("payload"), n.Get("schema")
	if payload == nil || !schema.IsNull() && schema.Text("type") == "" && c.raw != d.beside {
		return n, nil
	}
	if c.raw != d.beside {
		if p := d.remember(schema, c.raw); p != nil {
			return Node{}, p
		}
	}
	payload.Name = ""
	d.schema.Apply(payload)
	return *payload, nil
}

// Paired gives a node that is Kafka Connect's pair of schema and payload the types it says itself, and any other node
// as it is.
func Paired(n Node) (Node, *Problem) {
	payload, schema := n.Get("payload"), n.Get("schema")
	if payload == nil || len(n.Items) != 2 || schema.Text("type") == "" {
		return n, nil
	}
	s, p := connectSchema(schema)
	if p != nil {
		return n, p
	}
	s.Apply(payload)
	return *payload, nil
}

// remember reads the schema beside a payload; "schema": null says nothing of it.
func (d *Decoder) remember(n *Node, raw string) *Problem {
	d.beside, d.schema = "", nil
	if n.IsNull() {
		return nil
	}
	s, p := connectSchema(n)
	if p != nil {
		return p
	}
	d.beside, d.schema = strings.Clone(raw), s
	return nil
}

// Framed decodes what CutFrame found, by the schema's own language. The error is the lookup's.
func (d *Decoder) Framed(f Frame, lookup Lookup) (Node, model.SchemaKind, *Problem, error) {
	d.arena.reset()
	return d.framed(f, lookup)
}

// FramedWithin is Framed for bytes that stand in a payload, beside what was decoded before.
func (d *Decoder) FramedWithin(f Frame, lookup Lookup) (Node, model.SchemaKind, *Problem, error) {
	return d.framed(f, lookup)
}

func (d *Decoder) framed(f Frame, lookup Lookup) (Node, model.SchemaKind, *Problem, error) {
	c, ok := d.known[f.Ref]
	if !ok && lookup == nil {
		return Node{}, 0, noRegistry, nil
	}
	if !ok {
		s, err := lookup(f.Ref)
		if err != nil {
			return Node{}, 0, nil, err
		}
		if d.known == nil || len(d.known) >= maxSchemas {
			d.known = map[model.SchemaRef]*compiled{}
		}
		c = d.compile(s)
		d.known[f.Ref] = c
	}
	if c.bad != nil {
		return Node{}, c.kind, c.bad, nil
	}
	n, p := d.decode(c, f)
	return n, c.kind, p, nil
}

// compile makes a schema ready. A library that gives up on a schema must not take the feed with it.
func (d *Decoder) compile(s model.Schema) (c *compiled) {
	c = &compiled{kind: s.Kind}
	defer func() {
		if recover() != nil {
			c.bad = badSchema
		}
	}()
	switch s.Kind {
	case model.AvroSchema:
		c.avro, c.bad = compileAvro(s, &d.arena)
	case model.ProtobufSchema:
		c.proto, c.bad = compileProtobuf(s, &d.arena)
	case model.JSONSchema:
		c.json, c.bad = compileJSONSchema(s)
	default:
		c.bad = badSchema
	}
	return c
}

func (d *Decoder) decode(c *compiled, f Frame) (n Node, p *Problem) {
	defer func() {
		if recover() != nil {
			n, p = Node{}, badAvro
			if c.kind == model.ProtobufSchema {
				p = badProtobuf
			}
		}
	}()
	switch c.kind {
	case model.AvroSchema:
		return c.avro.decode(f.Rest)
	case model.ProtobufSchema:
		indexes, payload, p := f.message()
		if p != nil {
			return Node{}, p
		}
		return c.proto.decode(payload, indexes)
	}
	n, p = d.JSONText(string(f.Rest))
	c.json.Apply(&n)
	return n, p
}

// Plain decodes bytes that no schema is known of: JSON where they are, else a text. What is neither is a problem.
func (d *Decoder) Plain(payload []byte) (Node, *Problem) {
	d.arena.reset()
	n, p := d.json(string(payload))
	if p == nil {
		return n, nil
	}
	if !utf8.Valid(payload) {
		return Node{}, badUTF8
	}
	return Node{Value: model.Text(string(payload))}, nil
}

// Sniffed says what bytes without a frame look like.
func Sniffed(payload []byte) *Problem {
	if len(payload) >= 2 && payload[0] == 0xC3 && payload[1] == 0x01 || strings.HasPrefix(string(payload[:min(4, len(payload))]), "Obj\x01") {
		return avroFile
	}
	return notFramed
}
