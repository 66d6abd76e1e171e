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
	numbers, did := []int64{number}, "event.release"
	if number == 0 {
		did = "event.retry"
		if numbers, out.Still, err = s.heldNumbers(ctx, name); err != nil {
			return out, err
		}
	}
	for _, n := range numbers {
		switch err := release(n, edited, why); {
		case err == nil:
			out.Released++
		case number == 0 && fault.Is(err, "feed.still_wrong"):
			out.Still++
		case number == 0 && fault.Is(err, "ledger.not_held"): // somebody else has decided meanwhile
		default:
			return out, err
		}
	}
	return out, s.did(ctx, did, eventTarget(name, number), why)
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
	return f.Release(ctx, a, edited, why)
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
	if err := s.ledger.Decide(ctx, a.Feed, number, ledger.AsideDropped, nil, why, nil); err != nil {
		return err
	}
	return s.did(ctx, "event.drop", eventTarget(name, number), why)
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
			err = l.PauseFeed(ctx, state.Ref, why, ActorOf(ctx), "")
		}
	}
	if err != nil {
		return err
	}
	return s.did(ctx, "feed.pause", "feeds."+name, why)
}

// ResumeFeed lets a feed go on; accept says that what is missing of its stream may stay missing.
func (s *Service) ResumeFeed(ctx context.Context, name string, accept bool) error {
	l, err := s.feedLedger(ctx, name, "feed")
	if err != nil {
		return err
	}
	if s.serving != nil {
		err = s.resumeServed(ctx, name, accept)
	} else {
		err = feed.Resume(ctx, l, name, accept)
	}
	if err != nil {
		return err
	}
	why := ""
	if accept {
		why = "what is missing may stay missing"
	}
	return s.did(ctx, "feed.resume", "feeds."+name, why)
}

func (s *Service) feedLedger(ctx context.Context, name, command string) (*ledger.Ledger, error) {
	if !s.IsFeed(name) {
		return nil, s.unknownFeed(name)
	}
	return s.write(ctx, "freshet "+command+" "+name)
}
