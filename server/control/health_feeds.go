package control

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/freshness"
	"github.com/freshet/freshet/sync/model"
)

// How often the source of a feed is asked where its topics end, how long it may take, and after how long without an answer it is
// silent: so a dead one is noticed within 30 seconds.
const (
	askEvery    = 3 * time.Second
	askBehind   = time.Second // while something is to be taken in
	answersIn   = 5 * time.Second
	silentAfter = 15 * time.Second
)

// answer is what the source of a feed says of itself.
type answer struct {
	at              []model.Position
	lag             []int64
	paused, trouble string
	person, empty   bool
	aside           int64
}

// watchFeeds asks the sources of all feeds how they are, until ctx ends.
func (s *Service) watchFeeds(ctx context.Context) error {
	var all sync.WaitGroup
	for name := range s.workspace.Feeds {
		all.Go(func() { s.watchFeed(ctx, name) })
	}
	all.Wait()
	return nil
}

func (s *Service) watchFeed(ctx context.Context, name string) {
	for ctx.Err() == nil {
		asking, cancel := context.WithTimeout(ctx, answersIn)
		got, err := s.askFeed(asking, name)
		cancel()
		if ctx.Err() != nil {
			return
		}
		rest := askEvery
		if s.health.answered(name, got, err) > 0 {
			rest = askBehind
		}
		s.sleep(ctx, rest)
	}
}

// askFeed asks on the feed's own goroutine: one that does not come to answering is as silent as its source. Who asks does not wait
// longer than ctx.
func (s *Service) askFeed(ctx context.Context, name string) (answer, error) {
	type said struct {
		answer
		err error
	}
	done := make(chan said, 1)
	go func() {
		var a answer
		err := s.ask(ctx, name, func(asked context.Context, f *openedFeed) error {
			asked, cancel := context.WithTimeout(asked, answersIn)
			defer cancel()
			return s.stands(asked, f, &a)
		})
		done <- said{a, err}
	}()
	select {
	case got := <-done:
		return got.answer, got.err
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// stands says how a feed stands.
func (s *Service) stands(ctx context.Context, f *openedFeed, a *answer) error {
	state, _, err := s.ledger.Feed(ctx, f.name)
	if err != nil {
		return err
	}
	if _, a.aside, err = s.ledger.HeldAside(ctx, state.Ref, 0, 1); err != nil {
		return err
	}
	a.empty = state.Seen == 0
	if a.paused = state.Paused; a.paused != "" {
		a.person = state.Offered == "" && state.PausedBy != "" && state.PausedBy != "freshet"
	}
	if f.trouble != nil {
		a.trouble = fault.As(f.trouble).Message
	}
	if !f.started {
		if a.paused == "" && a.trouble == "" {
			a.trouble = "it is not being read"
		}
		return nil
	}
	ends, err := f.Ends(ctx)
	if err != nil {
		return err
	}
	a.at, a.lag = f.Behind(ends)
	return nil
}

// answered takes in what a feed's source said, and gives its lag.
func (h *health) answered(name string, a answer, err error) (lag int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, now := h.feeds[name], h.clock.steady()
	if f == nil {
		return 0
	}
	if f.refused = ""; err != nil {
		if !errors.Is(err, context.DeadlineExceeded) {
			f.refused = fault.As(err).Message
		}
		return 0
	}
	f.empty = a.empty
	f.paused, f.person, f.trouble, f.aside = a.paused, a.person, a.trouble, a.aside
	if a.paused != "" || a.trouble != "" {
		return 0
	}
	f.heard, f.course, f.where = now, freshness.KeepsUp, ""
	for i, at := range a.at {
		lag += a.lag[i]
		place := fmt.Sprintf("%s/%d", at.Topic, at.Partition)
		w := f.watches[place]
		if w == nil {
			w = &freshness.Watch{}
			f.watches[place] = w
		}
		w.See(freshness.Sample{At: now, Next: at.Next, Lag: a.lag[i]})
		if course := w.Judge(now); course > f.course {
			f.course, f.where = course, place
		}
	}
	if f.lag = lag; lag == 0 {
		f.caughtUp = now
	}
	return lag
}

// silence is for how long a feed's source has not answered. The caller holds mu.
func (f *feedHealth) silence(now time.Time) time.Duration {
	if f.heard.IsZero() {
		return 0
	}
	return now.Sub(f.heard)
}

// until is the moment before which everything of a feed was taken in. The caller holds mu.
func (f *feedHealth) until(now time.Time) time.Time {
	if f.lag == 0 && f.paused == "" && f.trouble == "" && f.silence(now) < silentAfter && !f.heard.IsZero() {
		return now
	}
	return f.caughtUp
}

// says tells what is wrong with a feed, "" where nothing is. The caller holds mu.
func (f *feedHealth) says(name string, now time.Time) string {
	switch {
	case f.trouble != "":
		return "feeds." + name + ": " + f.trouble
	case f.silence(now) >= silentAfter:
		return because(fmt.Sprintf("the source of feeds.%s has not answered for %s", name, freshness.Span(f.silence(now))), f.refused)
	case f.course >= freshness.Stalled:
		return fmt.Sprintf("feeds.%s is %s at %s: %d events wait there or elsewhere", name, f.course, f.where, f.lag)
	case f.course == freshness.Behind:
		return fmt.Sprintf("feeds.%s falls behind at %s: %d events wait", name, f.where, f.lag)
	}
	return ""
}

func because(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}
