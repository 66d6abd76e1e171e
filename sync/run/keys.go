package run

import (
	"context"
	"os"
	"time"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/ledger"
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

// TakeUp ends what earlier runs of the sync left open, so that live runs can begin. done says that a whole run was finished by
// it, with its report.
func (r *Runner) TakeUp(ctx context.Context, job Job, o Options) (report Report, done bool, err error) {
	state, err := r.Ledger.EnsureSync(ctx, job.Sync.Name)
	if err != nil {
		return Report{}, false, err
	}
	return r.resume(ctx, job, state, o)
}

// KeysPlan is a plan of some keys, ready to be carried out once.
type KeysPlan struct {
	Removals int64 // records that it takes away
	Bytes    int64 // of the rows that it was made from
	keys     []model.Key
	file     *planFile
	report   *Report // what became of it already, where nothing is to be carried out
}

// PlanKeys looks at some keys alone. No other plan may have any of them until this one is carried out.
func (r *Runner) PlanKeys(ctx context.Context, job Job, only Only, o Options) (*KeysPlan, error) {
	file, err := r.Plan(ctx, job, PlanOptions{Wait: o.Wait, Only: &only})
	if err != nil {
		report, err := waiting(job, o, err)
		return &KeysPlan{report: &report}, err
	}
	k := &KeysPlan{keys: only.Keys, file: file, Removals: file.Summary().Removals, Bytes: file.weight}
	report, held := heldReport(file.Summary(), "")
	switch {
	case held:
		k.report = &report
	case quietPlan(file.Summary()):
		_ = os.Remove(file.path)
		report.Status, report.Pending = OK, 0
		report.Account()
		k.report = &report
	}
	return k, nil
}

// Discard gives up a plan that is not carried out.
func (k *KeysPlan) Discard() {
	if k.file != nil && (k.report == nil || k.report.Status != Held) {
		_ = os.Remove(k.file.path)
	}
	if k.file != nil {
		k.file.Close()
	}
}

// RunPlanned carries a plan of some keys out. Plans of other keys may be carried out beside it. What of it has to wait is given up:
// its keys are looked at again later, and then whatever has become of them is sent.
func (r *Runner) RunPlanned(ctx context.Context, job Job, k *KeysPlan, o Options) (Report, error) {
	if k.file != nil {
		defer k.file.Close()
	}
	if k.report == nil {
		report, err := r.start(ctx, job, k.file, o)
		if err != nil {
			return report, err
		}
		k.report = &report
	}
	if k.file == nil || k.report.Status == Held {
		return *k.report, nil
	}
	state, err := r.Ledger.EnsureSync(ctx, job.Sync.Name)
	if err != nil {
		return *k.report, err
	}
	if k.report.Run != "" && k.report.Pending > 0 {
		return *k.report, r.letGo(ctx, job, state, k.report.Run, o)
	}
	return *k.report, r.Ledger.SweepKeys(ctx, state.Ref, k.report.Run, k.keys)
}

// letGo gives a live run up that has work left.
func (r *Runner) letGo(ctx context.Context, job Job, state ledger.SyncState, id model.RunID, o Options) error {
	ctx = context.WithoutCancel(ctx)
	open, err := r.Ledger.OpenRuns(ctx, state.Ref)
	for i := 0; i < len(open) && err == nil; i++ {
		if open[i].ID == id {
			_, _, err = r.takeUp(ctx, job, &open[i], o)
		}
	}
	return err
}

// quietPlan says whether a plan changes nothing, neither at the destination nor in the ledger.
func quietPlan(s plan.Summary) bool {
	return s.Sends+s.Touch+s.Lapse+s.Quarantine+s.Waiting == 0
}
