package engine

import (
	"strings"
	"unicode"
)

// typ is a DuckDB type taken apart.
type typ struct {
	name    string   // "INTEGER", "DECIMAL", "LIST", "ARRAY", "STRUCT", "MAP", "UNION", "ENUM", ...
	text    string   // the whole type as DuckDB writes it
	members []member // STRUCT, UNION: their members; LIST, ARRAY: the child; MAP: key and value
}

// member is a named part of a type; name is "" where the part has none.
type member struct {
	name string
	typ  typ
}

// parseType takes DuckDB's name of a type apart: STRUCT(a INTEGER, "b c" DECIMAL(4,1)[])[3]. What it does not know
// keeps its whole text as its name.
func parseType(text string) typ {
	p := &typeParser{rest: strings.TrimSpace(text)}
	t := p.parse()
	if p.failed || p.rest != "" {
		return typ{name: text, text: text}
	}
	return t
}

type typeParser struct {
	rest   string
	failed bool
}

func (p *typeParser) parse() typ {
	start := p.rest
	t := p.base()
	t.text = start[:len(start)-len(p.rest)]
	for strings.HasPrefix(p.rest, "[") {
		size, rest, closed := strings.Cut(p.rest[1:], "]")
		if !closed {
			p.failed = true
			return t
		}
		p.rest = rest
		kind := "LIST"
		if size != "" {
			kind = "ARRAY"
		}
		t = typ{name: kind, text: start[:len(start)-len(p.rest)], members: []member{{typ: t}}}
	}
	return t
}

// base reads a type's words and what stands in its parentheses.
func (p *typeParser) base() typ {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return r != ' ' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		end = len(p.rest)
	}
	t := typ{name: strings.TrimSpace(p.rest[:end])}
	p.rest = p.rest[end:]
	if t.name == "" {
		p.failed = true
	}
	if !strings.HasPrefix(p.rest, "(") {
		return t
	}
	switch t.name {
	case "STRUCT", "UNION", "MAP":
		p.rest = p.rest[1:]
		t.members = p.list(t.name != "MAP")
	default:
		p.skipParentheses()
	}
	return t
}

func (p *typeParser) list(named bool) []member {
	var members []member
	for !p.failed {
		p.rest = strings.TrimLeft(p.rest, " ")
		m := member{}
		if named {
			m.name = p.memberName()
		}
		m.typ = p.parse()
		members = append(members, m)
		switch {
		case strings.HasPrefix(p.rest, ","):
			p.rest = p.rest[1:]
		case strings.HasPrefix(p.rest, ")"):
			p.rest = p.rest[1:]
			return members
		default:
			p.failed = true
		}
	}
	return members
}

// memberName reads `a ` or `"b c" `; a member without a name is a type at once: STRUCT(INTEGER, VARCHAR).
func (p *typeParser) memberName() string {
	if strings.HasPrefix(p.rest, `"`) {
		text, rest := quoted(p.rest, '"')
		p.rest = strings.TrimLeft(rest, " ")
		return text
	}
	word, rest, spaced := strings.Cut(p.rest, " ")
	if !spaced || strings.ContainsAny(word, "(),[]") || strings.HasPrefix(rest, "WITH ") {
		return ""
	}
	p.rest = rest
	return word
}

// skipParentheses passes over (10,2) and over ('a', 'it”s)').
func (p *typeParser) skipParentheses() {
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\'':
			_, rest := quoted(p.rest[i:], '\'')
			i = len(p.rest) - len(rest) - 1
		case ')':
			p.rest = p.rest[i+1:]
			return
		}
	}
	p.failed = true
}

// quoted reads a text in quotes, doubled inside, from the start of s.
func quoted(s string, quote byte) (text, rest string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		return b.String(), s[i+1:]
	}
	return b.String(), ""
}
