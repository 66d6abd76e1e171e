package reach

import "strings"

// use is one use of a table in the SQL. A table that is read twice, in a self join or through a common table expression,
// has two.
type use struct {
	at      node
	columns []Column
	by      []string // what Table.By says
	rank    int      // how many other tables lie between it and the key; unbound where nothing leads there
	link    link     // the next tables on the way to the key, each of which is to be followed
	deep    bool     // inside a group, a window or the like: DuckDB itself does not restrict it
}

// origin is a column of a table that another column's values come from.
type origin struct {
	use    *use
	column string
	loose  bool // of an aggregate such as max: two such columns need not come from the same row
}

// col is a column of something in a FROM, as one SELECT sees it.
type col struct {
	name  string // in lower case
	typ   string
	of    []*relation // of which it is one; two where USING in a full join makes one column of two
	from  []origin    // every value is one of these columns' values; none: it is calculated
	open  bool        // rows in which it has a value depend only on rows of from that have that value
	class *class      // of columns that have the same value, or null, in every row
}

// relation is something in a FROM: a table or a query.
type relation struct {
	alias  string // in lower case
	cols   []*col
	query  *query
	use    *use
	hidden bool  // by a SEMI or ANTI join: nothing outside of its condition sees it
	nearby *join // of an ASOF join whose right side it is: only that join's equalities may choose among its rows
}

func (r *relation) col(name string) *col {
	for _, c := range r.cols {
		if c.name == name {
			return c
		}
	}
	return nil
}

// scope is what names can mean at one place: the relations of the FROM, then those of the statement around it.
type scope struct {
	relations []*relation
	merged    []merged
	outer     *scope
}

// merged is a column that USING makes of two; hidden is the one that a star leaves out.
type merged struct {
	shown, hidden, means *col
}

// find gives the column that a reference such as [c], [alias c] or [schema alias c] means; nil where it cannot be told.
func (s *scope) find(names []string) *col {
	if len(names) == 0 {
		return nil
	}
	name := names[len(names)-1]
	for ; s != nil; s = s.outer {
		if len(names) == 1 {
			if c := s.using(name); c != nil {
				return c
			}
		}
		for _, r := range s.relations {
			if r.hidden || len(names) > 1 && r.alias != names[len(names)-2] {
				continue
			}
			if c := r.col(name); c != nil {
				return c
			}
		}
	}
	return nil
}

// using finds a column that USING has merged. The last join says what it means.
func (s *scope) using(name string) *col {
	for i := len(s.merged) - 1; i >= 0; i-- {
		if s.merged[i].means.name == name {
			return s.merged[i].means
		}
	}
	return nil
}

func (s *scope) ref(n node) *col {
	if text(n, "type") != "COLUMN_REF" {
		return nil
	}
	return s.find(words(n, "column_names"))
}

// refs are the columns of a tuple such as (a, b), or of one column; nil where one of them cannot be told.
func (s *scope) refs(n node) []*col {
	parts := []node{n}
	if text(n, "class") == "FUNCTION" && text(n, "function_name") == "row" {
		parts = list(n, "children")
	}
	cols := make([]*col, len(parts))
	for i, p := range parts {
		cols[i] = s.ref(p)
	}
	return cols
}

// sure is the relation that has a row wherever the column has a value.
func (c *col) sure() *relation {
	if c == nil || len(c.of) != 1 {
		return nil
	}
	return c.of[0]
}

// comparable says whether two equal values of these types have the same text and compare as they are. Others are compared by
// a cast, as a text such as 042 with a number, and then equal more than one value.
func comparable(a, b string) bool {
	if whole[a] && whole[b] {
		return true
	}
	base, _, _ := strings.Cut(a, "(")
	return a == b && (exact[base] || a == "TIMESTAMP WITH TIME ZONE")
}

var whole = set("TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT")

var exact = set("BOOLEAN VARCHAR UUID BLOB DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS DECIMAL ENUM UHUGEINT BIGNUM")
