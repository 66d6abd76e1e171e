package liquid

import (
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/fault"
)

// maxDepth bounds how deeply blocks and conditions nest.
const maxDepth = 100

// Template is a parsed template. It may be rendered by several goroutines at once.
type Template struct {
	source  string
	root    []node
	columns []string
}

// Columns are the columns the template reads, in the order in which it first names them: Render wants their values so.
func (t *Template) Columns() []string { return t.columns }

// Parse checks a template against the columns it may read. It stops at the first error.
func Parse(source string, columns []string) (*Template, *Error) {
	chunks, err := scan(source)
	if err != nil {
		return nil, err
	}
	p := &parser{source: source, has: columns, chunks: chunks}
	root, stop := p.block("")
	if p.err == nil && stop != nil {
		p.fail(errorAt(source, stop.at-len(stop.name), "{% "+stop.name+" %} has nothing to belong to"))
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Template{source: source, root: root, columns: p.reads}, nil
}

type parser struct {
	source string
	has    []string // columns there are
	reads  []string // columns that are read
	locals []string // names given so far, by assign, capture and the loops around
	chunks []chunk
	at     int
	depth  int
	err    *Error
}

func (p *parser) ok() bool { return p.err == nil }

func (p *parser) fail(err *Error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *parser) suggest(near string) {
	if near != "" && p.err != nil && p.err.Suggestion == "" {
		p.err.Suggestion = "Did you mean " + strconv.Quote(near) + "?"
	}
}

func (p *parser) failAt(c chunk, message string) { p.fail(errorAt(p.source, c.at, message)) }

func (p *parser) known(name string) bool {
	return slices.Contains(p.has, name) || slices.Contains(p.locals, name)
}

// variable finds a name among what the template gave names to and the columns.
func (p *parser) variable(t token) expr {
	x := name{local: t.text, slot: -1}
	if slices.Contains(p.has, t.text) {
		if x.slot = slices.Index(p.reads, t.text); x.slot < 0 {
			x.slot = len(p.reads)
			p.reads = append(p.reads, t.text)
		}
		return x
	}
	if !slices.Contains(p.locals, t.text) {
		p.fail(errorAt(p.source, t.at, "the model has no column "+strconv.Quote(t.text)))
		p.suggest(fault.Nearest(t.text, slices.Concat(p.has, p.locals)))
	}
	return x
}

// expr reads one whole expression out of a chunk.
func (p *parser) expr(c chunk, read func(*exprParser) expr) expr {
	tokens, err := lex(p.source, c.at, c.body)
	if err != nil {
		p.fail(err)
		return literal{}
	}
	e := &exprParser{t: p, tokens: tokens}
	x := read(e)
	e.end()
	return x
}

// block reads nodes up to a tag that closes or divides the block around it, and gives that tag; nil at the end.
func (p *parser) block(around string) ([]node, *chunk) {
	if p.depth++; p.depth > maxDepth {
		p.fail(errorAt(p.source, 0, "the template is nested too deeply"))
	}
	defer func() { p.depth-- }()
	var nodes []node
	for p.ok() && p.at < len(p.chunks) {
		c := p.chunks[p.at]
		p.at++
		switch {
		case c.kind == textChunk:
			nodes = append(nodes, plain(c.body))
		case c.kind == outputChunk:
			nodes = append(nodes, output{at: c.at, of: p.expr(c, (*exprParser).condition)})
		case divides(c.name):
			return nodes, &c
		default:
			nodes = append(nodes, p.tag(c))
		}
	}
	return nodes, nil
}

var dividers = []string{"else", "elsif", "when", "endif", "endunless", "endcase", "endfor", "endcapture"}

func divides(tag string) bool { return slices.Contains(dividers, tag) }

// close makes sure that a block ended with its own end.
func (p *parser) close(start chunk, stop *chunk) {
	if !p.ok() {
		return
	}
	if stop == nil {
		p.failAt(start, "{% "+start.name+" %} has no {% end"+start.name+" %}")
	} else if stop.name != "end"+start.name {
		p.failAt(*stop, "{% "+stop.name+" %} stands inside {% "+start.name+" %}, where it does not belong")
	}
}

// Source is the template's text.
func (t *Template) Source() string { return t.source }
