package audience

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Changed is the relation that a lookup reads: the changed rows of a table, before and after, with the table's columns.
const Changed = "changed"

// Path says which keys a changed row of a table concerns. Exactly one of Columns, Lookup and Whole is set. A row
// concerns the keys of its image before the change and of that after it: a deleted row is no longer there to be found.
type Path struct {
	Table   string   // as the catalogue names it
	Columns []string // the columns of the table that are the entity's key, in its order
	Lookup  string   // a SELECT of pk over the relation Changed
	Whole   bool     // nobody knows: any key may be concerned
	Why     string   // of Whole
}

// Paths lists, for every table that the definition reads, how its changes lead to keys; a table may be there more than
// once, and each of its paths is to be followed. Tables are in order of their names.
func (c Compiled) Paths() []Path {
	p := &paths{catalogue: c.catalogue}
	p.entity()
	for _, name := range c.tables() {
		chain, _ := c.catalogue.path(name)
		for i := range chain {
			p.related(chain[i:])
		}
	}
	if c.usesConsentTable() {
		p.related([]Related{c.catalogue.Consent.Table})
	}
	slices.SortStableFunc(p.all, func(a, b Path) int { return cmp.Compare(a.Table, b.Table) })
	return slices.CompactFunc(p.all, func(a, b Path) bool {
		return a.Table == b.Table && a.Lookup == b.Lookup && slices.Equal(a.Columns, b.Columns)
	})
}

// tables lists the related tables that the definition names, itself or through other audiences, in order.
func (c Compiled) tables() []string {
	found := map[string]bool{}
	c.everyNode(func(n Node) {
		switch n := n.(type) {
		case Rel:
			for _, name := range n.Names {
				found[name] = true
			}
		case Seq:
			for _, s := range n.Steps {
				found[s.Event] = true
			}
		}
	})
	return slices.DeleteFunc(c.catalogue.relatedNames(), func(name string) bool { return !found[name] })
}

func (c Compiled) usesConsentTable() bool {
	uses := false
	c.everyNode(func(n Node) {
		if consent, ok := n.(Consent); ok && c.catalogue.Consent.Columns[consent.Purpose] == "" {
			uses = true
		}
	})
	return uses
}

// everyNode visits the definition and the audiences it names, each once.
func (c Compiled) everyNode(visit func(Node)) {
	c.everyDefinition(func(d Definition) { d.visit(func(n Node, _ string, _ int) { visit(n) }) })
}

func (c Compiled) everyDefinition(visit func(Definition)) {
	done := map[string]bool{}
	var each func(Definition)
	each = func(d Definition) {
		visit(d)
		for _, used := range d.Uses() {
			if !done[used] {
				done[used] = true
				each(c.catalogue.Audiences[used])
			}
		}
	}
	each(c.definition)
}

type paths struct {
	catalogue *Catalogue
	all       []Path
}

// bases are the tables under a relation, and how they name its columns.
func bases(r Relation) []Base {
	if len(r.Bases) > 0 {
		return r.Bases
	}
	same := map[string]string{}
	for _, c := range r.Columns {
		same[strings.ToLower(c.Name)] = c.Name
	}
	return []Base{{Table: r.Table, Columns: same}}
}

// in finds what the base calls a column of the relation.
func (b Base) in(column string) (string, bool) {
	for mine, theirs := range b.Columns {
		if strings.EqualFold(mine, column) {
			return theirs, true
		}
	}
	return "", false
}

// inAll finds several columns; ok is false where one of them is not handed on.
func (b Base) inAll(columns []string) (found []string, ok bool) {
	for _, c := range columns {
		name, ok := b.in(c)
		if !ok {
			return nil, false
		}
		found = append(found, name)
	}
	return found, true
}

func (p *paths) whole(table, of string) {
	p.all = append(p.all, Path{Table: table, Whole: true, Why: fmt.Sprintf("nothing says which rows of %s a row of %s ends up in", of, table)})
}

// entity: a changed row under the entity concerns the key it has, or had.
func (p *paths) entity() {
	for _, b := range bases(p.catalogue.Entity) {
		if key, ok := b.inAll(p.catalogue.Key); ok {
			p.all = append(p.all, Path{Table: b.Table, Columns: key})
			continue
		}
		p.whole(b.Table, p.catalogue.Entity.Table)
	}
}

