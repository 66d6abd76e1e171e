package control

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// rest is how long a live sync that could not be opened is left alone: at least, whatever comes, and at most, though nothing does.
type rest struct{ least, most time.Duration }

// A sync that is held when it opens has looked at every row. It does so again for a twentieth of the time at most, since each time
// it may be held again.
const (
	leastHeld = 10 * time.Second
	heldShare = 20
)

// restAfter is the rest after an attempt that took so long.
func (s *Service) restAfter(sync model.Sync, err error, took time.Duration) rest {
	switch {
	case fault.As(err).Kind == fault.Held:
		least := max(leastHeld, heldShare*took)
		return rest{least, max(longestPatience, least)}
	case s.serving.beside.mayRead(sync):
		s.serving.beside.keepWhy(sync.Name, err)
		return rest{0, probePatience} // nobody tells when its source can be read
	}
	return rest{0, longestPatience}
}

// unopened waits until a sync is to be tried again: with news, when the rest is over, or because other work wants the sync. Of many
// changes that come meanwhile none are kept for it.
func (s *Service) unopened(ctx context.Context, turn *turn, sync model.Sync, heard <-chan struct{}, rest rest) {
	look := time.NewTicker(tidyEvery)
	defer look.Stop()
	enough, over, news := time.After(rest.least), time.After(rest.most), false
	for s.passBy(ctx, sync.Name) {
		select {
		case <-heard:
			news = true
		case <-enough:
			enough = nil
		case <-look.C:
		case <-over:
			return
		case <-turn.wanted:
			return
		case <-ctx.Done():
			return
		}
		if news && (enough == nil || rest.least == 0) {
			return
		}
	}
}

// mostBehind is how many changes are kept for a live sync that cannot be opened.
const mostBehind = 10_000

// passBy lets the changes go that are kept for a live sync which cannot be opened, once they are many: it is owed a look at every row
// instead. Only who has the sync's turn calls it. false: ctx has ended. Guarantee G30.
func (s *Service) passBy(ctx context.Context, name string) bool {
	err := s.passChangesBy(ctx, name)
	if err != nil && ctx.Err() == nil {
		s.progress(Event{Sync: name, Stage: "failed", Note: fault.As(err).Message})
	}
	return ctx.Err() == nil
}

func (s *Service) passChangesBy(ctx context.Context, name string) error {
	state, err := s.ledger.EnsureSync(ctx, name)
	if err != nil {
		return err
	}
	was, known, err := s.ledger.Live(ctx, state.Ref)
	if err != nil || !known {
		return err
	}
	last, err := s.ledger.LastChange(ctx)
	if err != nil || last-was.Seq < mostBehind {
		return err
	}
	return s.ledger.Relive(ctx, state.Ref, ledger.Live{Seq: last}, nil) // made by nothing: every row is looked at
}
