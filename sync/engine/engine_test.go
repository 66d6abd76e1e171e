package engine

import (
	"context"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// setup is a source that runs statements when it is attached.
type setup []string

func (setup) Close() error { return nil }

func (s setup) Attach(ctx context.Context, db connect.SQL, _ string) ([]connect.Problem, error) {
	for _, q := range s {
		if err := db.Exec(ctx, q); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// opened is an engine in which the statements have been run.
func opened(t testing.TB, statements ...string) *Engine {
	t.Helper()
	e, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.Attach(t.Context(), "w", setup(statements)); err != nil {
		t.Fatal(err)
	}
	return e
}

func people(sql string, key ...string) model.Model {
	return model.Model{Name: "people", SQL: sql, Key: key}
}

// walked describes and walks a model over all its columns.
func walked(t testing.TB, e *Engine, m model.Model, match MatchCheck) (*Walk, []mapping.Column) {
	t.Helper()
	d, err := e.Describe(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	w, err := e.Walk(t.Context(), m, d.Columns, match)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w, d.Columns
}

// all reads every entry.
func all(t testing.TB, w *Walk) []model.Entry {
	t.Helper()
	var entries []model.Entry
	for {
		slice, err := w.Next()
		if err != nil {
			t.Fatal(err)
		}
		if len(slice) == 0 {
			return entries
		}
		entries = append(entries, slice...)
	}
}

// fetchAll wants these entries and reads their rows.
func fetchAll(t testing.TB, w *Walk, entries []model.Entry) []Fetched {
	t.Helper()
	if err := w.Want(entries); err != nil {
		t.Fatal(err)
	}
	var rows []Fetched
	for {
		slice, err := w.Fetch()
		if err != nil {
			t.Fatal(err)
		}
		if len(slice) == 0 {
			return rows
		}
		rows = append(rows, slice...)
	}
}
