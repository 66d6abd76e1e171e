package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// inKeys is the condition that a row has one of the keys.
func inKeys(key []mapping.Column) string {
	var columns, parts []string
	for i, c := range key {
		columns = append(columns, name(c.Name))
		parts = append(parts, fmt.Sprintf("k%d", i))
	}
	if len(columns) == 1 {
		return fmt.Sprintf("%s IN (%s)", columns[0], hole(0))
	}
	return fmt.Sprintf("(%s) IN (SELECT %s FROM %s)", strings.Join(columns, ", "), strings.Join(parts, ", "), keysTable)
}

// setNow makes a moment the present of the SQL on this connection.
func setNow(ctx context.Context, conn *sql.Conn, now time.Time) error {
	return run(ctx, conn, "SET VARIABLE freshet_now = TIMESTAMPTZ '"+now.UTC().Format("2006-01-02 15:04:05.999999")+"+00'")
}

// Image is a row of a feed as it was or as it is, with the time of the change it is from.
type Image struct {
	Row []byte
	At  time.Time
}

// ReachedKey is a key of a model that changed rows lead to, with the earliest of their times.
type ReachedKey struct {
	Key model.Key
	At  time.Time
}

// Reaches gives the keys of the model that changed rows of a feed lead to: from each row as it was and as it is now, through
// the other tables as they are now. ADR 0013 proves that this is enough. At most limit are given: where there are more, they are
// too many to be looked at one by one.
func (e *Engine) Reaches(ctx context.Context, s *Scope, t FeedTable, images []Image, limit int) ([]ReachedKey, error) {
	if len(images) == 0 {
		return nil, nil
	}
	if keys, ok := s.plainly(t, images); ok {
		return keys[:min(len(keys), limit)], nil
	}
	return e.asked(ctx, s, t, images, limit)
}

// asked is Reaches by a query.
func (e *Engine) asked(ctx context.Context, s *Scope, t FeedTable, images []Image, limit int) ([]ReachedKey, error) {
	var queries []string
	for _, f := range s.Feeds {
		if !strings.EqualFold(f.Feed, t.Name) {
			continue
		}
		if query, ok := f.query(s.key, t); ok {
			queries = append(queries, query)
		}
	}
	if len(queries) == 0 {
		return nil, nil
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer conn.Close()
	rows := make([]FeedRow, len(images))
	for i := range images {
		rows[i] = FeedRow{Key: model.Key(strconv.FormatInt(images[i].At.UnixMicro(), 10)), Row: images[i].Row}
	}
	if err := stage(ctx, conn, rows); err != nil {
		return nil, translate(ctx, err)
	}
	var keys []ReachedKey
	query := "WITH m AS (SELECT k AS freshet_key" + t.named() + " FROM " + t.unpacked() + "), changed AS (SELECT * EXCLUDE (freshet_key) FROM m) SELECT k, min(CAST(t AS BIGINT)) FROM (" +
		strings.Join(queries, " UNION ALL ") + ") WHERE k IS NOT NULL GROUP BY k LIMIT " + strconv.Itoa(limit)
	err = read(ctx, conn, query, func(row []driver.Value) error {
		keys = append(keys, ReachedKey{Key: model.Key(row[0].(string)), At: time.UnixMicro(row[1].(int64))})
		return nil
	})
	return keys, translate(ctx, err)
}

// query is SQL for the key k and the time t of the changed rows m; ok is false while no event has had a column that it needs.
func (f Reached) query(key []mapping.Column, t FeedTable) (query string, ok bool) {
	if f.Lookup != "" {
		return "SELECT pk AS k, (SELECT min(freshet_key) FROM m) AS t FROM (" + f.Lookup + ")", true
	}
	from, last, by := "m", "m", f.By
	for i, hop := range f.Way {
		next := fmt.Sprintf("h%d", i)
		var on []string
		for _, p := range hop.On {
			on = append(on, last+"."+name(p.From)+" = "+next+"."+name(p.To))
		}
		from += " JOIN " + qualified(hop.To) + " AS " + next + " ON " + strings.Join(on, " AND ")
		last, by = next, hop.To.By
	}
	first := by
	if len(f.Way) > 0 {
		first = nil
		for _, p := range f.Way[0].On {
			first = append(first, p.From)
		}
	}
	for _, c := range first {
		if !slices.ContainsFunc(t.Columns, func(has FeedColumn) bool { return strings.EqualFold(has.Name, c) }) {
			return "", false
		}
	}
	var parts []column
	for i, c := range by {
		part := columnOf(mapping.Column{Name: c, Type: key[i].Type})
		part.expr = last + "." + name(c)
		parts = append(parts, part)
	}
	return "SELECT " + joined(parts, same) + " AS k, m.freshet_key AS t FROM " + from, true
}

// named is typed with the columns' names.
func (t FeedTable) named() string {
	var b strings.Builder
	for _, c := range t.Columns {
		fmt.Fprintf(&b, ", %s AS %s", fromText("s."+name(c.Name), c.Type), name(c.Name))
	}
	return b.String()
}
