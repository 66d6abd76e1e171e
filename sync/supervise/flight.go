package supervise

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
)

// flight is a plan being carried out. Its keys are in no other.
type flight struct {
	keys   []model.Key
	dues   []ledger.Due
	report run.Report
	err    error
}

// flightsAtOnce is how many plans are carried out beside each other: while one waits for the destination, others go.
const flightsAtOnce = 4

func (l *Live) fly(ctx context.Context, plan *run.KeysPlan, keys []model.Key, began time.Time) {
	f := &flight{keys: keys}
	if l.flights == nil {
		l.flights, l.landed = map[*flight]bool{}, make(chan *flight, flightsAtOnce)
	}
	l.flights[f] = true
	job, scope := l.Job, l.Scope
	go func() {
		f.report, f.err = l.Runner.RunPlanned(ctx, job, plan, run.Options{Wait: retryWait})
		if f.err == nil && f.report.Pending == 0 {
			f.dues, f.err = l.dues(ctx, scope, keys, began)
		}
		l.landed <- f
	}()
}

// dues tells when time alone can next change what keys give: as of the moment that they were evaluated at.
func (l *Live) dues(ctx context.Context, scope *engine.Scope, keys []model.Key, now time.Time) ([]ledger.Due, error) {
	found, err := l.Job.Engine.Dues(ctx, scope, keys, now)
	dues := make([]ledger.Due, len(found))
	for i, d := range found {
		dues[i] = ledger.Due{Key: d.Key, At: d.At}
	}
	return dues, err
}

// Idle says that no plan is under way.
func (l *Live) Idle() bool { return len(l.flights) == 0 }

// Wait waits until a plan under way has ended, or something else is heard, or ctx ends.
func (l *Live) Wait(ctx context.Context, heard <-chan struct{}, alarm <-chan time.Time) {
	select {
	case <-heard:
	case <-alarm:
	case f := <-l.landed:
		l.landed <- f
	case <-ctx.Done():
	}
}

// land settles the plans that have ended; wait: at least one, where there is one under way.
func (l *Live) land(wait bool) error {
	var failed error
	for len(l.flights) > 0 && (wait || len(l.landed) > 0) {
		f := <-l.landed
		delete(l.flights, f)
		if err := l.settle(f); err != nil && failed == nil {
			failed = err
		}
		wait = false
	}
	return failed
}

// Close waits until every plan under way has ended, and what they came to is written down.
func (l *Live) Close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var failed error
	for len(l.flights) > 0 {
		if err := l.land(true); err != nil && failed == nil {
			failed = err
		}
	}
	if err := l.keep(ctx); err != nil && failed == nil {
		failed = err
	}
	return failed
}

// settle ends the waiting of the keys of a plan, unless something of it is left to do.
func (l *Live) settle(f *flight) error {
	turned := Turned{Keys: len(f.keys), Report: f.report, Err: f.err}
	now := l.Now()
	switch {
	case f.err != nil, f.report.Status == run.Held, f.report.Status == run.Failed:
		l.waiting.giveBack(f.keys)
		l.tell(turned)
		if f.err != nil {
			return f.err
		}
		return heldBack(f.report)
	case f.report.Pending > 0:
		l.waiting.giveBack(f.keys)
		l.wait, l.trying = retryTime(f.report, now), f.report.Delivered == 0
		l.tell(turned)
		return nil
	}
	l.trying = false
	for _, key := range f.keys {
		at, done := l.waiting.end(key)
		if done {
			l.notes.next.Done = append(l.notes.next.Done, key)
		}
		if at.IsZero() {
			continue
		}
		turned.Ages = append(turned.Ages, now.Sub(at))
		if turned.Oldest.IsZero() || at.Before(turned.Oldest) {
			turned.Oldest = at
		}
	}
	l.notes.next.Dues = append(l.notes.next.Dues, f.dues...)
	l.tell(turned)
	return nil
}
