package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

func (b *builder) model(m member) {
	v := m.val
	sql := v.get("sql")
	built := model.Model{Name: m.key.name, SQL: b.str(sql), UpdatedAt: b.str(v.get("updated_at")), Owner: b.str(v.get("owner")),
		Fields: map[string]model.FieldPolicy{}, Pos: m.key.pos(), SQLPos: b.sqlPos(sql)}
	built.Key = b.key(v.get("key"))
	for _, f := range v.get("fields").members() {
		built.Fields[f.key.name] = b.field(f.val)
	}
	if !sql.absent() && blank(built.SQL) {
		b.fail(sql.pos(), "required", sql.path+" is empty", "write a select")
	}
	for name, other := range b.w.Models {
		if name != built.Name && strings.EqualFold(name, built.Name) {
			b.fail(m.key.pos(), "same_name", fmt.Sprintf("%s and %s are one name to SQL; the first is at %s", built.Name, name, where(other.Pos)),
				"rename one of the two")
		}
	}
	b.contract(v, &built)
	b.w.Models[built.Name] = built
	b.w.Related[built.Name] = b.catalogue(m)
}

// field is what people have said of a column.
func (b *builder) field(v value) model.FieldPolicy {
	for _, item := range v.get("destinations").items() {
		b.known(item, "destination", "unknown_destination", b.names("destinations"))
	}
	return model.FieldPolicy{Class: b.str(v.get("class")), Purposes: b.strs(v.get("purposes")), Destinations: b.strs(v.get("destinations"))}
}

func blank(s string) bool { return len(bytes.TrimSpace([]byte(s))) == 0 }

// key reads one column or a list of them, each once.
func (b *builder) key(v value) []string {
	if v.kind() == yaml.ScalarNode {
		return []string{b.str(v)}
	}
	var columns []string
	for _, item := range v.items() {
		column := b.str(item)
		if slices.Contains(columns, column) {
			b.fail(item.pos(), "duplicate_key", v.path+" names the column "+quote(column)+" twice", "keep one")
			continue
		}
		columns = append(columns, column)
	}
	if v.kind() == yaml.SequenceNode && len(columns) == 0 {
		b.fail(v.pos(), "required", v.path+" is empty", "name the column, or the columns, that tell records apart")
	}
	return columns
}

// sqlPos is where the text of the SQL itself begins: past an opening quote, or, for a block, at its first line.
func (b *builder) sqlPos(v value) model.Pos {
	p := v.pos()
	n := v.content()
	if n == nil || n.Kind != yaml.ScalarNode {
		return p
	}
	p.Line, p.Col = n.Line, n.Column
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle:
		p.Col++
	case yaml.LiteralStyle, yaml.FoldedStyle:
		p.Line++
		p.Col = b.indent(v.file, p.Line) + 1
	}
	return p
}

// indent counts the spaces before the first line with text from line on.
func (b *builder) indent(file string, line int) int {
	i := slices.IndexFunc(b.docs, func(d document) bool { return d.name == file })
	if i < 0 {
		return 0
	}
	lines := bytes.Split(b.docs[i].text, []byte("\n"))
	for ; line <= len(lines); line++ {
		if l := lines[line-1]; len(bytes.TrimSpace(l)) > 0 {
			return len(l) - len(bytes.TrimLeft(l, " "))
		}
	}
	return 0
}

// names lists what a section defines, whether or not it is in order: one mistake is reported once.
func (b *builder) names(section string) []string {
	var all []string
	for _, m := range b.sections[section] {
		all = append(all, m.key.name)
	}
	return all
}

// known reports a reference to something that is not defined.
func (b *builder) known(v value, what, code string, names []string) bool {
	name := b.str(v)
	if slices.Contains(names, name) {
		return true
	}
	if name != "" {
		b.fail(v.pos(), code, v.path+" names the "+what+" "+quoteUnless(v, name)+", and there is none of that name", suggest(name, names))
	}
	return false
}
