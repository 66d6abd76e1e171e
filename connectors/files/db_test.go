package files

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// duck is a real DuckDB behind connect.SQL.
type duck struct{ db *sql.DB }

func newDuck(t *testing.T) duck {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec("SET TimeZone = 'UTC'"); err != nil {
		t.Fatal(err)
	}
	return duck{db}
}

func (d duck) Exec(ctx context.Context, query string, args ...any) error {
	_, err := d.db.ExecContext(ctx, query, args...)
	return err
}

func (d duck) Query(ctx context.Context, query string, each func([]connect.Cell) error) error {
	rows, err := d.db.QueryContext(ctx, "SELECT COLUMNS(*)::VARCHAR FROM ("+query+")")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	names, _ := rows.Columns()
	for rows.Next() {
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		cells := make([]connect.Cell, len(names))
		for i, v := range values {
			cells[i] = connect.Cell{Text: v.String, Null: !v.Valid}
		}
		if err := each(cells); err != nil {
			return err
		}
	}
	return rows.Err()
}

// text gives a query's rows as lines of cells joined by "|", NULL as "∅".
func (d duck) text(t *testing.T, query string) string {
	t.Helper()
	var lines []string
	if err := d.Query(context.Background(), query, func(row []connect.Cell) error {
		var cells []string
		for _, c := range row {
			if c.Null {
				c.Text = "∅"
			}
			cells = append(cells, c.Text)
		}
		lines = append(lines, strings.Join(cells, "|"))
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return strings.Join(lines, "\n")
}

// types gives the columns of lake.<table> as "name TYPE, …".
func (d duck) types(t *testing.T, table string) string {
	t.Helper()
	text := d.text(t, "SELECT column_name, column_type FROM (DESCRIBE lake."+table+")")
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", " "), "\n", ", ")
}

// folder writes files and opens a source over tables in it.
type folder struct {
	t   *testing.T
	dir string
	db  duck
}

func newFolder(t *testing.T, content map[string]string) folder {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder{t, dir, newDuck(t)}
}

func (f folder) attach(tables map[string]any) ([]connect.Problem, error) {
	s, err := Driver().Source(context.Background(), connect.Settings{
		Name: "lake", Values: map[string]string{"root": f.dir}, Maps: map[string]map[string]any{"tables": tables},
	})
	if err != nil {
		return nil, err
	}
	return s.(connect.Relational).Attach(context.Background(), f.db, "lake")
}

// load attaches one file or pattern as lake.t and fails the test where it cannot.
func (f folder) load(table any) []connect.Problem {
	f.t.Helper()
	problems, err := f.attach(map[string]any{"t": table})
	if err != nil {
		f.t.Fatal(err)
	}
	return problems
}

func (f folder) rows(order string) string {
	f.t.Helper()
	return f.db.text(f.t, "FROM lake.t ORDER BY "+order)
}

func where(problems []connect.Problem) string {
	var parts []string
	for _, p := range problems {
		parts = append(parts, strings.TrimSuffix(fmt.Sprintf("%s:%d:%s:%s", filepath.Base(p.File), p.Line, strings.TrimPrefix(p.Code, "files."), p.Column), ":"))
	}
	return strings.Join(parts, " ")
}

func wantFault(t *testing.T, err error, code string, parts ...string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("got %v, want the fault %s", err, code)
	}
	f := fault.As(err)
	said := f.Where + " " + f.Message + " " + f.Suggestion
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not say %q", said, part)
		}
	}
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}
