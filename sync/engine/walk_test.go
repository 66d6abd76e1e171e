package engine

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// TestWalkOrder: 200,000 keys of every kind of character come in the order of bytes.Compare, those without key first.
func TestWalkOrder(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	e := opened(t,
		fmt.Sprintf("SELECT setseed(%f)", float64(seed%1000)/1000),
		`CREATE TABLE c AS SELECT CASE i % 5 WHEN 0 THEN chr(CAST(32 + random() * 50000 AS INTEGER)) || i
			WHEN 1 THEN CAST(CAST(random() * 1e15 AS BIGINT) AS VARCHAR) WHEN 2 THEN lpad(CAST(i AS VARCHAR), 9, '0')
			WHEN 3 THEN '😀' || i ELSE upper(hex(i * 7919)) || CASE WHEN i % 2 = 0 THEN 'x' ELSE 'X' END END AS k
			FROM range(200000) r(i)`,
		"INSERT INTO c VALUES (NULL), (''), (NULL)")
	w, _ := walked(t, e, people("SELECT k FROM c", "k"), MatchCheck{})
	entries := all(t, w)
	if len(entries) != 200_003 || w.Rows() != 200_003 {
		t.Fatalf("%d entries, %d rows", len(entries), w.Rows())
	}
	if !entries[0].NullKey || !entries[1].NullKey || entries[2].NullKey || entries[2].Key != "" {
		t.Errorf("rows without a key do not come first: %v", entries[:3])
	}
	for i := 3; i < len(entries); i++ {
		if bytes.Compare([]byte(entries[i-1].Key), []byte(entries[i].Key)) > 0 {
			t.Fatalf("%q comes before %q", entries[i-1].Key, entries[i].Key)
		}
	}
}

