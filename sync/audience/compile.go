package audience

import (
	"fmt"
	"slices"
	"strings"
)

// Compiled is a definition as SQL.
type Compiled struct {
	// Members is a SELECT of the members: the entity's columns, and nothing else.
	Members string
	// Nodes are the conditions of the definition, in reading order.
	Nodes []NodeColumn
	// Models are the models that the SQL reads as models.NAME, the entity's first.
	Models []string

	catalogue  *Catalogue
	definition Definition
}

// NodeColumn is a condition and the boolean column of the evaluation that says whether it holds.
type NodeColumn struct {
	ID       string // as written, or given: n1, n2 …
	Path     string // its place in the definition: include.of.0
	Column   string // "b_" and the ID
	Sentence string
}

// Compile checks a definition and turns it into SQL. The types of all columns must be known. Faults: those of Check.
func Compile(def Definition, catalogue *Catalogue) (Compiled, error) {
	if err := Check(def, catalogue); err != nil {
		return Compiled{}, err
	}
	c := Compiled{catalogue: catalogue, definition: identified(def)}
	if err := c.typed(); err != nil {
		return Compiled{}, err
	}
	c.Nodes = columnsOf(c.definition)
	b := builder{catalogue: catalogue, all: true}
	top := b.definition(c.definition, true)
	var out []string
	for i, col := range catalogue.Entity.Columns {
		out = append(out, fmt.Sprintf("c%d AS %s", i, name(col.Name)))
	}
	c.Members = b.with("", catalogue) + "\nSELECT " + strings.Join(out, ", ") + "\nFROM " + top + "\nWHERE member"
	c.Models = c.models()
	return c, nil
}

// typed makes sure that the types of everything the SQL reads are known.
func (c Compiled) typed() error {
	f := &faults{}
	need := func(r Relation) {
		if len(r.Columns) == 0 {
			f.fail("include", "untyped", "nobody knows the columns of "+r.Table, "describe it before the definition is compiled")
		}
	}
	need(c.catalogue.Entity)
	for _, name := range c.tables() {
		chain, _ := c.catalogue.path(name)
		for _, r := range chain {
			need(r.Relation)
		}
	}
	if c.usesConsentTable() {
		need(c.catalogue.Consent.Table.Relation)
	}
	return f.err()
}

// Evaluation is a SELECT of the columns pk (the key's text), member, due (TIMESTAMPTZ: the next moment at which time
// alone can change member, NULL where there is none), part (the group of the split, NULL where there is none) and one
// boolean for each of Nodes. keys names a relation with a column pk of the keys' texts, to which everything is then
// restricted; "" evaluates all. Keys of which there is no record are not in the result: they are no members.
func (c Compiled) Evaluation(keys string) string {
	b := builder{catalogue: c.catalogue}
	top := b.definition(c.definition, true)
	columns := []string{"pk", "member", "CASE WHEN due IS NOT NULL THEN make_timestamptz(due) END AS due", part(c.definition.Split) + " AS part"}
	for _, n := range c.Nodes {
		columns = append(columns, name(n.Column))
	}
	text := b.with(keys, c.catalogue) + "\nSELECT " + strings.Join(columns, ", ") + "\nFROM " + top
	if b.ranked && keys != "" {
		text += "\nWHERE pk IN (SELECT pk FROM " + keys + ")"
	}
	return text
}

func part(s *Split) string {
	if s == nil {
		return "CAST(NULL AS VARCHAR)"
	}
	text := "CASE"
	for _, g := range s.Groups {
		text += " WHEN member AND " + inBucket(s.Salt, "pk", g.From, g.To) + " THEN " + literal(g.Name)
	}
	return text + " END"
}

// builder collects the parts of one text of SQL.
type builder struct {
	catalogue *Catalogue
	all       bool     // every column of the entity is wanted
	ranked    bool     // a limit counts all members, so keys restrict only what comes out
	ctes      []string // "name AS (…)", each after those it reads
	made      map[string]string
	entity    map[int]bool // columns of the entity that are used
	count     int
}

// scope is one definition inside the text: its zone, and what its members are joined with.
type scope struct {
	*builder
	zone  string
	joins []string
	nodes []string // "expression AS column"
	top   bool
}

// fresh names the next part.
func (b *builder) fresh(kind string) string {
	b.count++
	return fmt.Sprintf("%s%d", kind, b.count)
}

func (b *builder) add(kind, text string) string {
	n := b.fresh(kind)
	b.ctes = append(b.ctes, n+" AS (\n"+text+")")
	return n
}

// field is SQL for a column of the entity, as k has it.
func (b *builder) field(column string) (sql, typ string) {
	i := slices.IndexFunc(b.catalogue.Entity.Columns, func(c Column) bool { return strings.EqualFold(c.Name, column) })
	if b.entity == nil {
		b.entity = map[int]bool{}
	}
	b.entity[i] = true
	return fmt.Sprintf("k.c%d", i), b.catalogue.Entity.Columns[i].Type
}

