package format

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/model"
)

// scanner reads one JSON text (RFC 8259) into an arena. Nothing is taken that another reader could read otherwise: no
// member twice, no bytes that are not UTF-8, no half surrogate pairs.
type scanner struct {
	s     string
	i     int
	arena *arena
	// known is the raw text of a "schema" member that was read before: it is passed over where it stands again.
	known string
	raw   string // the raw text of the "schema" member of the outermost object
}

// scanJSON reads all of s.
func (c *scanner) scanJSON() (Node, *Problem) {
	c.s = strings.TrimPrefix(c.s, "\ufeff")
	if !utf8.ValidString(c.s) {
		return Node{}, badUTF8
	}
	c.space()
	mark := c.push("")
	p := c.value(mark, 0)
	n := c.arena.stack[mark]
	c.arena.stack = c.arena.stack[:mark]
	if p != nil {
		return Node{}, p
	}
	c.space()
	if c.i != len(c.s) {
		return Node{}, trailing
	}
	return n, nil
}

// push puts an empty node on the stack, where its value is read into: nodes are too large to be handed around.
func (c *scanner) push(name string) (at int) {
	c.arena.stack = append(c.arena.stack, Node{Name: name})
	return len(c.arena.stack) - 1
}

func (c *scanner) space() {
	for c.i < len(c.s) && (c.s[c.i] == ' ' || c.s[c.i] == '\n' || c.s[c.i] == '\t' || c.s[c.i] == '\r') {
		c.i++
	}
}

// value reads a value into the node at a place of the stack.
func (c *scanner) value(at, depth int) *Problem {
	if c.i >= len(c.s) {
		return badJSON
	}
	switch b := c.s[c.i]; {
	case b == '"':
		text, p := c.text()
		n := &c.arena.stack[at]
		n.Value.Kind, n.Value.Text = model.String, text
		return p
	case b == '{' || b == '[':
		return c.nested(at, depth, b == '{')
	case b == '-' || b-'0' <= 9:
		return c.number(&c.arena.stack[at])
	}
	return c.word(&c.arena.stack[at])
}

func (c *scanner) nested(at, depth int, object bool) (p *Problem) {
	if depth >= maxDepth {
		return tooDeep
	}
	if c.arena.count > maxNodes {
		return tooManyNodes
	}
	var items []Node
	shape := List
	if object {
		shape = Object
		items, p = c.object(depth)
	} else {
		items, p = c.list(depth)
	}
	n := &c.arena.stack[at]
	n.Shape, n.Items = shape, items
	return p
}

func (c *scanner) number(n *Node) (p *Problem) {
	end := numberEnd(c.s, c.i)
	if end < 0 {
		return badJSON
	}
	n.Value, p = numberValue(c.s[c.i:end])
	c.i = end
	return p
}

func (c *scanner) word(n *Node) *Problem {
	rest := c.s[c.i:]
	switch {
	case strings.HasPrefix(rest, "null"):
		c.i += 4
	case strings.HasPrefix(rest, "true"):
		c.i += 4
		n.Value = model.Value{Kind: model.Bool, Text: "true"}
	case strings.HasPrefix(rest, "false"):
		c.i += 5
		n.Value = model.Value{Kind: model.Bool, Text: "false"}
	default:
		return badJSON
	}
	return nil
}

// after passes over space and one of two bytes; more is whether it was the first, which says that more follows.
func (c *scanner) after(comma, end byte) (more bool, p *Problem) {
	c.space()
	if c.i >= len(c.s) || c.s[c.i] != comma && c.s[c.i] != end {
		return false, badJSON
	}
	c.i++
	return c.s[c.i-1] == comma, nil
}

// opens passes over the first byte of a list or object, and over its last where it is empty.
func (c *scanner) opens(end byte) (empty bool) {
	c.i++
	c.space()
	if c.i < len(c.s) && c.s[c.i] == end {
		c.i++
		return true
	}
	return false
}

func (c *scanner) list(depth int) (items []Node, p *Problem) {
	if c.opens(']') {
		return nil, nil
	}
	mark := len(c.arena.stack)
	for more := true; more; {
		c.space()
		if p = c.value(c.push(""), depth+1); p != nil {
			return nil, p
		}
		if more, p = c.after(',', ']'); p != nil {
			return nil, p
		}
	}
	return c.arena.closeFrom(mark), nil
}

