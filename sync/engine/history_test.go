package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// history is what happens to feeds while a model is followed.
type history struct {
	t       *testing.T
	engine  *Engine
	tables  map[string]FeedTable
	random  *rand.Rand
	broken  broken
	scope   *Scope
	now     map[string][]byte // the feeds' rows
	whole   map[string]string // the model's rows by key, as of now
	missed  []string          // keys that changed and were not said to be reached
	differs []string          // keys that give something else alone
}

// broken are ways to follow a feed that must be found out.
type broken struct{ noBefore, noMiddle, firstWay bool }

func (h *history) follow(query string) (err error) {
	m := model.Model{Name: "m", SQL: query, Key: []string{"id"}}
	if h.scope, err = h.engine.ScopeOf(h.t.Context(), m); err != nil {
		return err
	}
	h.scope.Feeds = h.broken.of(h.scope.Feeds)
	h.now, h.whole = map[string][]byte{}, evaluated(h.t, h.engine, query)
	return nil
}

// of takes away what a broken way to follow feeds does not see.
func (b broken) of(ways []Reached) (left []Reached) {
	seen, middle := map[string]bool{}, map[string]bool{}
	for _, w := range ways {
		for _, hop := range w.Way {
			middle[hop.To.Name] = middle[hop.To.Name] || !hop.To.Whole()
		}
	}
	for _, w := range ways {
		if b.firstWay && seen[w.Feed] || b.noMiddle && middle[w.Feed] {
			continue
		}
		seen[w.Feed] = true
		left = append(left, w)
	}
	return left
}

// step changes rows of several feeds. Every change is asked about when all of them can be seen already, in any order: what is
// reached may depend on neither.
func (h *history) step() {
	t, ctx := h.t, h.t.Context()
	images := map[string][]Image{}
	for range 1 + h.random.IntN(3) {
		feed := oneOf(h.random, "people", "orders", "products", "makers", "areas", "stock")
		for _, r := range h.rows(feed) {
			place := feed + " " + string(r.Key)
			for i, row := range [][]byte{h.now[place], r.Row} {
				if row != nil && (i > 0 || !h.broken.noBefore) {
					images[feed] = append(images[feed], Image{Row: row, At: time.Unix(1000, 0)})
				}
			}
			h.now[place] = r.Row
			if err := h.engine.PutFeed(ctx, h.tables[feed], []FeedRow{r}); err != nil {
				t.Fatal(err)
			}
		}
	}
	reached := map[string]bool{}
	for feed, list := range images {
		keys, err := h.engine.Reaches(ctx, h.scope, h.tables[feed], list, 10_000)
		if err != nil {
			t.Fatal(h.scope.Model.SQL, err)
		}
		for _, k := range keys {
			reached[string(k.Key)] = true
		}
	}
	before := h.whole
	h.whole = evaluated(t, h.engine, h.scope.Model.SQL)
	for key := range union(before, h.whole) {
		if before[key] != h.whole[key] && !reached[key] && key != "" {
			h.missed = append(h.missed, fmt.Sprintf("key %s changed from %q to %q and is not reached", key, before[key], h.whole[key]))
		}
	}
	h.compare()
	if h.broken == (broken{}) && len(h.missed)+len(h.differs) > 0 {
		t.Fatalf("%s\n%s\n%s", h.scope.Model.SQL, strings.Join(append(h.missed, h.differs...), "\n"), h.scope.sql)
	}
}

// compare evaluates some keys alone.
func (h *history) compare() {
	conn, err := h.engine.db.Conn(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close()
	chosen := map[string]bool{}
	var keys []model.Key
	for range 3 {
		if k := fmt.Sprint(h.random.IntN(rowsOfAFeed)); !chosen[k] {
			chosen[k] = true
			keys = append(keys, model.Key(k))
		}
	}
	query := "SELECT * FROM (" + h.scope.sql + ") WHERE " + inKeys(h.scope.key)
	text, ok := spelled(h.scope.key, keys, query)
	if h.random.IntN(3) == 0 { // as where there are many
		ok, text = true, tabled(h.scope.key, query)
		err = errors.Join(makeKeys(h.t.Context(), conn, h.scope.key), putKeys(h.t.Context(), conn, h.scope.key, keys))
	}
	if err != nil || !ok {
		h.t.Fatal(ok, err)
	}
	got := rowsOn(h.t, conn, text)
	for k := range union(got, h.whole) {
		if chosen[k] && got[k] != h.whole[k] {
			h.differs = append(h.differs, fmt.Sprintf("key %s gives %q alone and %q whole", k, got[k], h.whole[k]))
		}
	}
}

// rowsOfAFeed is how many keys there are: few, so that rows meet.
const rowsOfAFeed = 9

// rows are some of a feed, new ones and gone ones.
func (h *history) rows(feed string) (rows []FeedRow) {
	seen := map[int]bool{}
	for range 1 + h.random.IntN(3) {
		key := h.random.IntN(rowsOfAFeed)
		if seen[key] {
			continue
		}
		seen[key] = true
		r := FeedRow{Key: model.Key(fmt.Sprint(key))}
		if h.random.IntN(5) > 0 {
			r.Row = h.row(feed, key)
		}
		rows = append(rows, r)
	}
	return rows
}

func (h *history) row(feed string, key int) []byte {
	fields := model.Fields{}
	for i, c := range h.tables[feed].Columns {
		value := model.Text(fmt.Sprint(h.random.IntN(rowsOfAFeed)))
		switch {
		case i == 0:
			value = model.Text(fmt.Sprint(key))
		case h.random.IntN(9) == 0:
			value = model.Value{}
		case c.Type == "VARCHAR":
			value = model.Text(string('v' + rune(h.random.IntN(4))))
		}
		fields = append(fields, model.Field{Name: c.Name, Value: value})
	}
	return AppendFeedRow(nil, fields)
}

func oneOf(random *rand.Rand, choices ...string) string { return choices[random.IntN(len(choices))] }
