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
	Beside func() string    // changes when the tables that are no feeds have changed; nil: they stay
	Now    func() time.Time // the clock that the model's SQL sees; nil: the system's
	Tell   func(Turned)

	ref     ledger.SyncRef
	seq     int64
	made    string
	shape   string // of the feeds' tables when the job was prepared
	waiting waitingKeys
	notes   notes
	flights map[*flight]bool
	landed  chan *flight
	removed removals
	wait    time.Time // not before this moment is anything sent again
	trying  bool      // the last plan that ended left work because of its destination: see whether that is back
	weight  weight
	owed    bool // every row has to be looked at: keys are not marked one by one meanwhile
	going   bool // the last turn has begun a plan
	rules   rules
	beside  string // what Beside said when every row was looked at last
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
	changesATurn = 8_000
	bytesATurn   = 8 << 20 // of changed rows, and about of payloads
	keysATurn    = 4_000
	keysEnough   = 4 * keysATurn // wait while they are being sent: what has changed since is taken in when fewer do
	changesLeft  = 250_000       // stay in the ledger for that; where there are more, the keys that they have in common count
	keysATrial   = 100
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
	l.ref, l.made, l.beside = state.Ref, made, l.besideNow()
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
	l.seq, l.notes.seq = was.Seq, was.Seq
	marks, err := l.Runner.Ledger.Marks(ctx, l.ref, mostKeys+1)
	if l.owed = len(marks) > mostKeys; l.owed {
		return err
	}
	for _, m := range marks {
		l.waiting.mark(m.Key, m.At)
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
	return strings.Join(append(all, l.besideNow()), "; ")
}

func (l *Live) besideNow() string {
	if l.Beside == nil {
		return ""
	}
	return l.Beside()
}

// Moved says whether tables that are no feeds have changed since every row was looked at.
func (l *Live) Moved() bool { return l.besideNow() != l.beside }

// Turn takes in what has changed since the last one, looks at the keys it reaches and at those whose time has come, and begins
// to bring them up to date at the destination. Guarantee G30. more says that there is work left that need not wait;
// otherwise Wait, and turn again.
func (l *Live) Turn(ctx context.Context) (more bool, err error) {
	full, err := l.gather(ctx)
	l.going = false
	if err != nil {
		return false, err
	}
	if l.owed {
		if err := l.prepare(ctx); err != nil { // tables that are no feeds may have other columns now
			return false, err
		}
	}
	if broken, err := l.judge(ctx); broken || err != nil {
		return full, err
	}
	if l.owed {
		return l.lookAtAll(ctx)
	}
	if l.keysNow() == 0 {
		return full, nil
	}
	if err := l.prepare(ctx); err != nil {
		return false, err
	}
	keys := l.waiting.take(l.keysNow())
	if err := l.begin(ctx, keys); err != nil {
		l.waiting.giveBack(keys)
		return false, err
	}
	l.going = true
	return full || l.keysNow() > 0, nil
}

// Collect settles what has ended and takes in what has changed, and sends nothing: it is for a sync that is held, too, so
// that nobody has to keep changes for it. more says that there are more changes.
func (l *Live) Collect(ctx context.Context) (more bool, err error) {
	if err := l.land(false); err != nil {
		return false, err
	}
	if l.owed = l.owed || l.Moved(); l.owed {
		return false, l.forgo(ctx)
	}
	return l.collect(ctx)
}

// gather is Collect, but leaves changes where they are, in the ledger, while enough keys wait and are being sent.
func (l *Live) gather(ctx context.Context) (more bool, err error) {
	if !l.going || l.owed || l.waiting.left() < keysEnough {
		return l.Collect(ctx)
	}
	last, err := l.Runner.Ledger.LastChange(ctx)
	switch {
	case err != nil:
		return false, err
	case last-l.seq > changesLeft:
		return l.Collect(ctx)
	}
	return true, l.land(false)
}

// keysNow is how many keys the next plan takes; 0 while nothing may be sent. Where the destination has not answered lately,
// a few keys find out whether it is back.
func (l *Live) keysNow() int {
	n := min(l.weight.keys(), l.waiting.left())
	switch {
	case l.Now().Before(l.wait), l.trying && len(l.flights) > 0:
		return 0
	case l.trying:
		return min(keysATrial, n)
	}
	return n
}

// begin plans for keys and begins to carry that out.
func (l *Live) begin(ctx context.Context, keys []model.Key) error {
	began := l.Now()
	only := run.Only{Scope: l.Scope, Keys: keys, Now: began, Removed: l.removed.lately(began)}
	plan, err := l.Runner.PlanKeys(ctx, l.Job, only, run.Options{Wait: retryWait})
	if err != nil {
		l.tell(Turned{Keys: len(keys), Err: err})
		return err
	}
	l.removed.add(began, plan.Removals)
	l.weight.note(plan.Bytes, len(keys))
	if len(l.flights) >= flightsAtOnce {
		err = l.land(true)
	}
	if err == nil {
		err = l.noted() // what was collected is durable before anything of it is sent: G30 holds after a crash, too
	}
	if err != nil {
		plan.Discard()
		return err
	}
	l.fly(ctx, plan, keys, began)
	return nil
}

func (l *Live) tell(t Turned) {
	t.Sync = l.Job.Sync.Name
	if l.Tell != nil {
		l.Tell(t)
	}
}

// NextDue is when a key's time comes next, or something that waits may be tried again; zero where neither does.
func (l *Live) NextDue(ctx context.Context) (due time.Time, err error) {
	held := l.rules.broken != "" // it waits for the rules alone
	if l.Scope.Timed() && !held {
		if err := l.noted(); err != nil {
			return due, err
		}
		if due, err = l.Runner.Ledger.NextDue(ctx, l.ref); err != nil {
			return due, err
		}
	}
	if !held && (l.owed || l.waiting.left() > 0) {
		due = sooner(due, l.wait)
	}
	if l.rules.changed {
		due = sooner(due, l.rules.next)
	}
	return due, nil
}

// sooner is the earlier of two times, of which zero ones do not count.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
