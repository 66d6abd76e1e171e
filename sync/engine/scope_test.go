package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/reach"
)

// scoped are models that can be followed key by key; each is compared with itself evaluated whole.
var scoped = []string{
	`select id, city from feeds.people`,
	`select * from feeds.people where city <> 'x'`,
	`select p.id, lower(p.city) as city, o.n from feeds.people p left join (select person, count(*) as n, max(price) as top from feeds.orders group by person) o on o.person = p.id`,
	`with o as (select person, sum(price) as spent from feeds.orders where price > 2 group by 1) select p.*, o.spent from feeds.people p join o on p.id = o.person`,
	`select p.id, p.city from feeds.people p where not exists (select 1 from feeds.orders o where o.person = p.id and o.price > 5)`,
	`select p.id, (select max(o.price) from feeds.orders o where o.person = p.id) as top from feeds.people p`,
	`select id from feeds.people where id in (select person from feeds.orders where price > 3)`,
	`select person as id, count(*) as n, any_value(city) as city from feeds.orders join feeds.people on person = id group by person`,
	`select person as id, min(price) as low from feeds.orders group by all`,
	`select id, city from feeds.people union all select person, 'o' from feeds.orders where price = 8 union all select id, 'two' from feeds.people where city = 'x'`,
	`select id, city from (select id, city from feeds.people except select person, 'x' from feeds.orders)`,
	`select id, n from (select person as id, price, row_number() over (partition by person order by price, nr) as n from feeds.orders) where n = 1`,
	`select p.id, w.name from feeds.people p join names w on w.city = p.city`,
	`select distinct p.id, o.price from feeds.people p full join feeds.orders o on o.person = p.id where p.id is not null and o.price is not null`,
	`select p.id, x.price from feeds.people p, lateral (select price from feeds.orders o where o.person = p.id order by price desc, nr limit 1) x`,
	`select a.id, b.city from feeds.people a join feeds.people b using (id)`,
	`select id, count(*) as n from (select id from feeds.people union all select person from feeds.orders) group by id having count(*) > 1`,
	`select p.id from feeds.people p where p.id not in (select person from feeds.orders where person = p.id)`,
	`select m.id, m.city from models.cities m left join feeds.orders o on o.person = m.id where o.nr is null`,
}

// TestScopedEqualsWhole: a model evaluated for some keys gives the rows that it gives these keys when evaluated whole, and
// a changed row never changes a key it is not said to reach. Random rows and keys.
func TestScopedEqualsWhole(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for i, query := range scoped {
		t.Run(fmt.Sprint(i), func(t *testing.T) { scopedEqualsWhole(t, random, query) })
	}
}

func scopedEqualsWhole(t *testing.T, random *rand.Rand, query string) {
	e, tables := feedShop(t)
	m := model.Model{Name: "m", SQL: query, Key: []string{"id"}}
	s, err := e.ScopeOf(t.Context(), m)
	if err != nil {
		t.Fatal(fault.As(err).Message)
	}
	before := evaluated(t, e, query)
	for range 15 {
		reached := map[string]bool{}
		name, column := "people", "id"
		if random.IntN(2) == 0 {
			name, column = "orders", "person"
		}
		changed := randomRows(random, name)
		for _, r := range changed {
			noteReached(t, e, s, name, column, r, reached)
		}
		if err := e.PutFeed(t.Context(), tables[name], changed); err != nil {
			t.Fatal(err)
		}
		for _, r := range changed {
			noteReached(t, e, s, name, column, r, reached)
		}
		after := evaluated(t, e, query)
		for key := range union(before, after) {
			if before[key] != after[key] && !reached[key] {
				t.Fatalf("%s: key %s changed from %q to %q and is not reached", query, key, before[key], after[key])
			}
		}
		compareScoped(t, e, s, after, random)
		before = after
	}
}

// noteReached adds the keys that a row's present image, and its new one, lead to.
func noteReached(t *testing.T, e *Engine, s *Scope, table, column string, r FeedRow, into map[string]bool) {
	for _, f := range s.Feeds {
		if f.Feed != table {
			continue
		}
		for _, image := range []string{present(t, e, table, r.Key), string(r.Row)} {
			if v := textAfter(image, f.By[0]); v != "" {
				into[v] = true
			}
		}
	}
}