// with is the beginning of the text: the entity's rows, and every part made.
func (b *builder) with(keys string, catalogue *Catalogue) string {
	fields := []string{catalogue.KeyText + " AS pk"}
	for i, col := range catalogue.Entity.Columns {
		if b.all || b.entity[i] {
			fields = append(fields, fmt.Sprintf("m.%s AS c%d", name(col.Name), i))
		}
	}
	k := "SELECT " + strings.Join(fields, ", ") + "\nFROM " + catalogue.Entity.SQL() + " AS m"
	if keys != "" && !b.ranked {
		k += "\nWHERE " + catalogue.KeyText + " IN (SELECT pk FROM " + keys + ")"
	}
	return "WITH k AS (\n" + k + "),\n" + strings.Join(b.ctes, ",\n")
}

// definition makes the part with a definition's membership, and gives its name: pk, member, due; for the topmost one
// also the columns of k and those of the nodes.
func (b *builder) definition(d Definition, top bool) string {
	s := &scope{builder: b, zone: zoneOf(d), top: top}
	include, exclude := truth{is: "true"}, truth{is: "false"}
	if d.Include != nil {
		include = s.node(d.Include)
	}
	if d.Exclude != nil {
		exclude = s.node(d.Exclude)
	}
	fields := append([]string{"k.pk AS pk", "(" + include.is + " AND NOT " + exclude.is + ") AS member",
		"CAST(" + orNull(earliest(include.due, exclude.due)) + " AS BIGINT) AS due"}, s.nodes...)
	if d.Limit != nil {
		by, _ := b.field(d.Limit.By)
		fields = append(fields, by+" AS rank_by")
	}
	if top {
		fields = append(fields, "k.*")
		fields = slices.DeleteFunc(fields, func(f string) bool { return f == "k.pk AS pk" })
	}
	made := b.add("a", "SELECT "+strings.Join(fields, ", ")+"\nFROM k"+strings.Join(s.joins, ""))
	if d.Limit == nil {
		return made
	}
	return b.ranking(made, *d.Limit)
}

// ranking keeps the first members.
func (b *builder) ranking(made string, l Limit) string {
	b.ranked = true
	direction := "DESC"
	if l.Ascending {
		direction = "ASC"
	}
	return b.add("l", fmt.Sprintf("SELECT * REPLACE (member AND row_number() OVER (PARTITION BY member ORDER BY rank_by %s NULLS LAST, pk) <= %d AS member)\nFROM %s",
		direction, l.N, made))
}

func zoneOf(d Definition) string {
	if d.Zone == "" {
		return utc
	}
	return d.Zone
}

// node makes the condition of a node, and its column where the definition is the topmost.
func (s *scope) node(n Node) truth {
	at := len(s.nodes)
	if s.top {
		s.nodes = append(s.nodes, "")
	}
	t := s.condition(n)
	if s.top {
		s.nodes[at] = t.is + " AS " + name(columnName(n.id()))
	}
	return t
}

func columnName(id string) string { return "b_" + id }

func (s *scope) condition(n Node) truth {
	switch n := n.(type) {
	case All:
		return s.group(n.Of, " AND ")
	case Any:
		return s.group(n.Of, " OR ")
	case Not:
		t := s.node(n.Of)
		return truth{is: "(NOT " + t.is + ")", due: t.due}
	case Prop:
		sql, typ := s.field(n.Field)
		return compare(operandOf(sql, typ, s.zone), n.Test, nil, s.zone)
	case Rel:
		return s.related(n)
	case Seq:
		return s.sequence(n)
	case Member:
		return s.member(n)
	case Consent:
		return s.consent(n)
	case Bucket:
		return truth{is: inBucket(n.Salt, "k.pk", n.From, n.To)}
	}
	return truth{is: "false"} // Check lets nothing else through
}

func (s *scope) group(of []Node, word string) truth {
	var all, dues []string
	for _, child := range of {
		t := s.node(child)
		all, dues = append(all, t.is), append(dues, t.due)
	}
	return truth{is: "(" + strings.Join(all, word) + ")", due: earliest(dues...)}
}

// join adds a part with pk to what the members are read from.
func (s *scope) join(part string) {
	s.joins = append(s.joins, "\nLEFT JOIN "+part+" ON "+part+".pk = k.pk")
}

// member reads another audience's membership; however often it is named, it is evaluated once.
func (s *scope) member(n Member) truth {
	made, ok := s.made[n.Audience]
	if !ok {
		inner := s.definition(s.catalogue.Audiences[n.Audience], false)
		made = s.add("m", "SELECT pk, bool_or(member) AS member, min(due) AS due\nFROM "+inner+"\nGROUP BY pk")
		if s.made == nil {
			s.made = map[string]string{}
		}
		s.made[n.Audience] = made
	}
	if !slices.Contains(s.joins, "\nLEFT JOIN "+made+" ON "+made+".pk = k.pk") {
		s.join(made)
	}
	return truth{is: "coalesce(" + made + ".member, false)", due: made + ".due"}
}