// TestTexts: what people's data is made of arrives as it is.
func TestTexts(t *testing.T) {
	e := opened(t, `CREATE TABLE c AS SELECT * FROM (VALUES
		('1', 'O''Neil', 9007199254740993), ('2', '😀 ok', 9007199254740995), ('3', 'שלום עולם', 1),
		('4', 'é', 2), ('5', 'e' || chr(769), 3), ('6', '007', 4), ('7', 'tab' || chr(9) || 'line' || chr(10), 5)) t(id, name, big)`)
	w, _ := walked(t, e, people("SELECT * FROM c", "id"), MatchCheck{})
	var got []string
	for _, r := range fetchAll(t, w, all(t, w)) {
		got = append(got, r.Values[1].Text+"|"+r.Values[2].Text)
	}
	want := []string{"O'Neil|9007199254740993", "😀 ok|9007199254740995", "שלום עולם|1", "é|2", "e\u0301|3", "007|4", "tab\tline\n|5"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestKeys(t *testing.T) {
	e := opened(t, `CREATE TABLE c AS SELECT * FROM (VALUES
		('eu', 10, 'a'), ('eu', 9, 'b'), ('é', 1, 'c'), ('e' || chr(769), 1, 'd'), (NULL, 1, 'e'), ('eu', NULL, 'f'), ('x"\', 2, 'g'), ('eu', 9, 'h')) t(region, id, v)`)
	w, _ := walked(t, e, people("SELECT * FROM c", "region", "id"), MatchCheck{})
	var got []string
	for _, entry := range all(t, w) {
		if entry.NullKey {
			got = append(got, "NULL")
			continue
		}
		got = append(got, string(entry.Key))
	}
	want := []string{"NULL", "NULL", `["eu","10"]`, `["eu","9"]`, `["eu","9"]`, "[\"e\u0301\",\"1\"]", `["x\"\\","2"]`, `["é","1"]`}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestHashTellsRowsApart: rows that a careless encoding would confuse have different hashes, and equal rows the same.
func TestHashTellsRowsApart(t *testing.T) {
	rows := []string{
		"'a', 'bc', 1", "'ab', 'c', 1", "'a', NULL, 1", "'a', '', 1", "NULL, 'a', 1", "'', 'a', 1", "NULL, NULL, 1", "'', '', 1",
		"chr(30), '', 1", "'', chr(30), 1", "'a' || chr(31), 'b', 1", "'a', chr(31) || 'b', 1", "'a' || chr(31) || 'b', NULL, 1",
		"chr(31), '', 1", "'', chr(31), 1", "chr(31) || chr(31), '', 1", "'a', 'b', NULL", "'a', 'b', 0", "'b', 'a', 0", "'-1', '', 1",
		"'1' || chr(31) || '1', 'x', 1", "'é', '', 1", "'e' || chr(769), '', 1", "'A', '', 1", "' a', '', 1",
		"'NULL', '', 1", "'1', '2', 3", "'1', '23', NULL",
	}
	e := opened(t)
	var selects []string
	for i, r := range rows {
		selects = append(selects, fmt.Sprintf("SELECT '%03d' AS id, CAST(c1 AS VARCHAR) AS c1, CAST(c2 AS VARCHAR) AS c2, CAST(c3 AS INTEGER) AS c3 FROM (SELECT %s) t(c1, c2, c3)", i, r))
	}
	m := people(strings.Join(selects, " UNION ALL "), "id")
	d, err := e.Describe(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]int{}
	for i, entry := range hashes(t, e, m, d) {
		if before, twice := seen[entry]; twice {
			t.Errorf("(%s) and (%s) have the same hash", rows[before], rows[i])
		}
		seen[entry] = i
	}
}

// hashes are the hashes of the columns after the key, which is left out of them by being the same for all.
func hashes(t *testing.T, e *Engine, m model.Model, d Described) []uint64 {
	t.Helper()
	m.SQL = "SELECT 'k' AS id, id AS ord, c1, c2, c3 FROM (" + m.SQL + ")"
	w, err := e.Walk(t.Context(), m, d.Columns[1:], MatchCheck{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	entries := all(t, w)
	found := make([]uint64, len(entries))
	for i, entry := range entries {
		found[i] = entry.Hash
	}
	return found
}

// TestHashIsForever: these hashes stand in people's ledgers.
func TestHashIsForever(t *testing.T) {
	e := opened(t)
	sql := `SELECT 'k' AS id, 'O''Neil 😀' AS a, CAST('19.90' AS DECIMAL(6,2)) AS b, CAST(NULL AS VARCHAR) AS c, true AS d,
		TIMESTAMPTZ '2024-02-29 12:00:00+02' AS e, CAST(0.1 AS DOUBLE) AS f, {'x': [CAST(1.10 AS DECIMAL(4,2)), NULL]} AS g, 9007199254740993 AS h`
	w, _ := walked(t, e, people(sql, "id"), MatchCheck{})
	if got := all(t, w)[0].Hash; got != forever {
		t.Errorf("the hash of a row has become %d, it was %d", got, uint64(forever))
	}
}

const forever = 348315253735364155

func TestDigest(t *testing.T) {
	e := opened(t, "CREATE TABLE c AS SELECT i AS id, 'n' || i AS name, CAST(i AS DECIMAL(9,2)) AS ltv FROM range(5000) r(i)")
	m := people("SELECT * FROM c", "id")
	digest := func(change ...string) string {
		if err := e.Attach(t.Context(), fmt.Sprintf("change %d", rand.Uint64()), setup(change)); err != nil {
			t.Fatal(err)
		}
		w, columns := walked(t, e, m, MatchCheck{})
		defer w.Close()
		only, err := e.DigestOnly(t.Context(), m, columns)
		if err != nil || only != w.Digest() {
			t.Errorf("DigestOnly gives %s (%v), the walk %s", only, err, w.Digest())
		}
		return w.Digest()
	}
	first := digest()
	other := opened(t, "CREATE TABLE c AS SELECT i AS id, 'n' || i AS name, CAST(i AS DECIMAL(9,2)) AS ltv FROM range(5000) r(i) ORDER BY hash(i)")
	w, _ := walked(t, other, m, MatchCheck{})
	if first != digest() || first != w.Digest() {
		t.Error("the same rows, in another order and another engine, have another digest")
	}
	seen := map[string]string{first: "nothing"}
	for _, change := range []string{
		"UPDATE c SET name = 'N7' WHERE id = 7", "UPDATE c SET ltv = ltv + 0.01 WHERE id = 7", "UPDATE c SET id = -7 WHERE id = 7",
		"DELETE FROM c WHERE id = 8", "INSERT INTO c SELECT * FROM c WHERE id = 9", "INSERT INTO c SELECT * FROM c WHERE id = 9",
		"UPDATE c SET name = NULL WHERE id = 10", "UPDATE c SET name = '' WHERE id = 10", "INSERT INTO c VALUES (NULL, NULL, NULL)",
		"INSERT INTO c SELECT * FROM c WHERE id = 20", "UPDATE c SET name = 'two alike' WHERE id = 20", // a pair cancels out in an exclusive or
	} {
		d := digest(change)
		if before, same := seen[d]; same {
			t.Errorf("%s gives the digest of %s", change, before)
		}
		seen[d] = change
	}
}

func TestMoved(t *testing.T) {
	for name, sql := range map[string]string{
		"values differ": "SELECT id, random() AS x FROM c",
		"rows differ":   "SELECT id + CAST(random() * 1000000 AS BIGINT) * 1000000 AS id FROM c",
		"rows double":   "SELECT id FROM c UNION ALL SELECT id FROM c WHERE random() < 0.01",
	} {
		t.Run(name, func(t *testing.T) {
			e := opened(t, "CREATE TABLE c AS SELECT i AS id FROM range(1000) r(i)")
			w, _ := walked(t, e, people(sql, "id"), MatchCheck{})
			if err := w.Want(slices.CompactFunc(all(t, w), func(a, b model.Entry) bool { return a.Key == b.Key })); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Fetch(); !fault.Is(err, "engine.moved") {
				t.Errorf("got %v, want engine.moved", err)
			}
		})
	}
}

// TestOneMoment: now() is one moment for the whole of a walk, and what others write meanwhile is not seen.
func TestOneMoment(t *testing.T) {
	e := opened(t, "CREATE TABLE c AS SELECT i AS id FROM range(10) r(i)")
	w, _ := walked(t, e, people("SELECT id, now() AS seen FROM c", "id"), MatchCheck{})
	entries := all(t, w)
	if err := e.Attach(t.Context(), "other", setup{"UPDATE c SET id = id + 100"}); err != nil {
		t.Fatal(err)
	}
	if rows := fetchAll(t, w, entries); len(rows) != 10 || rows[0].Key != "0" {
		t.Errorf("got %d rows, first %v", len(rows), rows[0])
	}
}

// TestFetchOnlyWanted wants every third row over several slices and gets just these, in order.
func TestFetchOnlyWanted(t *testing.T) {
	e := opened(t, "CREATE TABLE c AS SELECT i AS id, 'n' || i AS name FROM range(250000) r(i)")
	w, _ := walked(t, e, people("SELECT * FROM c", "id"), MatchCheck{})
	var want []model.Entry
	for {
		slice, err := w.Next()
		if err != nil {
			t.Fatal(err)
		}
		if len(slice) == 0 {
			break
		}
		var some []model.Entry
		for i, entry := range slice {
			if i%3 == 0 {
				some = append(some, entry)
			}
		}
		if err := w.Want(some); err != nil {
			t.Fatal(err)
		}
		want = append(want, some...)
	}
	got := fetchAll(t, w, nil)
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i, r := range got {
		if r.Key != want[i].Key || r.Hash != want[i].Hash || r.Values[0].Text != string(r.Key) || r.Values[1].Text != "n"+string(r.Key) {
			t.Fatalf("row %d is %+v, want key %s", i, r, want[i].Key)
		}
	}
}

func TestMatches(t *testing.T) {
	e := opened(t, `CREATE TABLE c AS SELECT * FROM (VALUES
		(1, 'Ada@x.org', 'EU'), (2, ' ada@X.org ', 'eu'), (3, 'bob@x.org', 'eu'), (4, NULL, 'eu'), (5, NULL, 'eu'), (6, 'bob@x.org', 'us')) t(id, email, region)`)
	for _, c := range []struct {
		check  MatchCheck
		shared string
		ask    string
		live   bool
	}{
		{MatchCheck{Columns: []string{"email"}, Fold: true}, "1 2 3 6", "ada@x.org", true},
		{MatchCheck{Columns: []string{"email"}, Fold: true}, "1 2 3 6", "\tADA@x.org\u00a0", true},
		{MatchCheck{Columns: []string{"email", "region"}, Fold: true}, "1 2", `["  Bob@x.org","US "]`, true},
		{MatchCheck{Columns: []string{"email"}}, "3 6", "ada@x.org", false},
		{MatchCheck{Columns: []string{"email"}}, "3 6", "Ada@x.org", true},
		{MatchCheck{Columns: []string{"email", "region"}, Fold: true}, "1 2", `["bob@x.org","us"]`, true},
		{MatchCheck{Columns: []string{"email", "region"}, Fold: true}, "1 2", `["ada@x.org","us"]`, false},
		{MatchCheck{}, "", "ada@x.org", false},
	} {
		m := people("SELECT * FROM c", "id")
		w, _ := walked(t, e, m, c.check)
		var shared []string
		for _, r := range fetchAll(t, w, all(t, w)) {
			if r.SharedMatch {
				shared = append(shared, string(r.Key))
			}
		}
		if got := strings.Join(shared, " "); got != c.shared {
			t.Errorf("%+v: rows %q share a match, want %q", c.check, got, c.shared)
		}
		live, err := w.LiveMatches([]string{c.ask, "nobody"})
		key, is := live[c.ask]
		if _, nobody := live["nobody"]; err != nil || is != c.live || nobody || is && !strings.Contains("1 3 6", string(key)) {
			t.Errorf("%+v: live %v (%v), want %s %v", c.check, live, err, c.ask, c.live)
		}
	}
}

func TestVersionAndBad(t *testing.T) {
	e := opened(t)
	m := people("SELECT 1 AS id, TIMESTAMPTZ '2024-02-29 12:00:00+02' AS seen, CAST('nan' AS DOUBLE) AS f, DATE 'infinity' AS d", "id")
	m.UpdatedAt = "seen"
	w, _ := walked(t, e, m, MatchCheck{})
	r := fetchAll(t, w, all(t, w))[0]
	if r.Version != "2024-02-29T10:00:00Z" || r.Bad != "f" || !r.Values[2].IsNull() {
		t.Errorf("%+v", r)
	}
}

// TestCancel: the context stops a long query soon, and the engine goes on.
func TestCancel(t *testing.T) {
	e := opened(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	m := people("SELECT a.i AS id FROM range(1000000) a(i), range(100000) b(i) WHERE (a.i * b.i) % 1000003 = 7", "id")
	_, err := e.Walk(ctx, m, nil, MatchCheck{})
	if !fault.Is(err, "engine.canceled") || time.Since(began) > 5*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
	w, _ := walked(t, e, people("SELECT 1 AS id", "id"), MatchCheck{})
	if w.Rows() != 1 {
		t.Error("the engine does not work any more")
	}
}

// TestEmpty: a model without rows.
func TestEmpty(t *testing.T) {
	e := opened(t)
	m := people("SELECT 1 AS id, 'x' AS name WHERE false", "id")
	w, columns := walked(t, e, m, MatchCheck{Columns: []string{"name"}})
	only, err := e.DigestOnly(t.Context(), m, columns)
	if rows := fetchAll(t, w, all(t, w)); len(rows) != 0 || w.Rows() != 0 || err != nil || only != w.Digest() {
		t.Errorf("%v %v %v", rows, err, only)
	}
}

// TestSeveralWalks: walks of one engine do not see each other.
func TestSeveralWalks(t *testing.T) {
	e := opened(t, "CREATE TABLE c AS SELECT i AS id, 'n' || i AS name FROM range(120000) r(i)")
	var group sync.WaitGroup
	for n := range 3 {
		group.Go(func() {
			m := people(fmt.Sprintf("SELECT * FROM c WHERE id %% 3 = %d", n), "id")
			w, _ := walked(t, e, m, MatchCheck{Columns: []string{"name"}})
			entries := all(t, w)
			rows := fetchAll(t, w, entries[:1000])
			live, err := w.LiveMatches([]string{"n0", "n1", "n2"})
			if len(entries) != 40000 || len(rows) != 1000 || err != nil || len(live) != 1 || live[fmt.Sprintf("n%d", n)] != model.Key(fmt.Sprint(n)) {
				t.Errorf("walk %d: %d entries, %d rows, live %v (%v)", n, len(entries), len(rows), live, err)
			}
		})
	}
	group.Wait()
}

// TestCloseInTheMiddle: a walk can be given up at any point, and its tables are gone with it.
func TestCloseInTheMiddle(t *testing.T) {
	e := opened(t)
	for range 3 {
		w, _ := walked(t, e, people("SELECT i AS id FROM range(250000) r(i)", "id"), MatchCheck{})
		if _, err := w.Next(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		w.Close()
	}
	conn, err := e.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = read(t.Context(), conn, "SELECT CAST(sum(memory_usage_bytes) AS BIGINT) FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'", func(row []driver.Value) error {
		if held := row[0].(int64); held > 1<<20 {
			t.Errorf("%d bytes are still held by tables of walks that are closed", held)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAwkwardNames: columns may be named as our own are, or hold quotes.
func TestAwkwardNames(t *testing.T) {
	e := opened(t)
	names := []string{"k", "h", "m", "w", "ord", "same", "version", "c0", "e0", "rowid", `quo"te`, "it's", "select", "freshet_model", "Größe"}
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = fmt.Sprintf("'%d' AS %s", i, name(n))
	}
	parts[2] = "{'k': 'x', 'h': 'y'} AS m"
	m := people("SELECT "+strings.Join(parts, ", "), "k", `quo"te`)
	m.UpdatedAt = "version"
	w, _ := walked(t, e, m, MatchCheck{Columns: []string{"h", "select"}})
	r := fetchAll(t, w, all(t, w))[0]
	if r.Key != `["0","10"]` || r.Version != "6" || r.SharedMatch || r.Bad != "" {
		t.Errorf("%+v", r)
	}
	for i, v := range r.Values {
		if i != 2 && v.Text != fmt.Sprint(i) {
			t.Errorf("column %s holds %q", names[i], v.Text)
		}
	}
	live, err := w.LiveMatches([]string{`["1","12"]`})
	if err != nil || live[`["1","12"]`] == "" {
		t.Errorf("live %v (%v)", live, err)
	}
}
