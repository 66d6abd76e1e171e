package engine

import (
	"context"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

// Copied are tables of a source, in a file of the engine's own: who writes to the source does not meet those who read the copy.
// The file is read as any database is, so its size is a matter of the disk and not of memory.
type Copied struct {
	Alias    string // of the source
	path     string
	tables   []sourceTable
	problems []connect.Problem
}

// sourceTable is a table or a view of a source.
type sourceTable struct{ schema, table string }

// CopyTables copies those tables of a source that Described.Tables could name into a file in dir. It attaches the source to an
// engine of its own, and has let go of it when it returns; src stays the caller's to close.
// Faults: whatever the source says, engine.disk_full, engine.row_failed.
func CopyTables(ctx context.Context, dir, alias string, src connect.Relational, wanted []string) (c *Copied, err error) {
	e, err := Open(ctx, Options{Dir: dir, MemoryMB: DefaultMemoryMB / 2})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.Attach(ctx, alias, src); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(dir, "copy-")
	if err != nil {
		return nil, unwritable(dir, err)
	}
	c = &Copied{Alias: alias, path: path, problems: e.attached[alias]}
	if c.tables, err = e.tablesNamed(ctx, alias, wanted); err == nil {
		err = e.copyInto(ctx, c)
	}
	if err != nil {
		c.Remove()
		return nil, err
	}
	return c, nil
}

func (c *Copied) file() string { return filepath.Join(c.path, "tables.duckdb") }

// Remove takes the file away.
func (c *Copied) Remove() { _ = os.RemoveAll(c.path) }

// tablesNamed finds the tables and views of a source that are wanted. One that is not there is missed when it is read.
func (e *Engine) tablesNamed(ctx context.Context, alias string, wanted []string) ([]sourceTable, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer conn.Close()
	names := map[string]bool{}
	for _, w := range wanted {
		names[strings.ToLower(w)] = true
	}
	var all []sourceTable
	err = read(ctx, conn, "SELECT table_schema, table_name FROM information_schema.tables WHERE lower(table_catalog) = lower("+literal(alias)+") ORDER BY ALL",
		func(row []driver.Value) error {
			t := sourceTable{row[0].(string), row[1].(string)}
			if names[strings.ToLower(alias+"."+t.schema+"."+t.table)] {
				all = append(all, t)
			}
			return nil
		})
	return all, translate(ctx, err)
}

// copyInto writes the tables into the copy's file. All of them are read in one transaction, so they belong together.
func (e *Engine) copyInto(ctx context.Context, c *Copied) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer discard(conn)
	queries := []string{"ATTACH " + literal(c.file()) + " AS freshet_copy", "BEGIN TRANSACTION"}
	for _, t := range c.tables {
		queries = append(queries, "CREATE SCHEMA IF NOT EXISTS freshet_copy."+name(t.schema),
			fmt.Sprintf("CREATE TABLE freshet_copy.%s.%s AS FROM %s.%s.%s", name(t.schema), name(t.table), name(c.Alias), name(t.schema), name(t.table)))
	}
	return translate(ctx, run(ctx, conn, append(queries, "COMMIT", "DETACH freshet_copy")...))
}

// copies are the copies that an engine shows, and those that were in their place and are read to their end.
type copies struct {
	made    int               // how many were shown: names them
	shown   map[string]*shown // by alias in lower case
	retired []*shown
	reading map[int]int // by how many copies had been shown when a long reading began: how many such readings go on
}

// shown is a copy under the name that the engine has given it.
type shown struct {
	*Copied
	name  string
	until int // how many copies had been shown when another took its place
}

// ShowCopy makes a copy's tables readable under the source's alias, in the place of the copy before: at one moment, and what reads
// the one before goes on reading it. The copy is the engine's from here on. One caller at a time.
func (e *Engine) ShowCopy(ctx context.Context, c *Copied) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer discard(conn)
	e.mu.Lock()
	e.copies.made++
	now := &shown{Copied: c, name: fmt.Sprintf("freshet_copy_%d", e.copies.made)}
	before := e.copies.shown[strings.ToLower(c.Alias)]
	e.mu.Unlock()
	queries := []string{"ATTACH " + literal(c.file()) + " AS " + now.name + " (READ_ONLY)"}
	if before == nil {
		queries = append(queries, "ATTACH ':memory:' AS "+name(c.Alias))
	}
	queries = append(queries, "BEGIN TRANSACTION")
	queries = append(queries, now.views(before)...)
	if err := run(ctx, conn, append(queries, "COMMIT")...); err != nil {
		return translate(ctx, err)
	}
	e.took(now, before)
	return translate(ctx, e.sweepCopies(ctx))
}

// views are the statements that put views of a copy's tables in the place of those of the copy before.
func (s *shown) views(before *shown) []string {
	var queries []string
	if before != nil {
		for _, t := range before.tables {
			queries = append(queries, fmt.Sprintf("DROP VIEW IF EXISTS %s.%s.%s", name(s.Alias), name(t.schema), name(t.table)))
		}
	}
	for _, t := range s.tables {
		queries = append(queries, "CREATE SCHEMA IF NOT EXISTS "+name(s.Alias)+"."+name(t.schema),
			fmt.Sprintf("CREATE VIEW %s.%s.%s AS FROM %s.%s.%s", name(s.Alias), name(t.schema), name(t.table), s.name, name(t.schema), name(t.table)))
	}
	return queries
}

func (e *Engine) took(now, before *shown) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.copies.shown == nil {
		e.copies.shown = map[string]*shown{}
	}
	e.copies.shown[strings.ToLower(now.Alias)] = now
	e.attached[now.Alias] = now.problems
	if before != nil {
		before.until = e.copies.made
		e.copies.retired = append(e.copies.retired, before)
	}
}

// CopiesKept is how many copies are still kept for those who read them although others took their place.
func (e *Engine) CopiesKept() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.copies.retired)
}

// sweepCopies lets copies go that nobody reads any more. One is kept at least until another has taken the place of the next:
// short queries that met it have ended then.
func (e *Engine) sweepCopies(ctx context.Context) error {
	e.mu.Lock()
	var gone, kept []*shown
	for _, s := range e.copies.retired {
		read := s.until == e.copies.made
		for since := range e.copies.reading {
			read = read || since < s.until
		}
		if read {
			kept = append(kept, s)
			continue
		}
		gone = append(gone, s)
	}
	e.copies.retired = kept
	e.mu.Unlock()
	for _, s := range gone {
		if _, err := e.db.ExecContext(ctx, "DETACH "+s.name); err != nil {
			return err
		}
		s.Remove()
	}
	return nil
}

// readsCopies says that a long reading begins, and gives what says that it has ended: what it meets stays until then.
func (e *Engine) readsCopies() (ended func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	since := e.copies.made
	if e.copies.reading == nil {
		e.copies.reading = map[int]int{}
	}
	e.copies.reading[since]++
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.copies.reading[since]--; e.copies.reading[since] == 0 {
			delete(e.copies.reading, since)
		}
	}
}

// endCopies takes every copy's file away.
func (e *Engine) endCopies() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.copies.shown {
		s.Remove()
	}
	for _, s := range e.copies.retired {
		s.Remove()
	}
}