func (c *scanner) object(depth int) (items []Node, p *Problem) {
	if c.opens('}') {
		return nil, nil
	}
	mark := len(c.arena.stack)
	var seen names
	for more := true; more; {
		name, p := c.name()
		if p != nil {
			return nil, p
		}
		if seen.twice(c.arena.stack[mark:], name) {
			return nil, memberTwice
		}
		if p = c.member(name, depth); p != nil {
			return nil, p
		}
		if more, p = c.after(',', '}'); p != nil {
			return nil, p
		}
	}
	return c.arena.closeFrom(mark), nil
}

// member reads a member's value. Debezium repeats the schema with every event, so one that is known is not read again.
func (c *scanner) member(name string, depth int) *Problem {
	at := c.push(name)
	if depth > 0 || name != "schema" {
		return c.value(at, depth+1)
	}
	if c.known != "" && strings.HasPrefix(c.s[c.i:], c.known) {
		c.i += len(c.known)
		c.raw = c.known
		c.arena.stack[at].Shape = Object
		return nil
	}
	start := c.i
	p := c.value(at, depth+1)
	c.raw = c.s[start:c.i]
	return p
}

func (c *scanner) name() (string, *Problem) {
	c.space()
	if c.i >= len(c.s) || c.s[c.i] != '"' {
		return "", badJSON
	}
	name, p := c.text()
	if p != nil {
		return "", p
	}
	c.space()
	if c.i >= len(c.s) || c.s[c.i] != ':' {
		return "", badJSON
	}
	c.i++
	c.space()
	return name, nil
}

// names finds a member that stands in an object twice.
type names struct {
	bits uint64              // hashes of the names so far: most names are told apart by them alone
	many map[string]struct{} // of a large object
}

func (n *names) twice(before []Node, name string) bool {
	if len(before) > 128 {
		return n.twiceOfMany(before, name)
	}
	h := uint32(len(name))
	for i := range min(len(name), 24) {
		h = h*31 + uint32(name[i])
	}
	bit := uint64(1) << ((h ^ h>>15) & 63)
	if n.bits&bit == 0 {
		n.bits |= bit
		return false
	}
	return slices.ContainsFunc(before, func(b Node) bool { return b.Name == name })
}

func (n *names) twiceOfMany(before []Node, name string) bool {
	if n.many == nil {
		n.many = map[string]struct{}{}
		for i := range before {
			n.many[before[i].Name] = struct{}{}
		}
	}
	_, found := n.many[name]
	n.many[name] = struct{}{}
	return found
}

func (c *scanner) text() (string, *Problem) {
	s, start := c.s, c.i+1
	for i := start; i < len(s); i++ {
		switch b := s[i]; {
		case b == '"':
			c.i = i + 1
			return s[start:i], nil
		case b == '\\':
			return c.escaped(start, i)
		case b < 0x20:
			return "", badJSON
		}
	}
	return "", badJSON
}

// escaped reads a text from its first backslash on.
func (c *scanner) escaped(start, i int) (string, *Problem) {
	s := c.s
	out := append(make([]byte, 0, i-start+32), s[start:i]...)
	for i < len(s) {
		switch b := s[i]; {
		case b == '"':
			c.i = i + 1
			return string(out), nil
		case b < 0x20:
			return "", badJSON
		case b != '\\':
			out = append(out, b)
			i++
		default:
			r, size, p := escape(s[i:])
			if p != nil {
				return "", p
			}
			out = utf8.AppendRune(out, r)
			i += size
		}
	}
	return "", badJSON
}

// escape reads one escaped character, or both halves of a surrogate pair.
func escape(s string) (r rune, size int, p *Problem) {
	if len(s) < 2 {
		return 0, 0, badJSON
	}
	if at := strings.IndexByte(`"\/bfnrt`, s[1]); at >= 0 {
		return rune("\"\\/\b\f\n\r\t"[at]), 2, nil
	}
	first, ok := hex4(s)
	if !ok {
		return 0, 0, badJSON
	}
	if !utf16.IsSurrogate(first) {
		return first, 6, nil
	}
	second, ok := hex4(s[6:])
	if !ok {
		return 0, 0, halfRune
	}
	if r = utf16.DecodeRune(first, second); r == utf8.RuneError {
		return 0, 0, halfRune
	}
	return r, 12, nil
}

// hex4 reads \uXXXX.
func hex4(s string) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, b := range []byte(s[2:6]) {
		switch {
		case b-'0' <= 9:
			b -= '0'
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(b)
	}
	return r, true
}
