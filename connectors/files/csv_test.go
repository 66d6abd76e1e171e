package files

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTypesKeepEveryText(t *testing.T) {
	cases := []struct{ values, typ string }{
		{"1,-2,0,123456789012345678", "BIGINT"},
		{"01,2", "VARCHAR"},
		{"+1,2", "VARCHAR"},
		{"-0,2", "VARCHAR"},
		{"12345678901234567890123,1", "VARCHAR"},
		{"1.50,-2.25,0.05", "DECIMAL(3,2)"},
		{"19.90,1234567.00", "DECIMAL(9,2)"},
		{"-0.00,1.00", "VARCHAR"},
		{"1.5,2.25,3", "DOUBLE"},
		{"20.0,5.25", "DOUBLE"},
		{"1.10,1.9", "VARCHAR"},
		{"1e5,2e5", "VARCHAR"},
		{"nan,1.5", "VARCHAR"},
		{"inf,inf", "VARCHAR"},
		{"0.12345678901234567890,1.5", "VARCHAR"},
		{"true,false,", "BOOLEAN"},
		{"TRUE,false", "VARCHAR"},
		{"t,f", "VARCHAR"},
		{"2024-02-29,2018-01-01", "DATE"},
		{"2023-02-29,2018-01-01", "VARCHAR"},
		{"01/02/2024,03/04/2024", "VARCHAR"},
		{"2024-01-01 10:00:00,2024-01-01T11:00:00.123", "TIMESTAMP"},
		{"2024-01-01T10:00:00Z,2024-01-01T10:00:00+02:00", "TIMESTAMP WITH TIME ZONE"},
		{"2024-01-01T10:00:00Z,2024-01-01T10:00:00", "VARCHAR"},
		{"2024-01-01 10:00:00.123456789", "VARCHAR"},
		{",", "VARCHAR"},
		{"NA,1", "VARCHAR"},
		{" 1,2", "VARCHAR"},
	}
	for _, c := range cases {
		var text strings.Builder
		text.WriteString("id;v\n")
		for i, v := range strings.Split(c.values, ",") {
			fmt.Fprintf(&text, "%d;%s\n", i, v)
		}
		f := newFolder(t, map[string]string{"a.csv": text.String()})
		f.load("a.csv")
		same(t, c.values, f.db.types(t, "t"), "id BIGINT, v "+c.typ)
		if c.typ == "VARCHAR" && c.values != "," {
			same(t, c.values, strings.ReplaceAll(f.db.text(t, "SELECT v FROM lake.t ORDER BY id"), "\n", ","), c.values)
		}
	}
}

// TestTypesLookAtEveryRow: one value behind any sample decides.
func TestTypesLookAtEveryRow(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,zip\n")
	for i := range 300_000 {
		fmt.Fprintf(&text, "%d,%d\n", i, 10000+i)
	}
	text.WriteString("300000,04195\n")
	f := newFolder(t, map[string]string{"a.csv": text.String()})
	f.load("a.csv")
	same(t, "types", f.db.types(t, "t"), "id BIGINT, zip VARCHAR")
	same(t, "last", f.db.text(t, "SELECT zip FROM lake.t WHERE id = 300000"), "04195")
	same(t, "count", f.db.text(t, "SELECT count(*), count(DISTINCT id) FROM lake.t"), "300001|300001")
}

func TestBadRowsAreNamedByTheirLine(t *testing.T) {
	good := "id,name,note\n1,a,\"x\ny\"\n2,b\n3,c,d,e\n4,\"d\"d,z\n\n5,,\"\"\n6,caf\xe9,n\n7,\"open,z\n8,ok,\"say \"\"hi\"\"\"\n9,5\" pipe,n\n"
	want := "a.csv:4:too_few_values a.csv:5:too_many_values a.csv:6:stray_quote a.csv:9:bad_encoding a.csv:10:open_quote"
	rows := "1|a|x\ny\n5|∅|∅\n8|ok|say \"hi\"\n9|5\" pipe|n"
	for name, text := range map[string]string{
		"plain":            good,
		"BOM":              "\ufeff" + good,
		"CRLF":             strings.ReplaceAll(good, "\n", "\r\n"),
		"mixed":            strings.Replace(good, "\n3,", "\r\n3,", 1),
		"no last line end": strings.TrimSuffix(good, "\n"),
	} {
		f := newFolder(t, map[string]string{"a.csv": text})
		same(t, name, where(f.load("a.csv")), want)
		same(t, name, strings.ReplaceAll(f.rows("id"), "\r\n", "\n"), rows)
		same(t, name, f.db.types(t, "t"), "id BIGINT, name VARCHAR, note VARCHAR")
	}
}

