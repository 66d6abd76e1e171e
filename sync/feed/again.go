package feed

import (
	"context"

	"github.com/freshet/freshet/sync/ledger"
)

// Again brings a feed whose stream is closed to what the ledger says of it now: whether it is paused, and where it goes on,
// which a person may have decided since it stopped. It forgets why it stopped. Start opens its stream then.
func (f *Feed) Again(ctx context.Context) error {
	state, _, err := f.Ledger.Feed(ctx, f.def.Name)
	if err != nil {
		return err
	}
	positions, err := f.Ledger.FeedPositions(ctx, state.Ref)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.state = state
	f.mu.Unlock()
	f.parts = partsOf(positions)
	f.forgetBlocked()
	f.held, f.broken, f.recent = nil, nil, recent{}
	return nil
}

// partsOf are partitions where the ledger has them.
func partsOf(positions []ledger.FeedPosition) map[place]*partition {
	parts := map[place]*partition{}
	for _, p := range positions {
		parts[placeOf(p.Position)] = &partition{p}
	}
	return parts
}
