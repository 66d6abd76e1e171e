package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/liquid"
	"github.com/freshet/freshet/sync/model"
)

// Compile checks a sync against its model's columns and its destination's object (nil, or without fields: it does not
// describe itself) and match rule, and makes the program. Every fault is reported: the error joins one *fault.Fault for
// each, with its place in the definition and the nearest name there is.
func Compile(s model.Sync, m model.Model, columns []Column, object *connect.ObjectInfo, rule connect.MatchRule) (*Program, error) {
	c := &compiler{sync: s, model: m, columns: columns, object: object, rule: rule}
	if object != nil && len(object.Fields) == 0 {
		c.object = nil
	}
	c.checkKey()
	c.checkTargets()
	for i := range s.Match {
		c.addMatch(&s.Match[i])
	}
	for i := range s.Fields {
		c.addField(&s.Fields[i])
	}
	c.checkMatchRule()
	c.checkRequired()
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	return c.finish(), nil
}

type compiler struct {
	sync    model.Sync
	model   model.Model
	columns []Column
	object  *connect.ObjectInfo
	rule    connect.MatchRule
	cells   []cell
	reads   []string // columns the cells read, as they come; a cell's column and slots count in these until finish
	faults  []error
}

// at places a fault: in the file where the definition says so, or by path.
func (c *compiler) at(section string, m *model.Mapping) string {
	if m.Pos.Line > 0 {
		return place(m.Pos)
	}
	return "syncs." + c.sync.Name + "." + section + "." + m.Target
}

func (c *compiler) atSync() string {
	if c.sync.Pos.Line > 0 {
		return place(c.sync.Pos)
	}
	return "syncs." + c.sync.Name
}

func place(p model.Pos) string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

func (c *compiler) fail(where, code, suggestion, format string, args ...any) {
	c.faults = append(c.faults, fault.New(fault.Usage, "mapping."+code, fmt.Sprintf(format, args...)).At(where).Do(suggestion))
}