func present(t *testing.T, e *Engine, table string, key model.Key) (row string) {
	conn, _ := e.db.Conn(t.Context())
	defer conn.Close()
	err := read(t.Context(), conn, "SELECT to_json(s)::VARCHAR FROM freshet_feeds."+table+" s WHERE freshet_key = "+literal(string(key)),
		func(v []driver.Value) error { row = v[0].(string); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func textAfter(row, column string) string {
	_, rest, ok := strings.Cut(row, `"`+column+`":"`)
	if !ok {
		_, rest, ok = strings.Cut(row, `"`+column+`":`)
	}
	if !ok {
		return ""
	}
	return strings.TrimRight(rest[:strings.IndexAny(rest+`"`, `",}`)], `"`)
}

func compareScoped(t *testing.T, e *Engine, s *Scope, whole map[string]string, random *rand.Rand) {
	conn, err := e.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	chosen := map[string]bool{}
	var keys []string
	for range 6 {
		k := fmt.Sprint(random.IntN(25))
		chosen[k] = true
		keys = append(keys, "("+literal(k)+", "+k+")")
	}
	if err := run(t.Context(), conn, "CREATE OR REPLACE TEMP TABLE freshet_keys (k VARCHAR, k0 BIGINT)", "INSERT INTO freshet_keys VALUES "+strings.Join(keys, ", ")); err != nil {
		t.Fatal(err)
	}
	got := rowsOn(t, conn, "SELECT * FROM ("+s.sql+") WHERE id IN (SELECT k0 FROM freshet_keys)")
	for k := range union(got, whole) {
		if chosen[k] && got[k] != whole[k] {
			t.Fatalf("%s: key %s gives %q alone and %q whole\n%s", s.Model.SQL, k, got[k], whole[k], s.sql)
		}
	}
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}

func randomRows(random *rand.Rand, table string) []FeedRow {
	var rows []FeedRow
	seen := map[model.Key]bool{}
	for range 1 + random.IntN(4) {
		key := model.Key(fmt.Sprint(random.IntN(25)))
		if seen[key] {
			continue
		}
		seen[key] = true
		r := FeedRow{Key: key}
		switch {
		case random.IntN(4) == 0:
		case table == "people":
			r.Row = fmt.Appendf(nil, `{"id":"%s","city":"%c"}`, key, 'v'+rune(random.IntN(4)))
		default:
			r.Row = fmt.Appendf(nil, `{"nr":"%s","person":"%d","price":"%d"}`, key, random.IntN(25), random.IntN(9))
		}
		rows = append(rows, r)
	}
	return rows
}

// feedShop has two feeds, a table beside them and a model over one of them.
func feedShop(t *testing.T) (*Engine, map[string]FeedTable) {
	e := opened(t, "CREATE TABLE names AS SELECT chr(118 + i::INTEGER) AS city, 'City ' || i AS name FROM range(4) r(i)")
	tables := map[string]FeedTable{
		"people":   {Name: "people", Columns: []FeedColumn{{Name: "id", Type: "BIGINT"}, {Name: "city", Type: "VARCHAR"}}},
		"orders":   {Name: "orders", Columns: []FeedColumn{{Name: "nr", Type: "BIGINT"}, {Name: "person", Type: "BIGINT"}, {Name: "price", Type: "BIGINT"}}},
		"products": {Name: "products", Columns: []FeedColumn{{Name: "sku", Type: "BIGINT"}, {Name: "id", Type: "VARCHAR"}}},
	}
	for _, table := range tables {
		if err := e.MakeFeed(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Define(t.Context(), model.Model{Name: "cities", SQL: "select id, city from feeds.people where city > 'v'", Key: []string{"id"}}); err != nil {
		t.Fatal(err)
	}
	return e, tables
}

func evaluated(t *testing.T, e *Engine, query string) map[string]string {
	conn, err := e.db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return rowsOn(t, conn, query)
}

// TestNotLive: what cannot be followed is refused with the reason.
func TestNotLive(t *testing.T) {
	e, _ := feedShop(t)
	for query, why := range map[string]string{
		`select id, count(*) over () as n from feeds.people`:                                                                                   "calculated",
		`select id, city from feeds.people order by city limit 10`:                                                                             "calculated",
		`select max(id) as id from feeds.people group by city`:                                                                                 "calculated",
		`select p.id, count(o.nr) n from feeds.people p cross join feeds.orders o group by p.id`:                                               "feeds.orders can reach any record",
		`select p.id from feeds.people p join feeds.orders o on o.nr > p.id`:                                                                   "feeds.orders can reach any record",
		`select id from feeds.people where id not in (select person from feeds.orders)`:                                                        "feeds.orders can reach any record",
		`select id, now() as at from feeds.people`:                                                                                             "now()",
		`select id, current_date as d from feeds.people`:                                                                                       "current_date",
		`select id + 1 as id from feeds.people`:                                                                                                "calculated",
		`select p.id from feeds.people p join feeds.products s on s.id = p.id`:                                                                 "feeds.products can reach any record",
		`select id from feeds.people using sample 3`:                                                                                           "sample",
		`select id, random() as r from feeds.people`:                                                                                           "random()",
		`select id from (select * from feeds.people limit 3)`:                                                                                  "calculated",
		`with recursive t as (select id from feeds.people union all select id + 1 from t where id < 3) select distinct id from t`:              "cannot be followed",
		`with o as (select person from feeds.orders) select p.id, (select count(*) from o) as n from feeds.people p join o on o.person = p.id`: "feeds.orders can reach any record",
	} {
		_, err := e.ScopeOf(t.Context(), model.Model{Name: "m", SQL: query, Key: []string{"id"}})
		if !fault.Is(err, "model.not_live") || !strings.Contains(fault.As(err).Message, why) {
			t.Errorf("%s: %v, want model.not_live because of %q", query, err, why)
		}
	}
}

// TestKnownAggregates: every function of DuckDB that makes one value of many rows is known as one.
func TestKnownAggregates(t *testing.T) {
	e := opened(t)
	for name := range evaluated(t, e, "select distinct function_name from duckdb_functions() where function_type = 'aggregate' and function_name ~ '^[a-z]'") {
		if !reach.Aggregate(name) {
			t.Errorf("%s is an aggregate that is not known as one", name)
		}
	}
}

func rowsOn(t *testing.T, conn *sql.Conn, query string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := read(t.Context(), conn, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+query+") ORDER BY ALL", func(row []driver.Value) error {
		key, _ := row[0].(string)
		out[key] += fmt.Sprint(row[1:])
		return nil
	})
	if err != nil {
		t.Fatal(err, query)
	}
	return out
}
