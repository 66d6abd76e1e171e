package contract

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Checks is a compiled contract for one of its objects. It is never changed after Compile, so goroutines may share it.
type Checks struct {
	Contract      string // name of the contract, else its id
	Version       string
	Status        string
	Object        string   // name of the object
	Key           []string // columns of the primary key, in their order; none: the contract names no key
	Columns       []Column // sorted by name
	Set           []SetRule
	Unchecked     []Unchecked // rules that only people or other tools can check
	Owner         string      // who answers for the data, "" where nobody is named
	Promise       Promise
	VersionColumn string // column that orders the versions of a record, "" where none is named
	Warnings      []*fault.Fault
	Pos           model.Pos // of the object

	tests       []columnTest // aligned with Columns
	fingerprint string
}

// Column is what a contract says of one column.
type Column struct {
	Name        string // the physical name where there is one
	Logical     string // the property's name
	LogicalType string // "" where the contract does not say
	Type        string // DuckDB's name of its type, "" where the contract names none that DuckDB has
	Required    bool
	Unique      bool
	Key         int // place in the primary key, from 1; 0: no part of it
	Policy      Policy
	Rules       int       // how many rules each value is checked by
	Pos         model.Pos // of the property
}

// Unchecked is a rule that is handed on as it is.
type Unchecked struct {
	Column string // "" for a rule about the object
	Kind   string // text, sql, custom
	Says   string // its description, engine or name
	Pos    model.Pos
}

// Compile makes the checks for one object of a contract. Every fault is reported: the error joins one *fault.Fault for
// each, with its place in the contract.
func Compile(of *Contract, object *Object) (*Checks, error) {
	c := &compiler{contract: of, object: object, out: &Checks{Contract: cmp.Or(of.Name, of.ID), Version: of.Version,
		Status: of.Status, Object: object.Name, Owner: of.Owner(), Pos: object.Pos}}
	base := c.refine(Policy{}, of.Custom, contractNames)
	base = c.refine(base, object.Custom, objectNames)
	for i := range object.Properties {
		c.column(&object.Properties[i], base)
	}
	for i := range object.Quality {
		c.setQuality(&object.Quality[i], "")
	}
	c.key()
	c.promises()
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	c.finish()
	return c.out, nil
}

type compiler struct {
	contract *Contract
	object   *Object
	out      *Checks
	built    []built
	faults   []error
}

// built is a column with the test of its values, before both are sorted.
type built struct {
	column Column
	test   columnTest
}

func (c *compiler) fail(p model.Pos, code, message, suggestion string) {
	c.faults = append(c.faults, fault.New(fault.Usage, "contract."+code, message).At(where(p)).Do(suggestion))
}

func (c *compiler) warn(p model.Pos, code, message, suggestion string) {
	c.out.Warnings = append(c.out.Warnings, fault.New(fault.Usage, "contract."+code, message).At(where(p)).Do(suggestion))
}

func (c *compiler) column(p *Property, base Policy) {
	for _, b := range c.built {
		if strings.EqualFold(b.column.Name, p.Column()) {
			c.fail(p.Pos, "column_twice", c.object.Name+" has the column "+p.Column()+" twice", "take one of the two out")
			return
		}
	}
	b := built{column: Column{Name: p.Column(), Logical: p.Name, LogicalType: p.LogicalType, Type: typeOf(p),
		Required: yes(p.Required) || yes(p.PrimaryKey), Unique: yes(p.Unique), Pos: p.Pos}}
	b.column.Policy = c.refine(base, p.Custom, columnNames)
	if p.Classification != "" && !hasOwnClass(p) {
		b.column.Policy.Class = p.Classification
	}
	c.test(p, &b)
	if b.column.Unique {
		c.out.Set = append(c.out.Set, uniqueRule(b.column.Name, p.Pos))
	}
	c.built = append(c.built, b)
}

func hasOwnClass(p *Property) bool {
	return slices.ContainsFunc(p.Custom, func(x CustomProperty) bool { return nameOf(&x) == "freshet.class" })
}

// key puts the columns of the primary key in order: by their position, and those without one after them as they stand.
func (c *compiler) key() {
	type part struct {
		name          string
		place, column int
	}
	var parts []part
	for i := range c.object.Properties {
		p := &c.object.Properties[i]
		if !yes(p.PrimaryKey) {
			continue
		}
		place := len(c.object.Properties) + 1
		if p.PrimaryKeyPos != nil && *p.PrimaryKeyPos > 0 {
			place = *p.PrimaryKeyPos
			if j := slices.IndexFunc(parts, func(o part) bool { return o.place == place }); j >= 0 {
				c.fail(p.Pos, "key_position", fmt.Sprintf("%s and %s have the same primaryKeyPosition", parts[j].name, p.Column()), "number them from 1 on")
			}
		}
		parts = append(parts, part{p.Column(), place, i})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.column, b.column)) })
	for i, p := range parts {
		c.out.Key = append(c.out.Key, p.name)
		for j := range c.built {
			if c.built[j].column.Name == p.name {
				c.built[j].column.Key = i + 1
			}
		}
	}
}

// finish sorts the columns and names the whole.
func (c *compiler) finish() {
	slices.SortFunc(c.built, func(a, b built) int { return cmp.Compare(a.column.Name, b.column.Name) })
	h := sha256.New()
	for _, b := range c.built {
		c.out.Columns = append(c.out.Columns, b.column)
		c.out.tests = append(c.out.tests, b.test)
		fmt.Fprintf(h, "%q %s\n", b.column.Name, b.test.describe())
	}
	c.out.fingerprint = hex.EncodeToString(h.Sum(nil)[:16])
}

// Fingerprint is a stable text that changes whenever a row could be judged in another way.
func (c *Checks) Fingerprint() string { return c.fingerprint }

// Column finds a column by its name in the data, or by the property's name.
func (c *Checks) Column(name string) (Column, bool) {
	for _, col := range c.Columns {
		if col.Name == name {
			return col, true
		}
	}
	for _, col := range c.Columns {
		if col.Logical == name {
			return col, true
		}
	}
	return Column{}, false
}

// Find chooses the object of a contract for something called name: the object of that name or physical name, or the only
// one there is. ok is false where there are several and none has the name.
func (c *Contract) Find(name string) (o *Object, ok bool) {
	for i := range c.Schema {
		if c.Schema[i].Name == name || c.Schema[i].PhysicalName == name {
			return &c.Schema[i], true
		}
	}
	if len(c.Schema) == 1 {
		return &c.Schema[0], true
	}
	return nil, false
}