// related: a changed row of the first table concerns the keys that the others lead to.
func (p *paths) related(up []Related) {
	r := up[0]
	theirs := make([]string, len(r.On))
	for i, j := range r.On {
		theirs[i] = j.Theirs
	}
	for _, b := range bases(r.Relation) {
		columns, ok := b.inAll(theirs)
		switch {
		case !ok:
			p.whole(b.Table, r.Table)
		case len(up) == 1 && p.isKey(r):
			p.all = append(p.all, Path{Table: b.Table, Columns: p.inKeyOrder(r.On, columns)})
		default:
			p.all = append(p.all, Path{Table: b.Table, Lookup: p.lookup(up, columns)})
		}
	}
}

// isKey: the row is joined by the entity's key, whole, and by columns of its types: their texts are those of the key.
func (p *paths) isKey(r Related) bool {
	return len(r.On) == len(p.catalogue.Key) && !slices.ContainsFunc(p.catalogue.Key, func(key string) bool {
		return !slices.ContainsFunc(r.On, func(j Join) bool {
			theirs, _ := r.column(j.Theirs)
			ours, _ := p.catalogue.Entity.column(j.Ours)
			return strings.EqualFold(j.Ours, key) && strings.EqualFold(theirs.Type, ours.Type)
		})
	})
}

func (p *paths) inKeyOrder(on []Join, columns []string) []string {
	ordered := make([]string, 0, len(on))
	for _, key := range p.catalogue.Key {
		ordered = append(ordered, columns[slices.IndexFunc(on, func(j Join) bool { return strings.EqualFold(j.Ours, key) })])
	}
	return ordered
}

// lookup is SQL from changed rows up to the entity's keys.
func (p *paths) lookup(up []Related, columns []string) string {
	text := "SELECT DISTINCT " + p.catalogue.KeyText + " AS pk\nFROM " + Changed + " AS r"
	alias := "r"
	for i, table := range up {
		next, to := "m", p.catalogue.Entity.SQL()
		if i+1 < len(up) {
			next, to = fmt.Sprintf("p%d", i+1), up[i+1].SQL()
		}
		var on []string
		for n, j := range table.On {
			mine := name(j.Theirs)
			if i == 0 {
				mine = name(columns[n])
			}
			on = append(on, p.equal(alias+"."+mine, table, j, next, i+1 == len(up)))
		}
		text += "\nJOIN " + to + " AS " + next + " ON " + strings.Join(on, " AND ")
		alias = next
	}
	return text
}

// equal is the condition of a join; an id and a text are compared as texts, as in the evaluation.
func (p *paths) equal(mine string, table Related, j Join, next string, last bool) string {
	ours := next + "." + name(j.Ours)
	if last {
		theirs, _ := table.column(j.Theirs)
		column, _ := p.catalogue.Entity.column(j.Ours)
		if classOf(column.Type) == textual && !strings.EqualFold(theirs.Type, column.Type) {
			mine, ours = "CAST("+mine+" AS VARCHAR)", "CAST("+ours+" AS VARCHAR)"
		}
	}
	return mine + " = " + ours
}

// models lists the models that the SQL reads.
func (c Compiled) models() []string {
	var all []string
	add := func(r Relation) {
		if parts := split(r.Table); len(parts) == 2 && strings.EqualFold(parts[0], "models") && !slices.Contains(all, parts[1]) {
			all = append(all, parts[1])
		}
	}
	add(c.catalogue.Entity)
	for _, name := range c.tables() {
		chain, _ := c.catalogue.path(name)
		for _, r := range chain {
			add(r.Relation)
		}
	}
	if c.usesConsentTable() {
		add(c.catalogue.Consent.Table.Relation)
	}
	return all
}

// Needs are the related tables that a definition reads, itself, through other audiences and on the way to the entity;
// under "" the table of consent.
func (c *Catalogue) Needs(d Definition) map[string]Related {
	of := Compiled{catalogue: c, definition: d}
	needs := map[string]Related{}
	for _, named := range of.tables() {
		for name := named; name != ""; name = c.Related[name].Via {
			if _, again := needs[name]; again {
				break
			}
			needs[name] = c.Related[name]
		}
	}
	if of.usesConsentTable() && c.Consent.Table.Table != "" {
		needs[""] = c.Consent.Table
	}
	return needs
}
