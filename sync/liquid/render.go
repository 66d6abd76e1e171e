package liquid

import (
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/model"
)

// The bounds of one rendering.
const (
	maxOutput = 1 << 20 // bytes of the result, and of any text on the way
	maxList   = 50_000  // items of any list
	maxWork   = 50_000  // nodes rendered, filters applied and items gone over
)

// Render makes the text of one row; row is aligned with Columns. An error is an *Error and holds no values of the row.
func (t *Template) Render(row []model.Value) (string, error) {
	e := &env{row: row}
	if err := e.render(t.root); err != nil {
		return "", t.placed(err)
	}
	if !utf8.Valid(e.out) {
		return "", &Error{Line: 1, Col: 1, Message: "the result is not text (UTF-8)"}
	}
	return string(e.out), nil
}

func (t *Template) placed(err error) error {
	var p *placedError
	if errors.As(err, &p) {
		return errorAt(t.source, p.at, p.err.Error())
	}
	return errorAt(t.source, 0, err.Error())
}

// env is one rendering.
type env struct {
	row    []model.Value
	locals map[string]value
	out    []byte
	did    int
}

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

type placedError struct {
	at  int
	err error
}

func (e *placedError) Error() string { return e.err.Error() }

func placed(at int, err error) error {
	var p *placedError
	if err == nil || errors.Is(err, errBreak) || errors.Is(err, errContinue) || errors.As(err, &p) {
		return err
	}
	return &placedError{at, err}
}

func (e *env) work(n int) error {
	if e.did += n; e.did > maxWork {
		return errors.New("the template does too much work for one row")
	}
	return nil
}

func (e *env) write(s string) error {
	if len(e.out)+len(s) > maxOutput {
		return errors.New("the result gets longer than 1 MiB")
	}
	e.out = append(e.out, s...)
	return nil
}

func (e *env) set(name string, v value) {
	if e.locals == nil {
		e.locals = map[string]value{}
	}
	e.locals[name] = v
}

func (e *env) render(nodes []node) error {
	for _, n := range nodes {
		if err := e.work(1); err != nil {
			return err
		}
		if err := n.render(e); err != nil {
			return err
		}
	}
	return nil
}

// node is one part of a template.
type node interface {
	render(e *env) error
}

type plain string

func (n plain) render(e *env) error { return e.write(string(n)) }

type output struct {
	at int
	of expr
}

func (n output) render(e *env) error {
	v, err := n.of.eval(e)
	if err != nil {
		return placed(n.at, err)
	}
	s, err := v.print()
	if err != nil {
		return placed(n.at, err)
	}
	return placed(n.at, e.write(s))
}

type not struct{ of expr }

func (x not) eval(e *env) (value, error) {
	v, err := x.of.eval(e)
	return truth(!v.test()), err
}

// branch is if, unless and case.
type branch struct {
	at        int
	arms      []arm
	otherwise []node
}

type arm struct {
	test expr
	body []node
}

func (n branch) render(e *env) error {
	for _, a := range n.arms {
		v, err := a.test.eval(e)
		if err != nil {
			return placed(n.at, err)
		}
		if v.test() {
			return e.render(a.body)
		}
	}
	return e.render(n.otherwise)
}

type assign struct {
	at   int
	name string
	of   expr
}

func (n assign) render(e *env) error {
	v, err := n.of.eval(e)
	if err != nil {
		return placed(n.at, err)
	}
	e.set(n.name, v)
	return nil
}

type capture struct {
	name string
	body []node
}

func (n capture) render(e *env) error {
	before := e.out
	e.out = nil
	err := e.render(n.body)
	if err == nil {
		e.set(n.name, text(string(e.out)))
	}
	e.out = before
	return err
}

type leave struct{ again bool }

func (n leave) render(*env) error {
	if n.again {
		return errContinue
	}
	return errBreak
}

type loop struct {
	at            int
	name          string
	over          expr
	limit, offset expr
	reversed      bool
	body          []node
	otherwise     []node
}

func (n loop) render(e *env) error {
	items, err := n.items(e)
	if err != nil {
		return placed(n.at, err)
	}
	if len(items) == 0 {
		return e.render(n.otherwise)
	}
	if err := e.work(len(items)); err != nil {
		return placed(n.at, err)
	}
	defer e.restore(n.name, "forloop")()
	for i, item := range items {
		e.set(n.name, item)
		e.set("forloop", position(i, len(items)))
		switch err := e.render(n.body); {
		case err == nil, errors.Is(err, errContinue):
		case errors.Is(err, errBreak):
			return nil
		default:
			return err
		}
	}
	return nil
}

// restore gives names their values of now back later.
func (e *env) restore(names ...string) func() {
	had := map[string]value{}
	for _, name := range names {
		if v, ok := e.locals[name]; ok {
			had[name] = v
		}
	}
	return func() {
		for _, name := range names {
			if v, ok := had[name]; ok {
				e.set(name, v)
			} else {
				delete(e.locals, name)
			}
		}
	}
}

func (n loop) items(e *env) ([]value, error) {
	v, err := n.over.eval(e)
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(v)
	if err != nil {
		return nil, err
	}
	if n.offset != nil {
		skip, err := evalSmall(e, n.offset)
		if err != nil {
			return nil, err
		}
		items = items[min(max(skip, 0), len(items)):]
	}
	if n.limit != nil {
		keep, err := evalSmall(e, n.limit)
		if err != nil {
			return nil, err
		}
		items = items[:min(max(keep, 0), len(items))]
	}
	if n.reversed {
		items = slices.Clone(items)
		slices.Reverse(items)
	}
	return items, nil
}

// itemsOf lists what a for goes over. An object gives [name, value] pairs in the order it has them.
func itemsOf(v value) ([]value, error) {
	switch v.kind {
	case nilKind, emptyKind, blankKind:
		return nil, nil
	case listKind:
		return v.list, nil
	case mapKind:
		var pairs []value
		for i, name := range v.names {
			pairs = append(pairs, list([]value{text(name), v.list[i]}))
		}
		return pairs, nil
	case rangeKind:
		if v.high-v.low >= maxList {
			return nil, errors.New("the range is too long")
		}
		var numbers []value
		for i := v.low; i <= v.high; i++ {
			numbers = append(numbers, whole(i))
		}
		return numbers, nil
	}
	return nil, errors.New(kindNames[v.kind] + " is not a list")
}

var positionNames = []string{"first", "last", "index", "index0", "rindex", "rindex0", "length"}

func position(i, n int) value {
	return value{kind: mapKind, names: positionNames, list: []value{
		truth(i == 0), truth(i == n-1), whole(int64(i + 1)), whole(int64(i)), whole(int64(n - i)), whole(int64(n - i - 1)), whole(int64(n)),
	}}
}
