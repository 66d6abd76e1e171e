package supervise

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// How often a contract's rules about all rows are judged while rows change: every 10 seconds, and never for more than a
// twentieth of the time.
const (
	judgeEvery = 10 * time.Second
	judgeShare = 20
)

// HowOftenJudged says that in words.
const HowOftenJudged = "every 10 seconds, or for a twentieth of the time where that is less often"

// rules is what is known of the contract's rules about all rows.
type rules struct {
	changed bool      // rows have changed since they were judged
	next    time.Time // not before this moment are they judged again; zero: they never were
	broken  string    // the first rule that is broken, in words
}

// judge says whether a rule about all rows is broken. While one is, nothing is sent; changes are noted all the same, and with them
// the rules are judged again. Guarantee G33.
func (l *Live) judge(ctx context.Context) (broken bool, err error) {
	r, now := &l.rules, l.Now()
	if l.Job.Contract == nil || len(l.Job.Contract.Set) == 0 {
		r.changed = false
		return false, nil
	}
	if !r.next.IsZero() && (!r.changed || now.Before(r.next)) {
		return r.broken != "", nil
	}
	says, err := l.Runner.JudgeSet(ctx, l.Job, now)
	if err != nil {
		return false, err
	}
	took := l.Now().Sub(now)
	r.changed, r.next = false, now.Add(max(judgeEvery, judgeShare*took))
	if says != "" && says != r.broken {
		l.tell(Turned{Err: fault.New(fault.Held, "live.contract", "the sync "+l.Job.Sync.Name+" waits: "+says).At("syncs." + l.Job.Sync.Name).
			Do("mend the rows: it goes on by itself; or look at what it would send with: freshet plan " + l.Job.Sync.Name),
			Report: run.Report{Sync: l.Job.Sync.Name, Status: run.Held}})
	}
	r.broken = says
	return says != "", nil
}
