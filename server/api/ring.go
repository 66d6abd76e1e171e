package api

import (
	"sync"
	"time"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
)

// Events keeps the last of what goes on, for those who listen and for those who come back.
type Events struct {
	mu    sync.Mutex
	ring  []wire.Event
	next  int64         // the number of the next event
	heard chan struct{} // closed with the next event; nil: nobody waits for it
	begin int64
}

// eventsKept is how many events are kept.
const eventsKept = 4096

// NewEvents keeps nothing yet. Numbers go on from the time of the start, so that those of an earlier server are smaller.
func NewEvents(now time.Time) *Events {
	begin := now.UnixMicro()
	return &Events{ring: make([]wire.Event, eventsKept), next: begin, begin: begin}
}

// Put takes an event in.
func (e *Events) Put(c control.Event) {
	event := wire.Event{At: time.Now().UTC().Format(time.RFC3339Nano), Sync: c.Sync, Feed: c.Feed, Stage: c.Stage, Done: c.Done, Total: c.Total,
		Aside: c.Aside, Note: c.Note, Report: c.Report, Health: c.Health}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ring[e.next%eventsKept] = event
	e.next++
	if e.heard != nil {
		close(e.heard)
		e.heard = nil
	}
}

// batch is what there is for a listener.
type batch struct {
	first  int64 // the number of the first event
	events []wire.Event
	lost   *wire.Lost      // events before these that nobody keeps any more
	heard  <-chan struct{} // closed when there is more
}

// after gives the events behind a number, at most as many as are kept.
func (e *Events) after(number int64) batch {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := batch{first: number + 1}
	oldest := max(e.begin, e.next-eventsKept)
	switch {
	case b.first < e.begin || b.first > e.next: // of another server
		b.lost, b.first = &wire.Lost{}, oldest
	case b.first < oldest:
		b.lost, b.first = &wire.Lost{Events: oldest - b.first}, oldest
	}
	for n := b.first; n < e.next; n++ {
		b.events = append(b.events, e.ring[n%eventsKept])
	}
	if e.heard == nil {
		e.heard = make(chan struct{})
	}
	b.heard = e.heard
	return b
}

// last is the number of the newest event.
func (e *Events) last() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.next - 1
}
