package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// walkSlice is how many entries Next reads at once.
const walkSlice = 100_000

// The temporary tables of one Walk.
const (
	walkTable   = "freshet_walk"
	wantTable   = "freshet_want"
	rowsTable   = "freshet_rows"
	sharedTable = "freshet_shared"
	textsTable  = "freshet_texts"
)

// MatchCheck names the model columns that records are matched by, to find rows that share a match.
type MatchCheck struct {
	Columns []string // none: no check
	Fold    bool     // without regard to case and surrounding space
}

// Walk is one evaluation of a model. Everything in it is one transaction: sources stand still and now() is one moment.
// It is used by one goroutine: Next and Want until Next is empty, then Fetch until it is empty, then Close.
type Walk struct {
	ctx     context.Context
	conn    *sql.Conn
	model   model.Model
	columns []column
	hashed  []column // those that the hash covers
	key     string   // SQL of the key's text
	text    string   // SQL of the row's text
	match   string   // SQL of the match's hash, "" where there is no check
	fold    bool

	matchParts int // how many columns the match has

	version string // SQL of updated_at's text, "" where the model names none

	versionForm form

	rows, next int64
	base       int64 // rowid of the first row: those of a transaction's own tables do not start at 0
	entries    ahead[model.Entry]
	records    ahead[Fetched]
	digest     string
	wanted     int64
	fetched    bool
	fetchBase  int64
	fetchNext  int64
	ended      func()
}

