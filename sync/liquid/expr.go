package liquid

import (
	"errors"
	"math/big"
)

// expr is a compiled expression.
type expr interface {
	eval(e *env) (value, error)
}

type literal struct{ value value }

func (x literal) eval(*env) (value, error) { return x.value, nil }

// name is a variable: what the template gave that name, or else the column of the row, or else nothing.
type name struct {
	local string
	slot  int // column, -1 where there is none of that name
}

func (x name) eval(e *env) (value, error) {
	if v, ok := e.locals[x.local]; ok {
		return v, nil
	}
	if x.slot < 0 {
		return nothing, nil
	}
	return of(e.row[x.slot]), nil
}

// part is a member of an object or an item of a list: a.b, a["b"], a[0].
type part struct{ whole, index expr }

func (x part) eval(e *env) (value, error) {
	whole, err := x.whole.eval(e)
	if err != nil {
		return nothing, err
	}
	index, err := x.index.eval(e)
	if err != nil {
		return nothing, err
	}
	switch {
	case index.kind == numberKind:
		i, err := index.small()
		if err != nil || whole.kind != listKind {
			return nothing, err
		}
		if i < 0 {
			i += len(whole.list)
		}
		if i < 0 || i >= len(whole.list) {
			return nothing, nil
		}
		return whole.list[i], nil
	case index.kind == textKind:
		return property(whole, index.text)
	}
	return nothing, errors.New("a list is read by number and an object by name")
}

func property(whole value, name string) (value, error) {
	if v, ok := whole.member(name); ok {
		return v, nil
	}
	switch {
	case name == "size" && whole.kind != nilKind:
		return size(whole, nil)
	case name == "first" && whole.kind == listKind:
		return first(whole, nil)
	case name == "last" && whole.kind == listKind:
		return last(whole, nil)
	case whole.kind == mapKind || whole.kind == nilKind:
		return nothing, nil
	}
	return nothing, errors.New(kindNames[whole.kind] + " has no part of that name")
}

type rangeOf struct{ low, high expr }

func (x rangeOf) eval(e *env) (value, error) {
	low, err := evalSmall(e, x.low)
	if err != nil {
		return nothing, err
	}
	high, err := evalSmall(e, x.high)
	return value{kind: rangeKind, low: int64(low), high: int64(high)}, err
}

func evalSmall(e *env, x expr) (int, error) {
	v, err := x.eval(e)
	if err != nil {
		return 0, err
	}
	return v.small()
}

// apply is a filter with its values.
type apply struct {
	in   expr
	do   func(in value, args []value) (value, error)
	name string
	args []expr
}

func (x apply) eval(e *env) (value, error) {
	in, err := x.in.eval(e)
	if err != nil {
		return nothing, err
	}
	var room [4]value
	args := room[:0]
	for _, a := range x.args {
		v, err := a.eval(e)
		if err != nil {
			return nothing, err
		}
		args = append(args, v)
	}
	if err := e.work(1 + len(in.list)/8 + len(in.text)/512); err != nil {
		return nothing, err
	}
	out, err := x.do(in, args)
	if err == nil {
		err = bounded(out)
	}
	if err != nil {
		return nothing, errors.New("the filter " + x.name + ": " + err.Error())
	}
	return out, nil
}

// bounded refuses values that grow without end.
func bounded(v value) error {
	switch {
	case len(v.text) > maxOutput:
		return errors.New("the text gets too long")
	case len(v.list) > maxList:
		return errors.New("the list gets too long")
	case v.number != nil && bits(v.number) > maxBits:
		return errors.New("the number gets too large")
	}
	return nil
}

func bits(r *big.Rat) int { return max(r.Num().BitLen(), r.Denom().BitLen()) }

type comparison struct {
	sign        string
	left, right expr
}

func (x comparison) eval(e *env) (value, error) {
	a, err := x.left.eval(e)
	if err != nil {
		return nothing, err
	}
	b, err := x.right.eval(e)
	if err != nil {
		return nothing, err
	}
	switch x.sign {
	case "==":
		return truth(equal(a, b)), nil
	case "!=", "<>":
		return truth(!equal(a, b)), nil
	case "contains":
		ok, err := contains(a, b)
		return truth(ok), err
	}
	// As in SQL, nothing is neither more nor less than anything.
	if a.kind == nilKind || b.kind == nilKind {
		return truth(false), nil
	}
	order, err := compare(a, b)
	if err != nil {
		return nothing, err
	}
	switch x.sign {
	case "<":
		return truth(order < 0), nil
	case "<=":
		return truth(order <= 0), nil
	case ">":
		return truth(order > 0), nil
	default:
		return truth(order >= 0), nil
	}
}

// both is "and", or "or" where either is set.
type both struct {
	either      bool
	left, right expr
}

func (x both) eval(e *env) (value, error) {
	a, err := x.left.eval(e)
	if err != nil || a.test() == x.either {
		return truth(a.test()), err
	}
	b, err := x.right.eval(e)
	return truth(b.test()), err
}
