package run

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/batch"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/plan"
)

// resume finishes what an earlier run of the sync left, where its plan still holds; done says that this was all there
// was to do. A plan that does not hold any more is given up: what its open calls did is unknown, and the next plan,
// made from the rows as they are now, sends those records again.
func (r *Runner) resume(ctx context.Context, job Job, state ledger.SyncState, o Options) (report Report, done bool, err error) {
	open, err := r.Ledger.OpenRuns(ctx, state.Ref)
	for i := 0; i < len(open) && err == nil && !done; i++ {
		report, done, err = r.takeUp(ctx, job, &open[i], o)
	}
	return report, done, err
}

// takeUp is resume for one run.
func (r *Runner) takeUp(ctx context.Context, job Job, open *ledger.Run, o Options) (report Report, done bool, err error) {
	file, err := openPlan(planPath(r.Dir, *open))
	if err != nil {
		return Report{}, false, fault.New(fault.Storage, "run.plan_lost",
			"the plan of a run that has not ended cannot be read").At(open.PlanPath).
			Do("put the file back from a copy of the data directory; it alone says what the open calls carried").Because(err)
	}
	defer file.Close()
	o = withWait(o)
	x, err := r.execution(ctx, job, file, *open, o)
	if err != nil {
		return Report{}, false, err
	}
	if err := x.recall(ctx); err != nil {
		return Report{}, false, err
	}
	if o.Full || o.PlanPath != "" || o.Approve != "" || file.Summary().Keys > 0 {
		return Report{}, false, x.giveUp(ctx, *open) // the keys of a live run still wait for their next look
	}
	carryOn := x.carryOut
	var later *postponed
	switch err := r.stillTrue(ctx, job, file.Summary(), o); {
	case fault.Is(err, "plan.moved"):
		return Report{}, false, x.giveUp(ctx, *open)
	case errors.As(err, &later) && x.tally.steps > x.tally.settled():
		carryOn = x.close // nothing of the plan could be sent now, whether it holds or not
	case err != nil:
		return Report{}, false, err
	}
	x.resumed = true
	o.planned()
	report, err = carryOn(ctx, *open)
	return report, true, err
}

func withWait(o Options) Options {
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	return o
}

// recall takes the calls of the run back from the ledger: what is settled is counted, what is open or deferred goes
// again under its own name.
func (x *execution) recall(ctx context.Context) error {
	calls, err := x.runner.Ledger.Calls(ctx, x.id)
	if err != nil {
		return err
	}
	var taken []ledger.Range
	for _, c := range calls {
		switch c.State {
		case ledger.CallAbandoned:
			x.tally.calls += int64(c.Attempt)
		case ledger.CallSettled:
			repeatable := x.repeatable(connect.Verb(c.Verb))
			x.tally.recall(c, repeatable)
			taken = append(taken, closed(c, repeatable)...)
		default:
			again, err := x.reload(c)
			if err != nil {
				return err
			}
			x.tally.calls += int64(c.Attempt)
			x.retries.Push(again)
			taken = append(taken, c.Rows...)
		}
	}
	x.covered = cover(taken)
	x.salt = len(calls)
	return nil
}

// closed are the rows of a settled call that do not go again.
func closed(c ledger.Call, repeatable bool) []ledger.Range {
	again := map[int64]bool{}
	for _, e := range c.Exceptions {
		if fateOf(connect.Verb(c.Verb), connect.Verdict(e.Verdict), repeatable) == goesAgain {
			again[e.Ord] = true
		}
	}
	if len(again) == 0 {
		return c.Rows
	}
	var rows []ledger.Range
	for _, r := range c.Rows {
		for ord := r.From; ord < r.To; ord++ {
			if !again[ord] {
				rows = append(rows, ledger.Range{From: ord, To: ord + 1})
			}
		}
	}
	return rows
}

// reload reads the steps of a call from the plan.
func (x *execution) reload(c ledger.Call) (*call, error) {
	out := &call{Call: c, seen: c.State != ledger.CallOpen}
	for _, r := range c.Rows {
		err := x.file.Steps(r.From, r.To, func(ord int64, s *plan.Step) error {
			step := *s
			out.items = append(out.items, batch.Item{Ord: ord, Step: &step})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	out.job = c.Token != "" || limitsFor(x.job, connect.Verb(c.Verb), int64(len(out.items))).Job
	return out, nil
}

// endJobs waits for the jobs that work at the destination: one left to itself could write old values after newer ones.
func (x *execution) endJobs(ctx context.Context) error {
	hasJob := func(c *call) bool { return c.Token != "" }
	jobs := slices.Clone(x.retries)
	jobs = slices.DeleteFunc(jobs, func(c *call) bool { return !hasJob(c) })
	x.retries = slices.DeleteFunc(x.retries, hasJob)
	for _, c := range jobs {
		x.flying++
		if err := x.take(x.make(ctx, c)); err != nil {
			return err
		}
		if slices.Contains(x.retries, c) {
			return fault.New(fault.Destination, "run.job_works",
				"a job of an earlier run has not ended at the destination; nothing new is sent before it has").
				Do("wait, and run the sync again")
		}
	}
	return nil
}

// givenUp is the code of calls that may have been applied and will not be made again.
const givenUp = "run.given_up"

// giveUp ends a run whose plan does not hold any more. The rows of calls that may have been applied become unknown, so
// that the next plan sends them whatever their hashes say; calls known not to have been applied are dropped.
func (x *execution) giveUp(ctx context.Context, run ledger.Run) error {
	if err := x.endJobs(ctx); err != nil {
		return err
	}
	for _, c := range x.retries {
		var records []ledger.Settlement
		why := "run.dropped" // it was not applied
		if c.State == ledger.CallOpen {
			why = givenUp
			records = x.unsure(ctx, c)
		}
		if err := x.runner.Ledger.Abandon(ctx, x.ref, c.ID, why, records); err != nil {
			return err
		}
	}
	report := x.report()
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	if err := x.runner.Ledger.FinishRun(ctx, run.ID, string(Pending), string(text), time.Now()); err != nil {
		return err
	}
	if x.sum.Keys > 0 {
		return nil // many such runs are archived together
	}
	return x.runner.archive(ctx, run, x.file)
}
