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

// Table is one mention of a table in the SQL.
type Table struct {
	Catalog, Schema, Name string
	Alias                 string
	By                    []string // its column that equals each key column, "" where there is none; in the key's order
	at                    node
}

// Bound says whether at least one key column reaches the table.
func (t Table) Bound() bool { return strings.Join(t.By, "") != "" }

// Reach is what a text of SQL depends on.
type Reach struct {
	Tables []Table
	tree   any
}

// Refusal is why a model cannot be evaluated for some keys alone, in words for people.
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return r.Why }

func refuse(format string, args ...any) error { return &Refusal{Why: fmt.Sprintf(format, args...)} }

// Catalog knows what the names in the SQL stand for.
type Catalog interface {
	// Columns gives the columns of a table; ok is false where there is no such table.
	Columns(catalog, schema, name string) (columns []string, ok bool)
	// View gives DuckDB's parse of the SELECT that a name stands for; nil where it is a table.
	View(catalog, schema, name string) []byte
}

// Find reads DuckDB's parse of one SELECT and finds how the output columns named in key reach its tables. A *Refusal
// says why they cannot be followed; a table that is merely not reached is in Tables without By.
func Find(parse []byte, key []string, catalog Catalog) (*Reach, error) {
	tree, statement, err := read(parse)
	if err != nil {
		return nil, err
	}
	f := &finder{catalog: catalog}
	out, err := f.query(statement, nil, nil)
	if err != nil {
		return nil, err
	}
	keys := make([]*class, len(key))
	for i, name := range key {
		if keys[i] = out.class(name); keys[i] == nil {
			return nil, refuse("the key column %s is not a plain column of a table: it is calculated, so rows cannot be found by it", name)
		}
	}
	return &Reach{tree: tree, Tables: tables(f.mentions, keys)}, nil
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

// tables lists the mentions. One that was read twice, through a common table expression, is reached only where both uses
// are, by the same columns.
func tables(mentions []mention, keys []*class) []Table {
	var all []Table
	seen := map[uintptr]int{}
	for _, m := range mentions {
		t := m.table(keys)
		place := reflect.ValueOf(m.at).Pointer()
		if i, again := seen[place]; again {
			if !slices.Equal(all[i].By, t.By) {
				all[i].By = make([]string, len(keys))
			}
			continue
		}
		seen[place] = len(all)
		all = append(all, t)
	}
	return all
}

// Restrict writes the parse anew with tables replaced: with gives the parse of what stands in the place of a table (a
// FROM item with the alias given), nil to leave it as it is. A Reach is restricted once.
func (r *Reach) Restrict(with func(t Table, alias string) (map[string]any, error)) ([]byte, error) {
	for _, t := range r.Tables {
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
	return json.Marshal(r.tree)
}
