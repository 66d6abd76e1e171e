package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJSONLines(t *testing.T) {
	f := newFolder(t, map[string]string{"a.jsonl": `{"id": 9007199254740993, "zip": "04195", "price": 19.90, "big": 123456789012345678901234567890, "ok": true, "tags": ["a", 1.10], "mixed": 12, "at": "2024-01-01"}
{"id": 2, "zip": "1", "price": 5, "big": 1, "ok": null, "tags": {"n": 9007199254740993}, "mixed": "012", "note": "say \"hi\", ∆"}

{"id": 3, "zip":
[1]
{"id": 4, "id": 5}
{"id": 6, "price": 0.125, "note": ""}
`})
	same(t, "problems", where(f.load("a.jsonl")), "a.jsonl:4:bad_json a.jsonl:5:bad_json a.jsonl:6:member_twice")
	same(t, "types", f.db.types(t, "t"), "id BIGINT, zip VARCHAR, price DECIMAL(5,3), big HUGEINT, ok BOOLEAN, tags JSON, mixed VARCHAR, at VARCHAR, note VARCHAR")
	same(t, "rows", f.rows("id"), `2|1|5.000|1|∅|{"n":9007199254740993}|012|∅|say "hi", ∆
6|∅|0.125|∅|∅|∅|∅|∅|
9007199254740993|04195|19.900|123456789012345678901234567890|true|["a",1.10]|12|2024-01-01|∅`)
}

func TestJSONArray(t *testing.T) {
	f := newFolder(t, map[string]string{"a.json": "[\n  {\"id\": 1,\n   \"v\": 1.5},\n  7,\n  {\"id\": 2}\n]\n", "bad.json": "[\n{\"id\": 1},\n{\"id\": }\n]",
		"cut.json": "[{\"id\": 1},\n", "none.json": "[]"})
	same(t, "problems", where(f.load("a.json")), "a.json:4:bad_json")
	same(t, "rows", f.rows("id"), "1|1.5\n2|∅")
	_, err := newFolderFrom(f).attach(map[string]any{"t": "bad.json"})
	wantFault(t, err, "files.bad_array", "bad.json:3")
	_, err = newFolderFrom(f).attach(map[string]any{"t": "cut.json"})
	wantFault(t, err, "files.bad_array", "cut.json:2")
	_, err = newFolderFrom(f).attach(map[string]any{"t": "none.json"})
	wantFault(t, err, "files.empty", "types")
}

func TestJSONDeclaredTypes(t *testing.T) {
	f := newFolder(t, map[string]string{"a.json": "{\"id\": 1, \"at\": \"2024-01-01\"}\n{\"id\": 2, \"at\": \"soon\"}\n"})
	problems := f.load(map[string]any{"path": "a.json", "types": map[string]any{"at": "DATE", "later": "BIGINT"}})
	same(t, "problems", where(problems), "a.json:2:bad_value:at")
	same(t, "types", f.db.types(t, "t"), "id BIGINT, at DATE, later BIGINT")
}

func TestParquet(t *testing.T) {
	f := newFolder(t, map[string]string{"bad.parquet": "PAR1 this is not one PAR1"})
	for name, query := range map[string]string{"p/a.parquet": "SELECT 1 AS id, 'a' AS name", "p/b.parquet": "SELECT 2 AS id, 1.10::DECIMAL(5,2) AS price"} {
		path := filepath.Join(f.dir, name)
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		if err := f.db.Exec(t.Context(), "COPY ("+query+") TO "+literal(path)); err != nil {
			t.Fatal(err)
		}
	}
	f.load("p/*.parquet")
	same(t, "rows", f.rows("id"), "1|a|∅\n2|∅|1.10")
	_, err := newFolderFrom(f).attach(map[string]any{"t": "*.parquet"})
	wantFault(t, err, "files.bad_parquet", `"bad.parquet"`)
}

// TestJSONNumbers: a number stays a number, with its digits, however it is written.
func TestJSONNumbers(t *testing.T) {
	for values, typ := range map[string]string{
		"1,2":                      "BIGINT",
		"1e-7,2.5E+21,3":           "DOUBLE",
		"1.50,2.5":                 "DECIMAL(3,2)",
		"0.1234567890123456789, 1": "DECIMAL(20,19)",
		"0.12345678901234567890123456789012345678901, 1": "VARCHAR",
		"340282366920938463463374607431768211455,1":      "VARCHAR",
	} {
		text := ""
		for _, v := range strings.Split(values, ",") {
			text += `{"v": ` + v + "}\n"
		}
		f := newFolder(t, map[string]string{"a.json": text})
		same(t, values, where(f.load("a.json")), "")
		same(t, values, f.db.types(t, "t"), "v "+typ)
	}
}

func TestJSONOddTexts(t *testing.T) {
	f := newFolder(t, map[string]string{"a.json": `{"": 1, "k\"ey": "a\u0000b", "s": "\ud83d\ude00 \r\n \\"}` + "\n"})
	same(t, "problems", where(f.load("a.json")), "")
	same(t, "rows", f.db.text(t, "FROM lake.t"), "1|a\x00b|😀 \r\n \\")
	same(t, "types", f.db.types(t, "t"), `column1 BIGINT, k"ey VARCHAR, s VARCHAR`)
}
