package feed

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// rekeying marks a feed whose key is another one than its rows are named by. New events beside them would make two rows of
// one, so it pauses until a replay has named them anew.
const rekeying = "freshet, for another key"

// keyMoved says whether rows made by a kept recipe are named by other columns than the feed says now.
func keyMoved(kept string, now model.Feed) bool {
	var was recipe
	return kept != "" && json.Unmarshal([]byte(kept), &was) == nil && !slices.Equal(was.Key, now.Key)
}

// pauseForKey stops a feed whose key has changed, where it has rows that another key names. One that has got its old key back
// goes on.
func (f *Feed) pauseForKey(ctx context.Context) error {
	other, err := f.otherwiseNamed(ctx)
	switch {
	case err != nil:
		return err
	case other:
		f.state.PausedBy, f.state.Paused = rekeying, "its key has changed, and its rows are named by the old one"
		return f.Ledger.PauseFeed(ctx, f.state.Ref, f.state.Paused, rekeying, "")
	case f.state.PausedBy == rekeying:
		f.state.PausedBy, f.state.Paused = "", ""
		return f.Ledger.PauseFeed(ctx, f.state.Ref, "", "", "")
	}
	return nil
}

// otherwiseNamed says whether a row is named by another key than its columns give.
func (f *Feed) otherwiseNamed(ctx context.Context) (bool, error) {
	found := errors.New("found")
	err := f.Ledger.EachFeedRow(ctx, f.state.Ref, func(row ledger.FeedRow) error {
		if key, ok := f.named(row.Row); !ok || key != row.Key {
			return found
		}
		return nil
	})
	if errors.Is(err, found) {
		return true, nil
	}
	return false, err
}

// Rekeying says that the feed waits for a replay that names its rows anew.
func (f *Feed) Rekeying() bool { return f.state.PausedBy == rekeying }

// mustReplay is what a feed says whose key has changed.
func mustReplay(name string) error {
	return fault.New(fault.Held, "feed.must_replay", "the feed "+name+" is paused: its key has changed, and its rows are named by the old one").At("feeds." + name).
		Do("look at what changes: freshet replay " + name + "; then keep it with --apply. Or give the feed its old key back")
}

// rekey finds the rows that are named by another key than their columns give. They go; where no raw event makes the row of
// their new key any more, the newest of them is that row.
func (r *replaying) rekey(ctx context.Context, out *Replayed) error {
	if !r.Rekeying() || r.state.Definition != fingerprint(r.def) {
		return nil
	}
	out.rekeyed = true
	return r.Ledger.EachFeedRow(ctx, r.state.Ref, func(row ledger.FeedRow) error {
		key, ok := r.named(row.Row)
		if key == row.Key || !ok && r.latest[row.Key] != nil {
			return nil
		}
		if now := r.latest[key]; ok && (now == nil || newer(row.Version, now.Version)) {
			moved := row
			moved.Key = key
			r.latest[key] = &moved
		}
		if r.latest[row.Key] == nil {
			out.drop(row)
		}
		return nil
	})
}

// named is the key that a row's columns give under the feed's present definition; false where it does not hold them all.
func (f *Feed) named(row []byte) (model.Key, bool) {
	fields, err := model.ParseFlat(row)
	if err != nil {
		return "", false
	}
	parts := make([]string, len(f.def.Key))
	for i, column := range f.def.Key {
		v, has := fields.Get(column)
		if !has || v.IsNull() {
			return "", false
		}
		parts[i] = v.Text
	}
	return model.CompositeKey(parts), true
}

// drop takes a row away as of its own version.
func (out *Replayed) drop(row ledger.FeedRow) {
	out.changes = append(out.changes, ledger.FeedChange{Key: row.Key, At: row.At, Before: row.Row})
	row.Gone = true
	out.rows = append(out.rows, row)
	out.Changed = append(out.Changed, engine.FeedRow{Key: row.Key})
}
