package control_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
)

// warned waits until the feed has so many warnings.
func (s *stream) warned(service *control.Service, n int) []wire.FeedWarning {
	s.t.Helper()
	for range 600 {
		st, err := service.FeedStatusOf(context.Background(), "carts")
		if err != nil {
			s.t.Fatal(err)
		}
		if len(st.Warnings) == n {
			return st.Warnings
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatalf("the feed has not %d warnings", n)
	return nil
}

// TestAnOpenTransactionIsToldOf: while a transaction that nobody ends keeps committed events back, the feed says so, with the
// partition, how many, and since when; the other partitions go on. Once it ends the events come, and the warning is gone.
func TestAnOpenTransactionIsToldOf(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "{type: kafka,", "{type: kafka, open_transaction: 1s,", 1)
	s.write(map[int]int{1: 10})
	began := time.Now()
	service := s.watched()
	s.want(map[int]int{1: 10})
	open := cartEvent(7, 70)
	open.Partition = 0
	tx, err := s.kafka.Open(context.Background(), open)
	if err != nil {
		t.Fatal(err)
	}
	behind, other := cartEvent(8, 80), cartEvent(9, 90)
	behind.Partition, other.Partition = 0, 1
	s.send(behind, other)
	s.want(map[int]int{1: 10, 9: 90})
	w := s.warned(service, 1)[0]
	since, err := time.Parse(time.RFC3339, w.Since)
	if w.Code != "feed.open_transaction" || *w.Partition != 0 || w.Events != 2 || w.Topic != "shop.carts" || err != nil ||
		since.Before(began.Add(-time.Second)) || since.After(time.Now()) || !strings.Contains(w.Message, "transaction") {
		t.Errorf("%+v", w)
	}
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.want(map[int]int{1: 10, 7: 70, 8: 80, 9: 90})
	s.warned(service, 0)
	told := map[string]int{}
	for len(s.events) > 0 {
		told[(<-s.events).Stage]++
	}
	if told["blocked"] != 1 || told["unblocked"] != 1 {
		t.Errorf("said %d and %d times", told["blocked"], told["unblocked"])
	}
}
