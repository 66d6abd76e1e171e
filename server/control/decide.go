package control

import (
	"context"
	"fmt"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/ledger"
)

// Release takes an event that was set aside in after all; edited is put in its value's place, nil leaves it. Number 0 means
// every event that waits: those that still cannot become rows go on waiting.
func (s *Service) Release(ctx context.Context, name string, number int64, edited []byte, why string) (Released, error) {
	out := Released{Feed: name}
	if _, err := s.feedLedger(ctx, name, "quarantine"); err != nil {
		return out, err
	}
	do, shut, err := s.withFeed(ctx, name)
	if err != nil {
		return out, err
	}
	defer shut()
	if number != 0 {
		out.Released, err = s.release(do, number, edited, why)
		return out, err
	}
	d, err := s.begin(ctx, "event.retry", eventTarget(name, 0), why)
	if err != nil {
		return out, err
	}
	err = s.retry(ctx, name, do, why, &out)
	return out, d.end(ledger.Done, fmt.Sprintf("%d released, %d still wait", out.Released, out.Still), err)
}

// retry releases every event that waits, oldest first.
func (s *Service) retry(ctx context.Context, name string, do byFeed, why string, out *Released) error {
	numbers, alone, err := s.heldNumbers(ctx, name)
	if err != nil {
		return err
	}
	out.Still = alone
	for _, n := range numbers {
		taken, err := s.release(do, n, nil, why)
		out.Released += taken
		switch {
		case err == nil, fault.Is(err, "ledger.not_held"): // or somebody else has decided meanwhile
		case fault.Is(err, "feed.still_wrong"), fault.Is(err, ledger.AsideBehind):
			out.Still++
		default:
			return err
		}
	}
	return do(func(ctx context.Context, f *openedFeed) error {
		taken, err := f.Follow(ctx)
		out.Released += taken
		if behind, e := s.ledger.CountBehind(ctx, f.State().Ref); e == nil {
			out.Still += behind
		}
		return err
	})
}

// byFeed has something done by whoever has a feed.
type byFeed func(do func(context.Context, *openedFeed) error) error

