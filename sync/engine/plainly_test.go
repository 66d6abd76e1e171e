package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// TestReachedPlainlyAsByQuery: where the keys of changed rows are found without a query, they are those that the query finds.
func TestReachedPlainlyAsByQuery(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	e, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	texts := []string{"1", "0", "-0", "-7", "007", "+5", " 5", "5 ", "5.0", "1e3", "", "-", "12345678901234567", "99999999999999999999", "999999999",
		"4294967296", "a", "A", `q"uote`, `back\slash`, "line\nbreak", "é", "\u2028", `":null,"id":"3`, "null", "\x00", "\x7f", ",", "}", "\u0080"}
	plainly := 0
	for i := range 400 {
		typ := []string{"BIGINT", "INTEGER", "VARCHAR"}[random.IntN(3)]
		name := []string{"id", "Id", `a"b`}[random.IntN(3)]
		table := FeedTable{Name: fmt.Sprint("t", i), Columns: []FeedColumn{{Name: "other", Type: "VARCHAR"}, {Name: name, Type: typ}}}
		key := []string{typ, typ, "BIGINT", "VARCHAR"}[random.IntN(4)] // of which a feed's column can be another type
		s := &Scope{key: []mapping.Column{{Name: "id", Type: key}}, Feeds: []Reached{{Feed: table.Name, By: []string{name}}}}
		var images []Image
		for range 1 + random.IntN(6) {
			fields := model.Fields{{Name: "other", Value: model.Text(texts[random.IntN(len(texts))])}}
			switch random.IntN(8) {
			case 0:
			case 1:
				fields = append(fields, model.Field{Name: name})
			default:
				fields = append(fields, model.Field{Name: name, Value: model.Text(texts[random.IntN(len(texts))])})
			}
			images = append(images, Image{Row: AppendFeedRow(nil, fields), At: time.UnixMicro(int64(random.IntN(5)))})
		}
		found, ok := s.plainly(table, images)
		if !ok {
			continue
		}
		plainly++
		asked, err := e.asked(t.Context(), s, table, images, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if show(found) != show(asked) {
			t.Fatalf("%s %s of %s:\n plainly %s\nby query %s", name, typ, images, show(found), show(asked))
		}
	}
	if plainly < 40 {
		t.Errorf("only %d were found without a query", plainly)
	}
}

func show(keys []ReachedKey) string {
	var all []string
	for _, k := range keys {
		all = append(all, fmt.Sprintf("%q@%d", k.Key, k.At.UnixMicro()))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
