package run

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// start begins a run of a plan: from here on the plan is the ledger's, and a restart resumes it.
func (r *Runner) start(ctx context.Context, job Job, file *planFile, o Options) (Report, error) {
	path, err := r.adopt(file)
	if err != nil {
		return Report{}, err
	}
	s := file.Summary()
	state, err := r.Ledger.EnsureSync(ctx, s.Sync)
	if err != nil {
		return Report{}, err
	}
	run := ledger.Run{ID: cmp.Or(o.ID, NewID()), Ref: state.Ref, Sync: s.Sync, PlanHash: s.Hash, PlanPath: filepath.Base(path), Started: time.Now(), Live: s.Keys > 0}
	if err := r.Ledger.StartRun(ctx, run, s.Base, memoryOf(s).text()); err != nil {
		return Report{}, err
	}
	x, err := r.execution(ctx, job, file, run, o)
	if err != nil {
		return Report{}, err
	}
	return x.carryOut(ctx, run)
}

// NewID makes a name for a run.
func NewID() model.RunID {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return model.RunID("run_" + time.Now().UTC().Format("20060102T150405") + "_" + hex.EncodeToString(b[:3]))
}

// adopt keeps the plan where a restart will find it: in the data directory.
func (r *Runner) adopt(file *planFile) (string, error) {
	dir := filepath.Join(r.Dir, "plans")
	if filepath.Dir(file.path) == dir {
		return file.path, nil
	}
	d, err := newDraft(dir)
	if err != nil {
		return "", err
	}
	defer d.discard()
	info, err := file.file.Stat()
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(d.file, io.NewSectionReader(file.file, 0, info.Size())); err != nil {
		return "", storage(err, dir)
	}
	kept, err := d.keep("", file.Summary())
	if err != nil {
		return "", err
	}
	kept.Close()
	return kept.path, nil
}

// execution prepares carrying a plan out.
func (r *Runner) execution(ctx context.Context, job Job, file *planFile, run ledger.Run, o Options) (*execution, error) {
	s := file.Summary()
	shape, err := r.Ledger.Shape(ctx, run.Ref, s.Mapping)
	if err != nil {
		return nil, err
	}
	x := &execution{runner: r, job: job, file: file, sum: s, id: run.ID, ref: run.Ref, shape: shape, wait: o.Wait,
		began: time.Now(), since: run.Started, tally: newTally(), results: make(chan result)}
	for _, segment := range file.Segments() {
		if segment.Verb != connect.NoVerb {
			x.tally.steps += segment.To - segment.From
		}
	}
	x.lane = r.Lanes.For(job.Account, limitsFor(job, writing[job.Sync.Mode], x.tally.steps))
	until, why, err := r.Ledger.BlockedUntil(ctx, job.Account)
	if err != nil {
		return nil, err
	}
	x.lane.Block(until, why)
	return x, nil
}

// carryOut does everything the plan says and reports.
func (x *execution) carryOut(ctx context.Context, run ledger.Run) (Report, error) {
	if err := stillAllowed(x.job, x.sum); err != nil {
		return Report{}, err
	}
	if err := x.quiet(ctx); err != nil {
		return Report{}, err
	}
	if err := x.send(ctx); err != nil {
		return Report{}, err
	}
	return x.close(context.WithoutCancel(ctx), run)
}

// quiet carries out what needs no call: rows set aside, rows confirmed, records let go. It comes before the first call
// and may be done again after a crash in it.
func (x *execution) quiet(ctx context.Context) error {
	if x.salt > 0 {
		return nil // calls were made, so this was done
	}
	if x.sum.Keys == 0 { // a run of some keys is never begun twice
		if err := x.runner.Ledger.UnseeQuarantine(ctx, x.ref, x.id); err != nil {
			return err
		}
	}
	for _, segment := range x.file.Segments() {
		if segment.Verb != connect.NoVerb {
			continue
		}
		apply := x.touches
		if segment.Kind == plan.Quarantine {
			apply = x.setAside
		}
		if err := x.inBatches(segment, func(steps []plan.Step) error { return apply(ctx, steps) }); err != nil {
			return err
		}
	}
	if x.sum.Keys > 0 {
		return nil // of the other keys nothing was seen
	}
	return x.runner.Ledger.SweepQuarantine(ctx, x.ref, x.id)
}

func (x *execution) inBatches(s plan.Segment, apply func([]plan.Step) error) error {
	var steps []plan.Step
	err := x.file.Steps(s.From, s.To, func(_ int64, step *plan.Step) error {
		steps = append(steps, *step)
		if len(steps) < lookup {
			return nil
		}
		err := apply(steps)
		steps = steps[:0]
		return err
	})
	if err != nil || len(steps) == 0 {
		return err
	}
	return apply(steps)
}

