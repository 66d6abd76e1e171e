package supervise

import (
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// lately is how long a removal counts for the guards of what comes after it.
const lately = time.Hour

// removals remembers what live runs removed lately, so that many small plans cannot do what one large plan may not.
type removals struct{ list []removal }

type removal struct {
	at time.Time
	n  int64
}

func (r *removals) add(at time.Time, n int64) {
	if n > 0 {
		r.list = append(r.list, removal{at, n})
	}
}

func (r *removals) lately(now time.Time) (sum int64) {
	for len(r.list) > 0 && now.Sub(r.list[0].at) > lately {
		r.list = r.list[1:]
	}
	for _, x := range r.list {
		sum += x.n
	}
	return sum
}

// heldBack is the fault of a live sync that does not go on before a person has looked.
func heldBack(report run.Report) error {
	f := fault.New(fault.Held, "live.held", "the sync "+report.Sync+" does not go on by itself").At("syncs." + report.Sync).
		Do("look at it with: freshet plan " + report.Sync)
	if len(report.Problems) > 0 {
		f.Message += ": " + report.Problems[0].Message
		f.Suggestion = report.Problems[0].Suggestion
	}
	if report.Status == run.Failed {
		f.Kind = fault.Destination
	}
	return f
}

// retryTime is when work that is left may be tried again.
func retryTime(report run.Report, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, report.RetryAt)
	if err != nil || at.Before(now) {
		return now.Add(time.Second)
	}
	return at
}
