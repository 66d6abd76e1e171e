package liquid

import (
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

var tags = []string{"if", "unless", "case", "for", "assign", "capture", "break", "continue", "comment", "raw", "echo"}

func (p *parser) tag(c chunk) node {
	switch c.name {
	case "if", "unless":
		return p.branch(c)
	case "case":
		return p.choice(c)
	case "for":
		return p.loop(c)
	case "assign":
		return p.assign(c)
	case "capture":
		return p.capture(c)
	case "echo":
		return output{at: c.at, of: p.expr(c, (*exprParser).condition)}
	case "break", "continue":
		if !slices.Contains(p.locals, "forloop") {
			p.failAt(c, "{% "+c.name+" %} stands outside a for")
		}
		return leave{again: c.name == "continue"}
	}
	p.failAt(c, "there is no tag "+strconv.Quote(c.name)+"; a template has only its row: no files, no other templates")
	p.suggest(fault.Nearest(c.name, tags))
	return plain("")
}

// branch reads if and unless, whose first test is turned round.
func (p *parser) branch(c chunk) node {
	b := branch{at: c.at}
	test := p.expr(c, (*exprParser).condition)
	for {
		body, stop := p.block(c.name)
		if c.name == "unless" && len(b.arms) == 0 {
			test = not{test}
		}
		b.arms = append(b.arms, arm{test, body})
		switch {
		case stop != nil && stop.name == "elsif":
			test = p.expr(*stop, (*exprParser).condition)
		case stop != nil && stop.name == "else":
			b.otherwise, stop = p.block(c.name)
			p.close(c, stop)
			return b
		default:
			p.close(c, stop)
			return b
		}
	}
}

// choice reads case, when and else as comparisons with one value.
func (p *parser) choice(c chunk) node {
	b := branch{at: c.at}
	subject := p.expr(c, (*exprParser).filtered)
	lead, stop := p.block(c.name)
	if slices.ContainsFunc(lead, func(n node) bool { t, ok := n.(plain); return !ok || strings.TrimSpace(string(t)) != "" }) {
		p.failAt(c, "something stands between {% case %} and its first {% when %}")
	}
	for p.ok() && stop != nil && stop.name == "when" {
		test := p.expr(*stop, func(e *exprParser) expr { return e.when(subject) })
		var body []node
		body, stop = p.block(c.name)
		b.arms = append(b.arms, arm{test, body})
	}
	if stop != nil && stop.name == "else" {
		b.otherwise, stop = p.block(c.name)
	}
	p.close(c, stop)
	return b
}

// when reads the values of one when, any of which will do.
func (p *exprParser) when(subject expr) expr {
	var x expr = comparison{sign: "==", left: subject, right: p.primary()}
	for p.accept(",") || p.accept("or") {
		x = both{either: true, left: x, right: comparison{sign: "==", left: subject, right: p.primary()}}
	}
	return x
}

func (p *parser) loop(c chunk) node {
	l := loop{at: c.at}
	l.over = p.expr(c, func(e *exprParser) expr { return e.loopHead(&l) })
	// The loop's own names end with it; names that its body assigns go on.
	base := len(p.locals)
	p.locals = append(p.locals, l.name, "forloop")
	body, stop := p.block(c.name)
	p.locals = slices.Delete(p.locals, base, base+2)
	l.body = body
	if stop != nil && stop.name == "else" {
		l.otherwise, stop = p.block(c.name)
	}
	p.close(c, stop)
	return l
}

// loopHead reads "item in list limit:2 offset:1 reversed".
func (p *exprParser) loopHead(l *loop) expr {
	t := p.next()
	if l.name = t.text; t.kind != nameToken || !p.accept("in") {
		return p.fail(t, "a for is written: for item in list")
	}
	over := p.filtered()
	for p.peek().kind == nameToken && p.t.ok() {
		switch t := p.next(); {
		case t.text == "reversed":
			l.reversed = true
		case t.text == "limit" && p.accept(":"):
			l.limit = p.primary()
		case t.text == "offset" && p.accept(":"):
			l.offset = p.primary()
		default:
			return p.fail(t, "a for takes limit:, offset: and reversed")
		}
	}
	return over
}

func (p *parser) assign(c chunk) node {
	a := assign{at: c.at}
	a.of = p.expr(c, func(e *exprParser) expr {
		t := e.next()
		if a.name = t.text; t.kind != nameToken || !e.accept("=") {
			return e.fail(t, "an assign is written: assign name = value")
		}
		return e.condition()
	})
	p.locals = append(p.locals, a.name)
	return a
}

func (p *parser) capture(c chunk) node {
	name := strings.Trim(strings.Trim(c.body, spaces), `"'`)
	if n := nameLength(name + " "); n == 0 || n != len(name) {
		p.failAt(c, "a capture is written: capture name")
	}
	body, stop := p.block(c.name)
	p.close(c, stop)
	p.locals = append(p.locals, name)
	return capture{name: name, body: body}
}
