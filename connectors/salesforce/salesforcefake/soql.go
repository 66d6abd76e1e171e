package salesforcefake

import (
	"errors"
	"fmt"
	"strings"
)

// statement is the part of SOQL that is spoken here:
// SELECT f, r.f FROM o [WHERE c [AND c]…] [ORDER BY f [ASC]] [LIMIT n]; c is f = v, f != v or f IN (v, …).
type statement struct {
	fields []string // "count()" alone counts
	object string
	where  []condition
	order  string
	limit  int
}

type condition struct {
	field  string
	not    bool
	values []literal
}

// literal is a value of a condition: quoted text, or a bare word such as 42, true or null.
type literal struct {
	text   string
	quoted bool
}

var errSyntax = errors.New("unexpected token")

// parse reads a statement.
func parse(query string) (*statement, error) {
	tokens, err := scan(query)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	st := &statement{limit: -1}
	p.want("SELECT")
	st.fields = p.list()
	p.want("FROM")
	st.object = p.next().text
	if p.take("WHERE") {
		st.where = append(st.where, p.condition())
		for p.take("AND") {
			st.where = append(st.where, p.condition())
		}
	}
	if p.take("ORDER") {
		p.want("BY")
		st.order = p.next().text
		p.take("ASC")
	}
	if p.take("LIMIT") {
		_, err := fmt.Sscan(p.next().text, &st.limit)
		p.failed = p.failed || err != nil
	}
	if p.failed || p.at != len(tokens) {
		return nil, errSyntax
	}
	return st, nil
}

type parser struct {
	tokens []literal
	at     int
	failed bool
}

func (p *parser) next() literal {
	if p.at >= len(p.tokens) {
		p.failed = true
		return literal{}
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *parser) take(word string) bool {
	if p.at < len(p.tokens) && !p.tokens[p.at].quoted && strings.EqualFold(p.tokens[p.at].text, word) {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(word string) { p.failed = !p.take(word) || p.failed }

func (p *parser) list() []string {
	out := []string{p.next().text}
	if p.take("(") { // count()
		p.want(")")
		return []string{strings.ToLower(out[0]) + "()"}
	}
	for p.take(",") {
		out = append(out, p.next().text)
	}
	return out
}

func (p *parser) condition() condition {
	c := condition{field: p.next().text}
	switch {
	case p.take("="):
		c.values = []literal{p.next()}
	case p.take("!="):
		c.not, c.values = true, []literal{p.next()}
	default:
		p.want("IN")
		p.want("(")
		c.values = []literal{p.next()}
		for p.take(",") {
			c.values = append(c.values, p.next())
		}
		p.want(")")
	}
	return c
}

// scan cuts a query into words, marks and quoted texts.
func scan(query string) ([]literal, error) {
	var out []literal
	for i := 0; i < len(query); {
		switch c := query[i]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '\'':
			text, size, err := quoted(query[i:])
			if err != nil {
				return nil, err
			}
			out = append(out, literal{text, true})
			i += size
		case strings.HasPrefix(query[i:], "!="):
			out = append(out, literal{"!=", false})
			i += 2
		case strings.IndexByte("(),=", c) >= 0:
			out = append(out, literal{string(c), false})
			i++
		default:
			end := strings.IndexAny(query[i:], " \n\t\r(),=!'")
			if end < 0 {
				end = len(query) - i
			}
			if end == 0 {
				return nil, errSyntax
			}
			out = append(out, literal{query[i : i+end], false})
			i += end
		}
	}
	return out, nil
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '\'': '\'', '"': '"', '\\': '\\'}

// quoted reads a text in single quotes with SOQL's escapes; size counts the bytes it takes in the query.
func quoted(s string) (text string, size int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\'':
			return b.String(), i + 1, nil
		case '\\':
			i++
			if i >= len(s) || escapes[s[i]] == 0 {
				return "", 0, errSyntax
			}
			b.WriteByte(escapes[s[i]])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, errSyntax
}
