package control

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/freshet/freshet/server/alert"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
)

// teller tells alerts that are kept in the ledger, until each was taken: at least once, under an id that stays the same. Guarantee
// G42.
type teller struct{ poked chan struct{} }

func newTeller() *teller { return &teller{poked: make(chan struct{}, 1)} }

func (t *teller) poke() {
	select {
	case t.poked <- struct{}{}:
	default:
	}
}

// What was not taken is tried again after these pauses, doubling, and given up once it is too old to help anybody.
const (
	firstTell   = 2 * time.Second
	longestTell = 10 * time.Minute
	tellFor     = 48 * time.Hour
	tellLook    = 30 * time.Second // how often it is looked at, whatever happens
	tellAtOnce  = 1000             // alerts that are looked at
)

// tellAlerts tells what is to be told until ctx ends.
func (s *Service) tellAlerts(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := s.tellDue(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-s.teller.poked:
		case <-time.After(next):
		case <-ctx.Done():
		}
	}
	return nil
}

// tellDue tells what is due, in order for each receiver, and says how long nothing else is.
func (s *Service) tellDue(ctx context.Context) (time.Duration, error) {
	open, err := s.ledger.OpenAlerts(ctx, tellAtOnce)
	if err != nil {
		return 0, err
	}
	each := map[string][]ledger.Alert{}
	for _, a := range open {
		each[a.Alert] = append(each[a.Alert], a)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	next, failed := tellLook, error(nil)
	for _, list := range each {
		all.Go(func() {
			wait, err := s.tellInOrder(ctx, list)
			mu.Lock()
			defer mu.Unlock()
			if wait > 0 {
				next = min(next, wait)
			}
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	return next, failed
}

// tellInOrder tells one receiver what is due, up to what it does not take; wait is until that may be tried again, 0: never.
func (s *Service) tellInOrder(ctx context.Context, list []ledger.Alert) (wait time.Duration, err error) {
	for _, a := range list {
		if until := time.Until(a.NotBefore); until > 0 {
			return min(until, longestTell), nil // a clock that was put back delays nothing for long
		}
		again, err := s.tell(ctx, a)
		if err != nil || again > 0 || ctx.Err() != nil {
			return again, err
		}
	}
	return 0, nil
}

// tell tells one alert; again is after how long it is tried again, 0: it is over.
func (s *Service) tell(ctx context.Context, a ledger.Alert) (again time.Duration, err error) {
	keep := context.WithoutCancel(ctx)
	to, err := s.workspace.Alert(a.Alert)
	var note wire.AlertNote
	if err != nil || json.Unmarshal([]byte(a.Body), &note) != nil {
		return 0, s.ledger.EndAlert(keep, a.ID) // nobody is there any more to be told
	}
	err = alert.Send(ctx, to, note)
	switch {
	case err == nil:
		s.health.metrics.Told(a.Alert, "told")
		s.progress(Event{Sync: note.Sync, Stage: "alert", Note: a.Alert + " was told: " + note.Says})
		return 0, s.ledger.EndAlert(keep, a.ID)
	case ctx.Err() != nil:
		return 0, nil // it is told after the next start
	case time.Since(a.Made) > tellFor:
		s.health.metrics.Told(a.Alert, "given up")
		s.progress(Event{Sync: note.Sync, Stage: "alert", Note: "given up: " + fault.As(err).Message})
		return 0, s.ledger.EndAlert(keep, a.ID)
	}
	if a.Attempts == 0 {
		s.progress(Event{Sync: note.Sync, Stage: "alert", Note: fault.As(err).Message + "; it is tried again"})
	}
	again = min(firstTell<<min(a.Attempts, 10), longestTell)
	again += rand.N(again / 4)
	return again, s.ledger.PutOffAlert(keep, a.ID, time.Now().Add(again))
}
