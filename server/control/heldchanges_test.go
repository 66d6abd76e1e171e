package control_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/ledger"
)

// TestAHeldSyncKeepsNoChanges: what a feed changes while a sync is held is taken in by it, so that the ledger does not keep the
// changes for as long as the sync is held; and it is delivered once the sync goes on.
func TestAHeldSyncKeepsNoChanges(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "max_leaves: 100%", "max_leaves: 10%", 1)
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	stop := s.serve()
	s.want(map[int]int{1: 10, 2: 20, 3: 30})
	s.write(map[int]int{1: -1, 2: -1})
	for e := range s.events {
		if e.Sync == "carts" && e.Stage == "held" {
			break
		}
	}
	s.write(map[int]int{3: 35, 4: 40})
	s.takenIn(stop)
	r, err := ledger.OpenReader(context.Background(), filepath.Join(s.dir, ".freshet"))
	if err != nil {
		t.Fatal(err)
	}
	changes, err := r.FeedChanges(context.Background(), 0, 100)
	_ = r.Close()
	if err != nil || len(changes) != 0 {
		t.Fatalf("%d changes are kept for a sync that is held (%v)", len(changes), err)
	}
	s.yaml = strings.Replace(s.yaml, "max_leaves: 10%", "max_leaves: 100%", 1)
	stop = s.serve()
	s.want(map[int]int{3: 35, 4: 40})
	stop()
}

// takenIn waits until the feed has the rows and the sync has the changes, or for a few seconds, and stops serving, which puts
// away the changes that nobody needs.
func (s *stream) takenIn(stop func()) {
	s.t.Helper()
	defer stop()
	ctx := context.Background()
	r, err := ledger.OpenReader(ctx, filepath.Join(s.dir, ".freshet"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	for range 200 {
		time.Sleep(25 * time.Millisecond)
		last, err := r.LastChange(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		syncs, err := r.LiveSyncs(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		if live, _, err := r.Live(ctx, syncs["carts"]); err == nil && last >= 7 && live.Seq == last {
			return
		}
	}
}
