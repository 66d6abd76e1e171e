package feed

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// Taken is what one Step came to.
type Taken struct {
	Events  int
	Changed int       // keys whose row is another one now
	Oldest  time.Time // the earliest commit among them, zero where nothing changed
	Aside   int
	Behind  int // of those set aside: that wait behind an older one of their key
	Late    int
	Ignored int
	Waiting int      // events that cannot be read yet, with what comes after them in their partitions
	Why     string   // why they wait
	Warned  []string // what is wrong since this step, although the feed goes on
	Paused  string   // why the feed has paused itself, "" while it goes on
}

// retryHeld is how long events wait before their schema is asked for again.
const retryHeld = 500 * time.Millisecond

// Step takes in what one poll of the stream brings: decoded, compared with what is known, kept in one transaction, shown to
// the engine, committed at the broker, and handed to the archive. It waits until there is something, or Wake ends that.
func (f *Feed) Step(ctx context.Context) (Taken, error) {
	fetch, err := f.poll(ctx)
	if err != nil {
		return Taken{}, err
	}
	for _, n := range fetch.Notes {
		f.hear(n)
	}
	taken, err := f.take(ctx, fetch)
	if err != nil {
		return taken, err
	}
	if taken.Waiting = len(f.held); taken.Waiting > 0 {
		taken.Why = f.why
	}
	if err := f.archive(ctx, fetch); err != nil || len(f.broken) == 0 {
		return taken, err
	}
	taken.Paused = f.broken[0].Message
	return taken, f.stop(ctx)
}

// StepWithin is Step, but waits no longer than it may.
func (f *Feed) StepWithin(ctx context.Context, most time.Duration) (Taken, error) {
	f.most = most
	defer func() { f.most = 0 }()
	return f.Step(ctx)
}

// stop pauses a feed of whose stream something is missing, or that is somebody else's too: a person decides how it goes on.
// Guarantee G31.
func (f *Feed) stop(ctx context.Context) error {
	text, err := json.Marshal(f.broken)
	if err != nil {
		return err
	}
	return f.Ledger.PauseFeed(context.WithoutCancel(ctx), f.state.Ref, f.broken[0].Message, "freshet", string(text))
}

// hear passes a note on. What waits of a partition that is not ours any more is forgotten: whoever has it reads it again.
func (f *Feed) hear(n connect.StreamNote) {
	if n.Kind == connect.Revoked {
		f.held = slices.DeleteFunc(f.held, func(e model.Event) bool { return placeOfEvent(&e) == placeOf(n.Position) })
		delete(f.ahead, placeOf(n.Position))
	}
	if !f.heed(n) {
		return
	}
	if n.Kind.Stops() {
		f.broken = append(f.broken, n)
	}
	if f.Tell != nil {
		f.Tell(n)
	}
}

// poll waits for events until it is woken.
func (f *Feed) poll(ctx context.Context) (connect.Fetch, error) {
	waiting, done := f.waking.begin(ctx)
	fetch, err := f.wait(waiting)
	if done() && err != nil && ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return connect.Fetch{}, nil
	}
	return fetch, err
}

// wait waits for events. While some cannot be read yet it does not wait long, so that these are tried again; once they
// are too many, nothing more is read.
func (f *Feed) wait(ctx context.Context) (connect.Fetch, error) {
	most := f.most
	if len(f.held) > 0 {
		most = retryHeld
	}
	if most == 0 {
		return f.stream.Poll(ctx)
	}
	soon, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if f.heldBytes() >= mostHeld {
		<-soon.Done()
		return connect.Fetch{}, ctx.Err()
	}
	fetch, err := f.stream.Poll(soon)
	if err != nil && soon.Err() != nil {
		return connect.Fetch{}, ctx.Err()
	}
	return fetch, err
}

// mostHeld is how many bytes of events may wait before the feed as a whole waits.
const mostHeld = 16 << 20

func (f *Feed) heldBytes() (n int) {
	for i := range f.held {
		n += f.held[i].Size()
	}
	return n
}
