package run

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// archive writes a run's deliveries into the history: the steps come from the plan, their outcomes from the calls.
// Writing the same run twice changes nothing, so a crash in between costs nothing. Guarantee G22. Then the plan file has done its duty.
func (r *Runner) archive(ctx context.Context, run ledger.Run, file *planFile) error {
	calls, err := r.Ledger.Calls(ctx, run.ID)
	if err != nil {
		return err
	}
	if spans := spansOf(calls); len(spans) > 0 {
		if _, _, err := r.History.Write(ctx, run.Sync, run.ID, deliveries(run, file, spans)); err != nil {
			return err
		}
	}
	if err := r.Ledger.SetArchived(ctx, run.ID); err != nil {
		return err
	}
	if err := r.Ledger.ForgetEmpty(ctx, run.Ref, emptyKept); err != nil {
		return err
	}
	return r.tidy(ctx, run.Sync)
}

// emptyKept is among how many of its newest runs a sync's runs that had nothing to do are remembered.
const emptyKept = 100

// tidy removes the plans of a sync that nobody can run any more: all but those of runs that are open or not archived.
// Plans carry payloads, so none is kept without a use. A plan that waits for approval was made against records that a
// run has changed since, and would be refused.
func (r *Runner) tidy(ctx context.Context, sync string) error {
	return r.discard(ctx, sync, func(string, plan.Summary) bool { return true })
}

// used are the plans of runs that are open or not archived.
func (r *Runner) used(ctx context.Context, sync string) (map[string]bool, error) {
	runs, err := r.Ledger.Unarchived(ctx)
	if err != nil {
		return nil, err
	}
	state, _, err := r.Ledger.Sync(ctx, sync)
	if err != nil {
		return nil, err
	}
	open, err := r.Ledger.OpenRuns(ctx, state.Ref)
	used := map[string]bool{}
	for _, run := range append(runs, open...) {
		used[planPath(r.Dir, run)] = true
	}
	return used, err
}

// discard removes plans of a sync that no run has a use for, as far as goes says so.
func (r *Runner) discard(ctx context.Context, sync string, goes func(path string, s plan.Summary) bool) error {
	used, err := r.used(ctx, sync)
	if err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(r.Dir, "plans", "*.plan"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if file, err := openPlan(name); err == nil {
			unused := !used[name] && file.Summary().Sync == sync && goes(name, file.Summary())
			file.Close()
			if unused {
				_ = os.Remove(name)
			}
		}
	}
	return nil
}

// planPath is where a run's plan lies: in the data directory, which may have been moved since.
func planPath(dir string, run ledger.Run) string {
	return filepath.Join(dir, "plans", filepath.Base(run.PlanPath))
}

