// Package proof holds audiences against DuckDB: random definitions over random histories, the incremental evaluation
// against the whole one, and both against a plain reading of the rules in Go.
package proof

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/freshet/freshet/sync/audience"
)

// row is one row of a table: nil, float64, string, bool, time.Time, date or []string by column.
type row map[string]any

// date is a DATE: the midnight of its day in UTC.
type date struct{ time.Time }

// table is a feed as it is now.
type table struct {
	name    string // feeds.name
	columns []audience.Column
	rows    map[int]row // by the first column
	nextID  int
}

// world is all tables at one moment.
type world struct {
	t      *testing.T
	db     *sql.Conn
	rnd    *rand.Rand
	now    time.Time
	zone   *time.Location
	people int
	tables map[string]*table
	order  []string
}

func columns(text string) []audience.Column {
	var all []audience.Column
	for _, c := range strings.Split(text, ", ") {
		name, typ, _ := strings.Cut(c, " ")
		all = append(all, audience.Column{Name: name, Type: typ})
	}
	return all
}

// schemas are the tables; the customers' are renamed by their model.
var schemas = map[string]string{
	"customers": "customer_no BIGINT, mail VARCHAR, country VARCHAR, plan VARCHAR, ltv DECIMAL(10,2), score DOUBLE, born DATE, signup TIMESTAMP WITH TIME ZONE, seen TIMESTAMP, vip BOOLEAN, tags VARCHAR[], ads_ok BOOLEAN",
	"orders":    "order_id BIGINT, customer_id BIGINT, cart_id VARCHAR, amount DECIMAL(10,2), qty INTEGER, country VARCHAR, status VARCHAR, shipped_at TIMESTAMP, ordered_at TIMESTAMP WITH TIME ZONE",
	"items":     "item_id BIGINT, order_id BIGINT, sku VARCHAR, price INTEGER",
	"carts":     "event_id BIGINT, mail VARCHAR, cart_id VARCHAR, amount DECIMAL(10,2), at TIMESTAMP",
	"views":     "event_id BIGINT, customer_id BIGINT, page VARCHAR, cart_id VARCHAR, day DATE",
	"cards":     "card_id BIGINT, customer_id BIGINT, kind VARCHAR, expires DATE",
	"consents":  "row_id BIGINT, customer_id BIGINT, purpose VARCHAR, granted BOOLEAN, at TIMESTAMP WITH TIME ZONE",
}

const modelSQL = "SELECT customer_no AS id, mail, country, plan, ltv, score, born, signup, seen, vip, tags, ads_ok FROM feeds.customers"

func catalogue() *audience.Catalogue {
	entity := columns(strings.Replace(schemas["customers"], "customer_no", "id", 1))
	from := map[string]string{}
	for _, c := range entity {
		from[c.Name] = c.Name
	}
	from["id"] = "customer_no"
	feed := func(name string) audience.Relation {
		return audience.Relation{Table: "feeds." + name, Columns: columns(schemas[name])}
	}
	mine := []audience.Join{{Theirs: "customer_id", Ours: "id"}}
	return &audience.Catalogue{Model: "customers", Key: []string{"id"}, KeyText: `CAST(m."id" AS VARCHAR)`,
		Entity: audience.Relation{Table: "models.customers", Columns: entity, Bases: []audience.Base{{Table: "feeds.customers", Columns: from}}},
		Related: map[string]audience.Related{
			"orders": {Relation: feed("orders"), On: mine, At: "ordered_at"},
			"items":  {Relation: feed("items"), Via: "orders", On: []audience.Join{{Theirs: "order_id", Ours: "order_id"}}},
			"carts":  {Relation: feed("carts"), On: []audience.Join{{Theirs: "mail", Ours: "mail"}}, At: "at"},
			"views":  {Relation: feed("views"), On: mine, At: "day"},
			"cards":  {Relation: feed("cards"), On: mine},
		},
		Consent: audience.Consents{Columns: map[string]string{"ads": "ads_ok"}, Purpose: "purpose", Granted: "granted",
			Table: audience.Related{Relation: feed("consents"), On: mine, At: "at"}}}
}

// newWorld makes the tables, with people in them.
func newWorld(t *testing.T, db *sql.Conn, rnd *rand.Rand, people int) *world {
	w := &world{t: t, db: db, rnd: rnd, people: people, tables: map[string]*table{}, order: []string{"customers", "orders", "items", "carts", "views", "cards", "consents"}}
	starts := []string{"2024-03-08", "2024-03-29", "2024-10-25", "2024-11-01", "2025-02-27", "2024-02-27", "2025-06-10", "2024-12-29"}
	start, _ := time.Parse(time.DateOnly, starts[rnd.IntN(len(starts))])
	w.now = start.Add(time.Duration(rnd.IntN(72*4)) * 15 * time.Minute)
	w.exec("DROP SCHEMA IF EXISTS feeds CASCADE")
	w.exec("CREATE SCHEMA feeds")
	for _, name := range w.order {
		w.tables[name] = &table{name: "feeds." + name, columns: columns(schemas[name]), rows: map[int]row{}, nextID: 1}
		w.exec("CREATE TABLE feeds." + name + " (" + quotedColumns(w.tables[name].columns) + ")")
	}
	w.exec("CREATE SCHEMA IF NOT EXISTS models")
	w.exec("CREATE OR REPLACE VIEW models.customers AS " + modelSQL)
	for _, name := range w.order {
		for range map[string]int{"customers": people, "orders": people * 2, "items": people * 3, "carts": people * 3, "views": people * 2, "cards": people, "consents": people * 2}[name] {
			w.apply(w.insert(name), nil)
		}
		w.load(name)
	}
	return w
}

func quotedColumns(cs []audience.Column) string {
	all := make([]string, len(cs))
	for i, c := range cs {
		all[i] = `"` + c.Name + `" ` + c.Type
	}
	return strings.Join(all, ", ")
}

func (w *world) exec(query string) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query); err != nil {
		w.t.Fatalf("%v\n%s", err, query)
	}
}

// load fills a table with all of its rows.
func (w *world) load(name string) {
	var rows []row
	for _, r := range w.tables[name].rows {
		rows = append(rows, r)
	}
	w.write(w.tables[name].name, w.tables[name].columns, rows)
}

func (w *world) write(into string, cs []audience.Column, rows []row) {
	if len(rows) == 0 {
		return
	}
	var b strings.Builder
	for i, r := range rows {
		b.WriteString([]string{", (", "("}[min(1, max(0, 1-i))])
		for n, c := range cs {
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString(cell(r[c.Name]))
		}
		b.WriteString(")")
	}
	w.exec("INSERT INTO " + into + " VALUES " + b.String())
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case bool:
		return fmt.Sprint(v)
	case time.Time:
		return "'" + v.UTC().Format("2006-01-02 15:04:05.000000") + "'"
	case date:
		return "'" + v.Format(time.DateOnly) + "'"
	case []string:
		all := make([]string, len(v))
		for i, s := range v {
			all[i] = cell(s)
		}
		return "[" + strings.Join(all, ", ") + "]::VARCHAR[]"
	}
	panic(fmt.Sprintf("%T", v))
}

func key(r row) string { return strconv.FormatFloat(r["customer_no"].(float64), 'f', -1, 64) }
