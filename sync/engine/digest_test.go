package engine

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
)

// digestOf is the digest of a model's rows by a walk over all its columns, which must be that of DigestOnly.
func digestOf(t *testing.T, e *Engine, sql string) string {
	t.Helper()
	m := people(sql, "id")
	w, columns := walked(t, e, m, MatchCheck{})
	defer w.Close()
	only, err := e.DigestOnly(t.Context(), m, columns)
	if err != nil || only != w.Digest() {
		t.Errorf("%s: DigestOnly gives %s (%v), the walk %s", sql, only, err, w.Digest())
	}
	return only
}

// TestDigestTellsValuesApart: what is another payload, or another row hash, is another digest, whatever the type.
func TestDigestTellsValuesApart(t *testing.T) {
	e := opened(t)
	for _, values := range [][]string{
		{"CAST(NULL AS VARCHAR)", "''", "chr(30)", "chr(31)", "' '", "'NULL'"},
		{"'A'", "'a'", "'á'", "'a' || chr(769)"},
		{"CAST('0' AS DOUBLE)", "CAST('-0' AS DOUBLE)", "CAST('nan' AS DOUBLE)", "CAST('inf' AS DOUBLE)", "CAST('-inf' AS DOUBLE)", "CAST(NULL AS DOUBLE)"},
		{"CAST('0' AS FLOAT)", "CAST('-0' AS FLOAT)", "CAST('nan' AS FLOAT)", "CAST(0.1 AS FLOAT)"},
		{"CAST(19.90 AS DECIMAL(9,2))", "CAST(1.990 AS DECIMAL(9,3))", "CAST(1990 AS DECIMAL(9,0))"},
		{"CAST('a' AS ENUM('a', 'b'))", "CAST('b' AS ENUM('a', 'b'))"},
		{"CAST('a' AS ENUM('a', 'c'))", "CAST('b' AS ENUM('b', 'c'))"},
		{"INTERVAL '30 days'", "INTERVAL '1 month'", "INTERVAL '720 hours'"},
		{"TIMETZ '12:00:00+00'", "TIMETZ '13:00:00+01'"},
		{"TIMESTAMP '2024-01-01 00:00:00'", "TIMESTAMP '2024-01-01 00:00:00.000001'", "TIMESTAMP 'infinity'"},
		{"TIMESTAMPTZ '2024-01-01 00:00:00+00'", "TIMESTAMPTZ '2024-01-01 00:00:00+01'"},
		{"CAST('\\x00' AS BLOB)", "CAST('' AS BLOB)", "CAST('\\x00\\x00' AS BLOB)", "CAST(NULL AS BLOB)", "CAST('\\x1E' AS BLOB)"},
		{"CAST('{\"a\":1}' AS JSON)", "CAST('{\"a\":1.0}' AS JSON)", "CAST('{\"a\": 1}' AS JSON)", "CAST('null' AS JSON)", "CAST(NULL AS JSON)"},
		{"[1, NULL]", "[1]", "[NULL, 1]", "[1, 1]", "CAST([] AS INTEGER[])", "CAST(NULL AS INTEGER[])"},
		{"{'a': NULL, 'b': 1}", "{'a': 1, 'b': NULL}", "{'a': NULL, 'b': NULL}"},
		{"[0.0::DOUBLE]", "['-0'::DOUBLE]", "['nan'::DOUBLE]"},
		{"170141183460469231731687303715884105727", "170141183460469231731687303715884105726", "-1"},
	} {
		seen := map[string]string{}
		for _, v := range values {
			d := digestOf(t, e, "SELECT 1 AS id, "+v+" AS x")
			if before, same := seen[d]; same {
				t.Errorf("%s and %s have the same digest", before, v)
			}
			seen[d] = v
		}
	}
}

