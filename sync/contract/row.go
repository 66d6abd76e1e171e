package contract

import (
	"github.com/freshet/freshet/sync/model"
)

// Row says which rules a whole row breaks; a column that is not there counts as null. It is nil where the row is well.
func (c *Checks) Row(row model.Fields) []Violation { return c.check(row, true) }

// Partial says which rules a part of a row breaks: a column that is not there was not given, and is not judged.
func (c *Checks) Partial(row model.Fields) []Violation { return c.check(row, false) }

// check walks columns and fields together: both are sorted by name.
func (c *Checks) check(row model.Fields, whole bool) (broken []Violation) {
	at := 0
	for i := range c.tests {
		name := c.Columns[i].Name
		for at < len(row) && row[at].Name < name {
			at++
		}
		switch {
		case at < len(row) && row[at].Name == name:
			broken = c.judge(i, row[at].Value, broken)
		case whole:
			broken = c.judge(i, model.Value{}, broken)
		}
	}
	return broken
}

// judge checks one value and adds what it breaks: the first rule only.
func (c *Checks) judge(i int, v model.Value, broken []Violation) []Violation {
	t := &c.tests[i]
	if v.Kind == model.Null {
		if t.required {
			return c.add(broken, i, CodeRequired, "is null, and the contract requires it")
		}
		return broken
	}
	if t.placeholder != "" && v.Text == t.placeholder {
		return broken
	}
	for _, text := range t.missing {
		if v.Text == text {
			return c.add(broken, i, CodeRequired, "is one of the values that count as missing")
		}
	}
	if fit := t.sort.fits(v.Kind); fit == never || fit == perhaps && !t.holds(v) {
		return c.add(broken, i, CodeType, "is not "+sortNames[t.sort])
	}
	for k := range t.tests {
		if rule := &t.tests[k]; !rule.passes(t, v) {
			return c.add(broken, i, rule.code, rule.message)
		}
	}
	return broken
}

func (c *Checks) add(broken []Violation, i int, code, message string) []Violation {
	return append(broken, Violation{Code: code, Column: c.Columns[i].Name, Message: message, Pos: c.Columns[i].Pos})
}

// Bound are checks for rows that come as values in a fixed order of columns.
type Bound struct {
	checks *Checks
	tests  []int // by column of the row: the test, -1 where the contract says nothing of it
}

// Bind fits the checks to rows with these columns. Columns of the contract that are not among them are not judged: Misfits
// tells of those.
func (c *Checks) Bind(columns []string) *Bound {
	b := &Bound{checks: c, tests: make([]int, len(columns))}
	for at, name := range columns {
		b.tests[at] = c.index(name)
	}
	return b
}

// index finds a column by its name in the data, or by the property's name; -1 where there is none.
func (c *Checks) index(name string) int {
	logical := -1
	for i := range c.Columns {
		if c.Columns[i].Name == name {
			return i
		}
		if c.Columns[i].Logical == name {
			logical = i
		}
	}
	return logical
}

// Row says which rules a row breaks; nil where it is well.
func (b *Bound) Row(values []model.Value) (broken []Violation) {
	for at, i := range b.tests {
		if i >= 0 {
			broken = b.checks.judge(i, values[at], broken)
		}
	}
	return broken
}
