package ledger

import (
	"context"

	"github.com/freshet/freshet/sync/model"
)

// states is how many states a record can stand in.
const states = int(model.Removed) + 1

// tally is how many records a transaction has moved into (above 0) or out of (below 0) each state.
type tally [states]int64

// move notes that a record of the sync goes from one state to another; had is false for a record not known before.
func (t *tx) move(ref SyncRef, old model.State, had bool, now model.State) {
	if had && old == now {
		return
	}
	c := t.moved[ref]
	if c == nil {
		c = new(tally)
		t.moved[ref] = c
	}
	if had {
		c[old]--
	}
	c[now]++
}

// keepCounts writes the moves into the syncs, so that counting never walks the records.
func (t *tx) keepCounts() error {
	for ref, c := range t.moved {
		if _, err := t.exec(`UPDATE syncs SET unknown = unknown + ?2, synced = synced + ?3, rejected = rejected + ?4,
			gone = gone + ?5, removed = removed + ?6 WHERE ref = ?1`,
			int64(ref), c[model.Unknown], c[model.Synced], c[model.Rejected], c[model.Left], c[model.Removed]); err != nil {
			return err
		}
	}
	return nil
}

// Counts tells how many records of a sync stand in each state; every state has an entry.
func (r *Reader) Counts(ctx context.Context, ref SyncRef) (map[model.State]int64, error) {
	var c tally
	found, err := r.row(ctx, `SELECT unknown, synced, rejected, gone, removed FROM syncs WHERE ref = ?`, []any{int64(ref)},
		&c[model.Unknown], &c[model.Synced], &c[model.Rejected], &c[model.Left], &c[model.Removed])
	if err != nil || !found {
		return nil, err
	}
	counts := make(map[model.State]int64, states)
	for s, n := range c {
		counts[model.State(s)] = n
	}
	return counts, nil
}
