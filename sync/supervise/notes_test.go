package supervise_test

import (
	"testing"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/ledger"
)

// TestCollectSendsNothing: what changes while a sync is held is taken in, so that no change is kept for it, and is sent, once,
// by the next that has the sync, after a crash too.
func TestCollectSendsNothing(t *testing.T) {
	b := newBench(t, liveSQL, webhookfake.Options{}, true)
	b.put("people", person(1, "a"))
	b.turn()
	calls := b.receiver.Counts().Calls
	b.put("people", person(1, "b"), person(2, "c"))
	b.collect()
	if b.receiver.Counts().Calls != calls {
		t.Fatal("something was sent")
	}
	if kept := b.kept(); len(kept) != 0 {
		t.Fatalf("%d changes are kept", len(kept))
	}
	b.reopen()
	b.turn()
	b.check("after it was opened again")
}

// TestALookThatIsOwedKeepsNoChanges: a sync that owes every row a look, since more keys changed than are marked one by one, passes
// changes by; and the look is owed after a crash, too.
func TestALookThatIsOwedKeepsNoChanges(t *testing.T) {
	b := newBench(t, liveSQL, webhookfake.Options{Lean: true}, true)
	var rows []engine.FeedRow
	for i := range 100_001 {
		rows = append(rows, person(i, "a"))
	}
	b.put("people", rows...)
	for range 20 {
		b.collect()
	}
	if kept := b.kept(); len(kept) != 0 {
		t.Fatalf("%d changes are kept", len(kept))
	}
	b.reopen()
	b.turn()
	if sent := b.receiver.Counts().Rows; sent != 100_001 {
		t.Errorf("%d records were sent", sent)
	}
}

// collect collects twice: what the first has found is on the disk with the second.
func (b *bench) collect() {
	b.t.Helper()
	for range 2 {
		b.must(func() error { _, err := b.live.Collect(b.t.Context()); return err })
	}
}

// kept are the changes that are left once those were pruned that nobody needs.
func (b *bench) kept() (list []ledger.FeedChange) {
	b.t.Helper()
	b.must(func() error { return b.ledger.PruneChanges(b.t.Context()) })
	b.must(func() (err error) { list, err = b.ledger.FeedChanges(b.t.Context(), 0, 100); return })
	return list
}

// reopen opens the sync as it is after a crash: what it had in memory is gone.
func (b *bench) reopen() {
	b.t.Helper()
	b.live = b.newLive(b.t.TempDir(), liveSQL)
	b.must(func() error { return b.live.Open(b.t.Context(), "v1") })
}
