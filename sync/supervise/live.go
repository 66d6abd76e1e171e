package supervise

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
)

// Live is one sync that follows its feeds key by key. One goroutine calls Turn.
type Live struct {
	Runner *run.Runner
	Job    run.Job
	Scope  *engine.Scope
	Bind   Bind
	Feeds  map[string]Table // of the feeds that the scope reads, by name in lower case
	Now    func() time.Time // the clock that the model's SQL sees; nil: the system's
	Tell   func(Turned)

	ref     ledger.SyncRef
	seq     int64
	made    string
	shape   string                  // of the feeds' tables when the job was prepared
	marks   map[model.Key]time.Time // waiting or under way, as the ledger has them
	aloft   map[model.Key]bool      // under way
	again   map[model.Key]time.Time // changed while they were under way
	flights map[*flight]bool
	landed  chan *flight
	removed removals
	wait    time.Time // not before this moment is anything sent again
	owed    bool      // every row has to be looked at: keys are not marked one by one meanwhile
	rules   rules
}

// Bind makes the job's model and its scope anew, for the feeds' columns as they are now; nil: they stay.
type Bind func(context.Context) (model.Model, *engine.Scope, error)

// Table gives a feed's table as it is now.
type Table func() (ledger.FeedRef, engine.FeedTable)

// Turned is what one Turn came to.
type Turned struct {
	Sync   string
	Keys   int
	Report run.Report
	Oldest time.Time // the earliest commit in a source that the turn has confirmed
	Ages   []time.Duration
	Err    error
}

const (
	changesATurn = 20_000
	keysATurn    = 4_000
	retryWait    = 100 * time.Millisecond // a live run does not idle for retries: others' news would wait with it
)

// Open finds out where the sync is. Where it never was live, or is made by something else now, every row is looked at first.
func (l *Live) Open(ctx context.Context, made string) error {
	if l.Now == nil {
		l.Now = time.Now
	}
	state, err := l.Runner.Ledger.EnsureSync(ctx, l.Job.Sync.Name)
	if err != nil {
		return err
	}
	l.ref, l.made, l.marks = state.Ref, made, map[model.Key]time.Time{}
	l.aloft, l.again = map[model.Key]bool{}, map[model.Key]time.Time{}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	was, known, err := l.Runner.Ledger.Live(ctx, l.ref)
	if err != nil {
		return err
	}
	if !known || was.Made != made || l.Scope.Beside {
		return l.whole(ctx) // nobody tells what has changed in tables that are no feeds
	}
	if _, _, err := l.Runner.TakeUp(ctx, l.Job, run.Options{Wait: retryWait}); err != nil {
		return err
	}
	l.seq = was.Seq
	marks, err := l.Runner.Ledger.Marks(ctx, l.ref, mostKeys+1)
	if l.owed = len(marks) > mostKeys; l.owed {
		return err
	}
	for _, m := range marks {
		l.marks[m.Key] = m.At
	}
	return err
}

// prepare binds the model to the feeds' columns as they are now.
func (l *Live) prepare(ctx context.Context) (err error) {
	shape := l.shapeNow()
	if l.Job.Prepared != nil && shape == l.shape {
		return nil
	}
	if l.Bind != nil {
		if l.Job.Model, l.Scope, err = l.Bind(ctx); err != nil {
			return err
		}
	}
	if l.Job.Prepared, err = l.Runner.Prepare(ctx, l.Job, run.DefaultWait); err != nil {
		return err
	}
	l.shape = shape
	return nil
}

