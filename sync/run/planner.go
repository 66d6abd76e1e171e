package run

import (
	"cmp"
	"context"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/diff"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// PlanOptions steer Plan.
type PlanOptions struct {
	Out  string        // file to write; "" keeps the plan in the data directory under its hash
	Full bool          // send every row again, whatever was sent before
	Wait time.Duration // longest wait for a destination that must be asked for its fields
	Only *Only         // these keys alone are looked at; nil: every row
}

// noShape is an id no mapping ever gets: rows compared under it are all looked at again.
const noShape = math.MaxUint32

// planner makes one plan: it walks the model's rows beside the ledger's records, and writes what must be done.
// Memory is bounded by the batches it works in, however many rows there are. Guarantee G7.
type planner struct {
	job     Job
	full    bool
	only    *Only
	wait    time.Duration
	past    *ledger.Reader
	state   ledger.SyncState
	reading *reading
	walk    walk
	out     *plan.Writer
	sum     plan.Summary
	tell    Progress

	measured []plan.Verdict // what the contract's rules about all rows say

	unread  int64       // source rows that could not be read: while there are any, no removal is certain
	leaving []model.Key // keys that left, waiting to be looked up together
	wanted  []model.Entry
	total   int64 // rows asked back from the engine
}

// walk is one evaluation of a model: of every row, or of some keys alone.
type walk interface {
	Rows() int64
	Digest() string
	Next() ([]model.Entry, error)
	Want([]model.Entry) error
	Fetch() ([]engine.Fetched, error)
	LiveMatches(texts []string) (map[string]model.Key, error)
	Close()
}

// Plan compares the model with the ledger and writes down what a run would do. Nothing but the plan file is written.
func (r *Runner) Plan(ctx context.Context, job Job, o PlanOptions) (*planFile, error) {
	p := &planner{job: job, full: o.Full, only: o.Only, wait: o.Wait, past: r.past(), tell: r.tell}
	if err := p.open(ctx, r); err != nil {
		return nil, err
	}
	defer p.walk.Close()
	draft, err := newDraft(filepath.Join(r.Dir, "plans"))
	if err != nil {
		return nil, err
	}
	defer draft.discard()
	spill := draft.spill
	if p.only != nil {
		spill = nil
	}
	p.out = plan.NewWriter(draft.file, spill)
	for _, step := range []func(context.Context) error{p.problems, p.compare, p.fetch} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	sum, err := p.finish(ctx)
	if err != nil {
		return nil, err
	}
	file, err := draft.keep(o.Out, sum)
	if err != nil {
		return nil, err
	}
	if w, ok := p.walk.(*engine.KeyWalk); ok {
		file.weight = w.Bytes()
	}
	if err := r.shelve(file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// open reads the past, compiles the mapping and starts the walk.
func (p *planner) open(ctx context.Context, r *Runner) error {
	var err error
	if p.state, _, err = p.past.Sync(ctx, p.job.Sync.Name); err != nil {
		return err
	}
	if p.reading, err = r.prepared(ctx, p.job, p.wait); err != nil {
		return err
	}
	p.sum = plan.Summary{Sync: p.job.Sync.Name, Model: p.job.Model.Name, Destination: p.job.Sync.Destination,
		Object: p.job.Sync.Object, Mode: p.job.Sync.Mode, OnLeave: p.job.Sync.OnLeave, Base: p.state.Generation,
		Mapping: p.reading.mark, Schema: p.reading.program.Columns()}
	if p.only != nil {
		p.sum.Keys = int64(len(p.only.Keys))
		w, err := p.job.Engine.WalkKeys(ctx, p.only.Scope, p.reading.columns, p.matchCheck(), p.only.Keys, p.only.Now)
		p.walk = w
		return err
	}
	w, err := p.job.Engine.Walk(ctx, p.job.Model, p.reading.columns, p.matchCheck())
	if err != nil {
		return err
	}
	p.walk = w
	if p.measured, err = p.measure(w); err != nil {
		w.Close()
	}
	return err
}

// matchCheck names the model columns that are the match, where plain columns are; the engine then finds rows that
// share one match value, and leaving records whose match value another row has taken over.
func (p *planner) matchCheck() engine.MatchCheck {
	match := slices.Clone(p.job.Sync.Match)
	slices.SortFunc(match, func(a, b model.Mapping) int { return cmp.Compare(a.Target, b.Target) })
	var columns []string // in the order of the destination's names, as a record's match values are kept
	for _, m := range match {
		if m.Column == "" {
			return engine.MatchCheck{}
		}
		columns = append(columns, m.Column)
	}
	if len(columns) == 1 && len(p.job.Model.Key) == 1 && columns[0] == p.job.Model.Key[0] && !p.job.Object.Match.Fold {
		return engine.MatchCheck{} // the key is unique already
	}
	return engine.MatchCheck{Columns: columns, Fold: p.job.Object.Match.Fold}
}

// problems sets aside what the sources could not read.
func (p *planner) problems(context.Context) error {
	for _, problem := range p.job.Engine.Problems(p.reading.tables) {
		p.unread++
		if p.only != nil {
			continue // every whole run tells of them
		}
		where := problem.File
		if problem.Line > 0 {
			where += ":" + strconv.FormatInt(problem.Line, 10)
		}
		if problem.Column != "" {
			where += ", column " + problem.Column
		}
		if err := p.aside("", "source", problem.Code, problem.Message, where); err != nil {
			return err
		}
	}
	return nil
}

// aside adds a row to the quarantine.
func (p *planner) aside(key model.Key, stage, code, message, where string) error {
	p.sum.Read++
	return p.out.Add(&plan.Step{Kind: plan.Quarantine, Key: key, Stage: stage, Code: code, Message: message, Where: where})
}

// compare walks rows and records together and asks the engine for the rows that need a closer look.
func (p *planner) compare(ctx context.Context) error {
	priors, shut, err := p.priors(ctx)
	if err != nil {
		return err
	}
	defer shut()
	shape, err := p.shape(ctx)
	if err != nil {
		return err
	}
	rows := func() ([]model.Entry, error) {
		p.tell("comparing", p.sum.Read, p.walk.Rows())
		if err := p.flush(ctx); err != nil {
			return nil, err
		}
		return p.walk.Next()
	}
	if err := diff.Merge(model.Whole, shape, rows, priors, p.delta(ctx)); err != nil {
		return err
	}
	return p.flush(ctx)
}

// priors walks the records of the keys that are looked at. All of these are, so silence means that a record left.
func (p *planner) priors(ctx context.Context) (diff.Priors, func() error, error) {
	if p.only == nil {
		cursor, err := p.past.Priors(ctx, p.state.Ref)
		if err != nil {
			return nil, nil, err
		}
		return cursor.Next, cursor.Close, nil
	}
	known, err := p.past.PriorsOf(ctx, p.state.Ref, p.only.Keys)
	next := func() ([]model.Prior, error) {
		all := known
		known = nil
		return all, nil
	}
	return next, func() error { return nil }, err
}

func (p *planner) shape(ctx context.Context) (uint32, error) {
	if p.full {
		return noShape, nil
	}
	id, known, err := p.past.ShapeOf(ctx, p.state.Ref, p.reading.mark)
	if err != nil || !known {
		return noShape, err
	}
	return id, nil
}

// delta sorts what the walk found. The leaving keys are looked up in batches.
func (p *planner) delta(ctx context.Context) func(diff.Delta) error {
	return func(d diff.Delta) error {
		switch d.Kind {
		case diff.Same:
			p.sum.Read++
			p.sum.Unchanged++
		case diff.NullKey:
			return p.aside("", "model", "model.null_key", "the row has no key", "")
		case diff.Duplicate:
			return p.aside(d.Entry.Key, "model", "model.duplicate_key", "more than one row has this key; all copies are set aside", "")
		case diff.Leave:
			p.leaving = append(p.leaving, d.Prior.Key)
			if len(p.leaving) >= lookup {
				return p.leaves(ctx)
			}
		case diff.Stays:
		default:
			p.wanted = append(p.wanted, d.Entry)
		}
		return nil
	}
}

// lookup is how many records are looked up in the ledger together.
const lookup = 4096

// flush hands the collected keys on.
func (p *planner) flush(ctx context.Context) error {
	if len(p.wanted) > 0 {
		if err := p.walk.Want(p.wanted); err != nil {
			return err
		}
		p.total += int64(len(p.wanted))
		p.wanted = p.wanted[:0]
	}
	return p.leaves(ctx)
}

// finish judges the plan and closes it.
func (p *planner) finish(ctx context.Context) (plan.Summary, error) {
	counts, err := p.past.Counts(ctx, p.state.Ref)
	if err != nil {
		return plan.Summary{}, err
	}
	p.sum.Holds = counts[model.Synced] + counts[model.Rejected] + counts[model.Unknown]
	p.sum.Digest = p.walk.Digest()
	p.sum.Rows = p.walk.Rows()
	if p.unread > 0 && p.sum.Waiting > 0 {
		p.sum.Notes = append(p.sum.Notes, "Removals wait: "+strconv.FormatInt(p.unread, 10)+
			" source rows could not be read, and any of them may be a record that seems to have left.")
	}
	p.sum.Guards = p.judge()
	if v := retyped(recalled(p.state.Schema).Columns, p.reading.program.Columns()); v != nil {
		p.sum.Guards = append(p.sum.Guards, *v)
	}
	p.sum.Guards = append(p.sum.Guards, p.contractVerdicts()...)
	p.sum.Calls, p.sum.Seconds = plan.Estimate(p.out.Verbs(), func(v connect.Verb, rows int) connect.Limits {
		return limitsFor(p.job, v, int64(rows))
	})
	return p.out.Close(p.sum)
}

// judge asks the guards. A plan of some keys says nothing about how many rows the model has; its removals count together
// with those of the plans before it.
func (p *planner) judge() []plan.Verdict {
	c := p.counts()
	if p.only == nil {
		return plan.Judge(p.job.Sync.Guard, c)
	}
	c.Removals += p.only.Removed
	c.Holds += p.only.Removed
	return plan.JudgeKeys(p.job.Sync.Guard, c)
}

// counts joins what the planner and the writer have counted.
func (p *planner) counts() plan.Counts {
	c := p.out.Counts()
	c.Read, c.Unchanged, c.Filtered, c.Superseded = p.sum.Read, p.sum.Unchanged, p.sum.Filtered, p.sum.Superseded
	c.Waiting, c.Holds, c.Rows = p.sum.Waiting, p.sum.Holds, p.sum.Rows
	return c
}

// limitsFor asks the destination, else its Spec, for the limits of this work.
func limitsFor(job Job, verb connect.Verb, rows int64) connect.Limits {
	if l, ok := job.Destination.(connect.Limiter); ok {
		return l.Limits(job.Sync.Object, verb, int(min(rows, math.MaxInt32)))
	}
	return job.Object.Limits
}
