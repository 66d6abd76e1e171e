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
	marks   map[model.Key]time.Time // waiting, as the ledger has them
	removed removals
	wait    time.Time // not before this moment is anything sent again
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
	if err := l.prepare(ctx); err != nil {
		return err
	}
	was, known, err := l.Runner.Ledger.Live(ctx, l.ref)
	if err != nil {
		return err
	}
	if !known || was.Made != made {
		return l.whole(ctx)
	}
	l.seq = was.Seq
	marks, err := l.Runner.Ledger.Marks(ctx, l.ref, 0)
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

// whole evaluates every row. The changes up to now are part of what it sees.
func (l *Live) whole(ctx context.Context) error {
	seq, err := l.Runner.Ledger.LastChange(ctx)
	if err != nil {
		return err
	}
	began := l.Now()
	report, err := l.Runner.Run(ctx, l.Job, run.Options{Wait: retryWait})
	if err != nil {
		return err
	}
	l.tell(Turned{Report: report})
	if report.Status == run.Held || report.Status == run.Failed {
		return heldBack(report)
	}
	dues, err := l.dues(ctx, nil, began)
	if err != nil {
		return err
	}
	l.seq = seq
	return l.Runner.Ledger.Relive(ctx, l.ref, ledger.Live{Seq: seq, Made: l.made}, dues)
}

// Turn takes in what has changed since the last one, looks at the keys it reaches and at those whose time has come, and brings
// them up to date at the destination. Guarantee G30. more says that there is work left that need not wait.
func (l *Live) Turn(ctx context.Context) (more bool, err error) {
	full, err := l.collect(ctx)
	if err != nil {
		return false, err
	}
	if len(l.marks) == 0 || l.Now().Before(l.wait) {
		return full, nil
	}
	if err := l.prepare(ctx); err != nil {
		return false, err
	}
	keys := l.next()
	began := l.Now()
	only := run.Only{Scope: l.Scope, Keys: keys, Now: began, Removed: l.removed.lately(began)}
	report, err := l.Runner.RunKeys(ctx, l.Job, only, run.Options{Wait: retryWait})
	if err != nil {
		l.tell(Turned{Keys: len(keys), Err: err})
		return false, err
	}
	return l.settle(ctx, keys, report, began, full)
}

// settle ends the waiting of the keys of a turn, unless something of it is left to do.
func (l *Live) settle(ctx context.Context, keys []model.Key, report run.Report, began time.Time, full bool) (bool, error) {
	turned := Turned{Keys: len(keys), Report: report}
	switch {
	case report.Status == run.Held || report.Status == run.Failed:
		l.tell(turned)
		return false, heldBack(report)
	case report.Pending > 0:
		l.wait = retryTime(report, l.Now())
		l.tell(turned)
		return false, nil
	}
	l.removed.add(began, report.Removed)
	dues, err := l.dues(ctx, keys, began)
	if err != nil {
		return false, err
	}
	if err := l.Runner.Ledger.Unmark(ctx, l.ref, keys, dues); err != nil {
		return false, err
	}
	now := l.Now()
	for _, key := range keys {
		if at := l.marks[key]; !at.IsZero() {
			turned.Ages = append(turned.Ages, now.Sub(at))
			if turned.Oldest.IsZero() || at.Before(turned.Oldest) {
				turned.Oldest = at
			}
		}
		delete(l.marks, key)
	}
	l.tell(turned)
	return full || len(l.marks) > 0, nil
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

// next are the keys of one turn, those that have waited longest first.
func (l *Live) next() []model.Key {
	keys := make([]model.Key, 0, len(l.marks))
	for key := range l.marks {
		keys = append(keys, key)
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
	marks, err := l.reached(ctx, changes)
	if err != nil {
		return false, err
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
	found, err := l.Job.Engine.Reaches(ctx, l.Scope, t, images)
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
	if len(l.marks) > 0 && !l.wait.IsZero() && (due.IsZero() || l.wait.Before(due)) {
		due = l.wait
	}
	return due, err
}
