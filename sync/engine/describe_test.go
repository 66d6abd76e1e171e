package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

func TestDescribeFaults(t *testing.T) {
	e := opened(t, "CREATE SCHEMA shop", "CREATE TABLE shop.customers (id BIGINT, email VARCHAR, tags VARCHAR[], score DOUBLE)")
	block := model.Pos{File: "freshet.yaml", Line: 10, Col: 7}
	for _, c := range []struct {
		name, sql  string
		pos        model.Pos
		code       string
		where      string
		says, does string
		key        []string
	}{
		{name: "misspelt word", sql: "selct 1 as id", code: "model.sql", where: "models.people.sql:1:1", says: `near "selct"`},
		{name: "misspelt column", sql: "select id,\n  'é', emial from shop.customers", code: "model.sql", where: "models.people.sql:2:8", says: `"email"`},
		{name: "its place in a file", sql: "select id,\n  'é', emial from shop.customers", pos: block, code: "model.sql", where: "freshet.yaml:11:14", says: "line 2, column 8 of the SQL"},
		{name: "misspelt table", sql: "select * from shop.custmers", code: "model.sql", where: "models.people.sql:1:15", says: "customers"},
		{name: "misspelt function", sql: "select uper(email) as id from shop.customers", code: "model.sql", where: "models.people.sql:1:8", says: `Did you mean "upper"`},
		{name: "two statements", sql: "select 1 as id; drop table shop.customers", code: "model.sql", where: "models.people", says: "one SELECT"},
		{name: "not a select", sql: "drop table shop.customers", code: "model.sql", where: "models.people", says: "SELECT"},
		{name: "a writing statement", sql: "insert into shop.customers select * from shop.customers", code: "model.sql", where: "models.people", says: "SELECT"},
		{name: "nothing", sql: " ", code: "model.sql", where: "models.people"},
		{name: "a parenthesis too many", sql: "select 1 as id) ; drop table shop.customers; select (1", code: "model.sql", where: "models.people.sql:1:15"},
		{name: "column twice", sql: "select id, email, Email from shop.customers", code: "model.column_twice", where: "models.people", says: "email"},
		{name: "no key", sql: "select * from shop.customers", key: []string{"di"}, code: "model.key_missing", where: "models.people", says: "di", does: "id"},
		{name: "a list as key", sql: "select * from shop.customers", key: []string{"tags"}, code: "model.key_type", where: "models.people", says: "VARCHAR[]"},
		{name: "a float as key", sql: "select * from shop.customers", key: []string{"id", "score"}, code: "model.key_type", where: "models.people", says: "score"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := people(c.sql, "id")
			m.SQLPos = c.pos
			if c.key != nil {
				m.Key = c.key
			}
			_, err := e.Describe(t.Context(), m)
			if !fault.Is(err, c.code) {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			f := fault.As(err)
			if f.Where != c.where || !strings.Contains(f.Error(), c.says) || !strings.Contains(f.Suggestion, c.does) || f.Suggestion == "" {
				t.Errorf("where %q, %v, do %q", f.Where, f, f.Suggestion)
			}
		})
	}
	w, _ := walked(t, e, people("select * from shop.customers", "id"), MatchCheck{})
	if w.Rows() != 0 {
		t.Error("a refused statement was run")
	}
}

// TestRowFaultsHideValues: a row that the SQL fails on is told of without its values.
func TestRowFaultsHideValues(t *testing.T) {
	e := opened(t, "CREATE TABLE c AS SELECT 1 AS id, 'ada@example.com' AS email")
	for _, sql := range []string{
		"select id, cast(email as integer) as n from c",
		"select id, error(email) as n from c",
		"select id, strptime(email, '%Y') as n from c",
		"select id, cast(1000 + id as tinyint) as n from c",
	} {
		m := people(sql, "id")
		d, err := e.Describe(t.Context(), m)
		if err != nil {
			t.Fatal(sql, err)
		}
		_, err = e.Walk(t.Context(), m, d.Columns, MatchCheck{})
		if !fault.Is(err, "model.row_failed") || strings.Contains(err.Error(), "ada") || strings.Contains(err.Error(), "1001") {
			t.Errorf("%s: %v", sql, err)
		}
		if f := fault.As(err); f.Kind != fault.Source || f.Suggestion == "" {
			t.Errorf("%s: %+v", sql, f)
		}
	}
}

