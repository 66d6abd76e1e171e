package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// oddTexts are texts that some type or other may read in its own way.
var oddTexts = []string{"", "0", "-0", "7", "-7", "007", "+7", " 7", "5.0", "1e3", "0x10", "2147483647", "2147483648", "-2147483648", "999999999999999999",
	"9223372036854775807", "9223372036854775808", "true", "false", "True", "t", "yes", "null", "NULL", "it's", `a "quoted" one`, `back\slash`, "\x00", "a\x00b",
	"\x01\x1e\x1f", "line\nfeed", "😀 שלום", "\u2028", "1.50", "2024-02-29", "{}"}

// TestPlainRowsAreAsByQuery: what is handed to DuckDB without a query is what the query would have made of it.
func TestPlainRowsAreAsByQuery(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	types := []string{"VARCHAR", "BIGINT", "INTEGER", "BOOLEAN"}
	plainly := 0
	for range 60 {
		e := opened(t)
		var one, two FeedTable
		for i := range 1 + random.IntN(4) {
			one.Columns = append(one.Columns, FeedColumn{Name: fmt.Sprintf("c %d", i), Type: types[random.IntN(len(types))]})
		}
		one.Name, two.Name, two.Columns = "one", "two", one.Columns
		for _, table := range []FeedTable{one, two} {
			if err := e.MakeFeed(t.Context(), table); err != nil {
				t.Fatal(err)
			}
		}
		for range 6 {
			rows := oddRows(random, one)
			if _, ok := one.plain(rows); ok {
				plainly++
			}
			if err := e.PutFeed(t.Context(), one, rows); err != nil {
				t.Fatal(err)
			}
			if err := e.putStaged(t.Context(), two, rows); err != nil {
				t.Fatal(err)
			}
		}
		got, want := evaluated(t, e, "SELECT * FROM "+one.store()), evaluated(t, e, "SELECT * FROM "+two.store())
		if !maps.Equal(got, want) {
			t.Fatalf("%v\nwithout a query %v\nby a query      %v", one.Columns, got, want)
		}
	}
	if plainly < 50 {
		t.Errorf("only %d times were rows handed over without a query", plainly)
	}
}

func oddRows(random *rand.Rand, table FeedTable) (rows []FeedRow) {
	keys := map[string]bool{}
	for range 1 + random.IntN(3) {
		row := FeedRow{Key: model.Key(oddTexts[random.IntN(len(oddTexts))])}
		if keys[string(row.Key)] {
			continue
		}
		keys[string(row.Key)] = true
		if random.IntN(4) > 0 {
			var fields model.Fields
			for _, c := range table.Columns {
				text := model.Text(oddTexts[random.IntN(len(oddTexts))])
				if c.Type != "VARCHAR" && random.IntN(3) > 0 {
					text = model.Text(oddTexts[1+random.IntN(4)])
				}
				switch random.IntN(6) {
				case 0:
					fields = append(fields, model.Field{Name: c.Name})
				case 1:
				default:
					fields = append(fields, model.Field{Name: c.Name, Value: text})
				}
			}
			row.Row = AppendFeedRow(nil, fields)
		}
		rows = append(rows, row)
	}
	return rows
}
