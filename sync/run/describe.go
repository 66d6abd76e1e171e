package run

import (
	"context"
	"errors"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/fault"
)

// describeObject asks a destination that knows its own fields for those of the object; nil where it does not.
func describeObject(ctx context.Context, job Job) (*connect.ObjectInfo, error) {
	describer, ok := job.Destination.(connect.Describer)
	if !ok {
		return nil, nil
	}
	info, err := describer.Describe(ctx, job.Sync.Object)
	if err != nil {
		return nil, CallFault(err, job.Sync.Destination)
	}
	return &info, nil
}

// describe is describeObject as one of the account's calls: within its budget, and not before the destination wants to
// be called again. A longer wait than allowed is the fault destination.throttled, because of a *postponed.
func (r *Runner) describe(ctx context.Context, job Job, wait time.Duration) (*connect.ObjectInfo, error) {
	describer, ok := job.Destination.(connect.Describer)
	if !ok {
		return nil, nil
	}
	lane := r.Lanes.For(job.Account, limitsFor(job, writing[job.Sync.Mode], 0))
	until, why, err := r.past().BlockedUntil(ctx, job.Account)
	if err != nil {
		return nil, err
	}
	lane.Block(until, why)
	for {
		if err := r.sitOut(ctx, lane, job, wait); err != nil {
			return nil, err
		}
		var info connect.ObjectInfo
		err := lane.Ask(ctx, func(ctx context.Context) (err error) {
			info, err = describer.Describe(ctx, job.Sync.Object)
			return err
		})
		var call *connect.CallError
		switch {
		case err == nil:
			return &info, nil
		case !errors.As(err, &call) || call.Class != connect.Throttled:
			return nil, CallFault(err, job.Sync.Destination)
		}
		if err := r.keepBlock(ctx, lane, job.Account); err != nil {
			return nil, err
		}
	}
}

// sitOut lets the time pass in which a destination must not be called, where it is no longer than wait.
func (r *Runner) sitOut(ctx context.Context, lane *deliver.Lane, job Job, wait time.Duration) error {
	at, why := lane.Ready(time.Now())
	if at.IsZero() {
		return nil
	}
	if time.Until(at) > wait {
		return fault.New(fault.Destination, "destination.throttled", why).At("destinations." + job.Sync.Destination).
			Do("wait until " + at.UTC().Format(time.RFC3339) + ": the next run goes on").Because(&postponed{at})
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keepBlock makes a destination's word durable for the whole account.
func (r *Runner) keepBlock(ctx context.Context, lane *deliver.Lane, account string) error {
	at, why := lane.Ready(time.Now())
	if r.Ledger == nil || at.IsZero() {
		return nil
	}
	return r.Ledger.Block(context.WithoutCancel(ctx), account, at, why)
}

// postponed is a destination that must not be called before a moment.
type postponed struct{ until time.Time }

func (p *postponed) Error() string { return "not before " + p.until.UTC().Format(time.RFC3339) }

// waiting reports a run that could not even be planned before its destination wants to be called again. Where a person
// asked for one plan nothing is pending: the error stays one.
func waiting(job Job, o Options, err error) (Report, error) {
	var p *postponed
	if !errors.As(err, &p) || o.PlanPath != "" || o.Approve != "" {
		return Report{}, err
	}
	return Report{Sync: job.Sync.Name, Status: Pending, RetryAt: p.until.UTC().Format(time.RFC3339),
		Problems: []Problem{ProblemOf(err)}}, nil
}
