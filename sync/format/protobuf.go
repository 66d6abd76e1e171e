package format

import (
	"slices"
	"strings"
	"time"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/freshet/freshet/sync/model"
)

// protoSchema decodes the messages of one Protobuf file.
type protoSchema struct {
	file   protoreflect.FileDescriptor
	arena  *arena
	fields map[protoreflect.FieldDescriptor]*Type
}

// mainFile is the name of the registry's own text, which has none there.
const mainFile = "freshet.main.proto"

func compileProtobuf(s model.Schema, a *arena) (*protoSchema, *Problem) {
	texts := map[string]string{mainFile: s.Text}
	for _, ref := range s.References {
		texts[ref.Name] = ref.Text
	}
	find := func(name string) (protocompile.SearchResult, error) {
		text, ok := texts[name]
		if !ok {
			text, ok = protoLibrary[name]
		}
		if !ok {
			return protocompile.SearchResult{}, badSchema
		}
		return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(protocompile.ResolverFunc(find)),
		MaxParallelism: 1,
		Reporter:       reporter.NewReporter(nil, nil),
	}
	files, err := compiler.Compile(unhurried{}, mainFile)
	if err != nil || len(files) != 1 {
		return nil, badSchema
	}
	return &protoSchema{file: files[0], arena: a, fields: map[protoreflect.FieldDescriptor]*Type{}}, nil
}

// unhurried is a context that nothing ends: compiling reads nothing but texts that are there.
type unhurried struct{}

func (unhurried) Deadline() (deadline time.Time, ok bool) { return }
func (unhurried) Done() <-chan struct{}                   { return nil }
func (unhurried) Err() error                              { return nil }
func (unhurried) Value(any) any                           { return nil }

// message finds a message by its place: the index in the file, then in the message before. The messages that maps
// are made of do not count, as with the Java client; clients that count them write other places.
func (c *protoSchema) message(indexes []int) (protoreflect.MessageDescriptor, *Problem) {
	messages := c.file.Messages()
	var found protoreflect.MessageDescriptor
	for _, i := range indexes {
		if found = nth(messages, i); found == nil {
			return nil, badIndexes
		}
		messages = found.Messages()
	}
	if found == nil {
		return nil, badIndexes
	}
	return found, nil
}

func nth(messages protoreflect.MessageDescriptors, n int) protoreflect.MessageDescriptor {
	for i := range messages.Len() {
		m := messages.Get(i)
		if m.IsMapEntry() {
			continue
		}
		if n == 0 {
			return m
		}
		n--
	}
	return nil
}

func (c *protoSchema) decode(b []byte, indexes []int) (Node, *Problem) {
	descriptor, p := c.message(indexes)
	if p != nil {
		return Node{}, p
	}
	m := dynamicpb.NewMessage(descriptor)
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(b, m); err != nil {
		return Node{}, badProtobuf
	}
	return c.object(m)
}

// object makes a message an object of all of its fields. A field that can be absent, and is, is null; one that cannot
// has its default.
func (c *protoSchema) object(m protoreflect.Message) (Node, *Problem) {
	if n, ok, p := wellKnown(m); ok {
		return n, p
	}
	mark := len(c.arena.stack)
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		n := Node{}
		var p *Problem
		if !field.HasPresence() || m.Has(field) {
			if n, p = c.field(field, m.Get(field)); p != nil {
				return n, p
			}
		}
		n.Name = string(field.Name())
		if n.Type == nil && n.Bad == nil {
			n.Type = c.typeOf(field)
		}
		c.arena.stack = append(c.arena.stack, n)
	}
	if c.arena.count > maxNodes {
		return Node{}, tooManyNodes
	}
	return Node{Shape: Object, Type: &jsonType, Items: c.arena.closeFrom(mark)}, nil
}

func (c *protoSchema) field(field protoreflect.FieldDescriptor, v protoreflect.Value) (Node, *Problem) {
	switch {
	case field.IsMap():
		return c.entries(field, v.Map())
	case field.IsList():
		return c.list(field, v.List())
	}
	return c.value(field, v)
}

func (c *protoSchema) list(field protoreflect.FieldDescriptor, list protoreflect.List) (Node, *Problem) {
	mark := len(c.arena.stack)
	for i := range list.Len() {
		n, p := c.value(field, list.Get(i))
		if p != nil {
			return n, p
		}
		c.arena.stack = append(c.arena.stack, n)
	}
	return Node{Shape: List, Items: c.arena.closeFrom(mark)}, nil
}

// entries makes a map an object. A map has no order, so the entries are in that of their names.
func (c *protoSchema) entries(field protoreflect.FieldDescriptor, m protoreflect.Map) (Node, *Problem) {
	mark := len(c.arena.stack)
	var p *Problem
	m.Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
		var n Node
		if n, p = c.value(field.MapValue(), v); p != nil {
			return false
		}
		n.Name = key.String()
		c.arena.stack = append(c.arena.stack, n)
		return true
	})
	if p != nil {
		return Node{}, p
	}
	sortItems(c.arena.stack[mark:])
	return Node{Shape: Object, Items: c.arena.closeFrom(mark)}, nil
}

func sortItems(items []Node) {
	slices.SortFunc(items, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
}

func (c *protoSchema) value(field protoreflect.FieldDescriptor, v protoreflect.Value) (Node, *Problem) {
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return c.object(v.Message())
	case protoreflect.EnumKind:
		if known := field.Enum().Values().ByNumber(v.Enum()); known != nil {
			return Node{Value: model.Text(string(known.Name()))}, nil
		}
		return Node{Value: model.Integer(int64(v.Enum()))}, nil
	}
	raw, p := goValue(v.Interface())
	return Node{Value: raw}, p
}

// typeOf is the type of a field's column.
func (c *protoSchema) typeOf(field protoreflect.FieldDescriptor) *Type {
	if t, ok := c.fields[field]; ok {
		return t
	}
	t := jsonType
	if !field.IsList() && !field.IsMap() {
		t = protoType(field)
	}
	c.fields[field] = &t
	return &t
}

var protoTypes = map[protoreflect.Kind]Type{
	protoreflect.BoolKind: plain["BOOLEAN"], protoreflect.EnumKind: plain["VARCHAR"], protoreflect.StringKind: plain["VARCHAR"],
	protoreflect.Int32Kind: plain["INTEGER"], protoreflect.Sint32Kind: plain["INTEGER"], protoreflect.Sfixed32Kind: plain["INTEGER"],
	protoreflect.Uint32Kind: plain["UINTEGER"], protoreflect.Fixed32Kind: plain["UINTEGER"],
	protoreflect.Int64Kind: plain["BIGINT"], protoreflect.Sint64Kind: plain["BIGINT"], protoreflect.Sfixed64Kind: plain["BIGINT"],
	protoreflect.Uint64Kind: plain["UBIGINT"], protoreflect.Fixed64Kind: plain["UBIGINT"],
	protoreflect.FloatKind: plain["FLOAT"], protoreflect.DoubleKind: plain["DOUBLE"], protoreflect.BytesKind: plain["BLOB"],
}

func protoType(field protoreflect.FieldDescriptor) Type {
	if t, ok := protoTypes[field.Kind()]; ok {
		return t
	}
	if t, ok := wellKnownTypes[field.Message().FullName()]; ok {
		return t
	}
	return jsonType
}
