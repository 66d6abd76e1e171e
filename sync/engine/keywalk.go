package engine

import (
	"cmp"
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

// KeyWalk is one evaluation of a model for some keys alone, all in memory. It is used as Walk is, by one goroutine.
type KeyWalk struct {
	ctx    context.Context
	engine *Engine
	desk   *desk
	scope  *Scope
	walk   Walk // what the rows are read by: expressions of key and match
	hasher rowHasher

	entries []model.Entry
	rows    map[model.Key]Fetched
	matches map[model.Key]uint64
	wanted  []model.Key
	bytes   int64
}

// WalkKeys evaluates the model for some keys alone. Every row that Next gives has one of the keys. now is what the model's SQL
// reads as getvariable('freshet_now'). Faults: as Walk.
func (e *Engine) WalkKeys(ctx context.Context, s *Scope, columns []mapping.Column, match MatchCheck, keys []model.Key, now time.Time) (*KeyWalk, error) {
	w := &KeyWalk{ctx: ctx, engine: e, scope: s, rows: map[model.Key]Fetched{}, matches: map[model.Key]uint64{}}
	w.walk = Walk{ctx: ctx, model: s.Model}
	w.walk.prepare(s.columns, columns, match)
	query := w.query()
	kind, ready := "", func(*sql.Conn) error { return nil }
	text, spelt := spelled(s.key, keys, query)
	if !spelt {
		text = tabled(s.key, query)
		kind, ready = text, func(conn *sql.Conn) error { return makeKeys(ctx, conn, s.key) }
	}
	var err error
	if w.desk, err = e.desk(ctx, kind, ready); err != nil {
		return nil, ofModel(ctx, s.Model, -1, err)
	}
	w.walk.conn = w.desk.conn
	if err = w.begin(query, now); err == nil && !spelt {
		err = translate(ctx, putKeys(ctx, w.desk.conn, s.key, keys))
	}
	if err == nil {
		err = w.read(text, keys)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// begin begins a transaction, so that what is asked about matches later sees the rows that read has seen, and what is put into
// tables of keys goes out of them again.
func (w *KeyWalk) begin(query string, now time.Time) error {
	if strings.Contains(strings.ToLower(query), "getvariable") {
		if err := setNow(w.ctx, w.desk.conn, now); err != nil {
			return translate(w.ctx, err)
		}
	}
	return translate(w.ctx, run(w.ctx, w.desk.conn, "BEGIN TRANSACTION"))
}

// read evaluates the model in one query. Rows of other keys, where the query gives any, are passed by.
func (w *KeyWalk) read(query string, keys []model.Key) error {
	asked := make(map[model.Key]bool, len(keys))
	for _, key := range keys {
		asked[key] = true
	}
	n := len(w.walk.columns)
	err := read(w.ctx, w.desk.conn, query, func(row []driver.Value) error {
		text, ok := row[0].(string)
		key, hash := model.Key(text), w.hasher.hash(row)
		if w.scope.exact && (!ok || !asked[key]) {
			return nil
		}
		w.entries = append(w.entries, model.Entry{Key: key, NullKey: !ok, Hash: hash})
		if !ok {
			return nil
		}
		if m, ok := row[2].(uint64); ok {
			w.matches[key] = m
		}
		for _, text := range row[3 : 3+n] {
			if s, ok := text.(string); ok {
				w.bytes += int64(len(s))
			}
		}
		w.bytes += rowCost
		w.rows[key] = w.walk.fetchedRow([]driver.Value{text, hash, row[1], false}, row[3:3+n], make([]model.Value, n))
		return nil
	})
	slices.SortStableFunc(w.entries, func(a, b model.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return ofModel(w.ctx, w.scope.Model, -1, err)
}

// query is SQL for key, version, match, the columns' texts of every row, and what else its hash is made of.
func (w *KeyWalk) query() string {
	fields := []string{w.walk.key, orEmpty(w.walk.version != "", w.walk.version, "NULL"), orEmpty(w.walk.match != "", w.walk.match, "NULL")}
	var missing []string
	w.hasher, missing = newRowHasher(w.walk.hashed, w.walk.columns, len(fields))
	for _, c := range w.walk.columns {
		fields = append(fields, c.form.text(c.expr))
	}
	query := "SELECT " + strings.Join(append(fields, missing...), ", ") + " FROM (\n" + w.scope.sql + "\n) AS m"
	if w.scope.exact {
		return query
	}
	return query + " WHERE " + inKeys(w.scope.key)
}

// Rows is how many rows there are of the keys.
func (w *KeyWalk) Rows() int64 { return int64(len(w.entries)) }

// Bytes is about how many bytes the rows take.
func (w *KeyWalk) Bytes() int64 { return w.bytes }

// rowCost is what a row takes besides its values' texts.
const rowCost = 200

// Digest is empty: what was read of some keys is never compared with what a later reading gives.
func (w *KeyWalk) Digest() string { return "" }

// Next gives all rows at once, then none.
func (w *KeyWalk) Next() ([]model.Entry, error) {
	all := w.entries
	w.entries = nil
	return all, nil
}

// Want asks for rows that Next has given, each once and in ascending order of their keys.
func (w *KeyWalk) Want(entries []model.Entry) error {
	for _, e := range entries {
		w.wanted = append(w.wanted, e.Key)
	}
	return nil
}

// Fetch gives the wanted rows at once, then none.
func (w *KeyWalk) Fetch() ([]Fetched, error) {
	shared, err := w.sharedMatches()
	if err != nil {
		return nil, err
	}
	rows := make([]Fetched, 0, len(w.wanted))
	for _, key := range w.wanted {
		row := w.rows[key]
		row.SharedMatch = shared[w.matches[key]]
		rows = append(rows, row)
	}
	w.wanted = nil
	return rows, nil
}

// sharedMatches are the matches of wanted rows that more than one row of the whole model has.
func (w *KeyWalk) sharedMatches() (map[uint64]bool, error) {
	shared := map[uint64]bool{}
	if w.walk.match == "" || len(w.wanted) == 0 {
		return shared, nil
	}
	var list []string
	for _, key := range w.wanted {
		if m, ok := w.matches[key]; ok {
			list = append(list, strconv.FormatUint(m, 10))
		}
	}
	if len(list) == 0 {
		return shared, nil
	}
	slices.Sort(list)
	err := read(w.ctx, w.desk.conn, fmt.Sprintf("SELECT m FROM %s WHERE m IN (%s) GROUP BY m HAVING count(*) > 1", w.allMatches(), strings.Join(slices.Compact(list), ", ")),
		func(row []driver.Value) error {
			shared[row[0].(uint64)] = true
			return nil
		})
	return shared, translate(w.ctx, err)
}

// allMatches is SQL for the key k and the match m of every row of the whole model.
func (w *KeyWalk) allMatches() string {
	return fmt.Sprintf("(SELECT %s AS k, %s AS m FROM (\n%s\n) AS m)", w.walk.key, w.walk.match, w.scope.Model.SQL)
}

// LiveMatches is as Walk's: it looks at every row of the model, not at those of the keys alone.
func (w *KeyWalk) LiveMatches(texts []string) (map[string]model.Key, error) {
	if w.walk.match == "" || len(texts) == 0 {
		return map[string]model.Key{}, nil
	}
	return w.walk.liveMatches(texts, w.allMatches())
}

// Close gives everything back.
func (w *KeyWalk) Close() {
	if w.desk == nil {
		return
	}
	w.engine.free(w.desk, w.desk.rolledBack(w.ctx))
	w.desk = nil
}