func (x *execution) touches(ctx context.Context, steps []plan.Step) error {
	touches := make([]ledger.Touch, len(steps))
	for i, s := range steps {
		touches[i] = ledger.Touch{Key: s.Key, Shape: x.shape, RowHash: s.RowHash, State: model.Synced}
		if s.Kind == plan.Lapse {
			touches[i].State = model.Left
			if s.Code == model.Removed.String() {
				touches[i].State = model.Removed
			}
		}
	}
	return x.runner.Ledger.Touch(ctx, x.ref, touches)
}

func (x *execution) setAside(ctx context.Context, steps []plan.Step) error {
	items := make([]ledger.Item, len(steps))
	for i, s := range steps {
		items[i] = ledger.Item{Key: s.Key, Stage: s.Stage, Code: s.Code, Message: s.Message, Where: s.Where, Count: 1}
	}
	return x.runner.Ledger.Quarantine(ctx, x.ref, x.id, time.Now(), items)
}

// close reports, and ends the run where nothing of it is left to do.
func (x *execution) close(ctx context.Context, run ledger.Run) (Report, error) {
	report := x.report()
	text, err := json.Marshal(report)
	if err != nil {
		return Report{}, err
	}
	left := x.tally.steps - x.tally.settled()
	if left > 0 {
		return report, x.runner.Ledger.ParkRun(ctx, run.ID, string(text))
	}
	if err := x.runner.Ledger.FinishRun(ctx, run.ID, string(report.Status), string(text), time.Now()); err != nil {
		return Report{}, err
	}
	if x.sum.Keys > 0 {
		return report, nil // many such runs are archived together
	}
	x.runner.tell("archiving", 0, 0)
	return report, x.runner.archive(ctx, run, x.file)
}

// report states the run so far in the terms of the identity.
func (x *execution) report() Report {
	s, t := x.sum, &x.tally
	r := Report{Sync: s.Sync, Run: x.id, Resumed: x.resumed, Plan: s.Hash, Read: s.Read, Unchanged: s.Unchanged, Superseded: s.Superseded,
		Quarantined: s.Quarantine, Delivered: t.delivered, Removed: s.Removals, Rejected: t.rejected, Filtered: s.Filtered + t.filtered,
		Pending: s.Waiting + t.steps - t.delivered - t.rejected - t.filtered, Calls: t.calls,
		Seconds: float64(time.Since(x.began).Milliseconds()) / 1000}
	r.Unknown = t.unknown
	for _, c := range x.retries {
		if c.State == ledger.CallOpen && c.Attempt > 0 {
			r.Unknown += int64(len(c.items))
		}
	}
	r.Problems = slices.Concat(quarantineProblems(s), waitingProblems(s), t.problems(), x.retries.problems())
	r.Status = x.status(r)
	if x.halt != nil {
		f := CallFault(x.halt, x.job.Sync.Destination)
		r.Problems = append([]Problem{ProblemOf(f)}, r.Problems...)
	}
	if at, ok := x.soonest(); ok && r.Status == Pending {
		r.RetryAt = at.UTC().Format(time.RFC3339)
	}
	r.Account()
	return r
}

func (x *execution) status(r Report) Status {
	switch {
	case x.halt != nil:
		return Failed
	case r.Pending > 0:
		return Pending
	case r.Rejected+r.Quarantined > 0:
		return Errors
	default:
		return OK
	}
}

// soonest says when waiting work may go again: the earliest of it, but not before the account may be called.
func (x *execution) soonest() (time.Time, bool) {
	var at time.Time
	for _, c := range x.retries {
		if at.IsZero() || c.NotBefore.Before(at) {
			at = c.NotBefore
		}
	}
	if ready, _ := x.lane.Ready(time.Now()); ready.After(at) {
		at = ready
	}
	return at, !at.IsZero()
}

// quarantineProblems tells why rows were set aside.
func quarantineProblems(s plan.Summary) []Problem {
	var out []Problem
	for _, c := range s.Quarantined {
		out = append(out, Problem{Code: c.Code, Message: c.Message, Count: c.Rows, Suggestion: "see each row with: freshet quarantine " + s.Sync})
	}
	return out
}

// waitingProblems tells why removals wait: a row that could not be read may be the record that seems to have left.
func waitingProblems(s plan.Summary) []Problem {
	if s.Waiting == 0 {
		return nil
	}
	return []Problem{{Code: "run.removals_wait", Count: s.Waiting, Suggestion: "mend the rows that were set aside; then what has left is removed",
		Message: "the record seems to have left, but source rows could not be read and any of them may be it"}}
}
