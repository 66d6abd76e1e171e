package engine

import (
	"testing"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// TestAFeedThatWasNeverReadIsNamed: a model over a feed of which no event has been read says so, and not that a column is missing;
// with its columns declared it is understood.
func TestAFeedThatWasNeverReadIsNamed(t *testing.T) {
	e, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m := model.Model{Name: "carts", SQL: "select cart_id, total from feeds.Carts", Key: []string{"cart_id"}}
	for _, query := range []string{m.SQL, "select * from feeds.Carts"} {
		if err := e.MakeFeed(t.Context(), FeedTable{Name: "Carts"}); err != nil {
			t.Fatal(err)
		}
		m.SQL = query
		if _, err := e.Describe(t.Context(), m); !fault.Is(err, "feed.unread") || fault.As(err).Suggestion == "" {
			t.Errorf("%s: %v", query, err)
		}
		if err := e.MakeFeed(t.Context(), FeedTable{Name: "Carts", Columns: []FeedColumn{{Name: "cart_id", Type: "BIGINT"}, {Name: "total", Type: "BIGINT"}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Describe(t.Context(), m); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}
