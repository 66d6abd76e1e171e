package liquid

import (
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/fault"
)

// exprParser reads one expression. After the first error it only unwinds.
type exprParser struct {
	t      *parser
	tokens []token
	at     int
	depth  int
}

func (p *exprParser) peek() token { return p.tokens[p.at] }

func (p *exprParser) next() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

func (p *exprParser) accept(sign string) bool {
	if t := p.peek(); t.text == sign && (t.kind == signToken || t.kind == nameToken) {
		p.at++
		return true
	}
	return false
}

func (p *exprParser) fail(t token, message string) expr {
	p.t.fail(errorAt(p.t.source, t.at, message))
	p.at = len(p.tokens) - 1
	return literal{}
}

// end makes sure that the whole expression was read.
func (p *exprParser) end() {
	if t := p.peek(); t.kind != endToken && p.t.ok() {
		p.fail(t, strconv.Quote(t.text)+" is not expected here")
	}
}

// condition reads comparisons joined by and and or. As in Liquid they are joined from the right, without precedence.
func (p *exprParser) condition() expr {
	defer p.deeper()()
	left := p.comparison()
	switch {
	case p.accept("and"):
		return both{left: left, right: p.condition()}
	case p.accept("or"):
		return both{either: true, left: left, right: p.condition()}
	}
	return left
}

var comparisons = []string{"==", "!=", "<>", "<=", ">=", "<", ">", "contains"}

func (p *exprParser) comparison() expr {
	left := p.filtered()
	if t := p.peek(); slices.Contains(comparisons, t.text) && t.kind != stringToken {
		p.next()
		return comparison{sign: t.text, left: left, right: p.filtered()}
	}
	return left
}

// filtered reads a value and the filters it goes through.
func (p *exprParser) filtered() expr {
	x := p.primary()
	for p.accept("|") {
		x = p.filter(x)
	}
	return x
}

func (p *exprParser) filter(in expr) expr {
	t := p.next()
	if t.kind != nameToken {
		return p.fail(t, "the name of a filter is expected after |")
	}
	f, ok := filters[t.text]
	if !ok {
		p.fail(t, "there is no filter "+strconv.Quote(t.text))
		p.t.suggest(fault.Nearest(t.text, filterNames()))
		return literal{}
	}
	x := apply{in: in, do: f.do, name: t.text}
	if p.accept(":") {
		x.args = append(x.args, p.primary())
		for p.accept(",") {
			x.args = append(x.args, p.primary())
		}
	}
	if len(x.args) < f.least || len(x.args) > f.most {
		return p.fail(t, "the filter "+t.text+" takes "+f.takes()+", not "+strconv.Itoa(len(x.args)))
	}
	return x
}

// deeper counts how deeply the parser is inside itself; its result counts back.
func (p *exprParser) deeper() func() {
	if p.depth++; p.depth > 2*maxDepth {
		p.fail(p.peek(), "the expression is nested too deeply")
	}
	return func() { p.depth-- }
}

func (p *exprParser) primary() expr {
	defer p.deeper()()
	t := p.next()
	var x expr
	switch {
	case t.kind == stringToken:
		x = literal{text(t.text)}
	case t.kind == numberToken:
		v := value{kind: numberKind, text: t.text}
		r, err := v.rat()
		if err != nil {
			return p.fail(t, err.Error())
		}
		v.number, v.integer = r, allDigits(t.text) || t.text[0] == '-' && allDigits(t.text[1:])
		x = literal{v}
	case t.kind == nameToken:
		x = p.word(t)
	case t.text == "(" && t.kind == signToken:
		x = p.group()
	case t.text == "[" && t.kind == signToken:
		x = p.quotedName()
	case t.kind == endToken:
		return p.fail(t, "a value is expected here")
	default:
		return p.fail(t, strconv.Quote(t.text)+" is not expected here")
	}
	return p.parts(x)
}

var words = map[string]value{
	"true": truth(true), "false": truth(false), "nil": nothing, "null": nothing,
	"empty": {kind: emptyKind}, "blank": {kind: blankKind},
}

func (p *exprParser) word(t token) expr {
	if v, ok := words[t.text]; ok && !p.t.known(t.text) {
		return literal{v}
	}
	return p.t.variable(t)
}

// quotedName reads ["a column"], for columns whose names are not words.
func (p *exprParser) quotedName() expr {
	t := p.next()
	if t.kind != stringToken || !p.accept("]") {
		return p.fail(t, `a column's name in quotes is expected: ["first name"]`)
	}
	return p.t.variable(t)
}

// group reads a range (1..5) or a condition in brackets.
func (p *exprParser) group() expr {
	x := p.condition()
	if p.accept("..") {
		x = rangeOf{low: x, high: p.primary()}
	}
	if !p.accept(")") {
		return p.fail(p.peek(), ") is missing")
	}
	return x
}

func (p *exprParser) parts(x expr) expr {
	for {
		switch {
		case p.accept("."):
			t := p.next()
			if t.kind != nameToken {
				return p.fail(t, "a name is expected after the point")
			}
			x = part{whole: x, index: literal{text(t.text)}}
		case p.accept("["):
			index := p.primary()
			if !p.accept("]") {
				return p.fail(p.peek(), "] is missing")
			}
			x = part{whole: x, index: index}
		default:
			return x
		}
	}
}
