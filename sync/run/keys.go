package run

import (
	"context"
	"os"
	"time"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// Only restricts a plan to some keys.
type Only struct {
	Scope   *engine.Scope
	Keys    []model.Key // each once
	Now     time.Time   // the present, as the model's SQL sees it
	Removed int64       // records removed lately, which count for the guards together with this plan's
}

// Prepared is what stays the same from one plan of a job to the next.
type Prepared struct{ *reading }

// Prepare compiles a job once for many plans. It must be done again when the model's columns or the destination's fields
// may be others.
func (r *Runner) Prepare(ctx context.Context, job Job, wait time.Duration) (*Prepared, error) {
	job.Prepared = nil
	reading, err := r.prepared(ctx, job, wait)
	return &Prepared{reading}, err
}

func (r *Runner) prepared(ctx context.Context, job Job, wait time.Duration) (*reading, error) {
	if job.Prepared != nil {
		return job.Prepared.reading, nil
	}
	return r.compile(ctx, job, wait)
}

// RunKeys looks at some keys alone and brings them up to date at the destination, as Run does for every row. What an earlier
// run of the sync left open is finished or given up first.
func (r *Runner) RunKeys(ctx context.Context, job Job, only Only, o Options) (Report, error) {
	state, err := r.Ledger.EnsureSync(ctx, job.Sync.Name)
	if err != nil {
		return Report{}, err
	}
	if report, done, err := r.resume(ctx, job, state, o); err != nil || done && report.Status == Pending {
		if err != nil {
			return waiting(job, o, err)
		}
		return report, nil
	}
	file, err := r.Plan(ctx, job, PlanOptions{Wait: o.Wait, Only: &only})
	if err != nil {
		return waiting(job, o, err)
	}
	defer file.Close()
	report, held := heldReport(file.Summary(), "")
	if held {
		return report, nil
	}
	if quietPlan(file.Summary()) {
		_ = os.Remove(file.path)
		report.Status, report.Pending = OK, 0
		report.Account()
		return report, r.Ledger.SweepKeys(ctx, state.Ref, "", only.Keys)
	}
	report, err = r.start(ctx, job, file, o)
	if err != nil {
		return report, err
	}
	return report, r.Ledger.SweepKeys(ctx, state.Ref, report.Run, only.Keys)
}

// quietPlan says whether a plan changes nothing, neither at the destination nor in the ledger.
func quietPlan(s plan.Summary) bool {
	return s.Sends+s.Touch+s.Lapse+s.Quarantine+s.Waiting == 0
}
