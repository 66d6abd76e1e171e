package files

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBadSettings(t *testing.T) {
	cases := []struct {
		code  string
		entry any
		says  []string
	}{
		{"files.no_path", map[string]any{"format": "csv"}, []string{"sources.lake.tables.t"}},
		{"files.bad_table", 5, nil},
		{"files.unknown_key", map[string]any{"path": "a.csv", "delimter": ";"}, []string{`"delimiter"`}},
		{"files.bad_format", map[string]any{"path": "a.csv", "format": "xls"}, []string{"csv, json, parquet"}},
		{"files.bad_encoding", map[string]any{"path": "a.csv", "encoding": "ebcdic"}, []string{"latin-1"}},
		{"files.bad_delimiter", map[string]any{"path": "a.csv", "delimiter": "||"}, nil},
		{"files.bad_header", map[string]any{"path": "a.csv", "header": "maybe"}, nil},
		{"files.unknown_type", map[string]any{"path": "a.csv", "types": map[string]any{"id": "BIGIN"}}, []string{"BIGINT", ".types.id"}},
		{"files.unknown_type", map[string]any{"path": "a.csv", "types": map[string]any{"id": "BIGINT); DROP TABLE x"}}, nil},
		{"files.no_column", map[string]any{"path": "a.csv", "types": map[string]any{"idd": "BIGINT"}}, []string{`"id"`}},
		{"files.no_match", "orders/*.csv", []string{`"orders/*.csv"`}},
		{"files.no_match", "b.csv", []string{`"a.csv"`}},
		{"files.is_a_folder", "sub", []string{"sub/*.csv"}},
		{"files.unknown_format", "sub/x.dat", []string{"format: csv"}},
		{"files.mixed_formats", "mixed/*", []string{"csv", "json"}},
		{"files.types_in_parquet", map[string]any{"path": "a.csv", "format": "parquet", "types": map[string]any{"id": "BIGINT"}}, nil},
	}
	f := newFolder(t, map[string]string{"a.csv": "id\n1\n", "sub/x.dat": "x", "mixed/a.csv": "id\n1\n", "mixed/b.json": "{}"})
	for _, c := range cases {
		_, err := newFolderFrom(f).attach(map[string]any{"t": c.entry})
		wantFault(t, err, c.code, c.says...)
	}
}

// TestAfterAFailureTheAliasIsFree: a table that cannot be read leaves nothing behind.
func TestAfterAFailureTheAliasIsFree(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id\n1\n"})
	if _, err := f.attach(map[string]any{"a": "a.csv", "b": "missing.csv"}); err == nil {
		t.Fatal("a missing file was not noticed")
	}
	f.load("a.csv")
	same(t, "rows", f.rows("id"), "1")
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read every file")
	}
	f := newFolder(t, map[string]string{"a.csv": "id\n1\n"})
	if err := os.Chmod(filepath.Join(f.dir, "a.csv"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := f.attach(map[string]any{"t": "a.csv"})
	wantFault(t, err, "files.cannot_read", "a.csv")
}

// TestNamesAreQuoted: names are data, whatever they hold.
func TestNamesAreQuoted(t *testing.T) {
	f := newFolder(t, map[string]string{`it's "here".csv`: "id,\"se\"\"lect's\"\n1,2\n"})
	if _, err := f.attach(map[string]any{`odd "name"; --`: `it's "here".csv`}); err != nil {
		t.Fatal(err)
	}
	same(t, "rows", f.db.text(t, `SELECT "se""lect's" FROM lake."odd ""name""; --"`), "2")
}

func TestTableNamesDifferByMoreThanCase(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id\n1\n"})
	_, err := f.attach(map[string]any{"Orders": "a.csv", "orders": "a.csv"})
	wantFault(t, err, "files.table_twice", "sources.lake.tables.orders")
}
