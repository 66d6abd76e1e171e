package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// Define makes a model readable by other models as models.NAME. Models it reads itself must be defined before it.
// Faults: those of Describe.
func (e *Engine) Define(ctx context.Context, m model.Model) error {
	described, err := e.Describe(ctx, m)
	if err != nil {
		return err
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer conn.Close()
	create := "CREATE OR REPLACE VIEW memory.models." + name(m.Name) + " AS "
	if err := run(ctx, conn, "CREATE SCHEMA IF NOT EXISTS memory.models", create+m.SQL); err != nil {
		return ofModel(ctx, m, len(create), err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.defined[strings.ToLower("models.main."+m.Name)] = described.Tables
	return nil
}

// expand puts the tables of defined models in the place of their names.
func (e *Engine) expand(tables []string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, t := range tables {
		if inner, ok := e.defined[strings.ToLower(t)]; ok {
			out = append(out, inner...)
			continue
		}
		out = append(out, t)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Row reads the row of one key as the model has it now; found is false where there is none. Each column's text is
// DuckDB's own. Where several rows share the key it is the first.
func (e *Engine) Row(ctx context.Context, m model.Model, key model.Key) (row []model.Field, found bool, err error) {
	described, err := e.Describe(ctx, m)
	if err != nil {
		return nil, false, err
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, false, translate(ctx, err)
	}
	defer conn.Close()
	if err := setNow(ctx, conn, e.now()); err != nil {
		return nil, false, translate(ctx, err)
	}
	if err := run(ctx, conn, viewSQL(m)); err != nil {
		return nil, false, ofModel(ctx, m, len(viewSQL(m))-len(m.SQL), err)
	}
	query := "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM temp.main." + modelView + " AS m WHERE " + keySQL(m, described.Columns) +
		" = " + literal(string(key)) + " LIMIT 1"
	err = read(ctx, conn, query, func(values []driver.Value) error {
		found = true
		for i, v := range values {
			f := model.Field{Name: described.Columns[i].Name}
			if text, ok := v.(string); ok {
				f.Value = model.Text(text)
			}
			row = append(row, f)
		}
		return nil
	})
	return row, found, ofModel(ctx, m, -1, errors.Join(err, run(ctx, conn, "DROP VIEW temp.main."+modelView)))
}

// keySQL is SQL for the text of a model's key.
func keySQL(m model.Model, columns []mapping.Column) string {
	var parts []column
	for _, k := range m.Key {
		i := slices.IndexFunc(columns, func(c mapping.Column) bool { return strings.EqualFold(c.Name, k) })
		parts = append(parts, columnOf(columns[i]))
	}
	return joined(parts, func(text string) string { return text })
}

// Count is how many rows a model has.
func (e *Engine) Count(ctx context.Context, m model.Model) (rows int64, err error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return 0, translate(ctx, err)
	}
	defer conn.Close()
	if err := setNow(ctx, conn, e.now()); err != nil {
		return 0, translate(ctx, err)
	}
	err = read(ctx, conn, "SELECT count(*) FROM (\n"+m.SQL+"\n)", func(row []driver.Value) error {
		rows = row[0].(int64)
		return nil
	})
	return rows, ofModel(ctx, m, -1, err)
}