// ArchiveLeftovers archives the ended runs of a sync that a crash kept from it.
func (r *Runner) ArchiveLeftovers(ctx context.Context, sync string) error {
	runs, err := r.Ledger.Unarchived(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if run.Sync != sync || run.Live {
			continue
		}
		file, err := openPlan(planPath(r.Dir, run))
		if err != nil {
			return err
		}
		err = r.archive(ctx, run, file)
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// ArchiveLive archives the ended live runs of a sync, many in one file, and then forgets them. A crash on the way costs
// nothing: the file carries the name of the first run, and says which others are in it.
func (r *Runner) ArchiveLive(ctx context.Context, sync string) error {
	all, err := r.Ledger.Unarchived(ctx)
	if err != nil {
		return err
	}
	runs := slices.DeleteFunc(all, func(run ledger.Run) bool { return run.Sync != sync || !run.Live })
	if len(runs) == 0 {
		return nil
	}
	kept, err := r.History.RunsIn(ctx, sync, runs[0].ID)
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		if kept, err = r.keepTogether(ctx, sync, runs); err != nil {
			return err
		}
	}
	if err := r.Ledger.ForgetLive(ctx, kept); err != nil {
		return err
	}
	for _, run := range runs {
		if slices.Contains(kept, run.ID) {
			_ = os.Remove(planPath(r.Dir, run))
		}
	}
	return nil
}

// keepTogether writes the deliveries of several runs into one file.
func (r *Runner) keepTogether(ctx context.Context, sync string, runs []ledger.Run) ([]model.RunID, error) {
	var ids []model.RunID
	for _, run := range runs {
		ids = append(ids, run.ID)
	}
	next := func() ([]history.Delivery, error) { return nil, nil }
	var open *planFile
	defer func() {
		if open != nil {
			open.Close()
		}
	}()
	left := runs
	_, _, err := r.History.Write(ctx, sync, runs[0].ID, func() ([]history.Delivery, error) {
		for {
			batch, err := next()
			if err != nil || len(batch) > 0 || len(left) == 0 {
				return batch, err
			}
			if open != nil {
				open.Close()
			}
			if open, err = openPlan(planPath(r.Dir, left[0])); err != nil {
				return nil, err
			}
			calls, err := r.Ledger.Calls(ctx, left[0].ID)
			if err != nil {
				return nil, err
			}
			next, left = deliveries(left[0], open, spansOf(calls)), left[1:]
		}
	})
	return ids, err
}

// span is a range of a call's rows.
type span struct {
	ledger.Range
	call *ledger.Call
}

// spansOf lists the rows of every call that was made, by ordinal; a row that went several times is there for each.
func spansOf(calls []ledger.Call) []span {
	var spans []span
	for i := range calls {
		for _, rows := range calls[i].Rows {
			spans = append(spans, span{Range: rows, call: &calls[i]})
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.From, b.From) })
	return spans
}

// archiveBatch and archiveBytes are how many deliveries are handed to the history at a time, and how large.
const (
	archiveBatch = 2000
	archiveBytes = 4 << 20
)

// errEnough ends the reading of steps for now.
var errEnough = errors.New("enough for one batch")

// deliveries reads the steps of the spans, a batch at a time.
func deliveries(run ledger.Run, file *planFile, spans []span) func() ([]history.Delivery, error) {
	var from int64
	return func() ([]history.Delivery, error) {
		var out []history.Delivery
		size := 0
		for len(spans) > 0 {
			s := spans[0]
			err := file.Steps(max(s.From, from), s.To, func(ord int64, step *plan.Step) error {
				if len(out) >= archiveBatch || size >= archiveBytes {
					from = ord
					return errEnough
				}
				d := delivery(run, s.call, ord, step)
				out, size = append(out, d), size+len(d.Fields)+len(d.Before)+len(d.Match)
				return nil
			})
			if errors.Is(err, errEnough) {
				return out, nil
			}
			if err != nil {
				return nil, err
			}
			spans, from = spans[1:], 0
		}
		return out, nil
	}
}

func delivery(run ledger.Run, c *ledger.Call, ord int64, s *plan.Step) history.Delivery {
	d := history.Delivery{Sync: run.Sync, Run: run.ID, Call: c.ID, Ord: ord, Key: s.Key, Verb: s.Verb.String(),
		Verdict: connect.Accepted.String(), Cause: s.Cause, Version: s.Version, RequestID: c.RequestID, RemoteID: s.RemoteID,
		Attempt: c.Attempt, IntendedAt: c.IntendedAt, SettledAt: c.SettledAt, Match: nested(s.Match), Fields: nested(s.Fields),
		Before: nested(s.Before)}
	switch {
	case c.State == ledger.CallOpen, c.State == ledger.CallAbandoned && c.Code == givenUp:
		d.Verdict, d.Code, d.Message = connect.Unknown.String(), c.Code, c.Message
		return d
	case c.State != ledger.CallSettled:
		d.Verdict, d.Code, d.Message = connect.Retry.String(), c.Code, c.Message
		return d
	}
	if e := c.Exception(ord); e != nil {
		d.Verdict, d.Code, d.Message = connect.Verdict(e.Verdict).String(), e.Code, e.Message
		d.RemoteID = cmp.Or(e.RemoteID, d.RemoteID)
	}
	return d
}

// nested is how fields travel: "a.b" is the member b of a.
func nested(f model.Fields) string {
	if len(f) == 0 {
		return ""
	}
	return string(f.AppendNested(nil))
}
