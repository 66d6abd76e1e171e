package files

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// source is the tables of one files source.
type source struct {
	name   string
	tables []table
	reads  func(table string) bool // nil: all of them are read
}

// Only leaves out the tables nobody reads: a broken file stops those alone who read it.
func (s *source) Only(reads func(table string) bool) { s.reads = reads }

// Close has nothing to release: files are open only while Attach reads them.
func (s *source) Close() error { return nil }

// Attach makes every table readable as alias.table. CSV and JSON are loaded into the engine, which spills to disk
// beyond its memory limit, so that two reads of a run agree; Parquet is read in place.
func (s *source) Attach(ctx context.Context, db connect.SQL, alias string) ([]connect.Problem, error) {
	if err := prepare(ctx, db, alias); err != nil {
		return nil, err
	}
	var problems []connect.Problem
	for i := range s.tables {
		found, err := s.attach(ctx, db, alias, &s.tables[i])
		if err != nil {
			_ = db.Exec(context.WithoutCancel(ctx), "DETACH "+name(alias))
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

func (s *source) attach(ctx context.Context, db connect.SQL, alias string, t *table) ([]connect.Problem, error) {
	if s.reads == nil || s.reads(t.name) {
		return t.attach(ctx, db, alias)
	}
	return nil, execAll(ctx, db, fmt.Sprintf("CREATE VIEW %s.main.%s AS SELECT error('this table was not loaded') AS unread", name(alias), name(t.name)))
}

// The schemas beside the one people see. loaded holds the rows themselves: what people see are views of them, which take
// no writes. reading holds a table as text, while it is taken in.
const (
	loaded  = "loaded"
	reading = "reading"
)

func prepare(ctx context.Context, db connect.SQL, alias string) error {
	return execAll(ctx, db, "ATTACH ':memory:' AS "+name(alias), "CREATE SCHEMA "+name(alias)+"."+loaded, "CREATE SCHEMA "+name(alias)+"."+reading)
}

func execAll(ctx context.Context, db connect.SQL, queries ...string) error {
	for _, query := range queries {
		if err := db.Exec(ctx, query); err != nil {
			return loading(err)
		}
	}
	return nil
}

// scratchOf is the engine's folder for scratch files, "" (the system's) where it has none.
func scratchOf(ctx context.Context, db connect.SQL) (dir string) {
	_ = db.Query(ctx, "SELECT current_setting('temp_directory')", func(row []connect.Cell) error {
		dir = row[0].Text
		return nil
	})
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// loading names an error of the engine while it takes rows in. Everything that depends on the rows' values has been
// checked before, so the cause speaks of memory, disk or interruption.
func loading(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var known *fault.Fault
	if errors.As(err, &known) {
		return err
	}
	return fault.New(fault.Source, "files.load", "the files cannot be loaded").Because(err).
		Do("check that the data directory has room and that the files do not change while they are read")
}

func (t *table) attach(ctx context.Context, db connect.SQL, alias string) ([]connect.Problem, error) {
	paths, err := t.find(ctx, db)
	if err != nil {
		return nil, err
	}
	format, err := t.oneFormat(paths)
	if err != nil {
		return nil, err
	}
	l := &loader{table: t, db: db, alias: alias, dir: scratchOf(ctx, db)}
	switch format {
	case "parquet":
		return nil, l.parquet(ctx, paths)
	case "json":
		return l.json(ctx, paths)
	default:
		return l.csv(ctx, paths)
	}
}

func (t *table) oneFormat(paths []string) (string, error) {
	first := ""
	for _, path := range paths {
		format, err := t.formatOf(path)
		if err != nil {
			return "", err
		}
		if first != "" && format != first {
			return "", t.unreadable("files.mixed_formats", fmt.Sprintf("the pattern matches %s and %s files", first, format),
				"narrow the pattern, or name the format")
		}
		first = format
	}
	return first, nil
}
