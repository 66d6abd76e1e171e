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
	// through other tables
	`select o.nr as id, o.price, p.city from feeds.orders o join feeds.people p on p.id = o.person`,
	`select o.nr as id, p.city, m.area, a.word from feeds.orders o left join feeds.products s on s.sku = o.sku left join feeds.makers m on m.id = s.maker left join feeds.areas a on a.id = m.area left join feeds.people p on p.id = o.person`,
	`select p.id, a.word from feeds.people p join agents g on g.firm = p.firm join feeds.areas a on a.id = g.area`,
	`select p.id, b.city as boss, c.city as top from feeds.people p left join feeds.people b on b.id = p.boss left join feeds.people c on c.id = b.boss`,
	`select o.nr as id, t.n from feeds.orders o left join (select s.maker, s.sku, count(*) as n from feeds.products s join feeds.makers m on m.id = s.maker group by all) t on t.sku = o.sku`,
	`select o.nr as id, s.amount from feeds.orders o join feeds.people p on p.id = o.person join feeds.stock s on s.sku = o.sku and s.city = p.city`,
	`select o.nr as id, s.amount from feeds.orders o join feeds.stock s on (s.sku, s.place) = (o.sku, o.person)`,
	`select p.id, x.sku, s.label from feeds.people p join models.latest x on x.person = p.id left join feeds.products s on s.sku = x.sku`,
	`select p.id, s.label from feeds.people p join (select person, arg_max(sku, nr) as sku from feeds.orders group by person) x on x.person = p.id join feeds.products s on s.sku = x.sku`,
	`select p.id, s.label from feeds.people p join (select person, min(sku) as low, max(nr) as high from feeds.orders group by person) x on x.person = p.id join feeds.products s on s.sku = x.low and s.maker = x.high`,
	`select o.nr as id, exists (select 1 from feeds.products s join feeds.makers m on m.id = s.maker where s.sku = o.sku and m.area > 2) as here from feeds.orders o`,
	`select o.nr as id from feeds.orders o where o.sku in (select sku from feeds.products where maker in (select id from feeds.makers where area < 6))`,
	`select o.nr as id, (select count(*) from feeds.products s, feeds.makers m where m.id = s.maker and s.sku = o.sku and m.city = (select max(city) from feeds.people p where p.id = m.area)) as n from feeds.orders o`,
	`with s as (select sku, maker from feeds.products) select o.nr as id, s.maker, z.sku from feeds.orders o join s on s.sku = o.sku left join s z on z.maker = s.maker`,
	`select o.nr as id, u.word from feeds.orders o join (select sku as k, label as word from feeds.products union all select id, city from feeds.makers) u on u.k = o.sku`,
	`select o.nr as id, a.word from feeds.orders o join (select sku as k, maker as x from feeds.products union all select id, area from feeds.makers) u on u.k = o.sku join feeds.areas a on a.id = u.x`,
	`select x.person as id, x.n, m.city from (select person, sku, row_number() over (partition by person order by nr) as n from feeds.orders) x join feeds.makers m on m.id = x.sku where x.n <= 2`,
	`select id, p.city, a.word from feeds.people p full join feeds.makers m using (id) left join feeds.areas a using (id)`,
	`select m.id, p.city from feeds.people p right join feeds.makers m on m.area = p.id`,
	`select p.id, a.word from feeds.makers m left join feeds.people p on p.boss = m.id left join feeds.areas a on a.id = m.area`,
	`select p.id, p.boss from feeds.people p left join feeds.orders o on o.person = p.boss and p.id = p.firm where o.price is null or o.price > 3`,
	`select p.boss as id, p.city, o.price from feeds.people p left join feeds.orders o on o.person = p.id and o.person = p.boss`,
	`select p.id, p.boss, row_number() over (partition by p.id order by o.nr) as n from feeds.people p left join feeds.orders o on o.person = p.id`,
	`select * from feeds.people semi join feeds.orders on person = id`,
	`select * from feeds.people anti join (select person, maker from feeds.orders natural join feeds.products) x on x.person = id and x.maker = firm`,
	`select id, city from feeds.people union by name select city, id from feeds.makers`,
	`select p.id, m.city as c from feeds.people p asof join feeds.makers m on m.area = p.firm and m.id <= p.boss`,
	`select p.id, v.w from feeds.people p join (values (1, 'one'), (2, 'two')) v(n, w) on v.n = p.firm`,
	`select p.id, x.price from feeds.people p, lateral (select price from feeds.orders o where o.person = p.id order by (select s.maker from feeds.products s where s.sku = o.sku limit 1) desc nulls last, nr limit 1) x where p.city is not null`,
	`select * exclude (p.city) from feeds.people p join feeds.orders o on o.person = p.id union all select id, firm, boss, nr, sku, price, price from feeds.people left join feeds.orders on nr = id`,
}

// TestScopedEqualsWhole: a model evaluated for some keys gives the rows that it gives these keys when evaluated whole, and
// a changed row never changes a key it is not said to reach. Random rows and keys; TestRandomModelsAreFollowed does the same
// with random models.
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
	h := &history{t: t, engine: e, tables: tables, random: random}
	if err := h.follow(query); err != nil {
		t.Fatal(fault.As(err).Message)
	}
	for range 15 {
		h.step()
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

// feedShop has feeds that lead to each other, tables beside them and a model over one of them.
func feedShop(t *testing.T) (*Engine, map[string]FeedTable) {
	e := opened(t, "CREATE TABLE names AS SELECT chr(118 + i::INTEGER) AS city, 'City ' || i AS name, i % 3 AS area FROM range(4) r(i)",
		"CREATE TABLE agents AS SELECT i % 5 AS firm, i % 4 AS area, i AS agent FROM range(12) r(i)")
	tables := map[string]FeedTable{}
	for feed, columns := range map[string]string{"people": "id city? firm boss", "orders": "nr person sku price", "products": "sku maker label?",
		"makers": "id city? area", "areas": "id word?", "stock": "place sku city? amount", "codes": "sku id?"} {
		table := FeedTable{Name: feed}
		for _, c := range strings.Fields(columns) {
			column, text := strings.CutSuffix(c, "?")
			table.Columns = append(table.Columns, FeedColumn{Name: column, Type: map[bool]string{true: "VARCHAR", false: "BIGINT"}[text]})
		}
		tables[feed] = table
		if err := e.MakeFeed(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []model.Model{{Name: "cities", SQL: "select id, city from feeds.people where city > 'v'", Key: []string{"id"}},
		{Name: "latest", SQL: "select person, sku, price from feeds.orders qualify row_number() over (partition by person order by price desc, nr) = 1", Key: []string{"person"}}} {
		if err := e.Define(t.Context(), m); err != nil {
			t.Fatal(err)
		}
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
		`select p.id from feeds.people p join feeds.codes s on s.id = p.id`:                                                                    "feeds.codes can reach any record",
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
