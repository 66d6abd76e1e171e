package supervise

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/run"
)

// mostKeys is how many keys wait at most. What would be more, as where a row of a small table reaches every record, is one look
// at every row instead, in memory that does not grow with their number. Guarantee G7.
const mostKeys = 100_000

// lookAtAll ends what is under way and looks at every row.
func (l *Live) lookAtAll(ctx context.Context) (more bool, err error) {
	if l.Now().Before(l.wait) {
		return false, nil
	}
	for len(l.flights) > 0 {
		if err := l.land(true); err != nil {
			return false, err
		}
	}
	if err := l.prepare(ctx); err != nil {
		return false, err
	}
	if err := l.whole(ctx); err != nil {
		l.wait = l.Now().Add(time.Second)
		return false, err
	}
	return !l.owed, nil
}

// forgo passes changes by while every row is owed a look. The ledger hears that nothing made the records so far, so that the look
// is owed after a crash, too, and nobody keeps changes for it. Guarantee G30.
func (l *Live) forgo(ctx context.Context) error {
	if err := l.noted(); err != nil {
		return err
	}
	seq, err := l.Runner.Ledger.LastChange(ctx)
	if err != nil || seq == l.seq {
		return err
	}
	l.seq, l.rules.changed = seq, true
	l.note(ctx)
	return nil
}

// whole evaluates every row. The changes up to now are part of what it sees. Where something of it could not be sent yet, it stays
// owed: until it is done nothing says that the keys it is about wait.
func (l *Live) whole(ctx context.Context) error {
	if err := l.noted(); err != nil {
		return err
	}
	seq, err := l.Runner.Ledger.LastChange(ctx)
	if err != nil {
		return err
	}
	began, beside := l.Now(), l.besideNow()
	report, err := l.Runner.Run(ctx, l.Job, run.Options{Wait: retryWait})
	if err != nil {
		return err
	}
	l.beside, l.owed = beside, true
	l.tell(Turned{Report: report})
	if report.Status == run.Held || report.Status == run.Failed {
		return heldBack(report)
	}
	if l.owed = unsent(report) > 0; l.owed {
		l.wait = retryTime(report, l.Now())
		return nil
	}
	dues, err := l.dues(ctx, l.Scope, nil, began)
	if err != nil {
		return err
	}
	l.seq, l.waiting, l.notes = seq, waitingKeys{}, notes{seq: seq} // the ledger gets all of it anew
	return l.Runner.Ledger.Relive(ctx, l.ref, ledger.Live{Seq: seq, Made: l.made}, dues)
}

// unsent is how many records wait to be sent. Removals that wait for a source to be mended are no reason to look again.
func unsent(report run.Report) int64 {
	n := report.Pending
	for _, p := range report.Problems {
		if p.Code == "run.removals_wait" {
			n -= p.Count
		}
	}
	return n
}
