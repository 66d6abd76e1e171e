package control

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/model"
)

// catchingUp is how often it is looked whether a feed has taken in what its topics held.
const catchingUp = 20 * time.Millisecond

// caughtUp waits until feeds that are being served have taken in what their topics hold at this moment. Fault feed.waits where
// events cannot be read for long.
func (s *Service) caughtUp(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := s.caughtUpWith(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) caughtUpWith(ctx context.Context, name string) error {
	var ends []model.Position
	for began := time.Now(); ; {
		there := false
		err := s.ask(ctx, name, func(ctx context.Context, f *openedFeed) (err error) {
			if f.trouble != nil || !f.started {
				return f.trouble
			}
			if ends == nil {
				ends, err = f.Ends(ctx)
			}
			there = err == nil && f.Reached(ends)
			if err == nil && !there && f.Settled(ends) && time.Since(began) > stalled {
				return waits(name, f.Waits())
			}
			return err
		})
		if err != nil || there {
			return err
		}
		if s.sleep(ctx, catchingUp); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// pauseServed pauses a feed that is being served, between two steps.
func (s *Service) pauseServed(ctx context.Context, name, why string) error {
	return s.ask(ctx, name, func(ctx context.Context, f *openedFeed) error {
		if err := s.ledger.PauseFeed(acting(ctx, "feed.pause", "feeds."+name, why), f.State().Ref, why, ActorOf(ctx).Name, ""); err != nil {
			return err
		}
		return s.halt(ctx, f, why)
	})
}

// halt lets go of a feed's stream, once everything read is kept.
func (s *Service) halt(ctx context.Context, f *openedFeed, why string) error {
	f.paused, f.started, f.trouble = true, false, pausedFault(f.name, why)
	s.progress(Event{Feed: f.name, Stage: "paused", Note: why})
	err := f.Flush(ctx)
	_ = f.Feed.Close()
	return err
}

// resumeServed lets a feed that is being served go on.
func (s *Service) resumeServed(ctx context.Context, name string, accept bool) error {
	return s.ask(ctx, name, func(ctx context.Context, f *openedFeed) error {
		if err := feed.Resume(resuming(ctx, name, accept), s.ledger, name, accept); err != nil || !f.paused {
			return err
		}
		if err := f.Again(ctx); err != nil {
			return err
		}
		f.paused, f.trouble = false, nil
		s.progress(Event{Feed: name, Stage: "resumed"})
		return nil
	})
}

// askAndTell has something done by the goroutine that has the feed, and tells the live syncs to look.
func (s *Service) askAndTell(ctx context.Context, name string, do func(context.Context, *openedFeed) error) error {
	err := s.ask(ctx, name, do)
	if err == nil {
		s.serving.news.Tell()
	}
	return err
}

func pausedFault(name, why string) error {
	return fault.New(fault.Held, "feed.paused", "the feed "+name+" has paused: "+why).At("feeds." + name).
		Do("look at what was set aside: freshet quarantine " + name)
}