// shapeNow is what the feeds' tables look like.
func (l *Live) shapeNow() string {
	var all []string
	for name, table := range l.Feeds {
		_, t := table()
		all = append(all, fmt.Sprint(name, t.Columns))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// Turn takes in what has changed since the last one, looks at the keys it reaches and at those whose time has come, and begins
// to bring them up to date at the destination. Guarantee G30. more says that there is work left that need not wait;
// otherwise Wait, and turn again.
func (l *Live) Turn(ctx context.Context) (more bool, err error) {
	if err := l.land(ctx, false); err != nil {
		return false, err
	}
	full := false
	if !l.owed {
		if full, err = l.collect(ctx); err != nil {
			return false, err
		}
	}
	if broken, err := l.judge(ctx); broken || err != nil {
		return false, err
	}
	if l.Now().Before(l.wait) {
		return full, nil
	}
	if l.owed {
		return l.lookAtAll(ctx)
	}
	keys := l.next()
	if len(keys) == 0 {
		return full, nil
	}
	if err := l.prepare(ctx); err != nil {
		return false, err
	}
	began := l.Now()
	only := run.Only{Scope: l.Scope, Keys: keys, Now: began, Removed: l.removed.lately(began)}
	plan, err := l.Runner.PlanKeys(ctx, l.Job, only, run.Options{Wait: retryWait})
	if err != nil {
		l.tell(Turned{Keys: len(keys), Err: err})
		return false, err
	}
	l.removed.add(began, plan.Removals)
	if len(l.flights) >= flightsAtOnce {
		if err := l.land(ctx, true); err != nil {
			return false, err
		}
	}
	l.fly(ctx, plan, keys, began)
	return full || l.waiting() > 0, nil
}

// flight is a plan being carried out. Its keys are in no other.
type flight struct {
	keys   []model.Key
	began  time.Time
	report run.Report
	err    error
}

// flightsAtOnce is how many plans are carried out beside each other: while one waits for the destination, others go.
const flightsAtOnce = 4

func (l *Live) fly(ctx context.Context, plan *run.KeysPlan, keys []model.Key, began time.Time) {
	f := &flight{keys: keys, began: began}
	if l.flights == nil {
		l.flights, l.landed = map[*flight]bool{}, make(chan *flight, flightsAtOnce)
	}
	l.flights[f] = true
	for _, key := range keys {
		l.aloft[key] = true
	}
	job := l.Job
	go func() {
		f.report, f.err = l.Runner.RunPlanned(ctx, job, plan, run.Options{Wait: retryWait})
		l.landed <- f
	}()
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
func (l *Live) land(ctx context.Context, wait bool) error {
	var failed error
	for len(l.flights) > 0 && (wait || len(l.landed) > 0) {
		f := <-l.landed
		delete(l.flights, f)
		for _, key := range f.keys {
			delete(l.aloft, key)
		}
		if err := l.settle(ctx, f); err != nil && failed == nil {
			failed = err
		}
		wait = false
	}
	return failed
}

// Close waits until every plan under way has ended.
func (l *Live) Close(ctx context.Context) error {
	var failed error
	for len(l.flights) > 0 {
		if err := l.land(context.WithoutCancel(ctx), true); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// settle ends the waiting of the keys of a plan, unless something of it is left to do.
func (l *Live) settle(ctx context.Context, f *flight) error {
	turned := Turned{Keys: len(f.keys), Report: f.report, Err: f.err}
	switch {
	case f.err != nil:
		l.tell(turned)
		return f.err
	case f.report.Status == run.Held || f.report.Status == run.Failed:
		l.tell(turned)
		return heldBack(f.report)
	case f.report.Pending > 0:
		l.wait = retryTime(f.report, l.Now())
		l.tell(turned)
		return nil
	}
	dues, err := l.dues(ctx, f.keys, f.began)
	if err != nil {
		return err
	}
	if err := l.Runner.Ledger.Unmark(ctx, l.ref, f.keys, l.again, dues); err != nil {
		return err
	}
	now := l.Now()
	for _, key := range f.keys {
		if at := l.marks[key]; !at.IsZero() {
			turned.Ages = append(turned.Ages, now.Sub(at))
			if turned.Oldest.IsZero() || at.Before(turned.Oldest) {
				turned.Oldest = at
			}
		}
		delete(l.marks, key)
		if at, again := l.again[key]; again {
			l.marks[key] = at
			delete(l.again, key)
		}
	}
	l.tell(turned)
	return nil
}

// dues tells when time alone can next change what keys give: as of the moment that they were evaluated at.
func (l *Live) dues(ctx context.Context, keys []model.Key, now time.Time) ([]ledger.Due, error) {
	found, err := l.Job.Engine.Dues(ctx, l.Scope, keys, now)
	dues := make([]ledger.Due, len(found))
	for i, d := range found {
		dues[i] = ledger.Due{Key: d.Key, At: d.At}
	}
	return dues, err
}

// waiting is how many keys wait that no plan under way has.
func (l *Live) waiting() int { return len(l.marks) - len(l.aloft) }

// next are the keys of one turn, those that have waited longest first.
func (l *Live) next() []model.Key {
	keys := make([]model.Key, 0, max(0, l.waiting()))
	for key := range l.marks {
		if !l.aloft[key] {
			keys = append(keys, key)
		}
	}
	if len(keys) > keysATurn {
		slices.SortFunc(keys, func(a, b model.Key) int { return l.marks[a].Compare(l.marks[b]) })
		keys = keys[:keysATurn]
	}
	return keys
}

// collect marks the keys that changes and time lead to.
func (l *Live) collect(ctx context.Context) (full bool, err error) {
	changes, err := l.Runner.Ledger.FeedChanges(ctx, l.seq, changesATurn)
	if err != nil {
		return false, err
	}
	due, err := l.Runner.Ledger.DueKeys(ctx, l.ref, l.Now(), changesATurn)
	if err != nil || len(changes)+len(due) == 0 {
		return false, err
	}
	l.rules.changed = true
	marks, err := l.reached(ctx, changes)
	if err != nil {
		return false, err
	}
	if l.owed = len(l.marks)+len(marks)+len(due) > mostKeys; l.owed {
		return false, nil
	}
	for _, d := range due {
		marks = append(marks, ledger.Mark{Key: d.Key})
	}
	if len(changes) > 0 {
		l.seq = changes[len(changes)-1].Seq
	}
	if err := l.Runner.Ledger.MarkKeys(ctx, l.ref, ledger.Live{Seq: l.seq, Made: l.made}, marks, due); err != nil {
		return false, err
	}
	for _, m := range marks {
		if l.aloft[m.Key] {
			if was, waits := l.again[m.Key]; !waits || was.IsZero() {
				l.again[m.Key] = m.At // it has changed after its plan was made
			}
			continue
		}
		if was, waits := l.marks[m.Key]; !waits || was.IsZero() || !m.At.IsZero() && m.At.Before(was) {
			l.marks[m.Key] = m.At
		}
	}
	return len(changes) == changesATurn, nil
}

// reached finds the model's keys that changed rows lead to, from each row before and after.
func (l *Live) reached(ctx context.Context, changes []ledger.FeedChange) ([]ledger.Mark, error) {
	var marks []ledger.Mark
	for _, table := range l.Feeds {
		ref, t := table()
		mine := slices.DeleteFunc(slices.Clone(changes), func(c ledger.FeedChange) bool { return c.Feed != ref })
		if len(mine) == 0 {
			continue
		}
		found, err := l.reachedFrom(ctx, ref, t, mine)
		if err != nil {
			return nil, err
		}
		marks = append(marks, found...)
	}
	return marks, nil
}

func (l *Live) reachedFrom(ctx context.Context, ref ledger.FeedRef, t engine.FeedTable, changes []ledger.FeedChange) ([]ledger.Mark, error) {
	keys := make([]model.Key, len(changes))
	for i, c := range changes {
		keys[i] = c.Key
	}
	now, err := l.Runner.Ledger.FeedRows(ctx, ref, keys)
	if err != nil {
		return nil, err
	}
	var images []engine.Image
	for _, c := range changes {
		if c.Before != nil {
			images = append(images, engine.Image{Row: c.Before, At: c.At})
		}
		if r, there := now[c.Key]; there && !r.Gone {
			images = append(images, engine.Image{Row: r.Row, At: c.At})
		}
	}
	found, err := l.Job.Engine.Reaches(ctx, l.Scope, t, images, mostKeys+1)
	marks := make([]ledger.Mark, len(found))
	for i, f := range found {
		marks[i] = ledger.Mark{Key: f.Key, At: f.At}
	}
	return marks, err
}

func (l *Live) tell(t Turned) {
	t.Sync = l.Job.Sync.Name
	if l.Tell != nil {
		l.Tell(t)
	}
}

// NextDue is when a key's time comes next; zero where none does.
func (l *Live) NextDue(ctx context.Context) (time.Time, error) {
	due, err := l.Runner.Ledger.NextDue(ctx, l.ref)
	sooner := func(at time.Time) {
		if !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	if l.rules.broken != "" {
		due = time.Time{} // it waits for the rules alone
	} else if l.owed || l.waiting() > 0 {
		sooner(l.wait)
	}
	if l.rules.changed {
		sooner(l.rules.next)
	}
	return due, err
}
