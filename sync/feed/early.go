package feed

import (
	"context"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// mostEarly is how long an event waits for the end of the key that its row had before.
const mostEarly = 10 * time.Second

// early says whether an event must wait: its row has had another key, leaves values out that did not change, and the old key's
// last event has not been read. That stands in another partition, as everything does that the values could have come by; where
// it does not come in time, what is known of the old key counts.
func (t *taking) early(ctx context.Context, at place, r window.Reading, list []decoded) (bool, error) {
	for i := range r.Changes {
		c := &r.Changes[i]
		if c.OldKey == "" || c.Op == window.Delete || c.Op == window.Write && len(c.Absent) == 0 || ends(list, c.OldKey) {
			continue
		}
		rows, err := t.Ledger.FeedRows(ctx, t.state.Ref, []model.Key{c.OldKey})
		if err != nil {
			return false, err
		}
		if rows[c.OldKey].Gone {
			continue
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

// ends says whether a key is deleted by one of the events.
func ends(list []decoded, key model.Key) bool {
	return slices.ContainsFunc(list, func(d decoded) bool {
		return slices.ContainsFunc(d.reading.Changes, func(c window.Change) bool { return c.Op == window.Delete && c.Key == key })
	})
}
