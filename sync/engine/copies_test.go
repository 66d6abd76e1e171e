package engine

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// fileSource attaches a database file.
type fileSource struct{ path string }

func (f fileSource) Close() error { return nil }

func (f fileSource) Attach(ctx context.Context, db connect.SQL, alias string) ([]connect.Problem, error) {
	return nil, db.Exec(ctx, "ATTACH "+literal(f.path)+" AS "+name(alias)+" (READ_ONLY)")
}

func (f fileSource) write(t *testing.T, queries ...string) {
	t.Helper()
	db, err := sql.Open("duckdb", f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestACopyTakesThePlaceOfAnother: a copy has the tables and views that are wanted, also views that name their own database; the
// file can be written as soon as it is made. Another copy takes its place at once, with other columns too, and a walk that began
// before goes on with the rows that it has met.
func TestACopyTakesThePlaceOfAnother(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	src := fileSource{filepath.Join(dir, "Ware house.duckdb")}
	src.write(t, `create schema s`, `create table a as select i as id, 'old' as v from range(3) t(i)`, `create table b as select 1 as x`,
		`create view s.w as select id, v || '!' as v from "Ware house".main.a`, `create table unwanted as select 1 as y`)
	e, err := Open(ctx, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const alias = "Ware house"
	show := func(wanted ...string) {
		t.Helper()
		c, err := CopyTables(ctx, dir, alias, src, wanted)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.ShowCopy(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	all := []string{`ware house.main.a`, `Ware house.s.W`, `Ware house.main.b`, `Ware house.main.absent`}
	show(all...)
	m := model.Model{Name: "m", SQL: `select a.id, w.v from "ware house".a join "Ware house".s.w on w.id = a.id`, Key: []string{"id"}}
	described, err := e.Describe(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Describe(ctx, model.Model{Name: "n", SQL: `select * from "Ware house".unwanted`, Key: []string{"y"}}); err == nil {
		t.Error("a table that nobody wants was copied")
	}
	walk, err := e.Walk(ctx, m, described.Columns, MatchCheck{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		src.write(t, `alter table a add column n`+string(rune('a'+i))+` integer`, `update a set v = 'new'`)
		show(all...)
	}
	if kept := e.CopiesKept(); kept != 4 {
		t.Errorf("while a walk reads the first copy %d are kept", kept)
	}
	entries, err := walk.Next()
	if err == nil {
		err = walk.Want(entries)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := walk.Fetch()
	if err != nil || len(rows) != 3 || rows[0].Values[1].Text != "old!" {
		t.Errorf("the walk goes on with %+v, %v", rows, err)
	}
	walk.Close()
	row, _, err := e.Row(ctx, m, "2")
	if err != nil || row[1].Value.Text != "new!" {
		t.Errorf("the new copy gives %+v, %v", row, err)
	}
	show(all...)
	if kept := e.CopiesKept(); kept != 1 {
		t.Errorf("once nobody reads the old copies %d are kept", kept)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "copy-*")); len(files) != 2 {
		t.Errorf("on the disk are %v", files)
	}
	if e.Close() != nil {
		t.Error("not closed")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
