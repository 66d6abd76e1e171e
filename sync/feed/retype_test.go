package feed_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// typed are events "key value"; a value with a point is a decimal.
type typed struct {
	topic
	all []model.Event
}

func (p *typed) Read(e *model.Event) (window.Reading, error) {
	key, value, _ := strings.Cut(string(e.Value), " ")
	typ := "BIGINT"
	if strings.Contains(value, ".") {
		typ = "DECIMAL(20,1)"
	}
	return window.Reading{Changes: []window.Change{{Op: window.Write, Key: model.Key(key), At: e.At,
		Row: model.Fields{{Name: "v", Value: model.Text(value)}}, Columns: []window.Column{{Name: "v", Type: typ}}}}}, nil
}

// TestARetypedColumnKeepsItsRow: the engine shows the very row that made a column's type a wider one, beside those before it.
func TestARetypedColumnKeepsItsRow(t *testing.T) {
	l, e := stores(t)
	p := &typed{topic: topic{parts: [][]model.Event{nil}, random: rand.New(rand.NewPCG(1, 1))}}
	for i, text := range []string{"a 1", "b 2", "c 2.5", "b 3"} {
		p.all = append(p.all, model.Event{Topic: "t", Offset: int64(i), Value: []byte(text)})
	}
	f, err := feed.Open(t.Context(), model.Feed{Name: "f", Key: []string{"key"}}, feed.Parts{Ledger: l, Engine: e, Source: p, Decoder: p})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Start(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	for n, want := range []int64{1, 2, 3, 3} {
		for p.at[0] < int64(n+1) {
			p.upTo(n + 1)
			if _, err := f.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := e.Count(t.Context(), model.Model{Name: "f", SQL: "select v from feeds.f where v is not null", Key: []string{"v"}})
		if err != nil || rows != want {
			t.Fatalf("after %d events the engine shows %d rows, want %d (%v)", n+1, rows, want, err)
		}
	}
}

// upTo lets the topic give no more than its first n events.
func (p *typed) upTo(n int) { p.parts[0] = p.all[:n] }
