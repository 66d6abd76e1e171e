package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/reach"
)

// Origin is a table that a query reads, and its columns that equal those asked for: every row of the query with such
// values depends only on rows of the table that have them, too, in the same types.
type Origin struct {
	Table   string   // feeds.orders, warehouse.main.orders
	Columns []string // in the order asked for, "" where there is none
}

// Origins finds the tables under a query and how its columns lead to them. What cannot be followed has no columns.
func (e *Engine) Origins(ctx context.Context, query string, columns []string) ([]Origin, error) {
	described, err := e.Describe(ctx, model.Model{SQL: query})
	if err != nil {
		return nil, err
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer conn.Close()
	parse, err := parseOf(ctx, conn, query)
	if err != nil {
		return nil, translate(ctx, err)
	}
	found, err := reach.Find(parse, columns, catalog{ctx, conn})
	var refusal *reach.Refusal
	if errors.As(err, &refusal) {
		var all []Origin
		for _, t := range described.Tables {
			all = append(all, Origin{Table: t, Columns: make([]string, len(columns))})
		}
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Origin
	for _, t := range found.Tables {
		all = append(all, Origin{Table: tableOf(t), Columns: t.By})
	}
	return all, nil
}

// tableOf is a table's name as models write it.
func tableOf(t reach.Table) string {
	if strings.EqualFold(t.Schema, feedStoreName) {
		return "feeds." + t.Name
	}
	var parts []string
	for _, p := range []string{t.Catalog, t.Schema, t.Name} {
		if p != "" && !(p == "memory" && len(parts) == 0) {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ".")
}

// KeyText is SQL for the text of a model's key over its columns, with m as the alias of the model.
func KeyText(m model.Model, columns []mapping.Column) string { return keySQL(m, columns) }
