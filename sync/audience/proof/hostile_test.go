package proof

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	a "github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/model"
)

// run executes statements in order.
func run(t *testing.T, conn *sql.Conn, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if _, err := conn.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%v\n%s", err, q)
		}
	}
}

// first gives the first column of a query's rows as texts, sorted.
func first(t *testing.T, conn *sql.Conn, query string) []string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for rows.Next() {
		into := make([]any, len(names))
		for i := range into {
			into[i] = new(any)
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(*into[0].(*any)))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	sort.Strings(all)
	return all
}

// TestHostileWords: whatever people write or call their columns is only ever a value or a name.
func TestHostileWords(t *testing.T) {
	conn := open(t)
	evil := []string{`'; DROP TABLE f."o'; --`, `"`, `""`, `\`, `\'`, `''`, `$$`, `$1`, `?`, `%`, `_`, "a\nb", "--", "/*", `x" OR 1=1 --`, "ünïcødé 😀", "\x01", "select"}
	for _, word := range evil {
		q := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		l := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
		table := `"mem` + strings.ReplaceAll(word, `"`, `""`) + `"`
		run(t, conn, "CREATE SCHEMA f", "CREATE SCHEMA models",
			fmt.Sprintf("CREATE TABLE f.%s (%s BIGINT, %s VARCHAR, %s TIMESTAMP)", table, q(word+"k"), q(word+"v"), q(word+"t")),
			fmt.Sprintf("CREATE TABLE models.m (%s BIGINT, %s VARCHAR, %s BOOLEAN)", q(word), q(word+"p"), q(word+"b")),
			fmt.Sprintf("INSERT INTO models.m VALUES (1, %s, true), (2, 'other', true), (3, NULL, NULL)", l(word)),
			fmt.Sprintf("INSERT INTO f.%s VALUES (1, %s, '2020-01-01'), (2, 'x', '2020-01-01')", table, l(word)))
		run(t, conn, "SET VARIABLE freshet_now = TIMESTAMPTZ '2025-01-01 00:00:00+00'")
		on := []a.Join{{Theirs: word + "k", Ours: word}}
		c := &a.Catalogue{Model: "m", Key: []string{word}, KeyText: "CAST(m." + q(word) + " AS VARCHAR)",
			Entity:  a.Relation{Table: "models.m", Columns: []a.Column{{Name: word, Type: "BIGINT"}, {Name: word + "p", Type: "VARCHAR"}, {Name: word + "b", Type: "BOOLEAN"}}},
			Related: map[string]a.Related{word: {Relation: a.Relation{Table: "f." + table, Columns: []a.Column{{Name: word + "k", Type: "BIGINT"}, {Name: word + "v", Type: "VARCHAR"}, {Name: word + "t", Type: "TIMESTAMP"}}}, On: on, At: word + "t"}},
			Consent: a.Consents{Columns: map[string]string{word: word + "b"}}}
		is := a.Test{Cmp: a.Eq, Values: []model.Value{model.Text(word)}}
		d := a.Definition{Model: "m", Include: a.All{ID: word, Of: []a.Node{
			a.Prop{ID: word + "2", Field: word + "p", Test: is}, a.Prop{Field: word + "p", Test: a.Test{Cmp: a.Contains, Values: is.Values}},
			a.Prop{Field: word + "p", Test: a.Test{Cmp: a.In, Values: []model.Value{model.Text("zz"), model.Text(word)}}},
			a.Rel{Event: true, Names: []string{word}, Where: a.Rows{All: []a.Pred{{Field: word + "v", Test: is}}}, Agg: a.Agg{Fn: a.Count}, Test: a.Test{Cmp: a.Ge, Values: []model.Value{model.Integer(1)}}},
			a.Seq{Steps: []a.Step{{Event: word}, {Event: word, Not: true, Same: []string{word + "v"}}}},
			a.Consent{Purpose: word}, a.Not{Of: a.Bucket{Salt: word, From: 0, To: 1}},
		}}, Split: &a.Split{Salt: word, Groups: []a.Group{{Name: word, From: 0, To: 10000}}}}
		compiled, err := a.Compile(d, c)
		if err != nil {
			t.Fatalf("%q: %v", word, err)
		}
		if got := first(t, conn, "SELECT "+q(word)+" FROM ("+compiled.Members+")"); fmt.Sprint(got) != "[1]" {
			t.Errorf("%q: the members are %v", word, got)
		}
		if got := first(t, conn, "SELECT part FROM ("+compiled.Evaluation("")+") WHERE member"); fmt.Sprint(got) != fmt.Sprint([]string{word}) {
			t.Errorf("%q: the group is %v", word, got)
		}
		if got := first(t, conn, "SELECT count(*) FROM f."+table); fmt.Sprint(got) != "[2]" {
			t.Errorf("%q: the table has %v rows", word, got)
		}
		run(t, conn, "DROP SCHEMA f CASCADE", "DROP SCHEMA models CASCADE")
	}
}

// tiny evaluates conditions over one record with many types.
type tiny struct {
	t    *testing.T
	conn *sql.Conn
	c    *a.Catalogue
}

func newTiny(t *testing.T) *tiny {
	conn := open(t)
	run(t, conn, "CREATE SCHEMA models", "CREATE TYPE mood AS ENUM ('ok', 'bad')", `CREATE TABLE models.m AS SELECT 1::BIGINT AS id, 'ok'::mood AS mood,
		'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID AS uid, 170141183460469231731687303715884105727::HUGEINT AS huge, 99999999999999999999999999999999999999::DECIMAL(38,0) AS wide,
		0.1::DECIMAL(3,1) AS tenth, 0.1::DOUBLE AS float, 'nan'::DOUBLE AS nan, 'infinity'::TIMESTAMP AS inf, '-infinity'::TIMESTAMPTZ AS ninf, 'infinity'::DATE AS dinf,
		'290000-01-01'::TIMESTAMP AS far, 9007199254740993::BIGINT AS odd, '' AS blank, []::VARCHAR[] AS none, [1, 2] AS numbers, '2025-01-01 12:00:00.123456789'::TIMESTAMP_NS AS nano, 255::UTINYINT AS small`,
		"SET VARIABLE freshet_now = TIMESTAMPTZ '2025-01-02 00:00:00+00'")
	c := &a.Catalogue{Model: "m", Key: []string{"id"}, KeyText: "CAST(m.id AS VARCHAR)", Entity: a.Relation{Table: "models.m"}}
	rows, err := conn.QueryContext(t.Context(), "SELECT column_name, column_type FROM (DESCRIBE models.m)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var col a.Column
		if err := rows.Scan(&col.Name, &col.Type); err != nil {
			t.Fatal(err)
		}
		c.Entity.Columns = append(c.Entity.Columns, col)
	}
	return &tiny{t, conn, c}
}

// is evaluates one condition.
func (y *tiny) is(field string, c a.Cmp, values ...string) string {
	y.t.Helper()
	p := a.Prop{Field: field, Test: a.Test{Cmp: c}}
	for _, v := range values {
		p.Values = append(p.Values, model.Text(v))
	}
	compiled, err := a.Compile(a.Definition{Model: "m", Include: p}, y.c)
	if err != nil {
		y.t.Fatal(err)
	}
	return first(y.t, y.conn, "SELECT member FROM ("+compiled.Evaluation("")+")")[0]
}

// TestValuesOfEveryType: no value and no type makes an evaluation fail, and numbers compare with every digit.
func TestValuesOfEveryType(t *testing.T) {
	y := newTiny(t)
	for _, c := range []struct {
		field  string
		cmp    a.Cmp
		values []string
		want   bool
	}{
		{"mood", a.Eq, []string{"ok"}, true}, {"mood", a.Eq, []string{"no such mood"}, false}, {"mood", a.Ne, []string{"no such mood"}, true},
		{"uid", a.Eq, []string{"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, true}, {"uid", a.Eq, []string{"no uuid"}, false}, {"uid", a.Starts, []string{"6ba7"}, true},
		{"huge", a.Gt, []string{"0.5"}, true}, {"huge", a.Eq, []string{"170141183460469231731687303715884105727"}, true}, {"huge", a.Lt, []string{"1e40"}, true},
		{"wide", a.Gt, []string{"0.5"}, true}, {"wide", a.Ge, []string{"99999999999999999999999999999999999999"}, true},
		{"tenth", a.Eq, []string{"0.10"}, true}, {"tenth", a.Eq, []string{"0.1000000000000000000001"}, false}, {"tenth", a.Lt, []string{"99999999999999999999999999999999999999"}, true},
		{"float", a.Eq, []string{"0.1"}, true}, {"float", a.Between, []string{"0", "1"}, true}, {"odd", a.Eq, []string{"9007199254740993"}, true}, {"odd", a.Eq, []string{"9007199254740992"}, false},
		{"odd", a.Gt, []string{"9007199254740992.5"}, true}, {"small", a.Lt, []string{"100000000000000000000"}, true}, {"small", a.Eq, []string{"-1"}, false},
		{"nan", a.Set, nil, false}, {"nan", a.Gt, []string{"0"}, false}, {"blank", a.Empty, nil, true}, {"blank", a.Ne, []string{"x"}, true}, {"none", a.Empty, nil, true},
		{"numbers", a.HasAny, []string{"2", "x"}, true}, {"numbers", a.HasAll, []string{"1", "3"}, false},
		{"inf", a.Set, nil, false}, {"inf", a.After, []string{"2020-01-01"}, false}, {"ninf", a.Last, []string{"36500d"}, false}, {"dinf", a.Anniversary, nil, false}, {"dinf", a.Next, []string{"1d"}, false},
		{"far", a.Set, nil, false}, {"far", a.AfterNext, []string{"36500d"}, false}, {"nano", a.Eq, []string{"2025-01-01T12:00:00.123456"}, true}, {"nano", a.Last, []string{"1d"}, true},
		{"nano", a.On, []string{"2025-01-01"}, true}, {"nano", a.BeforeLast, []string{"11h"}, true},
	} {
		if got := y.is(c.field, c.cmp, c.values...); got != fmt.Sprint(c.want) {
			t.Errorf("%s %s %v is %s", c.field, c.cmp, c.values, got)
		}
	}
}

// TestTheClockIsAsked: without a moment an evaluation fails; it does not find that nobody is a member.
func TestTheClockIsAsked(t *testing.T) {
	y := newTiny(t)
	run(t, y.conn, "RESET VARIABLE freshet_now")
	compiled, err := a.Compile(a.Definition{Model: "m", Include: a.Prop{Field: "nano", Test: a.Test{Cmp: a.Last, Values: []model.Value{model.Text("7d")}}}}, y.c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.conn.ExecContext(t.Context(), compiled.Members); err == nil || !strings.Contains(err.Error(), "freshet_now is not set") {
		t.Errorf("the members without a clock: %v", err)
	}
}

// TestBucketsAreTheSame: Go and DuckDB put every key into the same bucket.
func TestBucketsAreTheSame(t *testing.T) {
	conn := open(t)
	run(t, conn, "CREATE SCHEMA models", "CREATE TABLE models.m (id VARCHAR)")
	rnd := rand.New(rand.NewPCG(1, uint64(number("FRESHET_SEED", 1))))
	keys := []string{"", "a", "ü", `["eu","42"]`, "it's"}
	for range 5000 {
		keys = append(keys, fmt.Sprintf("%x", rnd.Uint64()))
	}
	want := 0
	for _, k := range keys {
		run(t, conn, "INSERT INTO models.m VALUES ("+cell(k)+")")
		if b := a.BucketOf("s'x", k); b >= 1000 && b < 2000 {
			want++
		}
	}
	c := &a.Catalogue{Model: "m", Key: []string{"id"}, KeyText: "m.id", Entity: a.Relation{Table: "models.m", Columns: []a.Column{{Name: "id", Type: "VARCHAR"}}}}
	compiled, err := a.Compile(a.Definition{Model: "m", Include: a.Bucket{Salt: "s'x", From: 1000, To: 2000}}, c)
	if err != nil {
		t.Fatal(err)
	}
	got := first(t, conn, compiled.Members)
	if len(got) != want || want < 350 || want > 650 {
		t.Errorf("%d keys are in the bucket, want %d", len(got), want)
	}
	for _, k := range got {
		if b := a.BucketOf("s'x", k); b < 1000 || b >= 2000 {
			t.Errorf("%q is in bucket %d", k, b)
		}
	}
}

// TestLimits: the first by a column, ties by key, also inside another audience and for some keys alone.
func TestLimits(t *testing.T) {
	conn := open(t)
	run(t, conn, "CREATE SCHEMA models", "CREATE TABLE models.m AS SELECT * FROM (VALUES ('a', 5), ('b', 7), ('c', 5), ('d', NULL), ('e', 9)) t(id, n)", "INSERT INTO keys VALUES ('c'), ('b'), ('zz')")
	c := &a.Catalogue{Model: "m", Key: []string{"id"}, KeyText: "m.id", Entity: a.Relation{Table: "models.m", Columns: []a.Column{{Name: "id", Type: "VARCHAR"}, {Name: "n", Type: "INTEGER"}}}}
	top := a.Definition{Name: "top", Model: "m", Exclude: a.Prop{Field: "id", Test: a.Test{Cmp: a.Eq, Values: []model.Value{model.Text("e")}}}, Limit: &a.Limit{N: 2, By: "n"}}
	c.Audiences = map[string]a.Definition{"top": top}
	not := a.Definition{Model: "m", Exclude: a.Member{Audience: "top"}}
	low := a.Definition{Model: "m", Limit: &a.Limit{N: 4, By: "n", Ascending: true}}
	for _, x := range []struct {
		d          a.Definition
		all, asked string
	}{{top, "[a b]", "[b]"}, {not, "[c d e]", "[c]"}, {low, "[a b c e]", "[b c]"}} {
		compiled, err := a.Compile(x.d, c)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(first(t, conn, compiled.Members)); got != x.all {
			t.Errorf("the members are %s, want %s", got, x.all)
		}
		if got := fmt.Sprint(first(t, conn, "SELECT pk FROM ("+compiled.Evaluation("keys")+") WHERE member")); got != x.asked {
			t.Errorf("of the keys asked for %s are, want %s", got, x.asked)
		}
	}
}
