package format

import "github.com/freshet/freshet/sync/model"

// Shape says what a Node is.
type Shape uint8

// The shapes. The zero Node is null.
const (
	Scalar Shape = iota // Value says it all; a null too
	List                // Items without names
	Object              // Items with names, in their order
)

// maxDepth is how deep values may be nested, maxNodes how many there may be in one payload.
const (
	maxDepth = 100
	maxNodes = 1 << 20
)

// Node is one value of a payload. It holds until the next payload is decoded; its texts hold for ever.
type Node struct {
	Name  string // as a member of an object
	Shape Shape
	Value model.Value // of a scalar: as it is written, before its Type has made a column's value of it
	Type  *Type       // what a schema says of it; nil where none does
	Bad   *Problem    // why it is nothing a column can hold
	Items []Node
}

// Get finds a member, nil where there is none.
func (n *Node) Get(name string) *Node {
	if n == nil || n.Shape != Object {
		return nil
	}
	for i := range n.Items {
		if n.Items[i].Name == name {
			return &n.Items[i]
		}
	}
	return nil
}

// Text is the text of a scalar member; "" where it is absent, null or nested.
func (n *Node) Text(name string) string {
	if m := n.Get(name); m != nil && m.Shape == Scalar {
		return m.Value.Text
	}
	return ""
}

// IsNull says whether the value is an explicit null.
func (n *Node) IsNull() bool { return n.Shape == Scalar && n.Value.Kind == model.Null }

// Whole gives the value of a column: a scalar as its type has it, what is nested as compact JSON.
func (n *Node) Whole() (model.Value, *Problem) {
	if n.Bad != nil {
		return n.Value, n.Bad
	}
	if n.Shape == Scalar {
		if n.Type == nil {
			return n.Value, nil
		}
		return n.Type.Convert(n.Value)
	}
	if n.Type != nil && n.Type.Known() && n.Type.base != document {
		return n.Value, misfit(*n.Type, "nested value")
	}
	text, p := n.appendJSON(make([]byte, 0, 64), 0)
	return model.Value{Kind: model.JSON, Text: string(text)}, p
}

// As gives the value as a column of a declared type holds it. Where the declaration does not say how a time is
// written, the schema's word on that holds.
func (n *Node) As(declared Type) (model.Value, *Problem) {
	if n.Shape == Scalar && n.Bad == nil && n.Type != nil && n.Type.isTime() && declared.isTime() {
		if n.Value.Kind == model.Int && (declared.Unit == "" || n.Type.Unit != "") {
			declared.Unit = n.Type.Unit
		}
		return declared.Convert(n.Value)
	}
	v, p := n.Whole()
	if p != nil {
		return v, p
	}
	return declared.Convert(v)
}

func (n *Node) appendJSON(dst []byte, depth int) ([]byte, *Problem) {
	switch {
	case n.Bad != nil:
		return dst, n.Bad
	case depth > maxDepth:
		return dst, tooDeep
	case n.Shape == Scalar && n.Type != nil:
		v, p := n.Type.Convert(n.Value)
		return v.AppendJSON(dst), p
	case n.Shape == Scalar:
		return n.Value.AppendJSON(dst), nil
	}
	ends := [...]byte{'[', ']'}
	if n.Shape == Object {
		ends = [...]byte{'{', '}'}
	}
	dst = append(dst, ends[0])
	for i := range n.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if n.Shape == Object {
			dst = model.AppendQuoted(dst, n.Items[i].Name)
			dst = append(dst, ':')
		}
		var p *Problem
		if dst, p = n.Items[i].appendJSON(dst, depth+1); p != nil {
			return dst, p
		}
	}
	return append(dst, ends[1]), nil
}

// arena keeps the nodes of one payload together, so that a payload costs no allocation of its own.
type arena struct {
	chunk []Node
	stack []Node // the members of what is not closed yet
	count int
}

func (a *arena) reset() { a.chunk, a.stack, a.count = a.chunk[:0], a.stack[:0], 0 }

// keep copies nodes into the arena.
func (a *arena) keep(nodes []Node) []Node {
	if len(nodes) == 0 {
		return nil
	}
	a.count += len(nodes)
	if len(a.chunk)+len(nodes) > cap(a.chunk) {
		a.chunk = make([]Node, 0, max(128, 2*cap(a.chunk), len(nodes)))
	}
	from := len(a.chunk)
	a.chunk = append(a.chunk, nodes...)
	return a.chunk[from:len(a.chunk):len(a.chunk)]
}

// closeFrom keeps what was pushed since mark.
func (a *arena) closeFrom(mark int) []Node {
	kept := a.keep(a.stack[mark:])
	a.stack = a.stack[:mark]
	return kept
}
