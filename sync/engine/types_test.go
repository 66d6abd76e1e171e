package engine

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/model"
)

// typesPage is the table of docs/TYPES.md: SQL, type, kind, payload.
func typesPage(t *testing.T) [][]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/TYPES.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `(.*?)` \\| `(.*?)` \\| (\\w+) \\| (.*) \\|$")
	var rows [][]string
	for _, found := range row.FindAllStringSubmatch(string(page), -1) {
		rows = append(rows, found[1:])
	}
	if len(rows) < 60 {
		t.Fatalf("only %d rows were found", len(rows))
	}
	return rows
}

// TestTypesPage runs every row of the page through a real model.
func TestTypesPage(t *testing.T) {
	e := opened(t)
	for _, row := range typesPage(t) {
		t.Run(row[0], func(t *testing.T) {
			w, columns := walked(t, e, people("SELECT 'k' AS id, "+row[0]+" AS x", "id"), MatchCheck{})
			if columns[1].Type != row[1] {
				t.Errorf("type %s, the page says %s", columns[1].Type, row[1])
			}
			rows := fetchAll(t, w, all(t, w))
			got := rows[0].Values[1]
			payload := "`" + string(got.AppendJSON(nil)) + "`"
			if rows[0].Bad == "x" {
				payload, got.Kind = "*quarantined*", columns[1].Kind
			}
			if payload != row[3] || got.Kind.String() != row[2] {
				t.Errorf("got %s %s, the page says %s %s", got.Kind, payload, row[2], row[3])
			}
		})
	}
}

// TestNullOfEveryType: NULL stays null whatever its type, alone and in a list.
func TestNullOfEveryType(t *testing.T) {
	e := opened(t)
	for _, row := range typesPage(t) {
		if strings.HasPrefix(row[1], "STRUCT(INTEGER") {
			continue // a struct without names has no name to be cast to
		}
		w, _ := walked(t, e, people("SELECT 'k' AS id, CAST(NULL AS "+row[1]+") AS x, [CAST(NULL AS "+row[1]+")] AS l", "id"), MatchCheck{})
		r := fetchAll(t, w, all(t, w))[0]
		if r.Bad != "" || !r.Values[1].IsNull() || r.Values[2].Text != "[null]" {
			t.Errorf("%s: %+v", row[1], r)
		}
	}
}

// TestKeyTextIsValueText: a key is written exactly as the value is, for every type that can be a key.
func TestKeyTextIsValueText(t *testing.T) {
	e := opened(t)
	keys := 0
	for _, row := range typesPage(t) {
		f, _ := formOf(parseType(row[1]))
		if !f.key || strings.HasPrefix(row[3], "*") || row[2] == "null" {
			continue
		}
		keys++
		m := people("SELECT "+row[0]+" AS x, 'a\"\\' || chr(8) || chr(31) || 'é' AS y", "x")
		w, _ := walked(t, e, m, MatchCheck{})
		entries := all(t, w)
		r := fetchAll(t, w, entries)[0]
		if entries[0].Key != model.Key(r.Values[0].Text) {
			t.Errorf("%s: key %q, value %q", row[1], entries[0].Key, r.Values[0].Text)
		}
		m.Key = []string{"x", "y"}
		w, _ = walked(t, e, m, MatchCheck{})
		want := model.CompositeKey([]string{r.Values[0].Text, r.Values[1].Text})
		if got := all(t, w)[0].Key; got != want {
			t.Errorf("%s: composite key %q, want %q", row[1], got, want)
		}
	}
	if keys < 25 {
		t.Errorf("only %d types were tried as keys", keys)
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]string{
		"INTEGER":                  "INTEGER",
		"DECIMAL(18,2)[]":          "LIST<DECIMAL>",
		"TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TIME ZONE",
		"STRUCT(TIMESTAMP WITH TIME ZONE, INTEGER)":                     "STRUCT<:TIMESTAMP WITH TIME ZONE,:INTEGER>",
		`STRUCT(a TIME WITH TIME ZONE, "b, ""c""" ENUM('x)', 'y''')[])`: `STRUCT<a:TIME WITH TIME ZONE,b, "c":LIST<ENUM>>`,
		"MAP(VARCHAR, STRUCT(a INTEGER[3])[])":                          "MAP<VARCHAR,LIST<STRUCT<a:ARRAY<INTEGER>>>>",
		`UNION(num INTEGER, "str x" VARCHAR)`:                           "UNION<num:INTEGER,str x:VARCHAR>",
		"STRUCT(a":                                                      "STRUCT(a",
	} {
		if got := shape(parseType(text)); got != want {
			t.Errorf("%s is read as %s, want %s", text, got, want)
		}
	}
}

// shape writes a parsed type for comparison.
func shape(t typ) string {
	if len(t.members) == 0 {
		return t.name
	}
	var parts []string
	for _, m := range t.members {
		prefix := ""
		if t.name == "STRUCT" || t.name == "UNION" {
			prefix = m.name + ":"
		}
		parts = append(parts, prefix+shape(m.typ))
	}
	return t.name + "<" + strings.Join(parts, ",") + ">"
}
