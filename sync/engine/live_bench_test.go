package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// BenchmarkLive is what the engine does for a few changed rows of a feed that has 100,000: put them, find the keys they
// reach, evaluate these.
func BenchmarkLive(b *testing.B) {
	for _, n := range []int{50, 250, 2000} {
		e := benchFeed(b, 100_000)
		table := benchTable
		m := model.Model{Name: "people", SQL: "select id, t, c0, c1, c2, c3 from feeds.people", Key: []string{"id"}}
		s, err := e.ScopeOf(b.Context(), m)
		if err != nil {
			b.Fatal(err)
		}
		rows, images, keys := make([]FeedRow, n), make([]Image, n), make([]model.Key, n)
		at := 0
		next := func() {
			for i := range n {
				at++
				rows[i] = benchRow((at * 7) % 100_000)
				images[i] = Image{Row: rows[i].Row, At: time.Now()}
				keys[i] = rows[i].Key
			}
		}
		b.Run(fmt.Sprint("put/", n), func(b *testing.B) {
			for b.Loop() {
				next()
				if err := e.PutFeed(b.Context(), table, rows); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("reaches/", n), func(b *testing.B) {
			for b.Loop() {
				next()
				if found, err := e.Reaches(b.Context(), s, table, images, 10_000); err != nil || len(found) != n {
					b.Fatal(len(found), err)
				}
			}
		})
		b.Run(fmt.Sprint("walk/", n), func(b *testing.B) {
			for b.Loop() {
				next()
				w, err := e.WalkKeys(b.Context(), s, s.columns, MatchCheck{}, keys, time.Now())
				if err != nil || w.Rows() != int64(n) {
					b.Fatal(err)
				}
				w.Close()
			}
		})
	}
}

var benchTable = FeedTable{Name: "people", Columns: []FeedColumn{{Name: "id", Type: "BIGINT"}, {Name: "t", Type: "BIGINT"},
	{Name: "c0", Type: "VARCHAR"}, {Name: "c1", Type: "VARCHAR"}, {Name: "c2", Type: "VARCHAR"}, {Name: "c3", Type: "VARCHAR"}}}

func benchRow(id int) FeedRow {
	return FeedRow{Key: model.Key(fmt.Sprint(id)), Row: fmt.Appendf(nil,
		`{"id":"%d","t":"%d","c0":"value %d of a text that a row may have","c1":"%d","c2":"another text, with some words in it","c3":"value %d"}`,
		id, time.Now().UnixMicro(), id, id*7, id%1000)}
}

func benchFeed(b *testing.B, n int) *Engine {
	e, err := Open(b.Context(), Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	if err := e.MakeFeed(b.Context(), benchTable); err != nil {
		b.Fatal(err)
	}
	var rows []FeedRow
	for i := range n {
		rows = append(rows, benchRow(i))
	}
	if err := e.PutFeed(b.Context(), benchTable, rows); err != nil {
		b.Fatal(err)
	}
	return e
}
