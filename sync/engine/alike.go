package engine

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Alike is how many values of one column are of each pattern. No value leaves DuckDB for it.
type Alike struct {
	Column, Type string
	Filled       int64   // values that are not null
	Matches      []int64 // of each pattern
}

// AlikeOf compares a random sample of a model's rows with patterns (RE2, of any part of a value's text unless they say
// otherwise). It reads the whole model and keeps the sample only.
func (e *Engine) AlikeOf(ctx context.Context, m model.Model, patterns []string, sample int) ([]Alike, error) {
	described, err := e.Describe(ctx, m)
	if err != nil {
		return nil, err
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer conn.Close()
	if err := setNow(ctx, conn, e.now()); err != nil {
		return nil, translate(ctx, err)
	}
	all := make([]Alike, len(described.Columns))
	var counts []string
	for i, c := range described.Columns {
		all[i] = Alike{Column: c.Name, Type: c.Type, Matches: make([]int64, len(patterns))}
		counts = append(counts, "count("+name(c.Name)+")")
		for _, p := range patterns {
			counts = append(counts, "count(*) FILTER (regexp_matches(CAST("+name(c.Name)+" AS VARCHAR), "+literal(p)+"))")
		}
	}
	query := fmt.Sprintf("SELECT %s FROM (SELECT * FROM (\n%s\n) USING SAMPLE reservoir(%d ROWS))", strings.Join(counts, ", "), m.SQL, sample)
	err = read(ctx, conn, query, func(row []driver.Value) error {
		for i := range all {
			of := row[i*(1+len(patterns)):]
			all[i].Filled = of[0].(int64)
			for j := range patterns {
				all[i].Matches[j] = of[1+j].(int64)
			}
		}
		return nil
	})
	return all, ofModel(ctx, m, -1, err)
}
