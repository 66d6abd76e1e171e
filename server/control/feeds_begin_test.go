package control_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
)

// soon runs the sync once, whole, and fails where that does not come to its end.
func (s *stream) soon() run.Report {
	s.t.Helper()
	service := control.New(s.workspace(), nil)
	defer service.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	report, err := service.Run(ctx, "carts", control.RunOptions{})
	if err = errors.Join(err, ctx.Err()); err != nil {
		s.t.Fatal(err)
	}
	return report
}

// expire removes everything that the topic holds, as retention does, and gives how much that was.
func (s *stream) expire() (gone int64) {
	for p := range int32(3) {
		for end := int64(100); end > 0; end-- {
			if s.kafka.Expire("shop.carts", p, end) == nil {
				gone += end
				break
			}
		}
	}
	return gone
}

// declared names every column, so that the model can be read before the first event.
func (s *stream) declared() {
	s.yaml = strings.Replace(s.yaml, `columns: {`, `columns: {cart_id: BIGINT, customer: VARCHAR, `, 1)
}

// TestAPartitionThatHoldsNothing: a partition whose events retention took before the feed was first read ends above 0 and has
// nothing to read. A run comes to its end, and what comes later is delivered.
func TestAPartitionThatHoldsNothing(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.declared()
	for id := range 40 {
		s.write(map[int]int{id: 10})
	}
	if s.expire() != 40 {
		t.Fatal("something is left in the topic")
	}
	if report := s.soon(); report.Read != 0 {
		t.Errorf("%+v", report)
	}
	s.write(map[int]int{1: 10})
	if report := s.soon(); report.Delivered != 1 {
		t.Errorf("what came later is not delivered: %+v", report)
	}
}

// TestFromTheEnd: a feed that begins at the end of its topic misses nothing that comes after it was first read, whether or not
// anything was there to read then, and whether or not anybody reads while it comes.
func TestFromTheEnd(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.declared()
	s.yaml = strings.Replace(s.yaml, "format: debezium-json", "from: end, format: debezium-json", 1)
	s.write(map[int]int{1: 10, 2: 20, 3: 30, 4: 40, 5: 50})
	if report := s.soon(); report.Read != 0 {
		t.Errorf("what was there before is read: %+v", report)
	}
	s.write(map[int]int{6: 60, 7: 70, 8: 80, 9: 90})
	s.soon()
	if differs := s.differs(map[int]int{6: 60, 7: 70, 8: 80, 9: 90}); differs != "" {
		t.Error(differs)
	}
}

// TestMarkersAreNoEvents: where all that retention took is markers of transactions, or events that were aborted, nothing is
// missing.
func TestMarkersAreNoEvents(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	ctx := context.Background()
	if err := s.kafka.Commit(ctx, cartEvent(1, 10), cartEvent(2, 20), cartEvent(3, 30)); err != nil {
		t.Fatal(err)
	}
	s.soon()
	if err := s.kafka.Abort(ctx, cartEvent(1, 11), cartEvent(2, 21), cartEvent(3, 31)); err != nil {
		t.Fatal(err)
	}
	s.soon()
	if s.expire() < 6 {
		t.Fatal("something is left in the topic")
	}
	if err := s.kafka.Commit(ctx, cartEvent(4, 40)); err != nil {
		t.Fatal(err)
	}
	s.soon()
	if differs := s.differs(map[int]int{1: 10, 2: 20, 3: 30, 4: 40}); differs != "" {
		t.Error(differs)
	}
}