// withFeed gives what does things with a feed: the goroutine that has it, or one opened for it.
func (s *Service) withFeed(ctx context.Context, name string) (byFeed, func(), error) {
	if s.serving != nil {
		return func(do func(context.Context, *openedFeed) error) error { return s.askAndTell(ctx, name, do) }, func() {}, nil
	}
	e, shut, err := s.engineOf(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.openFeed(ctx, e, name)
	if err != nil {
		shut()
		return nil, nil, err
	}
	return func(do func(context.Context, *openedFeed) error) error { return do(ctx, f) }, func() { _ = f.Close(); shut() }, nil
}

// releaseBy releases an event, and has it noted.
func (s *Service) releaseBy(ctx context.Context, f *openedFeed, a ledger.Aside, edited []byte, why string) error {
	did, target := "event.release", eventTarget(f.name, a.N)
	if edited != nil {
		did = "event.edit"
	}
	if a.Code != feed.Truncated {
		return f.Release(acting(ctx, did, target, why), a, edited, why)
	}
	d, err := s.begin(ctx, did, target, why) // rows are removed a batch at a time
	if err != nil {
		return err
	}
	return d.end(ledger.Done, "", f.Release(ctx, a, edited, why))
}

// release takes an event in by its feed, and what waited behind it; it tells how many that were. The event is looked up where nobody
// else decides about it meanwhile.
func (s *Service) release(do byFeed, number int64, edited []byte, why string) (taken int64, err error) {
	err = do(func(ctx context.Context, f *openedFeed) error {
		a, err := s.findAside(ctx, s.ledger.Reader, f.name, number)
		if err != nil {
			return err
		}
		if a.State != ledger.AsideHeld {
			return ledger.NotHeld()
		}
		if err := s.releaseBy(ctx, f, a, edited, why); err != nil {
			return err
		}
		taken, err = f.Follow(ctx)
		taken++
		return err
	})
	return taken, err
}

// heldNumbers are the events that can be tried again all at once, and how many cannot: a truncation removes rows, so it is released
// by its number alone.
func (s *Service) heldNumbers(ctx context.Context, name string) (numbers []int64, alone int64, err error) {
	state, known, err := s.ledger.Feed(ctx, name)
	if err != nil || !known {
		return nil, 0, err
	}
	held, _, err := s.ledger.HeldAside(ctx, state.Ref, 0, 0)
	for _, a := range held {
		if a.Code == feed.Truncated {
			alone++
			continue
		}
		if a.Code == ledger.AsideBehind {
			continue // it follows what it waits behind
		}
		numbers = append(numbers, a.N)
	}
	return numbers, alone, err
}

// Drop lets an event go that was set aside; why says the reason, and stays.
func (s *Service) Drop(ctx context.Context, name string, number int64, why string) error {
	if why == "" {
		return fault.New(fault.Usage, "feed.no_reason", "an event is dropped with a reason").Do("say it with --why")
	}
	if _, err := s.feedLedger(ctx, name, "quarantine"); err != nil {
		return err
	}
	a, err := s.findAside(ctx, s.ledger.Reader, name, number)
	if err != nil {
		return err
	}
	return s.drop(ctx, name, a, why)
}

// drop decides about an event and takes in what waited behind it.
func (s *Service) drop(ctx context.Context, name string, a ledger.Aside, why string) error {
	behind, err := s.ledger.CountBehind(ctx, a.Feed)
	if err != nil {
		return err
	}
	decide := func(ctx context.Context) error {
		return s.ledger.Decide(acting(ctx, "event.drop", eventTarget(name, a.N), why), a.Feed, a.N, ledger.AsideDropped, nil, why, nil)
	}
	if behind == 0 && !s.workspace.Feeds[name].HoldNewer {
		return decide(ctx)
	}
	do, shut, err := s.withFeed(ctx, name)
	if err != nil {
		return err
	}
	defer shut()
	return do(func(ctx context.Context, f *openedFeed) error {
		if err := decide(ctx); err != nil {
			return err
		}
		_, err := f.Follow(ctx)
		return err
	})
}

func eventTarget(name string, number int64) string {
	if number == 0 {
		return "feeds." + name
	}
	return fmt.Sprintf("feeds.%s event %d", name, number)
}

// PauseFeed stops a feed until ResumeFeed.
func (s *Service) PauseFeed(ctx context.Context, name, why string) error {
	if why == "" {
		return fault.New(fault.Usage, "feed.no_reason", "a feed is paused with a reason").Do("say it with --why")
	}
	l, err := s.feedLedger(ctx, name, "feed")
	if err != nil {
		return err
	}
	if s.serving != nil {
		err = s.pauseServed(ctx, name, why)
	} else {
		var state ledger.FeedState
		if state, err = l.EnsureFeed(ctx, name); err == nil {
			err = l.PauseFeed(acting(ctx, "feed.pause", "feeds."+name, why), state.Ref, why, ActorOf(ctx).Name, "")
		}
	}
	return err
}

// ResumeFeed lets a feed go on; accept says that what is missing of its stream may stay missing.
func (s *Service) ResumeFeed(ctx context.Context, name string, accept bool) error {
	l, err := s.feedLedger(ctx, name, "feed")
	if err != nil {
		return err
	}
	if !accept {
		return s.resume(ctx, l, name, false)
	}
	d, err := s.begin(ctx, "feed.resume", "feeds."+name, "what is missing may stay missing")
	if err != nil {
		return err
	}
	return d.end(ledger.Done, "", s.resume(ctx, l, name, true))
}

func (s *Service) resume(ctx context.Context, l *ledger.Ledger, name string, accept bool) error {
	if s.serving != nil {
		return s.resumeServed(ctx, name, accept)
	}
	return feed.Resume(resuming(ctx, name, accept), l, name, accept)
}

// resuming has it noted that a feed goes on, where that is all that is done: what is accepted moves positions before, and is noted
// around it.
func resuming(ctx context.Context, name string, accept bool) context.Context {
	if accept {
		return ctx
	}
	return acting(ctx, "feed.resume", "feeds."+name, "")
}

func (s *Service) feedLedger(ctx context.Context, name, command string) (*ledger.Ledger, error) {
	if !s.IsFeed(name) {
		return nil, s.unknownFeed(name)
	}
	return s.write(ctx, "freshet "+command+" "+name)
}
