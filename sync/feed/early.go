package feed

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// mostEarly is how long an event waits for the end of the key that its row had before.
const mostEarly = 10 * time.Second

// leans says whether a change takes values from the row that another key had before: its own key is new, and it leaves out what
// did not change. What counts is that row at its end. The old key stands in another partition, which may be read later.
func leans(c *window.Change) bool {
	return c.OldKey != "" && (c.Op == window.Patch || c.Op == window.Write && len(c.Absent) > 0)
}

// early says whether an event must wait, since the old key that it leans on has not been read to its end. Where that does not
// come in time, what is known of the old key counts.
func (t *taking) early(ctx context.Context, at place, r window.Reading) (bool, error) {
	for i := range r.Changes {
		c := &r.Changes[i]
		if !leans(c) || t.ended[c.OldKey] {
			continue
		}
		rows, err := t.Ledger.FeedRows(ctx, t.state.Ref, []model.Key{c.OldKey})
		if err != nil {
			return false, err
		}
		if rows[c.OldKey].Gone {
			continue
		}
		if held, err := t.holds(ctx, c.OldKey); err != nil || held {
			return false, err // its end waits for a person, and so will this event
		}
		since, waits := t.since[at]
		if !waits {
			since = time.Now()
			t.since[at] = since
		}
		if time.Since(since) < mostEarly {
			return true, nil
		}
	}
	delete(t.since, at)
	return false, nil
}

// end notes which keys an event deletes.
func (t *taking) end(r window.Reading) {
	for i := range r.Changes {
		if c := &r.Changes[i]; c.Op == window.Delete {
			t.ended[c.Key] = true
		}
	}
}
