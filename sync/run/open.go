package run

import (
	"context"

	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// Planned stands for the verdict of what no call was made for yet.
const Planned = "planned"

// OpenDeliveries tells what calls that are not in the history yet did for one record: those of a run under way, or of
// one that was stopped. What such a run has planned and not called for yet is there too, as Planned. dir is the data
// directory.
func OpenDeliveries(ctx context.Context, r *ledger.Reader, dir string, ref ledger.SyncRef, key model.Key) ([]history.Delivery, error) {
	runs, err := r.Runs(ctx, ref, 2)
	if err != nil {
		return nil, err
	}
	var out []history.Delivery
	for _, run := range runs {
		if run.Archived {
			continue
		}
		found, err := openDeliveries(ctx, r, planPath(dir, run), run, key)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func openDeliveries(ctx context.Context, r *ledger.Reader, path string, run ledger.Run, key model.Key) ([]history.Delivery, error) {
	file, err := openPlan(path)
	if err != nil {
		return nil, nil // the plan goes once its run is archived, which may be this very moment
	}
	defer file.Close()
	steps, err := file.Find(key)
	if err != nil {
		return nil, err
	}
	calls, err := r.Calls(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	var out []history.Delivery
	for _, step := range steps {
		made := deliveriesOf(run, calls, step)
		if len(made) == 0 && step.Step.Kind.Sends() && run.Ended.IsZero() {
			d := delivery(run, &ledger.Call{IntendedAt: run.Started}, step.Ord, step.Step)
			d.Verdict, d.Code = Planned, ""
			made = append(made, d)
		}
		out = append(out, made...)
	}
	return out, nil
}

func deliveriesOf(run ledger.Run, calls []ledger.Call, step plan.Found) []history.Delivery {
	var out []history.Delivery
	for i := range calls {
		for _, rows := range calls[i].Rows {
			if step.Ord >= rows.From && step.Ord < rows.To {
				out = append(out, delivery(run, &calls[i], step.Ord, step.Step))
			}
		}
	}
	return out
}

// Check binds a job's model and compiles its mapping, without reading rows or the past.
func Check(ctx context.Context, job Job) error {
	described, err := job.Engine.Describe(ctx, job.Model)
	if err != nil {
		return err
	}
	if err := allowed(job, described.Columns); err != nil {
		return err
	}
	object, err := describeObject(ctx, job)
	if err != nil {
		return err
	}
	program, err := mapping.Compile(job.Sync, job.Model, described.Columns, object, job.Object.Match)
	if err != nil {
		return err
	}
	return unsuited(job, program.Columns(), described.Columns, nil)
}