// didYouMean suggests the nearest name, or else says what there is to do.
func didYouMean(word string, names []string, otherwise string) string {
	if near := fault.Nearest(word, names); near != "" {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	return otherwise
}

func (c *compiler) columnNames() []string {
	var names []string
	for _, col := range c.columns {
		names = append(names, col.Name)
	}
	return names
}

func (c *compiler) column(name string) (Column, bool) {
	i := slices.IndexFunc(c.columns, func(col Column) bool { return col.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return c.columns[i], true
}

// read gives the number of a column among those read.
func (c *compiler) read(name string) int {
	if i := slices.Index(c.reads, name); i >= 0 {
		return i
	}
	c.reads = append(c.reads, name)
	return len(c.reads) - 1
}

func (c *compiler) addMatch(m *model.Mapping) {
	cell, ok := c.compile("match", m)
	if !ok {
		return
	}
	cell.inMatch = true
	info, _ := c.field(m.Target)
	mapped := slices.ContainsFunc(c.sync.Fields, func(f model.Mapping) bool { return f.Target == m.Target })
	cell.inFields = !mapped && !info.ReadOnly
	if cell.column < 0 && cell.template == nil {
		c.fail(c.at("match", m), "match_literal", "Match on a column that differs from record to record.", "the match field %q is the same for every record", m.Target)
	}
	c.cells = append(c.cells, cell)
}

func (c *compiler) addField(m *model.Mapping) {
	cell, ok := c.compile("fields", m)
	if !ok {
		return
	}
	cell.inFields = true
	if info, known := c.field(m.Target); known && info.ReadOnly {
		c.fail(c.at("fields", m), "read_only", "Leave it out: the destination fills it itself.", "the field %q of %s cannot be written", m.Target, c.sync.Object)
	}
	c.cells = append(c.cells, cell)
}

// compile makes a cell of a mapping; ok is false where a fault was reported.
func (c *compiler) compile(section string, m *model.Mapping) (out cell, ok bool) {
	before, where := len(c.faults), c.at(section, m)
	out = cell{name: m.Target, column: -1, omit: m.Nulls == model.OmitNulls}
	info, known := c.field(m.Target)
	if c.object != nil && !known {
		c.fail(where, "unknown_field", didYouMean(m.Target, c.fieldNames(), "See which fields the object has at the destination."),
			"%s has no field %q", c.sync.Object, m.Target)
	}
	out.required = info.Required && info.Name == m.Target
	out.rule = c.ruleOf(where, m, info, known)
	switch sources := one(m.Column != "") + one(m.Template != "") + one(m.Literal != nil); {
	case sources != 1:
		c.fail(where, "no_source", "Give it one of: a column, a template, a value.", "the field %q needs exactly one source", m.Target)
	case m.Column != "":
		c.fromColumn(where, m, &out)
	case m.Template != "":
		c.fromTemplate(where, m, &out)
	default:
		c.fromLiteral(where, m, &out)
	}
	return out, len(c.faults) == before
}

// one counts a truth.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *compiler) fromColumn(where string, m *model.Mapping, out *cell) {
	col, ok := c.column(m.Column)
	if !ok {
		c.fail(where, "unknown_column", didYouMean(m.Column, c.columnNames(), "The model has: "+shortList(c.columnNames())+"."),
			"the model %q has no column %q", c.model.Name, m.Column)
		return
	}
	if !possible(col.Kind, out.rule.typ) {
		c.fail(where, "cannot_coerce", "Cast it in the model's SQL, or map another column.",
			"the column %q is %s (%s), and the field %q wants %s", m.Column, col.Type, col.Kind, m.Target, out.rule.typ)
		return
	}
	out.column = c.read(m.Column)
}

func (c *compiler) fromTemplate(where string, m *model.Mapping, out *cell) {
	t, err := liquid.Parse(m.Template, c.columnNames())
	if err != nil {
		suggestion := err.Suggestion
		if suggestion == "" {
			suggestion = "Correct the template; docs/MAPPING.md lists every tag and filter."
		}
		c.fail(where, "bad_template", suggestion, "the template of %q: %s", m.Target, err.Error())
		return
	}
	out.template = t
	for _, name := range t.Columns() {
		out.slots = append(out.slots, c.read(name))
	}
}

func (c *compiler) fromLiteral(where string, m *model.Mapping, out *cell) {
	v := *m.Literal
	if v.Kind == model.Null {
		if out.required {
			c.fail(where, "bad_literal", "Give it a value.", "the field %q takes no null", m.Target)
		}
		return
	}
	v, problem := out.rule.coerce(v)
	if problem != nil {
		c.fail(where, "bad_literal", "Write a value that the field takes.", "the value of %q: %s", m.Target, problem.Message)
	}
	out.literal = v
}

// ruleOf joins what the definition and the destination say of a field's type.
func (c *compiler) ruleOf(where string, m *model.Mapping, info connect.FieldInfo, known bool) rule {
	r := rule{scale: -1}
	if known && info.Name == m.Target {
		r = rule{typ: info.Type, length: info.Length, scale: info.Scale, choices: info.Choices}
		if r.typ != asDecimal {
			r.scale = -1
		}
	}
	if m.Type == "" {
		return r
	}
	if !slices.Contains(writable, m.Type) {
		c.fail(where, "unknown_type", didYouMean(m.Type, writable, "The types are: "+strings.Join(writable, ", ")+"."),
			"%q is no type of a field", m.Type)
	}
	return rule{typ: m.Type, length: r.length, scale: r.scale}
}

// finish numbers the columns for good and puts the cells in order.
func (c *compiler) finish() *Program {
	p := &Program{cells: c.cells}
	for _, key := range c.model.Key {
		col, _ := c.column(key)
		p.columns = append(p.columns, col)
	}
	others := slices.Sorted(slices.Values(c.reads))
	for _, name := range others {
		if !slices.Contains(c.model.Key, name) {
			col, _ := c.column(name)
			p.columns = append(p.columns, col)
		}
	}
	final := func(read int) int {
		return slices.IndexFunc(p.columns, func(col Column) bool { return col.Name == c.reads[read] })
	}
	for i := range p.cells {
		cell := &p.cells[i]
		if cell.column >= 0 {
			cell.column = final(cell.column)
		}
		for j, slot := range cell.slots {
			cell.slots[j] = final(slot)
		}
		p.fields += one(cell.inFields)
		p.matches += one(cell.inMatch)
	}
	slices.SortFunc(p.cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.name, b.name), one(a.inMatch)-one(b.inMatch))
	})
	p.fingerprint = c.fingerprint(p)
	return p
}
