package reach

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Table is one use of a table in the SQL.
type Table struct {
	Catalog, Schema, Name string
	Alias                 string
	By                    []string // its column that equals each key column, "" where there is none; in the key's order
	Ways                  []Way    // where By is not whole: how its rows lead to the key; each is to be followed
	Unlike                string   // where nothing leads there: columns of unlike types that the SQL compares
	Deep                  bool     // it stands in a group or the like: evaluating some keys is faster where it is restricted by its ways
	at                    node
}

// Whole says whether the key stands in the table.
func (t Table) Whole() bool { return !slices.Contains(t.By, "") }

// Bound says whether its rows lead to the key.
func (t Table) Bound() bool { return t.Whole() || len(t.Ways) > 0 }

// Reach is what a text of SQL depends on.
type Reach struct {
	Tables []Table  // each use
	Names  []string // of the columns it gives, in lower case
	tree   any
}

// Refusal is why a model cannot be evaluated for some keys alone, in words for people.
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return r.Why }

func refuse(format string, args ...any) error { return &Refusal{Why: fmt.Sprintf(format, args...)} }

// Column is a column of a table, with DuckDB's name of its type.
type Column struct{ Name, Type string }

// Catalog knows what the names in the SQL stand for.
type Catalog interface {
	// Columns gives the columns of a table; ok is false where there is no such table.
	Columns(catalog, schema, name string) (columns []Column, ok bool)
	// View gives DuckDB's parse of the SELECT that a name stands for; nil where it is a table.
	View(catalog, schema, name string) []byte
}

// Find reads DuckDB's parse of one SELECT and finds how its tables lead to the output columns named in key. A *Refusal
// says why they cannot be followed; a table that merely does not lead there is in Tables without By and Ways.
func Find(parse []byte, key []string, catalog Catalog) (*Reach, error) {
	tree, statement, err := read(parse)
	if err != nil {
		return nil, err
	}
	f := &finder{catalog: catalog, unlike: map[*use]string{}}
	q, err := f.query(statement, nil, nil)
	if err != nil {
		return nil, err
	}
	var asked []int
	var keys [][]origin
	for _, name := range key {
		i := slices.IndexFunc(q.out, func(o *outcome) bool { return strings.EqualFold(o.name, name) })
		if i < 0 || !q.out[i].open {
			return nil, refuse("the key column %s is not a plain column of a table: it is calculated, so rows cannot be found by it", name)
		}
		asked, keys = append(asked, i), append(keys, q.out[i].from)
	}
	f.restrict(q, asked, false)
	f.settle(keys)
	r := &Reach{tree: tree}
	for _, o := range q.out {
		r.Names = append(r.Names, o.name)
	}
	for _, u := range f.uses {
		t := u.table()
		t.Ways, t.Unlike = u.ways(), f.unlike[u]
		r.Tables = append(r.Tables, t)
	}
	return r, nil
}

func (u *use) table() Table {
	return Table{Catalog: text(u.at, "catalog_name"), Schema: text(u.at, "schema_name"), Name: text(u.at, "table_name"),
		Alias: text(u.at, "alias"), By: u.by, Deep: u.deep, at: u.at}
}

// read takes the one statement out of a parse.
func read(parse []byte) (tree any, statement node, err error) {
	decoder := json.NewDecoder(bytes.NewReader(parse))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return nil, nil, fmt.Errorf("reading the parse of a model: %w", err)
	}
	root, _ := tree.(node)
	statements := list(root, "statements")
	if len(statements) != 1 {
		return nil, nil, errors.New("the parse is not one statement")
	}
	return tree, child(statements[0], "node"), nil
}

// Restrict writes the parse anew with tables replaced: with gives the parse of what stands in the place of a table (a
// FROM item with the alias given), nil to leave it as it is. A table that stands in the SQL once and is used twice, through a
// common table expression, is replaced only where both uses lead to the key in the same way. A Reach is restricted once.
func (r *Reach) Restrict(with func(t Table, alias string) (map[string]any, error)) ([]byte, error) {
	for _, t := range r.once() {
		alias := t.Alias
		if alias == "" {
			alias = t.Name
		}
		instead, err := with(t, alias)
		if err != nil {
			return nil, err
		}
		if instead == nil {
			continue
		}
		clear(t.at)
		for k, v := range instead {
			t.at[k] = v
		}
	}
	each(r.tree, uncross)
	return json.Marshal(r.tree)
}

// uncross writes a CROSS JOIN as an inner one on true: DuckDB writes it as a comma, which binds less than the joins after it.
func uncross(n node) bool {
	if text(n, "type") == "JOIN" && text(n, "ref_type") == "CROSS" {
		n["ref_type"], n["join_type"] = "REGULAR", "INNER"
		n["condition"] = node{"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": 0,
			"value": node{"type": node{"id": "BOOLEAN", "type_info": nil}, "is_null": false, "value": true}}
	}
	return true
}

// once are the tables in the places where they stand in the SQL, but for those used in different ways.
func (r *Reach) once() []Table {
	var places []uintptr
	first, differ := map[uintptr]Table{}, map[uintptr]bool{}
	for _, t := range r.Tables {
		place := reflect.ValueOf(t.at).Pointer()
		was, again := first[place]
		if !again {
			places, first[place] = append(places, place), t
			continue
		}
		if !slices.Equal(was.By, t.By) || len(was.Ways)+len(t.Ways) > 0 {
			differ[place] = true
		}
	}
	var once []Table
	for _, place := range places {
		if !differ[place] {
			once = append(once, first[place])
		}
	}
	return once
}
