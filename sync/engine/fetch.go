package engine

import (
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// fetchCells is about how many cells Fetch reads at once.
const fetchCells = 400_000

// Fetched is one wanted row.
type Fetched struct {
	Key         model.Key
	Hash        uint64
	Values      []model.Value // aligned with the columns given to Walk
	Version     string        // text of the model's updated_at, "" where it names none or it is null
	SharedMatch bool          // another row of the model has the same match
	Bad         string        // first column whose value no destination can be sent, "" where there is none; it is Null in Values
}

// Want asks for rows that Next has given, each once and in ascending order of their keys.
func (w *Walk) Want(entries []model.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	w.settle()
	err := fill(w.conn, wantTable, len(entries), func(i int) []driver.Value {
		return []driver.Value{w.wanted + int64(i), string(entries[i].Key), entries[i].Hash}
	})
	w.wanted += int64(len(entries))
	return translate(w.ctx, err)
}

// Fetch gives the next wanted rows in the order they were asked for; none: that was all.
// Fault engine.moved where a wanted row is no longer there or is another one now.
func (w *Walk) Fetch() ([]Fetched, error) {
	if w.wanted == 0 {
		return nil, nil
	}
	if !w.fetched {
		w.settle()
		if err := w.gather(); err != nil {
			return nil, err
		}
		w.fetched = true
		w.readRecords()
	}
	records, err := w.records.take()
	if err == nil {
		w.readRecords()
	}
	return records, err
}

// readRecords begins to read the next wanted rows, where there are any left.
func (w *Walk) readRecords() {
	if w.fetchNext >= w.wanted {
		return
	}
	n := len(w.columns)
	from, size := w.fetchNext, max(1000, int64(fetchCells/(n+1)))
	most := min(size, w.wanted-from)
	w.fetchNext += size
	w.records.start(func() ([]Fetched, error) {
		rows := make([]Fetched, 0, most)
		values := make([]model.Value, int(most)*n)
		err := read(w.ctx, w.conn, w.sliceSQL(from, from+size), func(row []driver.Value) error {
			rows = append(rows, w.fetchedRow(row[:4], row[4:], values[:n:n]))
			values = values[n:]
			return nil
		})
		return rows, whole(ofModel(w.ctx, w.model, -1, err), int64(len(rows)), most)
	})
}

// gather reads the wanted rows into a table in the order wanted, and makes sure they are the rows of the walk.
func (w *Walk) gather() error {
	fields := []string{"w.ord", "w.k", "w.h", stableHash(w.text) + " = w.h AS same"}
	for i, c := range w.columns {
		fields = append(fields, fmt.Sprintf("%s AS c%d", c.stored(), i))
	}
	if w.version != "" {
		fields = append(fields, w.version+" AS version")
	}
	if w.match != "" {
		fields = append(fields, w.match+" AS m")
	}
	err := run(w.ctx, w.conn, fmt.Sprintf("CREATE TEMP TABLE %s AS SELECT %s FROM %s AS m JOIN %s AS w ON %s = w.k ORDER BY w.ord",
		rowsTable, strings.Join(fields, ", "), modelView, wantTable, w.key))
	if err != nil {
		return ofModel(w.ctx, w.model, -1, err)
	}
	if err := w.unmoved(); err != nil {
		return err
	}
	if w.fetchBase, err = firstRow(w.ctx, w.conn, rowsTable); err != nil {
		return translate(w.ctx, err)
	}
	if w.match == "" {
		return nil
	}
	return translate(w.ctx, run(w.ctx, w.conn, fmt.Sprintf(
		"CREATE TEMP TABLE %s AS SELECT m FROM %s WHERE m IN (SELECT m FROM %s) GROUP BY m HAVING count(*) > 1", sharedTable, walkTable, rowsTable)))
}

func (w *Walk) unmoved() error {
	var all, same int64
	err := read(w.ctx, w.conn, "SELECT count(*), count(*) FILTER (WHERE same) FROM "+rowsTable, func(row []driver.Value) error {
		all, same = row[0].(int64), row[1].(int64)
		return nil
	})
	if err != nil {
		return translate(w.ctx, err)
	}
	if all == w.wanted && same == w.wanted {
		return nil
	}
	return fault.New(fault.Moved, "engine.moved", fmt.Sprintf(
		"model %s gave other rows when it was read a second time (%d of %d are the same)", w.model.Name, same, w.wanted)).
		At(where(w.model, w.model.SQLPos)).
		Do("Either its source changed meanwhile: run again. Or the SQL itself gives different rows each time, as random(), or LIMIT without ORDER BY, do: make it give the same rows.")
}

// stored is a column as the gathered rows keep it: numbers and times in their own type, which is smaller than their
// text; the others as text, for not every type can be a table's column.
func (c column) stored() string {
	if c.form.free {
		return c.form.text(c.expr)
	}
	return c.expr
}

// restored is the text of what stored kept as x.
func (c column) restored(x string) string {
	if c.form.free {
		return x
	}
	return c.form.text(x)
}

func (w *Walk) sliceSQL(from, to int64) string {
	fields := []string{"k", "h"}
	fields = append(fields, orEmpty(w.version != "", "version", "NULL"),
		orEmpty(w.match != "", "coalesce(m IN (SELECT m FROM "+sharedTable+"), false)", "false"))
	for i, c := range w.columns {
		fields = append(fields, c.restored(fmt.Sprintf("c%d", i)))
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE rowid >= %d AND rowid < %d ORDER BY ord", strings.Join(fields, ", "), rowsTable, w.fetchBase+from, w.fetchBase+to)
}

// finishVersion takes Go's last step on updated_at; false: it is a value that says nothing, as infinity is.
func (w *Walk) finishVersion(text *string) (ok bool) {
	if w.versionForm.finish != nil {
		*text, ok = w.versionForm.finish(*text)
		return ok
	}
	return true
}

func orEmpty(has bool, yes, no string) string {
	if has {
		return yes
	}
	return no
}

// fetchedRow makes a row of its key, hash, version and "is its match shared", and of its columns' texts.
func (w *Walk) fetchedRow(row, texts []driver.Value, values []model.Value) Fetched {
	f := Fetched{Key: model.Key(row[0].(string)), Hash: row[1].(uint64), Values: values}
	if version, ok := row[2].(string); ok && w.finishVersion(&version) {
		f.Version = version
	}
	f.SharedMatch = row[3].(bool)
	for i, c := range w.columns {
		text, ok := texts[i].(string)
		if !ok {
			continue
		}
		if c.form.finish != nil {
			if text, ok = c.form.finish(text); !ok {
				if f.Bad == "" {
					f.Bad = c.name
				}
				continue
			}
		}
		values[i] = model.Value{Kind: c.form.kind, Text: text}
	}
	return f
}
