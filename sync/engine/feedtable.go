package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// FeedTable is the table of a feed: columns with DuckDB types, in the order in which they were first met. SQL, where it is
// not empty, is a SELECT over the rows as event, and what models read as feeds.NAME.
type FeedTable struct {
	Name    string
	Columns []FeedColumn
	SQL     string
}

// FeedColumn is one column of a feed.
type FeedColumn struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Dropped bool   `json:"dropped,omitempty"` // the source has it no more: models do not see it, rows from before keep it
}

// FeedRow is one row of a feed: the text of every value by name, as one flat JSON object of texts and nulls.
type FeedRow struct {
	Key model.Key
	Row []byte // nil: the row is gone
	New bool   // there is no row of the key; PutFeed need not look for it
}

// The tables behind the feeds. What models read are views that leave the key's text out.
const (
	feedSchema    = "memory.feeds"
	feedStoreName = "freshet_feeds"
	feedStore     = "memory." + feedStoreName
	stagedTable   = "freshet_staged"
)

// nothingRead is the one column of a feed of which no event has been read.
const nothingRead = "nothing_read_yet"

// feedChunk is how many rows are handed to DuckDB at once.
const feedChunk = 20_000

// MakeFeed makes a feed's table, empty, or makes it anew. Fault feed.type where a column's type is none of DuckDB's.
func (e *Engine) MakeFeed(ctx context.Context, t FeedTable) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer conn.Close()
	columns := []string{"freshet_key VARCHAR"}
	for _, c := range t.Columns {
		columns = append(columns, name(c.Name)+" "+c.Type)
	}
	for _, query := range []string{
		"CREATE SCHEMA IF NOT EXISTS " + feedSchema, "CREATE SCHEMA IF NOT EXISTS " + feedStore,
		"CREATE OR REPLACE TABLE " + t.store() + " (" + strings.Join(columns, ", ") + ")",
	} {
		if err := run(ctx, conn, query); err != nil {
			return fault.New(fault.Usage, "feed.type", "the table of feed "+t.Name+" cannot be made").At("feeds." + t.Name).
				Do("check the column types declared for the feed").Because(translate(ctx, err))
		}
	}
	return t.show(ctx, conn)
}

// show makes what models read.
func (t FeedTable) show(ctx context.Context, conn *sql.Conn) error {
	query := "SELECT " + t.list() + " FROM " + t.store()
	if len(t.Columns) == 0 {
		query = "SELECT NULL AS " + nothingRead + " WHERE false"
	} else if t.SQL != "" {
		query = "WITH event AS (" + query + ") SELECT * FROM (\n" + t.SQL + "\n)"
	}
	if err := run(ctx, conn, "CREATE OR REPLACE VIEW "+feedSchema+"."+name(t.Name)+" AS "+query); err != nil {
		return fault.New(fault.Usage, "feed.sql", "the SQL of feed "+t.Name+" does not work").At("feeds." + t.Name).
			Do("it is one SELECT over event, whose columns are: " + t.list()).Because(translate(ctx, err))
	}
	return nil
}

// WidenFeed adds columns to a feed's table; t has them already, at its end. Rows put before have no value there. What models
// see is made anew, so columns that were dropped are gone from it.
func (e *Engine) WidenFeed(ctx context.Context, t FeedTable, added []FeedColumn) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer conn.Close()
	for _, c := range added {
		if err := run(ctx, conn, "ALTER TABLE "+t.store()+" ADD COLUMN "+name(c.Name)+" "+c.Type); err != nil {
			return translate(ctx, err)
		}
	}
	return t.show(ctx, conn)
}

func (t FeedTable) store() string { return feedStore + "." + name(t.Name) }

// list names the columns that events have had.
func (t FeedTable) list() string {
	var names []string
	for _, c := range t.Columns {
		if !c.Dropped {
			names = append(names, name(c.Name))
		}
	}
	return strings.Join(names, ", ")
}

// PutFeed brings rows of a feed's table up to date: each key once. They are seen whole or not at all.
func (e *Engine) PutFeed(ctx context.Context, t FeedTable, rows []FeedRow) error {
	if p, ok := t.plain(rows); ok {
		return e.putPlain(ctx, t, p)
	}
	return e.putStaged(ctx, t, rows)
}