func TestOldMacLineEnds(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id,name\r1,a\r2,b\r3\r"})
	same(t, "problems", where(f.load("a.csv")), "a.csv:4:too_few_values")
	same(t, "rows", f.rows("id"), "1|a\n2|b")
}

func TestDeclaredTypes(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id,zip,price,n,d\n1,04195,1.50,1,2024-01-01\n2,x,\"1.\n5\",2,2024-01-01\n" +
		"3,y,1.505,3,2024-01-01\n4,z,2.500,1.5,2024-01-01\n5,,,,\n6,1,2,3,2024-13-01\n7,1,2,+3,2024-12-01\n"})
	problems := f.load(map[string]any{"path": "a.csv", "types": map[string]any{
		"zip": "varchar", "PRICE": "decimal(10, 2)", "n": "int", "d": "date"}})
	same(t, "problems", where(problems), "a.csv:3:bad_value:price a.csv:5:bad_value:price a.csv:6:bad_value:n a.csv:8:bad_value:d")
	same(t, "types", f.db.types(t, "t"), "id BIGINT, zip VARCHAR, price DECIMAL(10,2), n INTEGER, d DATE")
	same(t, "rows", f.rows("id"), "1|04195|1.50|1|2024-01-01\n5|∅|∅|∅|∅\n7|1|2.00|3|2024-12-01")
	for _, p := range problems {
		if strings.Contains(p.Message, "1.5") || strings.Contains(p.Message, "2024") {
			t.Errorf("the message carries a value: %s", p.Message)
		}
	}
}

func TestNullTexts(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id,n\n1,NA\n2,5\n3,\"-\"\n4,\"\"\n"})
	f.load(map[string]any{"path": "a.csv", "null": []any{"NA", "-"}})
	same(t, "rows", f.rows("id"), "1|∅\n2|5\n3|∅\n4|∅")
	same(t, "types", f.db.types(t, "t"), "id BIGINT, n BIGINT")
}

