package reach

import "strings"

// column is one column of a relation; class is nil where nothing is known of it.
type column struct {
	name  string // in lower case
	class *class
}

// relation is something in a FROM.
type relation struct {
	alias   string // in lower case
	columns []column
}

func (r relation) class(name string) *class {
	for _, c := range r.columns {
		if c.name == strings.ToLower(name) {
			return c.class
		}
	}
	return nil
}

// mention is a base table with its columns' classes.
type mention struct {
	at       node
	relation relation
}

func (m mention) table(keys []*class) Table {
	t := Table{Catalog: text(m.at, "catalog_name"), Schema: text(m.at, "schema_name"), Name: text(m.at, "table_name"),
		Alias: text(m.at, "alias"), By: make([]string, len(keys)), at: m.at}
	for i, key := range keys {
		for _, c := range m.relation.columns {
			if same(c.class, key) {
				t.By[i] = c.name
				break
			}
		}
	}
	return t
}

// scope is what names can mean at one place: the relations of the FROM, then those of the statement around it.
type scope struct {
	relations []relation
	outer     *scope
}

// find gives the class of a column reference such as [c], [alias c] or [schema alias c]; nil where it cannot be told.
func (s *scope) find(names []string) *class {
	if len(names) == 0 {
		return nil
	}
	column := names[len(names)-1]
	for ; s != nil; s = s.outer {
		for _, r := range s.relations {
			if len(names) > 1 && r.alias != names[len(names)-2] {
				continue
			}
			if c := r.class(column); c != nil {
				return c
			}
		}
	}
	return nil
}

func (s *scope) ref(n node) *class {
	if text(n, "type") != "COLUMN_REF" {
		return nil
	}
	return s.find(words(n, "column_names"))
}
