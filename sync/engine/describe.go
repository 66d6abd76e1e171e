package engine

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// Described is what a model's SQL gives and what it reads.
type Described struct {
	Columns []mapping.Column // in the order of the SQL; Type is DuckDB's name
	Tables  []string         // "alias.schema.table" of every table named in the SQL, sorted
}

// modelView is the temporary view that stands for a model's SQL on one connection.
const modelView = "freshet_model"

// Describe checks the model's SQL without reading rows and gives its columns and tables.
// Faults, joined where there are several: model.sql with line and column, model.column_twice, model.key_missing,
// model.key_type, model.updated_at_missing.
func (e *Engine) Describe(ctx context.Context, m model.Model) (Described, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return Described{}, translate(ctx, err)
	}
	defer conn.Close()
	tables, err := tablesOf(ctx, conn, m)
	if err != nil {
		return Described{}, err
	}
	columns, err := bound(ctx, conn, m)
	if err != nil {
		return Described{}, cmp.Or[error](unread(ctx, conn, m, tables), err)
	}
	return Described{Columns: columns, Tables: e.expand(tables)}, nil
}

// bound gives the columns of a model's SQL, checked.
func bound(ctx context.Context, conn *sql.Conn, m model.Model) ([]mapping.Column, error) {
	names, err := prepared(conn, m.SQL)
	if err != nil {
		return nil, ofModel(ctx, m, 0, err)
	}
	if err := once(m, names); err != nil {
		return nil, err
	}
	columns, err := viewColumns(ctx, conn, m)
	if err != nil {
		return nil, err
	}
	return columns, checkKey(m, columns)
}

// unread is why a model cannot be understood that reads a feed of which no event has been read: nobody knows its columns yet.
// nil where there is no such feed.
func unread(ctx context.Context, conn *sql.Conn, m model.Model, tables []string) error {
	var fresh []string
	err := read(ctx, conn, "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'feeds' AND column_name = '"+nothingRead+"' ORDER BY 1",
		func(row []driver.Value) error {
			fresh = append(fresh, row[0].(string))
			return nil
		})
	if err != nil {
		return nil // what went wrong first is told
	}
	for _, name := range fresh {
		if slices.ContainsFunc(tables, func(t string) bool { return strings.EqualFold(t, "feeds.main."+name) }) {
			return fault.New(fault.Source, "feed.unread", "model "+m.Name+" reads feeds."+name+", of which no event has been read yet: its columns are not known").
				At(where(m, m.SQLPos)).Do("take the feed in first, with freshet serve or a run; columns that events do not show can be declared under feeds." + name + ".columns")
		}
	}
	return nil
}

// prepared binds the SQL as it is written, so that errors have their true place, and gives the names of its columns.
func prepared(conn *sql.Conn, query string) (names []string, err error) {
	err = conn.Raw(func(raw any) error {
		prepared, err := raw.(driver.Conn).Prepare(query)
		if err != nil {
			return err
		}
		stmt := prepared.(*duckdb.Stmt)
		n, err := stmt.ColumnCount()
		for i := 0; i < n && err == nil; i++ {
			var c string
			c, err = stmt.ColumnName(i)
			names = append(names, c)
		}
		return errors.Join(err, stmt.Close())
	})
	return names, err
}

// once refuses names that differ in case at most: DuckDB cannot tell such columns apart.
func once(m model.Model, names []string) error {
	seen := map[string]bool{}
	for _, n := range names {
		low := strings.ToLower(n)
		if seen[low] {
			return fault.New(fault.Usage, "model.column_twice", fmt.Sprintf("model %s has two columns named %s", m.Name, n)).
				At(where(m, m.SQLPos)).Do("Give one of them another name with AS.")
		}
		seen[low] = true
	}
	return nil
}

func viewSQL(m model.Model) string {
	return "CREATE OR REPLACE TEMP VIEW " + modelView + " AS " + m.SQL
}

func viewColumns(ctx context.Context, conn *sql.Conn, m model.Model) (columns []mapping.Column, err error) {
	if err := run(ctx, conn, viewSQL(m)); err != nil {
		return nil, ofModel(ctx, m, len(viewSQL(m))-len(m.SQL), err)
	}
	err = read(ctx, conn, "SELECT column_name, column_type FROM (DESCRIBE temp.main."+modelView+")", func(row []driver.Value) error {
		c := mapping.Column{Name: row[0].(string), Type: row[1].(string)}
		f, _ := formOf(parseType(c.Type))
		c.Kind = f.kind
		columns = append(columns, c)
		return nil
	})
	return columns, ofModel(ctx, m, -1, errors.Join(err, run(ctx, conn, "DROP VIEW temp.main."+modelView)))
}

func checkKey(m model.Model, columns []mapping.Column) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	var faults []error
	for _, key := range m.Key {
		i := slices.Index(names, key)
		if i < 0 {
			faults = append(faults, missing(m, "key_missing", "key column", key, names))
			continue
		}
		if f, _ := formOf(parseType(columns[i].Type)); !f.key {
			faults = append(faults, fault.New(fault.Usage, "model.key_type",
				fmt.Sprintf("column %s of model %s is a %s, which cannot be a key", key, m.Name, columns[i].Type)).
				At(where(m, m.Pos)).Do("A key is a column whose value has one exact text: a whole number, a decimal, a text, an id or a date."))
		}
	}
	if m.UpdatedAt != "" && !slices.Contains(names, m.UpdatedAt) {
		faults = append(faults, missing(m, "updated_at_missing", "updated_at column", m.UpdatedAt, names))
	}
	return errors.Join(faults...)
}

func missing(m model.Model, reason, what, column string, names []string) error {
	f := fault.New(fault.Usage, "model."+reason, fmt.Sprintf("the %s %s is not a column of model %s", what, column, m.Name)).At(where(m, m.Pos))
	if near := fault.Nearest(column, names); near != "" {
		return f.Do("Did you mean " + near + "?")
	}
	return f.Do("The model's SQL gives these columns: " + strings.Join(names, ", ") + ".")
}
