package audience

import (
	"maps"
	"slices"
	"strings"
)

// Catalogue is everything a definition can speak of.
type Catalogue struct {
	Model     string // the entity
	Entity    Relation
	Key       []string // the entity's key columns
	KeyText   string   // SQL for the text of the key (model.Key) over the entity's columns, with m as the entity's alias
	Related   map[string]Related
	Consent   Consents
	Audiences map[string]Definition // every audience of the workspace, by name
}

// Relation is a table, or a model as a view.
type Relation struct {
	Table   string   // as SQL names it: feeds.orders, warehouse.main.orders, models.customers
	Columns []Column // nil: nobody knows them yet, and what depends on them is not checked
	Bases   []Base   // where its rows come from; none: Table itself is where
}

// Column is a column with its DuckDB type.
type Column struct{ Name, Type string }

// Base is a table under a model.
type Base struct {
	Table   string
	Columns map[string]string // the model's column -> the table's, for those that are handed on unchanged, row by row; nil: nobody knows
}

// Related is a table with rows that belong to a record.
type Related struct {
	Relation
	Via string // the related table that it belongs to; "" is the entity itself
	On  []Join
	At  string // column with the row's time; "": it has none, or that of the table it belongs to
}

// Join says which columns are equal.
type Join struct{ Theirs, Ours string }

// Consents says where consent is on record: in columns of the entity, in a table, or both. The zero Consents knows none.
type Consents struct {
	Columns map[string]string // purpose -> column of the entity, a BOOLEAN
	Table   Related           // Table "" where there is none; with At the last row that counts decides, without it every row must grant
	Purpose string            // column of Table
	Granted string            // column of Table, a BOOLEAN
}

func (r Relation) column(name string) (Column, bool) {
	for _, c := range r.Columns {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Column{}, false
}

func (r Relation) names() []string {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	return names
}

// SQL is the relation's name in SQL.
func (r Relation) SQL() string {
	parts := split(r.Table)
	for i, p := range parts {
		parts[i] = name(p)
	}
	return strings.Join(parts, ".")
}

// split takes a table's name apart at its dots; a part in double quotes may hold dots itself.
func split(table string) []string {
	var parts []string
	var part strings.Builder
	inside := false
	for i := 0; i < len(table); i++ {
		switch c := table[i]; {
		case c == '"' && inside && i+1 < len(table) && table[i+1] == '"':
			part.WriteByte(c)
			i++
		case c == '"':
			inside = !inside
		case c == '.' && !inside:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	return append(parts, part.String())
}

// path lists the related tables from the one named up to the entity's own; false where it does not arrive there.
func (c *Catalogue) path(name string) ([]Related, bool) {
	var path []Related
	for hops := 0; hops <= len(c.Related); hops++ {
		r, ok := c.Related[name]
		if !ok {
			return nil, false
		}
		path = append(path, r)
		if r.Via == "" {
			return path, true
		}
		name = r.Via
	}
	return nil, false
}

// timed says whether the rows of a path have a time.
func timed(path []Related) bool {
	return slices.ContainsFunc(path, func(r Related) bool { return r.At != "" })
}

func (c *Catalogue) relatedNames() []string { return slices.Sorted(maps.Keys(c.Related)) }

// class is what sort of comparison a type takes part in.
type class uint8

const (
	anything class = iota // nobody knows the type yet
	other                 // a type that is only there or not
	numeric
	textual
	truthValue
	instant
	list
)

var classNames = [...]string{"a value", "a value of another sort", "a number", "text", "true or false", "a time", "a list"}

func classOf(typ string) class {
	upper := strings.ToUpper(strings.TrimSpace(typ))
	switch base, _, _ := strings.Cut(upper, "("); {
	case upper == "":
		return anything
	case strings.HasSuffix(upper, "]"):
		return list
	case base == "DECIMAL" || intDigits[base] > 0 || base == "FLOAT" || base == "DOUBLE":
		return numeric
	case base == "VARCHAR" || base == "ENUM" || base == "UUID":
		return textual
	case base == "BOOLEAN":
		return truthValue
	case base == "DATE" || strings.HasPrefix(base, "TIMESTAMP"):
		return instant
	}
	return other
}

// intDigits are the most digits of each whole type.
var intDigits = map[string]int{"TINYINT": 3, "UTINYINT": 3, "SMALLINT": 5, "USMALLINT": 5, "INTEGER": 10, "UINTEGER": 10,
	"BIGINT": 19, "UBIGINT": 20, "HUGEINT": 39, "UHUGEINT": 39}
