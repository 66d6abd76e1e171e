package proof

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// change is one row before and after; nil where it was not there, or is no longer.
type change struct {
	table         string
	id            int
	before, after row
}

func pick[T any](rnd *rand.Rand, of ...T) T { return of[rnd.IntN(len(of))] }

// maybe gives nothing in a fifth of all cases.
func maybe(rnd *rand.Rand, v any) any {
	if rnd.IntN(5) == 0 {
		return nil
	}
	return v
}

// moment is a time around now: mostly past, at times future, often on a quarter of an hour.
func (w *world) moment() time.Time {
	t := w.now.Add(-time.Duration(w.rnd.IntN(10*96)) * 15 * time.Minute)
	switch w.rnd.IntN(6) {
	case 0:
		t = w.now.Add(time.Duration(w.rnd.IntN(3*96)) * 15 * time.Minute)
	case 1:
		t = w.now.Add(-time.Duration(w.rnd.IntN(8)) * 15 * time.Minute)
	}
	if w.rnd.IntN(8) == 0 {
		t = t.Add(time.Duration(w.rnd.IntN(3)-1) * time.Microsecond)
	}
	return t
}

func (w *world) day() date { return date{w.moment().Truncate(24 * time.Hour)} }

func (w *world) anyCustomer() float64 { return float64(1 + w.rnd.IntN(w.people+2)) }

func (w *world) born() date {
	d := w.now.AddDate(-pick(w.rnd, 0, 1, 4, 20, 21), 0, w.rnd.IntN(7)-3).UTC().Truncate(24 * time.Hour)
	if w.rnd.IntN(4) == 0 {
		d = time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC)
	}
	return date{d}
}

// fresh makes a row of a table.
func (w *world) fresh(table string, id int) row {
	r := w.rnd
	switch table {
	case "customers":
		var tags any = []string{}
		for range r.IntN(3) {
			tags = append(tags.([]string), pick(r, "a", "b", "it's"))
		}
		return row{"customer_no": float64(id), "mail": maybe(r, fmt.Sprintf("m%d", 1+r.IntN(w.people))), "country": maybe(r, pick(r, "US", "DE", "", "it's")),
			"plan": maybe(r, pick(r, "pro", "free", "US")), "ltv": maybe(r, float64(r.IntN(12))/4), "score": maybe(r, float64(r.IntN(9))/4), "born": maybe(r, w.born()),
			"signup": maybe(r, w.moment()), "seen": maybe(r, w.moment()), "vip": maybe(r, r.IntN(2) == 0), "tags": maybe(r, tags), "ads_ok": maybe(r, r.IntN(3) > 0)}
	case "orders":
		return row{"order_id": float64(id), "customer_id": maybe(r, w.anyCustomer()), "cart_id": maybe(r, pick(r, "c1", "c2", "c3", "")), "amount": maybe(r, float64(r.IntN(12))/4),
			"qty": maybe(r, float64(r.IntN(4))), "country": maybe(r, pick(r, "US", "DE")), "status": maybe(r, pick(r, "paid", "open", "")), "shipped_at": maybe(r, w.moment()), "ordered_at": maybe(r, w.moment())}
	case "items":
		return row{"item_id": float64(id), "order_id": maybe(r, float64(1+r.IntN(2*w.people))), "sku": maybe(r, pick(r, "x1", "x2", "y1")), "price": maybe(r, float64(r.IntN(6)))}
	case "carts":
		return row{"event_id": float64(id), "mail": maybe(r, fmt.Sprintf("m%d", 1+r.IntN(w.people))), "cart_id": maybe(r, pick(r, "c1", "c2", "c3")), "amount": maybe(r, float64(r.IntN(12))/4), "at": maybe(r, w.moment())}
	case "views":
		return row{"event_id": float64(id), "customer_id": maybe(r, w.anyCustomer()), "page": maybe(r, pick(r, "home", "shop")), "cart_id": maybe(r, pick(r, "c1", "c2")), "day": maybe(r, w.day())}
	case "cards":
		return row{"card_id": float64(id), "customer_id": maybe(r, w.anyCustomer()), "kind": maybe(r, pick(r, "gold", "blue")), "expires": maybe(r, w.day())}
	}
	return row{"row_id": float64(id), "customer_id": maybe(r, w.anyCustomer()), "purpose": maybe(r, pick(r, "mail", "calls")), "granted": maybe(r, r.IntN(3) > 0), "at": maybe(r, w.moment())}
}

func (w *world) insert(table string) change {
	t := w.tables[table]
	id := t.nextID
	t.nextID++
	return change{table: table, id: id, after: w.fresh(table, id)}
}

// mutate makes a random change: an insert, an update of a column or of all, or a delete.
func (w *world) mutate() change {
	name := pick(w.rnd, "customers", "customers", "orders", "orders", "items", "carts", "carts", "views", "cards", "consents")
	t := w.tables[name]
	id := 1 + w.rnd.IntN(t.nextID-1+2)
	before, there := t.rows[id]
	switch {
	case !there && id >= t.nextID:
		return w.insert(name)
	case !there:
		return change{table: name, id: id, after: w.fresh(name, id)}
	case w.rnd.IntN(3) == 0:
		return change{table: name, id: id, before: before}
	}
	after := w.fresh(name, id)
	if w.rnd.IntN(2) == 0 {
		column := t.columns[w.rnd.IntN(len(t.columns))].Name
		one := row{}
		for k, v := range before {
			one[k] = v
		}
		one[column] = after[column]
		after = one
	}
	return change{table: name, id: id, before: before, after: after}
}

// apply changes the world; into DuckDB, too, where batch is not nil.
func (w *world) apply(c change, batch *[]change) {
	t := w.tables[c.table]
	delete(t.rows, c.id)
	if c.after != nil {
		t.rows[c.id] = c.after
	}
	if batch == nil {
		return
	}
	*batch = append(*batch, c)
	w.exec(fmt.Sprintf(`DELETE FROM %s WHERE "%s" = %d`, t.name, t.columns[0].Name, c.id))
	if c.after != nil {
		w.write(t.name, t.columns, []row{c.after})
	}
}
