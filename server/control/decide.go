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
	release, shut, err := s.releaser(ctx, name)
	if err != nil {
		return out, err
	}
	defer shut()
	if number > 0 {
		if err = release(number, edited, why); err == nil {
			out.Released = 1
		}
		return out, err
	}
	d, err := s.begin(ctx, "event.retry", eventTarget(name, 0), why)
	if err != nil {
		return out, err
	}
	err = s.retry(ctx, name, why, release, &out)
	return out, d.end(ledger.Done, fmt.Sprintf("%d released, %d still wait", out.Released, out.Still), err)
}

// retry releases every event that can become a row by now.
func (s *Service) retry(ctx context.Context, name, why string, release func(int64, []byte, string) error, out *Released) error {
	numbers, alone, err := s.heldNumbers(ctx, name)
	out.Still = alone
	for _, n := range numbers {
		switch err := release(n, nil, why); {
		case err == nil:
			out.Released++
		case fault.Is(err, "feed.still_wrong"):
			out.Still++
		case fault.Is(err, "ledger.not_held"): // somebody else has decided meanwhile
		default:
			return err
		}
	}
	return err
}

// releaser gives what releases one event: the goroutine that has the feed, or a feed opened for it.
func (s *Service) releaser(ctx context.Context, name string) (func(number int64, edited []byte, why string) error, func(), error) {
	if s.serving != nil {
		return func(number int64, edited []byte, why string) error {
			return s.releaseServed(ctx, name, number, edited, why)
		}, func() {}, nil
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
	return func(number int64, edited []byte, why string) error { return s.releaseBy(ctx, f, number, edited, why) },
		func() { _ = f.Close(); shut() }, nil
}

// releaseBy takes an event in by its feed. It is looked up here, where nobody else decides about it meanwhile.
func (s *Service) releaseBy(ctx context.Context, f *openedFeed, number int64, edited []byte, why string) error {
	a, err := s.findAside(ctx, s.ledger.Reader, f.name, number)
	if err != nil {
		return err
	}
	if a.State != ledger.AsideHeld {
		return ledger.NotHeld()
	}
	did, target := "event.release", eventTarget(f.name, number)
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
	return s.ledger.Decide(acting(ctx, "event.drop", eventTarget(name, number), why), a.Feed, number, ledger.AsideDropped, nil, why, nil)
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