// Walk evaluates the model: columns are those the mapping reads, and decide the hash together with the key.
// ctx stops everything done with the Walk. Faults: model.sql, model.row_failed, engine.disk_full, engine.memory.
func (e *Engine) Walk(ctx context.Context, m model.Model, columns []mapping.Column, match MatchCheck) (*Walk, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	w := &Walk{ctx: ctx, conn: conn, model: m, ended: e.readsCopies()}
	if err := setNow(ctx, conn, e.now()); err != nil {
		w.Close()
		return nil, translate(ctx, err)
	}
	if err := w.open(columns, match); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (w *Walk) open(columns []mapping.Column, match MatchCheck) error {
	if err := run(w.ctx, w.conn, "BEGIN TRANSACTION"); err != nil {
		return translate(w.ctx, err)
	}
	described, err := viewOf(w.ctx, w.conn, w.model)
	if err != nil {
		return err
	}
	w.prepare(described, columns, match)
	if err := run(w.ctx, w.conn, w.walkSQL(), "CREATE TEMP TABLE "+wantTable+" (ord BIGINT, k VARCHAR, h UBIGINT)"); err != nil {
		return ofModel(w.ctx, w.model, -1, err)
	}
	if w.digest, w.rows, err = readDigest(w.ctx, w.conn, "d", walkTable); err != nil {
		return translate(w.ctx, err)
	}
	w.base, err = firstRow(w.ctx, w.conn, walkTable)
	return translate(w.ctx, err)
}

// walkSQL makes the walk's table: key, stable hash, quick hash and, where matches are checked, the match's hash of every
// row. The row's text is made once for both hashes.
func (w *Walk) walkSQL() string {
	fields, match := w.key+" AS k, "+w.text+" AS t", ""
	if w.match != "" {
		fields, match = fields+", "+w.match+" AS m", ", m"
	}
	return fmt.Sprintf("CREATE TEMP TABLE %s AS SELECT k, %s AS h, %s AS d%s FROM (SELECT %s FROM %s AS m) ORDER BY k NULLS FIRST",
		walkTable, stableHash("t"), quickHash("t"), match, fields, modelView)
}

// firstRow is the rowid of a table's first row, 0 where it has none.
func firstRow(ctx context.Context, conn *sql.Conn, table string) (base int64, err error) {
	err = read(ctx, conn, "SELECT rowid FROM "+table+" LIMIT 1", func(row []driver.Value) error {
		base = row[0].(int64)
		return nil
	})
	return base, err
}

// viewOf makes the model's view on this connection and gives its columns.
func viewOf(ctx context.Context, conn *sql.Conn, m model.Model) ([]mapping.Column, error) {
	columns, err := viewColumns(ctx, conn, m)
	if err != nil {
		return nil, err
	}
	return columns, translate(ctx, run(ctx, conn, viewSQL(m)))
}

// prepare writes the SQL of the walk's expressions.
func (w *Walk) prepare(described, columns []mapping.Column, match MatchCheck) {
	w.columns = columnsOf(columns)
	w.key = joined(pick(described, w.model.Key), same)
	w.hashed = hashed(w.columns, pick(described, w.model.Key))
	w.text = rowText(w.hashed)
	w.fold, w.matchParts = match.Fold, len(match.Columns)
	if len(match.Columns) > 0 {
		w.match = "md5_number(" + joined(pick(described, match.Columns), foldIf(match.Fold)) + ")"
	}
	if w.model.UpdatedAt != "" {
		v := pick(described, []string{w.model.UpdatedAt})[0]
		w.version, w.versionForm = v.form.text(v.expr), v.form
	}
}

func foldIf(fold bool) func(string) string {
	if fold {
		return folded
	}
	return same
}

// pick finds columns by name, as DuckDB compares names.
func pick(described []mapping.Column, names []string) []column {
	picked := make([]column, len(names))
	for i, n := range names {
		at := slices.IndexFunc(described, func(c mapping.Column) bool { return strings.EqualFold(c.Name, n) })
		if at < 0 {
			picked[i] = columnOf(mapping.Column{Name: n, Type: "VARCHAR"})
			continue
		}
		picked[i] = columnOf(described[at])
	}
	return picked
}

// hashed is what the hash covers: the mapping's columns, and the key's where the mapping leaves them out, so that the
// digest over hashes covers keys.
func hashed(columns, key []column) []column {
	all := slices.Clone(columns)
	for _, k := range key {
		if !slices.ContainsFunc(all, func(c column) bool { return strings.EqualFold(c.name, k.name) }) {
			all = append(all, k)
		}
	}
	return all
}

// Rows is how many rows the model has, those without a key among them.
func (w *Walk) Rows() int64 { return w.rows }

// Next gives the next rows in ascending order of their keys' bytes, those without a key first; none: that was all.
func (w *Walk) Next() ([]model.Entry, error) {
	if w.entries.coming == nil {
		w.readEntries()
	}
	entries, err := w.entries.take()
	if err == nil {
		w.readEntries()
	}
	return entries, err
}

// readEntries begins to read the next entries, where there are any left.
func (w *Walk) readEntries() {
	if w.next >= w.rows {
		return
	}
	from := w.base + w.next
	size := min(walkSlice, w.rows-w.next)
	w.next += walkSlice
	w.entries.start(func() ([]model.Entry, error) {
		entries := make([]model.Entry, 0, size)
		query := fmt.Sprintf("SELECT k, h FROM %s WHERE rowid >= %d AND rowid < %d", walkTable, from, from+walkSlice)
		err := read(w.ctx, w.conn, query, func(row []driver.Value) error {
			key, ok := row[0].(string)
			entries = append(entries, model.Entry{Key: model.Key(key), NullKey: !ok, Hash: row[1].(uint64)})
			return nil
		})
		return entries, whole(translate(w.ctx, err), int64(len(entries)), size)
	})
}

// whole makes sure that no row fell out between DuckDB and us: a row that nobody sees would look as if it had left.
func whole(err error, got, want int64) error {
	if err == nil && got != want {
		return fault.New(fault.Internal, "engine.rows_lost", fmt.Sprintf("the query engine gave %d rows of %d", got, want)).
			Do("Run again; if it stays so, please report it.")
	}
	return err
}

// settle waits until nothing is being read, so that the connection can be used for something else.
func (w *Walk) settle() {
	w.entries.settle()
	w.records.settle()
}

// Close gives everything back. It may be called more than once.
func (w *Walk) Close() {
	if w.conn == nil {
		return
	}
	w.settle()
	discard(w.conn) // takes the transaction and its tables with it
	w.conn = nil
	if w.ended != nil {
		w.ended()
	}
}
