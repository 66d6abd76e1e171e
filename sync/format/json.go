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
	n, p := c.value(0)
	if p != nil {
		return Node{}, p
	}
	c.space()
	if c.i != len(c.s) {
		return Node{}, trailing
	}
	return n, nil
}

func (c *scanner) space() {
	for c.i < len(c.s) && (c.s[c.i] == ' ' || c.s[c.i] == '\n' || c.s[c.i] == '\t' || c.s[c.i] == '\r') {
		c.i++
	}
}

func (c *scanner) value(depth int) (Node, *Problem) {
	if c.i >= len(c.s) {
		return Node{}, badJSON
	}
	switch b := c.s[c.i]; {
	case b == '"':
		text, p := c.text()
		return Node{Value: model.Value{Kind: model.String, Text: text}}, p
	case b == '{' || b == '[':
		if depth >= maxDepth {
			return Node{}, tooDeep
		}
		if c.arena.count > maxNodes {
			return Node{}, tooManyNodes
		}
		if b == '{' {
			return c.object(depth)
		}
		return c.list(depth)
	case b == '-' || b-'0' <= 9:
		return c.number()
	}
	return c.word()
}

func (c *scanner) number() (Node, *Problem) {
	end := numberEnd(c.s, c.i)
	if end < 0 {
		return Node{}, badJSON
	}
	v, p := numberValue(c.s[c.i:end])
	c.i = end
	return Node{Value: v}, p
}

func (c *scanner) word() (Node, *Problem) {
	rest := c.s[c.i:]
	switch {
	case strings.HasPrefix(rest, "null"):
		c.i += 4
		return Node{}, nil
	case strings.HasPrefix(rest, "true"):
		c.i += 4
		return Node{Value: model.Value{Kind: model.Bool, Text: "true"}}, nil
	case strings.HasPrefix(rest, "false"):
		c.i += 5
		return Node{Value: model.Value{Kind: model.Bool, Text: "false"}}, nil
	}
	return Node{}, badJSON
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

func (c *scanner) list(depth int) (Node, *Problem) {
	if c.opens(']') {
		return Node{Shape: List}, nil
	}
	mark := len(c.arena.stack)
	for more := true; more; {
		c.space()
		n, p := c.value(depth + 1)
		if p != nil {
			return Node{}, p
		}
		c.arena.stack = append(c.arena.stack, n)
		if more, p = c.after(',', ']'); p != nil {
			return Node{}, p
		}
	}
	return Node{Shape: List, Items: c.arena.closeFrom(mark)}, nil
}

func (c *scanner) object(depth int) (Node, *Problem) {
	if c.opens('}') {
		return Node{Shape: Object}, nil
	}
	mark := len(c.arena.stack)
	var seen names
	for more := true; more; {
		name, p := c.name()
		if p != nil {
			return Node{}, p
		}
		if seen.twice(c.arena.stack[mark:], name) {
			return Node{}, memberTwice
		}
		n, p := c.member(name, depth)
		if p != nil {
			return Node{}, p
		}
		n.Name = name
		c.arena.stack = append(c.arena.stack, n)
		if more, p = c.after(',', '}'); p != nil {
			return Node{}, p
		}
	}
	return Node{Shape: Object, Items: c.arena.closeFrom(mark)}, nil
}

// member reads a member's value. Debezium repeats the schema with every event, so one that is known is not read again.
func (c *scanner) member(name string, depth int) (Node, *Problem) {
	if depth > 0 || name != "schema" {
		return c.value(depth + 1)
	}
	if c.known != "" && strings.HasPrefix(c.s[c.i:], c.known) {
		c.i += len(c.known)
		c.raw = c.known
		return Node{Shape: Object}, nil
	}
	start := c.i
	n, p := c.value(depth + 1)
	c.raw = c.s[start:c.i]
	return n, p
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