func TestEncodings(t *testing.T) {
	utf16 := func(s string) string {
		out := "\xff\xfe"
		for _, r := range s {
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	for name, c := range map[string]struct {
		text     string
		settings map[string]any
	}{
		"latin-1":      {"id,name\n1,caf\xe9 \xa4\n", map[string]any{"encoding": "latin-1"}},
		"windows-1252": {"id,name\n1,caf\xe9 \xa4\n", map[string]any{"encoding": "windows-1252"}},
		"utf-16 mark":  {utf16("id,name\n1,café ¤\n"), map[string]any{}},
		"utf-8 BOM":    {"\ufeff\"id\",name\n1,café ¤\n", map[string]any{"encoding": "utf-8"}},
	} {
		f := newFolder(t, map[string]string{"a.csv": c.text})
		c.settings["path"] = "a.csv"
		same(t, name, where(f.load(c.settings)), "")
		same(t, name, f.db.text(t, "SELECT id, name FROM lake.t"), "1|café ¤")
	}
}

func TestEncodingIsExplained(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id,name\n1,a\n2,caf\xe9\n", "b.csv": "id,pr\xe9nom\n1,a\n"})
	problems := f.load("a.csv")
	same(t, "problems", where(problems), "a.csv:3:bad_encoding")
	if !strings.Contains(problems[0].Message, "encoding: latin-1") {
		t.Errorf("%q does not name the remedy", problems[0].Message)
	}
	_, err := newFolder(t, map[string]string{"b.csv": "id,pr\xe9nom\n1,a\n"}).attach(map[string]any{"t": "b.csv"})
	wantFault(t, err, "files.bad_encoding", "b.csv:1", "encoding: latin-1")
}

func TestHeaders(t *testing.T) {
	f := newFolder(t, map[string]string{"only.csv": "id,name\n", "empty.csv": "", "twice.csv": "\n\nid,name,ID\n1,a,2\n",
		"gap.csv": "id,,lenght \n1,2,3\n", "none.csv": "1,a\n2,b\n", "tab.tsv": "a,b\tc\n1\t2\n", "bar.csv": "a|b\n1|x,y\n", "one.csv": "id\n1\n\n2\n"})
	if _, err := f.attach(map[string]any{"only": "only.csv", "gap": "gap.csv", "tab": "tab.tsv", "bar": "bar.csv", "one": "one.csv",
		"none": map[string]any{"path": "none.csv", "header": false}}); err != nil {
		t.Fatal(err)
	}
	same(t, "header only", f.db.types(t, "only"), "id VARCHAR, name VARCHAR")
	same(t, "header only", f.db.text(t, "FROM lake.only"), "")
	same(t, "gap", f.db.types(t, "gap"), "id BIGINT, column2 BIGINT, lenght  BIGINT")
	same(t, "no header", f.db.text(t, "SELECT column1, column2 FROM lake.none ORDER BY 1"), "1|a\n2|b")
	same(t, "tab", f.db.types(t, "tab"), "a,b BIGINT, c BIGINT")
	same(t, "bar", f.db.text(t, "FROM lake.bar"), "1|x,y")
	same(t, "one column", f.db.text(t, "FROM lake.one ORDER BY id"), "1\n2")

	_, err := newFolderFrom(f).attach(map[string]any{"t": "empty.csv"})
	wantFault(t, err, "files.empty", "empty.csv:1")
	_, err = newFolderFrom(f).attach(map[string]any{"t": "twice.csv"})
	wantFault(t, err, "files.column_twice", "twice.csv:3", `"ID"`)
}

// newFolderFrom is the same folder with an engine of its own.
func newFolderFrom(f folder) folder { return folder{f.t, f.dir, newDuck(f.t)} }

func TestFilesOfOnePattern(t *testing.T) {
	f := newFolder(t, map[string]string{"o/2024/a.csv": "id,name\n1,a\n", "o/2025/b.csv": "Name,id,extra\nb,2,x\nc\n"})
	same(t, "problems", where(f.load("o/**/*.csv")), "b.csv:3:too_few_values")
	same(t, "rows", f.rows("id"), "1|a|∅\n2|b|x")
}

func TestGzip(t *testing.T) {
	f := newFolder(t, nil)
	file, err := os.Create(filepath.Join(f.dir, "a.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(file)
	_, _ = z.Write([]byte("id,name\n1,a\n2,b\n"))
	_ = z.Close()
	_ = file.Close()
	same(t, "problems", where(f.load("a.csv.gz")), "")
	same(t, "rows", f.rows("id"), "1|a\n2|b")
}

func TestTableCannotBeWritten(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id\n1\n"})
	f.load("a.csv")
	for _, query := range []string{"INSERT INTO lake.t VALUES (2)", "DELETE FROM lake.t", "UPDATE lake.t SET id = 2"} {
		if err := f.db.Exec(t.Context(), query); err == nil {
			t.Errorf("%s was taken", query)
		}
	}
}

func TestReadOnceForAllReads(t *testing.T) {
	f := newFolder(t, map[string]string{"a.csv": "id\n1\n"})
	f.load("a.csv")
	if err := os.WriteFile(filepath.Join(f.dir, "a.csv"), []byte("id\n1\n2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	same(t, "count", f.db.text(t, "SELECT count(*) FROM lake.t"), "1")
}

// TestLoadsMoreThanMemory: what does not fit into the engine's memory limit goes to its scratch folder.
func TestLoadsMoreThanMemory(t *testing.T) {
	f := newFolder(t, nil)
	scratch := t.TempDir()
	for _, query := range []string{
		"COPY (SELECT i AS id, md5(concat(i)) AS a, md5(concat(i, 'b')) AS b, md5(concat(i, 'c')) AS c, md5(concat(i, 'd')) AS d FROM range(400000) r(i)) TO " +
			literal(filepath.Join(f.dir, "a.csv")),
		"SET memory_limit = '80MB'", "SET threads = 2", "SET temp_directory = " + literal(scratch),
	} {
		if err := f.db.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	f.load("a.csv")
	same(t, "rows", f.db.text(t, "SELECT count(*), count(DISTINCT id) FROM lake.t"), "400000|400000")
	if left, _ := filepath.Glob(filepath.Join(scratch, "*.csv")); len(left) > 0 {
		t.Errorf("copies are left: %v", left)
	}
}