// TestDigestTellsRowsApart: which value stands in which column of which row, and how often a row is there.
func TestDigestTellsRowsApart(t *testing.T) {
	e := opened(t)
	seen := map[string]string{}
	for _, rows := range []string{
		"(1, 'a', 'b')", "(1, 'b', 'a')", "(1, 'ab', '')", "(1, '', 'ab')", "(1, 'ab', CAST(NULL AS VARCHAR))", "(2, 'a', 'b')", "(NULL, 'a', 'b')",
		"(1, 'a', 'b'), (2, 'c', 'd')", "(1, 'c', 'b'), (2, 'a', 'd')", "(1, 'a', 'd'), (2, 'c', 'b')", "(1, 'c', 'd'), (2, 'a', 'b')",
		"(1, 'a', 'b'), (1, 'a', 'b')", "(1, 'a', 'b'), (1, 'a', 'b'), (1, 'a', 'b')",
		"(1, 'a', 'b'), (1, 'a', 'b'), (2, 'c', 'd')", "(1, 'a', 'b'), (2, 'c', 'd'), (2, 'c', 'd')",
		"(3, 'a', 'b'), (3, 'a', 'b'), (2, 'c', 'd')",
	} {
		d := digestOf(t, e, "SELECT * FROM (VALUES "+rows+") t(id, x, y)")
		if before, same := seen[d]; same {
			t.Errorf("%s and %s have the same digest", before, rows)
		}
		seen[d] = rows
	}
	if digestOf(t, e, "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t(id, x)") != digestOf(t, e, "SELECT * FROM (VALUES (2, 'b'), (1, 'a')) t(id, x)") {
		t.Error("the order of rows changes the digest")
	}
}

// TestDigestMindsCase: how a column compares is not how its values are told apart.
func TestDigestMindsCase(t *testing.T) {
	e := opened(t, "CREATE TABLE c (id INTEGER, x VARCHAR COLLATE NOCASE)", "INSERT INTO c VALUES (1, 'a')")
	before := digestOf(t, e, "SELECT * FROM c")
	if err := e.Attach(t.Context(), "later", setup{"UPDATE c SET x = 'A'"}); err != nil {
		t.Fatal(err)
	}
	if digestOf(t, e, "SELECT * FROM c") == before {
		t.Error("a and A have the same digest in a column that does not mind case")
	}
}

// TestDigestNamesItsMaker: a digest taken in another way, or by another DuckDB, never equals this one.
func TestDigestNamesItsMaker(t *testing.T) {
	e := opened(t)
	conn, err := e.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = read(t.Context(), conn, "SELECT version()", func(row []driver.Value) error {
		if d := digestOf(t, e, "SELECT 1 AS id"); !strings.HasPrefix(d, digestWay+":"+row[0].(string)) {
			t.Errorf("the digest %s does not begin with %s:%s", d, digestWay, row[0])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestQuickHashSeesWhatCancelsOut: two bytes at every place and distance, all of their 94 × 94 values, have that many hashes.
// DuckDB's hash() alone has 256 of them where both are the last of 8.
func TestQuickHashSeesWhatCancelsOut(t *testing.T) {
	e := opened(t)
	conn, err := e.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for place := range 8 {
		for _, apart := range []int{1, 2, 4, 6, 8, 16, 24} {
			text := fmt.Sprintf("repeat('x', %d) || chr(a) || repeat('y', %d) || chr(b) || repeat('z', %d)", place, apart-1, 40-place-apart)
			query := fmt.Sprintf("SELECT count(DISTINCT %s) FROM (SELECT %s AS t FROM (SELECT CAST(i AS INTEGER) AS a FROM range(33, 127) r(i)), "+
				"(SELECT CAST(i AS INTEGER) AS b FROM range(33, 127) r(i)))", quickHash("t"), text)
			err := read(t.Context(), conn, query, func(row []driver.Value) error {
				if n := row[0].(int64); n != 94*94 {
					t.Errorf("bytes %d and %d: %d hashes of %d texts", place, place+apart, n, 94*94)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestOddHashesAreForever: the hashes of rows with separators and marks in their values stand in people's ledgers too.
func TestOddHashesAreForever(t *testing.T) {
	e := opened(t)
	texts := "(NULL), (''), ('a'), (chr(30)), (chr(31)), ('a' || chr(31)), (chr(31) || 'a'), (chr(30) || 'a'), ('é'), ('1')"
	sql := "SELECT 'k' AS id, x, y, n, CAST(n AS DOUBLE) / 4 AS f FROM (VALUES " + texts + ") a(x), (VALUES " + texts + ") b(y), (VALUES (NULL), (1), (-2)) c(n)"
	w, _ := walked(t, e, people(sql, "id"), MatchCheck{})
	var sum uint64
	for _, entry := range all(t, w) {
		sum += entry.Hash
	}
	if w.Rows() != 300 || sum != oddForever {
		t.Errorf("%d rows, the sum of whose hashes is %d; it was %d", w.Rows(), sum, uint64(oddForever))
	}
}

const oddForever = 17068566477709523937
