package kafka

import (
	"testing"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// TestMisfit: what a look says about a position, each by itself, whatever the library would notice too.
func TestMisfit(t *testing.T) {
	sound := sight{led: true, leader: 5, start: 10, stable: 90, end: 100, upTo: 100, asked: true}
	for name, c := range map[string]struct {
		change   func(*sight)
		promised bool
		want     connect.NoteKind
		found    int64
	}{
		"sound":                          {func(*sight) {}, true, connect.Assigned, 0},
		"the log begins later":           {func(s *sight) { s.start = 51 }, true, connect.Gap, 51},
		"where nobody was promised more": {func(s *sight) { s.start = 51 }, false, connect.Assigned, 0},
		"our epoch ends earlier":         {func(s *sight) { s.upTo = 49 }, true, connect.Truncated, 49},
		"our epoch ends just there":      {func(s *sight) { s.upTo = 50 }, true, connect.Assigned, 0},
		"nobody knows our epoch":         {func(s *sight) { s.upTo, s.leader = -1, 2 }, true, connect.Truncated, 100},
		"nobody answered":                {func(s *sight) { s.asked, s.start = false, -1 }, true, connect.Assigned, 0},
	} {
		s := sound
		c.change(&s)
		if kind, found := s.misfit(&part{next: 50, epoch: 3}, c.promised); kind != c.want || kind.Stops() && found.Next != c.found {
			t.Errorf("%s: %s at %d, want %s at %d", name, kind, found.Next, c.want, c.found)
		}
	}
}

// TestCommitsNeverGoBack: a reader that was told to begin earlier does not move the group's commit back.
func TestCommitsNeverGoBack(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	write(t, c, "carts", 0, 0, 20)
	src := openSource(t, settings(c))
	first := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(first, func() bool { return len(got.events) == 20 })
	must(t, first.Commit(t.Context(), got.positions()))
	must(t, first.Close())
	second := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}, Known: []model.Position{{Topic: "carts", Next: 5, Epoch: -1}}})
	again := newSeen(t)
	again.until(second, func() bool { return len(again.events) == 15 })
	must(t, second.Commit(t.Context(), []model.Position{{Topic: "carts", Next: 9, Epoch: -1}}))
	if offset, _, _ := c.Committed("freshet-carts", "carts", 0); offset != 20 {
		t.Errorf("the commit was moved back to %d", offset)
	}
}