func TestTables(t *testing.T) {
	e := opened(t, "ATTACH ':memory:' AS warehouse", "CREATE TABLE warehouse.main.customers (id BIGINT)", "CREATE SCHEMA warehouse.raw",
		"CREATE TABLE warehouse.raw.orders (id BIGINT)", "CREATE SCHEMA lake", "CREATE VIEW lake.refunds AS SELECT 1::BIGINT AS id", `CREATE TABLE lake."odd name" (id BIGINT)`)
	for sql, want := range map[string]string{
		"select * from warehouse.customers": "warehouse.main.customers",
		"select c.id from warehouse.main.customers c join warehouse.raw.orders o using (id) where id in (select id from lake.refunds)": "lake.main.refunds warehouse.main.customers warehouse.raw.orders",
		"with customers as (select 1 as id) select * from customers":                                                                   "",
		"with customers as (select * from warehouse.customers) select * from customers join lake.refunds using (id)":                   "lake.main.refunds warehouse.main.customers",
		`select id from lake."odd name" union all select id from lake.refunds -- done`:                                                 "lake.main.odd name lake.main.refunds",
		"select 1 as id;":   "",
		"from lake.refunds": "lake.main.refunds",
		"values (1)":        "",
		"(select id from lake.refunds order by all limit 3)":                                                                           "lake.main.refunds",
		"with recursive n(id) as (select 1 union all select id + 1 from n where id < 3) select id from n join lake.refunds using (id)": "lake.main.refunds",
		"select * from (pivot lake.refunds on id in (1, 2) using count(*))":                                                            "lake.main.refunds",
		"select id from lake.refunds except select id from warehouse.raw.orders qualify row_number() over () = 1":                      "lake.main.refunds warehouse.raw.orders",
	} {
		m := people(sql, "id")
		if strings.Contains(sql, "values") || strings.Contains(sql, "pivot") {
			m.Key = nil
		}
		d, err := e.Describe(t.Context(), m)
		if err != nil {
			t.Error(sql, err)
			continue
		}
		if got := strings.Join(d.Tables, " "); got != want {
			t.Errorf("%s: tables %q, want %q", sql, got, want)
		}
	}
}

func TestProblems(t *testing.T) {
	e := opened(t)
	e.attached["lake"] = []connect.Problem{{Table: "orders", Line: 3, Code: "files.bad_number"}, {Table: "refunds", Line: 4}}
	e.attached["other"] = []connect.Problem{{Table: "orders", Line: 5}}
	got := e.Problems([]string{"lake.main.orders", "warehouse.main.customers"})
	if len(got) != 1 || got[0].Line != 3 {
		t.Errorf("%v", got)
	}
}

func TestAliasTwice(t *testing.T) {
	e := opened(t)
	if err := e.Attach(t.Context(), "w", setup{}); !fault.Is(err, "engine.alias_taken") {
		t.Errorf("got %v", err)
	}
}

// TestDescribeKinds: types that only a view knows, and the columns' order.
func TestDescribeKinds(t *testing.T) {
	e := opened(t)
	d, err := e.Describe(t.Context(), people("select 'a' as id, 1.50 as d, now() as n, [1] as l, null as z; -- end", "id"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range d.Columns {
		kinds = append(kinds, c.Name+" "+c.Kind.String())
	}
	if want := []string{"id string", "d decimal", "n instant", "l json", "z integer"}; !slices.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}

// TestSeveralFaults: all that is wrong with a model is said at once.
func TestSeveralFaults(t *testing.T) {
	e := opened(t)
	m := people("select 1.5::double as f", "id", "f")
	m.UpdatedAt = "seen"
	_, err := e.Describe(t.Context(), m)
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 3 {
		t.Errorf("got %v", err)
	}
}

func TestScratch(t *testing.T) {
	_, err := Open(t.Context(), Options{Dir: "/dev/null/nowhere"})
	if f := fault.As(err); f.Code != "engine.scratch" || f.Kind != fault.Storage || f.Suggestion == "" {
		t.Errorf("got %v", err)
	}
}
