package config

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// contract reads the data contract that a model names, and fills in what the contract says and the workspace does not.
func (b *builder) contract(v value, m *model.Model) {
	checks := b.checks(v, m.Name)
	if checks == nil {
		return
	}
	b.sameKey(checks, m, v)
	b.fill(checks, m, v)
	b.w.Contracts[m.Name] = checks
}

// feedContract reads the data contract that a feed names. Its columns' types hold where the feed declares none.
func (b *builder) feedContract(v value, f *model.Feed) {
	checks := b.checks(v, f.Name)
	if checks == nil {
		return
	}
	b.sameKey(checks, &model.Model{Name: f.Name, Key: f.Key}, v)
	for _, column := range checks.Columns {
		if _, declared := f.Columns[column.Name]; !declared && column.Type != "" {
			f.Columns[column.Name] = column.Type
		}
	}
	b.w.FeedContracts[f.Name] = checks
}

// checks compiles the contract named at a definition; nil where none is, or where it is not in order.
func (b *builder) checks(v value, of string) *contract.Checks {
	at := v.get("contract")
	name := b.str(at)
	if name == "" {
		if !at.absent() {
			b.fail(at.pos(), "required", at.path+" is empty", "name the contract's file, or take the line out")
		}
		return nil
	}
	file, object, _ := strings.Cut(name, "#")
	c := b.contractFile(at, file)
	if c == nil {
		return nil
	}
	found, ok := c.Find(cmp.Or(object, of))
	if !ok || object != "" && found.Name != object && found.PhysicalName != object {
		b.noObject(at, c, file, object)
		return nil
	}
	checks, err := contract.Compile(c, found)
	if err != nil {
		b.takeOver(file, err)
		return nil
	}
	for _, w := range checks.Warnings {
		b.warnings = append(b.warnings, placed{model.Pos{File: file}, w})
	}
	if slices.Contains([]string{"deprecated", "retired"}, strings.ToLower(c.Status)) {
		b.warn(at.pos(), "contract_retired", "the contract "+checks.Contract+" is "+c.Status, "ask "+cmp.Or(checks.Owner, "its owner")+" what replaces it")
	}
	return checks
}

// contractFile reads a contract once, however many models name it.
func (b *builder) contractFile(at value, file string) *contract.Contract {
	if c, known := b.read[file]; known {
		return c
	}
	if b.read == nil {
		b.read = map[string]*contract.Contract{}
	}
	b.read[file] = nil
	text, err := os.ReadFile(b.path(file))
	if err != nil {
		b.fail(at.pos(), "contract_unreadable", at.path+" names a file that cannot be read", "check the path, which starts at the workspace, and the file's permissions")
		return nil
	}
	c, err := contract.Read(filepath.ToSlash(file), text)
	if err != nil {
		b.takeOver(file, err)
		return nil
	}
	b.read[file] = c
	return c
}

// takeOver reports what is wrong inside of a contract, at its own lines.
func (b *builder) takeOver(file string, err error) {
	for _, f := range Faults(err) {
		b.faults = append(b.faults, placed{model.Pos{File: file}, f})
	}
}

func (b *builder) noObject(at value, c *contract.Contract, file, object string) {
	var names []string
	for i := range c.Schema {
		names = append(names, c.Schema[i].Name)
	}
	suggestion := "write " + file + "#NAME: " + suggest(object, names)
	if len(names) == 0 {
		suggestion = "add the model's columns to its schema"
	}
	message := at.path + " names a contract with several objects, and none has the model's name"
	switch {
	case len(names) == 0:
		message = at.path + " names a contract without a schema"
	case object != "":
		message = fmt.Sprintf("%s names the object %s, and the contract has none of that name", at.path, quoteUnless(at, object))
	}
	b.fail(at.pos(), "contract_object", message, suggestion)
}

// sameKey: where the contract says what names a record, the model has to say the same.
func (b *builder) sameKey(checks *contract.Checks, m *model.Model, v value) {
	if len(checks.Key) == 0 || len(m.Key) == 0 {
		return
	}
	same := len(checks.Key) == len(m.Key)
	for _, key := range m.Key {
		column, ok := checks.Column(key)
		same = same && ok && column.Key > 0
	}
	if same {
		return
	}
	f := fault.New(fault.Usage, "contract.key", fmt.Sprintf("the contract %s has the primary key (%s), and the model %s has the key (%s)",
		checks.Contract, strings.Join(checks.Key, ", "), m.Name, strings.Join(m.Key, ", "))).At(where(checks.Pos)).
		Do("make the two the same: the model's key is at " + where(at(v, "key")))
	b.faults = append(b.faults, placed{checks.Pos, f})
}

// fill takes owner, class and purposes from the contract where the workspace does not say them. Where both do and differ,
// the workspace's words hold, and a warning tells.
func (b *builder) fill(checks *contract.Checks, m *model.Model, v value) {
	switch {
	case m.Owner == "":
		m.Owner = checks.Owner
	case checks.Owner != "" && checks.Owner != m.Owner:
		b.differs(v.get("owner"), "owner", checks.Pos)
	}
	for _, column := range checks.Columns {
		said := column.Policy.FieldPolicy()
		name := column.Name
		if _, there := m.Fields[name]; !there && column.Logical != "" {
			if _, logical := m.Fields[column.Logical]; logical {
				name = column.Logical
			}
		}
		field := m.Fields[name]
		place := v.get("fields").get(name)
		if field.Class == "" {
			field.Class = said.Class
		} else if said.Class != "" && said.Class != field.Class {
			b.differs(place.get("class"), "class", column.Pos)
		}
		if place.get("purposes").absent() {
			field.Purposes = said.Purposes
		} else if said.Purposes != nil && !sameSet(field.Purposes, said.Purposes) {
			b.differs(place.get("purposes"), "purposes", column.Pos)
		}
		if place.get("destinations").absent() {
			field.Destinations = said.Destinations
		} else if said.Destinations != nil && !sameSet(field.Destinations, said.Destinations) {
			b.differs(place.get("destinations"), "list of approved destinations", column.Pos)
		}
		if field.Class != "" || field.Purposes != nil || field.Destinations != nil {
			m.Fields[name] = field
		}
	}
}

func (b *builder) differs(v value, what string, in model.Pos) {
	b.warn(v.pos(), "contract_differs", v.path+" is not the "+what+" that the contract says at "+where(in)+"; what stands here holds",
		"make the two the same, or take it out here")
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
