package streamtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// bench is one source with its broker.
type bench struct {
	t       *testing.T
	peer    Peer
	source  connect.Streaming
	written map[place]int
}

type place struct {
	topic     string
	partition int32
}

func newBench(t *testing.T, s Suite) *bench {
	t.Helper()
	peer := s.Start(t)
	source, err := s.Driver.Source(t.Context(), peer.Settings())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	streaming, ok := source.(connect.Streaming)
	if !ok {
		t.Fatal("the source is not Streaming")
	}
	return &bench{t: t, peer: peer, source: streaming, written: map[place]int{}}
}

// write writes n events more to a partition; an event's value says its offset.
func (b *bench) write(topic string, partition int32, n int) {
	b.t.Helper()
	at := place{topic, partition}
	var events []model.Event
	for range n {
		i := b.written[at]
		b.written[at]++
		events = append(events, model.Event{Topic: topic, Partition: partition, Key: fmt.Appendf(nil, "%s %d", Canary, i%5), Value: fmt.Appendf(nil, "%s %d", Canary, i)})
	}
	b.peer.Write(events...)
}

// reader is a stream with a ledger: what it was given, and what of that is durable.
type reader struct {
	t       *testing.T
	stream  connect.Stream
	events  []model.Event
	notes   []connect.StreamNote
	next    map[place]model.Position
	opening []connect.StreamNote // notes of the Fetch that brought the first events of each partition
}

// open opens a stream of the tests' topic, which o may change.
func (b *bench) open(o connect.StreamOptions) *reader {
	b.t.Helper()
	if o.Topics == nil {
		o.Topics = []string{Topic}
	}
	if o.State == "" {
		o.State = "led_a"
	}
	o.Feed = "carts"
	stream, err := b.source.Open(b.t.Context(), o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = stream.Close() })
	return &reader{t: b.t, stream: stream, next: map[place]model.Position{}}
}

// take keeps what a Poll brought, and checks what holds for every Fetch.
func (r *reader) take(f connect.Fetch) {
	r.t.Helper()
	last := map[place]int64{}
	for _, e := range f.Events {
		at := place{e.Topic, e.Partition}
		if before, ok := last[at]; ok && e.Offset <= before {
			r.t.Errorf("%s/%d: offset %d comes after %d", at.topic, at.partition, e.Offset, before)
		}
		last[at] = e.Offset
	}
	for _, p := range f.Next {
		at := place{p.Topic, p.Partition}
		if offset, ok := last[at]; ok && p.Next <= offset {
			r.t.Errorf("%s/%d stands at %d after the event %d", at.topic, at.partition, p.Next, offset)
		}
		r.next[at] = p
	}
	for at := range last {
		if !slices.ContainsFunc(f.Next, func(p model.Position) bool { return place{p.Topic, p.Partition} == at }) {
			r.t.Errorf("%s/%d brought events and no position", at.topic, at.partition)
		}
	}
	for _, n := range f.Notes {
		if strings.Contains(n.Message, Canary) || n.Message == "" {
			r.t.Errorf("the note %s says %q", n.Kind, n.Message)
		}
	}
	r.events, r.notes = append(r.events, f.Events...), append(r.notes, f.Notes...)
}

// until polls until enough came.
func (r *reader) until(enough func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	for !enough() {
		f, err := r.stream.Poll(ctx)
		r.take(f)
		if err != nil {
			r.t.Fatalf("polling: %v; %d events so far, notes %v", err, len(r.events), r.kinds())
		}
	}
}

// events polls until n events came.
func (r *reader) wait(n int) {
	r.t.Helper()
	r.until(func() bool { return len(r.events) >= n })
}

// noted polls until a note came.
func (r *reader) noted(kind connect.NoteKind) connect.StreamNote {
	r.t.Helper()
	find := func() int {
		return slices.IndexFunc(r.notes, func(n connect.StreamNote) bool { return n.Kind == kind })
	}
	r.until(func() bool { return find() >= 0 })
	return r.notes[find()]
}

// idle polls for a while.
func (r *reader) idle(d time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), d)
	defer cancel()
	for ctx.Err() == nil {
		f, err := r.stream.Poll(ctx)
		r.take(f)
		if err != nil && ctx.Err() == nil {
			r.t.Fatal(err)
		}
	}
}

func (r *reader) kinds() (out []string) {
	for _, n := range r.notes {
		out = append(out, fmt.Sprintf("%s %s/%d", n.Kind, n.Position.Topic, n.Position.Partition))
	}
	return out
}

// commit makes durable what was read.
func (r *reader) commit() []model.Position {
	r.t.Helper()
	positions := r.positions()
	if err := r.stream.Commit(r.t.Context(), positions); err != nil {
		r.t.Fatal(err)
	}
	return positions
}

func (r *reader) positions() (out []model.Position) {
	for _, p := range r.next {
		out = append(out, p)
	}
	return out
}

// offsets lists the offsets that came of a partition of the tests' topic.
func (r *reader) offsets(partition int32) (out []int64) {
	for _, e := range r.events {
		if e.Topic == Topic && e.Partition == partition {
			out = append(out, e.Offset)
		}
	}
	return out
}

func (r *reader) close() {
	r.t.Helper()
	began := time.Now()
	if err := r.stream.Close(); err != nil {
		r.t.Errorf("closing: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		r.t.Errorf("closing took %s", took)
	}
}

// run is the offsets from first up to, and without, end.
func run(first, end int64) (out []int64) {
	for i := first; i < end; i++ {
		out = append(out, i)
	}
	return out
}

func same(t *testing.T, what string, got, want []int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %s, want %s", what, brief(got), brief(want))
	}
}

func brief(all []int64) string {
	if len(all) > 12 {
		return fmt.Sprintf("%d offsets, %v … %v", len(all), all[:4], all[len(all)-4:])
	}
	return fmt.Sprint(all)
}
