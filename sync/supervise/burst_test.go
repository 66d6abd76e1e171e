package supervise_test

import (
	"context"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/engine"
)

// TestABurstIsTakenInAsItIsSent: while the destination takes what it is sent, what has changed stays in the ledger until fewer keys
// wait. So a burst neither fills the memory nor is a reason to look at every row. Guarantee G7.
func TestABurstIsTakenInAsItIsSent(t *testing.T) {
	const people, mostWaiting = 120_000, 48_000
	b := newBench(t, "select id, city, id as n, id as spent from feeds.people", webhookfake.Options{Lean: true}, true)
	var rows []engine.FeedRow
	for i := range people {
		if rows = append(rows, person(i, "a")); len(rows) == 10_000 {
			b.put("people", rows...)
			rows = rows[:0]
		}
	}
	ctx := context.Background()
	state, err := b.ledger.EnsureSync(ctx, "people")
	if err != nil {
		t.Fatal(err)
	}
	b.turned = nil
	waiting := 0
	for n, more := 0, true; more || !b.live.Idle(); n++ {
		if !more {
			b.live.Wait(ctx, nil, time.After(time.Second))
		}
		b.must(func() (err error) { more, err = b.live.Turn(ctx); return })
		if n%4 == 0 {
			marks, err := b.ledger.Marks(ctx, state.Ref, 0)
			if err != nil {
				t.Fatal(err)
			}
			waiting = max(waiting, len(marks))
		}
	}
	var delivered int64
	for _, turned := range b.turned {
		if turned.Keys == 0 {
			t.Errorf("every row was looked at: %d delivered", turned.Report.Delivered)
		}
		delivered += turned.Report.Delivered
	}
	if delivered != people || waiting > mostWaiting {
		t.Errorf("%d of %d were delivered; %d keys waited at a time, want %d at most", delivered, people, waiting, mostWaiting)
	}
	t.Logf("at most %d keys waited", waiting)
}
