package feed

import (
	"context"
	"slices"

	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// Truncated is the code of an event that waits because it is a truncation.
const Truncated = "feed.truncated"

// truncated is why the event of a truncation waits: what it asks for is never done before a person has agreed.
var truncated = window.Problem{Code: Truncated,
	Message: "the table was truncated at the source; releasing the event removes every row older than it, dropping the event keeps them"}

func truncates(r window.Reading) bool {
	return slices.ContainsFunc(r.Changes, func(c window.Change) bool { return c.Op == window.Truncate })
}

// emptiedAtOnce is how many rows go in one transaction.
const emptiedAtOnce = 20_000

// empty removes the rows that are older than a truncation, a batch at a time, and decides its event with the last of them: a crash
// in between leaves the event waiting, and releasing it again removes the rest. Of a feed over several topics only the rows go
// that the event's own topic has made.
func (f *Feed) empty(ctx context.Context, a ledger.Aside, why string) error {
	several := f.def.Pattern || len(f.def.Topics) != 1
	var batch []ledger.FeedRow
	err := f.Ledger.EachFeedRow(ctx, f.state.Ref, func(row ledger.FeedRow) error {
		if row.Version.Compare(a.Version) >= 0 || several && row.Version.Topic != a.Version.Topic {
			return nil
		}
		if batch = append(batch, row); len(batch) < emptiedAtOnce {
			return nil
		}
		full := batch
		batch = nil
		return f.remove(ctx, full, a, nil)
	})
	if err != nil {
		return err
	}
	return f.remove(ctx, batch, a, func(last *ledger.FeedBatch) error {
		return f.Ledger.Decide(context.WithoutCancel(ctx), f.state.Ref, a.N, ledger.AsideReleased, nil, why, last)
	})
}

// remove takes rows away as of an event's version. decide makes them durable together with a decision; nil: by themselves.
func (f *Feed) remove(ctx context.Context, rows []ledger.FeedRow, a ledger.Aside, decide func(*ledger.FeedBatch) error) error {
	t := &taking{Feed: f, before: map[model.Key]ledger.FeedRow{}, rows: map[model.Key]*ledger.FeedRow{}}
	for _, row := range rows {
		next := ledger.FeedRow{Key: row.Key, Version: a.Version, At: a.Event.At, Gone: true, Row: row.Row}
		t.before[row.Key], t.rows[row.Key], t.order = row, &next, append(t.order, row.Key)
	}
	shown := t.compose()
	if decide != nil {
		t.decide = func() error { return decide(&t.batch) }
	}
	return t.both(ctx, shown)
}
