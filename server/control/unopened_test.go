package control_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/plan"
)

// TestASyncThatIsHeldWhenItOpens: a live sync whose first look at every row is held does not look again with every piece of news, and
// of many changes none are kept for it. Once the plan is approved it goes on by itself, with all that has changed. Guarantee G30.
func TestASyncThatIsHeldWhenItOpens(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	stop := s.serve()
	s.want(map[int]int{1: 10, 2: 20, 3: 30})
	stop()
	s.yaml = strings.NewReplacer("where total > 0", "where total > 25", "max_leaves: 100%", "max_leaves: 10%").Replace(s.yaml)
	service := s.served()
	eventOf(t, s.events, "not live")
	looks := func() (n int) {
		for {
			select {
			case e := <-s.events:
				if e.Sync == "carts" && e.Stage == "comparing" && e.Done == 0 {
					n++
				}
			default:
				return n
			}
		}
	}
	looks()
	for i := range 40 {
		s.write(map[int]int{3: 31 + i})
		time.Sleep(50 * time.Millisecond)
	}
	if n := looks(); n > 2 {
		t.Errorf("with 40 pieces of news in two seconds every row was looked at about %d times", n)
	}
	want := map[int]int{3: 70, 4: 40}
	var many []kafkafake.Record
	for i := range 10_500 {
		many = append(many, cartEvent(100+i, 50))
		want[100+i] = 50
	}
	if err := s.kafka.Write(context.Background(), many...); err != nil {
		t.Fatal(err)
	}
	s.passedBy()
	ctx := context.Background()
	err := error(fault.New(fault.Moved, "plan.moved", ""))
	for try := 0; try < 10 && fault.Is(err, "plan.moved"); try++ { // rows may still come
		var summary plan.Summary
		if summary, err = service.Plan(ctx, "carts", control.PlanOptions{}); err == nil {
			_, err = service.Run(ctx, "carts", control.RunOptions{Approve: summary.Hash})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	s.write(map[int]int{4: 40})
	s.want(want)
}

// passedBy waits until no changes are kept for the sync although it did not look at them.
func (s *stream) passedBy() {
	s.t.Helper()
	ctx := context.Background()
	r, err := ledger.OpenReader(ctx, filepath.Join(s.dir, ".freshet"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	syncs, err := r.LiveSyncs(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	for range 1200 {
		if live, _, err := r.Live(ctx, syncs["carts"]); err == nil && live.Made == "" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Error("the changes are kept for a sync that is held")
}
