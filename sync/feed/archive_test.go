package feed_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// slowArchive is an archive on a disk that takes as long as the test wants.
type slowArchive struct {
	mu      sync.Mutex
	waiting []model.Event
	kept    []model.Event
	begun   chan struct{} // told at the beginning of each flush
	result  chan error    // what each flush then comes to
}

func (a *slowArchive) Append(_ context.Context, events []model.Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(a.waiting, events...)
	return nil
}

func (a *slowArchive) Flush(context.Context) ([]model.Position, error) {
	a.mu.Lock()
	taken := a.waiting
	a.waiting = nil
	a.mu.Unlock()
	a.begun <- struct{}{}
	err := <-a.result
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.waiting = append(taken, a.waiting...)
		return nil, err
	}
	a.kept = append(a.kept, taken...)
	var positions []model.Position
	for _, e := range taken {
		positions = append(positions, model.Position{Topic: e.Topic, Partition: e.Partition, Next: e.Offset + 1})
	}
	return positions, nil
}

// archived is how far the ledger has the partitions in the archive.
func archived(t *testing.T, l *ledger.Ledger, name string) (sum int64) {
	t.Helper()
	state, _, err := l.Feed(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := l.FeedPositions(t.Context(), state.Ref)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		sum += p.Archived
	}
	return sum
}

// TestTheArchiveKeepsNoStepWaiting: while the archive is written, events are taken in. Nothing counts as archived before it is on
// the disk, not even where a write failed and the next one has it. Guarantee G29.
func TestTheArchiveKeepsNoStepWaiting(t *testing.T) {
	p := &past{topic: topic{parts: make([][]model.Event, 2), random: rand.New(rand.NewPCG(seedOf(t), 3))}}
	for range 100 {
		p.event()
	}
	p.parts[0][0].Value = append(p.parts[0][0].Value, bytes.Repeat([]byte(" "), 13<<20)...) // so much is written at once
	l, e := stores(t)
	a := &slowArchive{begun: make(chan struct{}, 100), result: make(chan error, 100)}
	f, err := feed.Open(t.Context(), model.Feed{Name: "f", Key: []string{"key"}}, feed.Parts{Ledger: l, Engine: e, Source: p, Decoder: p, Archive: a})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Start(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	step := func() error { _, err := f.Step(t.Context()); return err }
	for n := 0; n < 10; n++ { // a write begins, and steps go on beside it
		if len(a.begun) == 0 {
			n = 0
		}
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if got := archived(t, l, "f"); got != 0 {
		t.Errorf("%d events count as archived while they are written", got)
	}
	a.result <- errors.New("the disk is full")
	for began := time.Now(); ; {
		if err := step(); err != nil {
			break
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("nobody heard that the archive could not be written")
		}
	}
	if got := archived(t, l, "f"); got != 0 {
		t.Errorf("%d events count as archived that are not", got)
	}
	for range 50 {
		a.result <- nil
	}
	ends, _ := f.Ends(t.Context())
	for !f.Reached(ends) {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sum int64
	for n, part := range p.parts {
		sum += int64(len(part))
		for offset := range part {
			if !slices.ContainsFunc(a.kept, func(e model.Event) bool { return int(e.Partition) == n && e.Offset == int64(offset) }) {
				t.Fatalf("event %d of partition %d is not kept", offset, n)
			}
		}
	}
	if got := archived(t, l, "f"); got != sum {
		t.Errorf("%d events count as archived, want %d", got, sum)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
