package api

import (
	"testing"
	"time"

	"github.com/freshet/freshet/server/control"
)

// TestWhoComesBackMissesNothingUntold: whoever has seen an event gets those behind it, once; where some are kept no more, or the server
// is another one, that is told.
func TestWhoComesBackMissesNothingUntold(t *testing.T) {
	began := time.Now()
	e := NewEvents(began)
	start := e.last()
	for i := range eventsKept + 10 {
		if b := e.after(start); i == 3 && (b.lost != nil || len(b.events) != 3 || b.events[2].Done != 2) {
			t.Fatalf("after three events: %d, lost %v", len(b.events), b.lost)
		}
		e.Put(control.Event{Stage: "sending", Done: int64(i)})
	}
	b := e.after(start)
	if b.lost == nil || b.lost.Events != 10 || len(b.events) != eventsKept || b.events[0].Done != 10 {
		t.Errorf("after too many: %+v, %d events", b.lost, len(b.events))
	}
	if b = e.after(e.last()); b.lost != nil || len(b.events) != 0 {
		t.Errorf("nothing new: %+v, %d events", b.lost, len(b.events))
	}
	e.Put(control.Event{Stage: "live"})
	select {
	case <-b.heard:
	default:
		t.Error("nobody was told of a new event")
	}
	for _, of := range []int64{NewEvents(began.Add(-time.Hour)).last() + 5, e.last() + 1000} {
		if b := e.after(of); b.lost == nil {
			t.Errorf("an event of another server: %d events and nothing told", len(b.events))
		}
	}
}
