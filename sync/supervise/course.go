package supervise

import (
	"time"

	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/timetable"
)

// Scheduled is one sync that runs by a timetable.
type Scheduled struct {
	Sync  string
	Tier  timetable.Tier
	Table timetable.Timetable
	Last  time.Time // when its last whole run began; zero: it never ran
	Again time.Time // when what the last run left may be tried again; zero: it left nothing
}

// Ended is what a run came to, as far as the next one depends on it.
type Ended struct {
	Status   run.Status
	Began    time.Time // when the run that counts began; zero: when this one was asked for
	RetryAt  time.Time // when what is left may be tried again; zero where nothing says so
	Progress bool      // something was delivered
}

// course is where one sync is in its timetable.
type course struct {
	Scheduled
	next    time.Time // when the next run is to begin
	never   bool      // none follows
	began   time.Time // of the run under way
	running bool
	failed  int // runs in a row that left work
	retries int // since the timetable's last time
}

// What failed, or was left, is tried again before the timetable's next time: after 15 seconds, then after twice as long each
// time, at most five times; and never sooner than the destination asked for. Guarantee G37.
const (
	firstRetry   = 15 * time.Second
	longestRetry = 4 * time.Minute
	mostRetries  = 5
)

// retryAfter is how long a sync rests after so many failures in a row.
func retryAfter(failed int) time.Duration {
	return min(firstRetry<<min(failed-1, 10), longestRetry)
}

func newCourse(s Scheduled, now time.Time) *course {
	c := &course{Scheduled: s}
	c.Last = c.Last.Round(0)
	c.onTime(now)
	if !s.Again.IsZero() && (c.never || s.Again.Before(c.next)) {
		c.next, c.never, c.failed, c.retries = s.Again, false, 1, 1
	}
	return c
}

// onTime puts the next run where the timetable has it.
func (c *course) onTime(now time.Time) {
	c.Last = c.Table.Trust(c.Last, now)
	next, ok := c.Table.Next(c.Last)
	c.next, c.never, c.retries = next, !ok, 0
}

// due says whether a run is to begin now. A clock that was put back is noticed here.
func (c *course) due(now time.Time) bool {
	if !c.Last.Equal(c.Table.Trust(c.Last, now)) {
		c.onTime(now)
	}
	return !c.running && !c.never && !c.next.After(now)
}

func (c *course) begin(now time.Time) {
	c.running, c.began = true, now.Round(0)
}

// end takes in what a run came to. What the timetable called for while it went on is one run, due now.
func (c *course) end(e Ended, now time.Time) {
	c.running = false
	if c.Last = c.began; !e.Began.IsZero() {
		c.Last = e.Began.Round(0)
	}
	retries := c.retries
	c.onTime(now)
	if e.Status != run.Failed && e.Status != run.Pending {
		c.failed = 0
		return
	}
	if c.failed++; e.Progress {
		c.failed, retries = 1, 0
	}
	ready := now.Add(retryAfter(c.failed))
	if e.RetryAt.After(ready) {
		ready = e.RetryAt
	}
	switch {
	case c.never || ready.Before(c.next) && retries < mostRetries:
		c.next, c.never, c.retries = ready, false, retries+1
	case c.next.Before(ready):
		c.next = ready // not sooner, though the timetable would have it
	}
}