// putStaged is PutFeed for any rows.
func (e *Engine) putStaged(ctx context.Context, t FeedTable, rows []FeedRow) error {
	remove, insert := t.removing(), t.inserting()
	d, err := e.desk(ctx, insert, func(conn *sql.Conn) error { return makeStage(ctx, conn) })
	if err != nil {
		return translate(ctx, err)
	}
	err = run(ctx, d.conn, "BEGIN TRANSACTION")
	for chunk := range slices.Chunk(rows, feedChunk) {
		if err == nil {
			err = t.put(ctx, d, chunk, remove, insert)
		}
	}
	if err == nil {
		err = run(ctx, d.conn, "COMMIT")
	}
	if err != nil {
		_ = d.rolledBack(ctx)
	}
	e.free(d, err == nil && len(rows) <= deskRows)
	return translate(ctx, err)
}

// deskRows is how many rows one use may leave behind in a desk's temporary table, where they take room although they are
// gone.
const deskRows = 1000

func (t FeedTable) put(ctx context.Context, d *desk, rows []FeedRow, remove, insert string) error {
	if err := putStage(d.conn, rows); err != nil {
		return err
	}
	if slices.ContainsFunc(rows, func(r FeedRow) bool { return !r.New }) {
		if err := run(ctx, d.conn, remove); err != nil {
			return err
		}
	}
	return run(ctx, d.conn, insert, "DELETE FROM temp.main."+stagedTable)
}

// removing is SQL that takes the staged rows' keys out of the table.
func (t FeedTable) removing() string {
	return "DELETE FROM " + t.store() + " WHERE freshet_key IN (SELECT k FROM temp.main." + stagedTable + ")"
}

// inserting is SQL that puts the staged rows into the table.
func (t FeedTable) inserting() string {
	return "INSERT INTO " + t.store() + " SELECT k" + t.typed() + " FROM " + t.unpacked() + " WHERE j IS NOT NULL"
}

// LoadFeed fills an empty table; next gives the rows, none at the end.
func (e *Engine) LoadFeed(ctx context.Context, t FeedTable, next func() ([]FeedRow, error)) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer conn.Close()
	for {
		rows, err := next()
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := stage(ctx, conn, rows); err != nil {
			return translate(ctx, err)
		}
		if err := run(ctx, conn, t.inserting()); err != nil {
			return translate(ctx, err)
		}
	}
}

// stage hands rows to DuckDB as they are kept.
func stage(ctx context.Context, conn *sql.Conn, rows []FeedRow) error {
	if err := makeStage(ctx, conn); err != nil {
		return err
	}
	return putStage(conn, rows)
}

func makeStage(ctx context.Context, conn *sql.Conn) error {
	return run(ctx, conn, "CREATE OR REPLACE TEMP TABLE "+stagedTable+" (k VARCHAR, j VARCHAR)")
}

func putStage(conn *sql.Conn, rows []FeedRow) error {
	return fill(conn, stagedTable, len(rows), func(i int) []driver.Value {
		if rows[i].Row == nil {
			return []driver.Value{string(rows[i].Key), nil}
		}
		return []driver.Value{string(rows[i].Key), string(rows[i].Row)}
	})
}

// unpacked is SQL for the staged rows with the values' texts in the struct s.
func (t FeedTable) unpacked() string {
	if len(t.Columns) == 0 {
		return stagedTable
	}
	parts := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		parts[i] = string(model.AppendQuoted(nil, c.Name)) + `:"VARCHAR"`
	}
	return "(SELECT k, j, from_json(j, " + literal("{"+strings.Join(parts, ",")+"}") + ") AS s FROM " + stagedTable + ")"
}

// typed is SQL for the columns in their own types. A text that is none of its type becomes NULL: what is kept was checked when
// it came, and a table that cannot be made at all would be worse.
func (t FeedTable) typed() string {
	var b strings.Builder
	for _, c := range t.Columns {
		fmt.Fprintf(&b, ", %s", fromText("s."+name(c.Name), c.Type))
	}
	return b.String()
}

// fromText is SQL for a value of a type from its canonical text.
func fromText(x, typ string) string {
	switch strings.ToUpper(typ) {
	case "VARCHAR":
		return x
	case "BLOB":
		return "from_base64(" + x + ")"
	case "JSON":
		return "CAST(" + x + " AS JSON)"
	default:
		return "TRY_CAST(" + x + " AS " + typ + ")"
	}
}

// AppendFeedRow writes fields as FeedRow.Row keeps them.
func AppendFeedRow(dst []byte, fields model.Fields) []byte {
	dst = append(dst, '{')
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = model.AppendQuoted(dst, f.Name)
		dst = append(dst, ':')
		if f.Value.IsNull() {
			dst = append(dst, "null"...)
			continue
		}
		dst = model.AppendQuoted(dst, f.Value.Text)
	}
	return append(dst, '}')
}
