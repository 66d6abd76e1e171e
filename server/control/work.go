package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/run"
)

// Plan makes a plan of a sync and sends nothing. It works beside a process that runs syncs of the workspace.
// Faults: control.stopped where ctx ends first, and those of everything it reads.
func (s *Service) Plan(ctx context.Context, name string, o PlanOptions) (plan.Summary, error) {
	summary, err := s.plan(ctx, name, o)
	return summary, named(ctx, err)
}

func (s *Service) plan(ctx context.Context, name string, o PlanOptions) (plan.Summary, error) {
	if _, err := s.workspace.Sync(name); err != nil {
		return plan.Summary{}, err
	}
	if _, err := s.write(ctx, "freshet plan "+name); err != nil && !fault.Is(err, "ledger.locked") {
		return plan.Summary{}, err
	}
	past, done, err := s.read(ctx)
	if err != nil {
		return plan.Summary{}, err
	}
	defer done()
	job, shut, err := s.open(ctx, name)
	if err != nil {
		return plan.Summary{}, err
	}
	defer shut()
	r := s.runner(name)
	r.PlansOnly = past
	file, err := r.Plan(ctx, job, run.PlanOptions{Out: o.Out, Full: o.Full})
	if err != nil {
		return plan.Summary{}, err
	}
	defer file.Close()
	if plan.Held(file.Summary().Guards) {
		err = s.notePlan(ctx, name, file.Summary().Hash)
	}
	return file.Summary(), err
}

// Run brings a sync's destination up to date, or carries out the plan named in the options. A run that ctx stops before
// its plan was made reports as one that was stopped later does: pending, for the next run. Where one plan was asked for
// it is the fault control.stopped.
func (s *Service) Run(ctx context.Context, name string, o RunOptions) (run.Report, error) {
	if _, err := s.workspace.Sync(name); err != nil {
		return run.Report{}, err
	}
	if _, err := s.write(context.WithoutCancel(ctx), "freshet run "+name); err != nil {
		return run.Report{}, err
	}
	d, err := s.begin(context.WithoutCancel(ctx), deedOf(o), "syncs."+name, "")
	if err != nil {
		return run.Report{}, err
	}
	if err := s.approving(ctx, d, name, o); err != nil {
		return run.Report{}, err
	}
	report, err := s.inTurn(ctx, name, o, func() {})
	return report, d.ended(report, err)
}

// inTurn runs a sync once nobody else in this process works on it; began is called then.
func (s *Service) inTurn(ctx context.Context, name string, o RunOptions, began func()) (run.Report, error) {
	report, err := s.alone(ctx, name, o, began)
	err = named(ctx, err)
	if fault.Is(err, stopped) && report.Run == "" && o.PlanPath+o.Plan+o.Approve == "" {
		return run.Report{Sync: name, Status: run.Pending, Problems: []run.Problem{run.ProblemOf(err)}}, nil
	}
	return report, err
}

func (s *Service) alone(ctx context.Context, name string, o RunOptions, began func()) (run.Report, error) {
	if _, err := s.workspace.Sync(name); err != nil {
		return run.Report{}, err
	}
	turn, err := s.turns.take(ctx, name)
	if err != nil {
		return run.Report{}, err
	}
	defer turn.give()
	began()
	return s.run(ctx, name, o)
}

func (s *Service) run(ctx context.Context, name string, o RunOptions) (run.Report, error) {
	if _, err := s.write(ctx, "freshet run "+name); err != nil {
		return run.Report{}, err
	}
	if o.Plan != "" {
		path, err := run.PlanKept(s.workspace.DataDir, name, o.Plan)
		if err != nil {
			return run.Report{}, err
		}
		o.PlanPath = path
	}
	sync, err := s.workspace.Sync(name)
	if err != nil {
		return run.Report{}, err
	}
	s.health.begins(name)
	snapshot := s.health.clock.steady() // before anything is read: what is committed from here on may be missed
	report, err := s.runMeasured(ctx, sync, snapshot, o)
	s.health.ran(sync, snapshot, report, err)
	if s.serving == nil {
		err = errors.Join(err, s.keepHealth(context.WithoutCancel(ctx), nil))
	}
	return report, err
}

func (s *Service) runMeasured(ctx context.Context, sync model.Sync, snapshot time.Time, o RunOptions) (run.Report, error) {
	r := s.runner(sync.Name)
	r.Heard = s.heard(sync, snapshot, o.Full)
	if err := r.ArchiveLeftovers(ctx, sync.Name); err != nil {
		return run.Report{}, err
	}
	job, closeSources, closeDestination, err := s.openBoth(ctx, sync.Name)
	if err != nil {
		return run.Report{}, err
	}
	defer closeDestination()
	defer closeSources()
	return r.Run(ctx, job, run.Options{ID: o.ID, PlanPath: o.PlanPath, Approve: o.Approve, Full: o.Full, Wait: o.Wait,
		Planned: closeSources}) // nobody is kept from writing to a source while a destination answers
}

// RunAll runs every sync, in the order of the definitions. A sync that fails keeps no other from running; the errors
// come back joined, each beside a report with the status failed.
func (s *Service) RunAll(ctx context.Context, o RunOptions) ([]run.Report, error) {
	return RunAll(s.workspace, func(name string) (run.Report, error) { return s.Run(ctx, name, o) })
}

// RunAll is that, whoever runs the syncs. Guarantee G14.
func RunAll(ws *config.Workspace, each func(name string) (run.Report, error)) ([]run.Report, error) {
	var reports []run.Report
	var errs []error
	for _, sync := range ws.Syncs {
		report, err := each(sync.Name)
		if err != nil {
			report = run.Report{Sync: sync.Name, Status: statusOf(err), Problems: []run.Problem{run.ProblemOf(err)}}
		}
		reports, errs = append(reports, report), append(errs, err)
	}
	return reports, errors.Join(errs...)
}

// statusOf is the status of a run that ended with an error.
func statusOf(err error) run.Status {
	if kind := fault.As(err).Kind; kind == fault.Held || kind == fault.Moved {
		return run.Held
	}
	return run.Failed
}

// Validate checks everything that can be checked without sending: definitions were checked when the workspace was
// read; here every model is bound against its sources and every mapping against its model. Online also asks the
// destinations whether they take our credentials and what fields they have.
func (s *Service) Validate(ctx context.Context, online bool) ([]Finding, error) {
	var findings []Finding
	for i := range s.workspace.Warnings {
		findings = append(findings, Finding{Level: "warning", Fault: &s.workspace.Warnings[i]})
	}
	audiences, wrong := s.audiences(ctx)
	findings = append(findings, audiences...)
	used := map[string]bool{}
	for _, sync := range s.workspace.Syncs {
		used[sync.Model] = true
		if wrong[sync.Audience] {
			continue
		}
		findings = append(findings, s.validate(ctx, sync.Name, online)...)
	}
	for _, name := range s.workspace.Order {
		if !used[name] {
			findings = append(findings, s.bind(ctx, s.workspace.Models[name])...)
		}
		if s.workspace.Contracts[name] != nil {
			findings = append(findings, s.keeps(ctx, s.workspace.Models[name])...)
		}
	}
	return once(findings), named(ctx, ctx.Err())
}

// once leaves out what was found already: what is wrong with a model is wrong for each of its syncs.
func once(findings []Finding) []Finding {
	seen := map[string]bool{}
	return slices.DeleteFunc(findings, func(f Finding) bool {
		key := f.Level + f.Fault.Where + f.Fault.Code + f.Fault.Message
		again := seen[key]
		seen[key] = true
		return again
	})
}

// keeps checks a model's columns against its contract, whatever its syncs send of them.
func (s *Service) keeps(ctx context.Context, m model.Model) []Finding {
	e, shut, err := s.engine(ctx, m)
	if err != nil {
		return failures(err)
	}
	defer shut()
	checks := s.workspace.Contracts[m.Name]
	faults, err := run.CheckContract(ctx, run.Job{Model: m, Contract: checks, Engine: e})
	if err != nil {
		return failures(err)
	}
	var findings []Finding
	for _, f := range faults {
		findings = append(findings, Finding{Level: "error", Fault: f})
	}
	if len(findings) > 0 {
		return findings
	}
	return []Finding{good("models."+m.Name, "keeps the contract "+contractOf(checks))}
}

// contractOf says what a contract checks.
func contractOf(c *contract.Checks) string {
	rules := 0
	for _, column := range c.Columns {
		rules += column.Rules
	}
	return fmt.Sprintf("%s %s, object %s: %d columns, %d rules for each row, %d for all rows, %d for people and other tools",
		c.Contract, c.Version, c.Object, len(c.Columns), rules, len(c.Set), len(c.Unchecked))
}

// bind checks the SQL of a model that no sync uses yet.
func (s *Service) bind(ctx context.Context, m model.Model) []Finding {
	e, shut, err := s.engine(ctx, m)
	if err != nil {
		return failures(err)
	}
	defer shut()
	if _, err := e.Describe(ctx, m); err != nil {
		return failures(err)
	}
	return []Finding{good("models."+m.Name, "no sync uses it yet")}
}

func (s *Service) validate(ctx context.Context, name string, online bool) []Finding {
	job, shut, err := s.open(ctx, name)
	if err != nil {
		return failures(err)
	}
	defer shut()
	if !online {
		job.Destination = offline{}
	}
	if err := run.Check(ctx, job); err != nil {
		return failures(err)
	}
	out := s.unreviewed(ctx, job)
	out = append(out, good("syncs."+name, fmt.Sprintf("%s %s to %s %s", kindOf(job.Sync), job.Model.Name, job.Sync.Destination, job.Sync.Object)))
	if job.Sync.Tier == "realtime" {
		out = append(out, s.followed(ctx, job))
	}
	if prober, ok := job.Destination.(connect.Prober); ok {
		account, err := prober.Probe(ctx)
		if err != nil {
			return append(out, failures(run.CallFault(err, job.Sync.Destination))...)
		}
		out = append(out, good("destinations."+job.Sync.Destination, "takes our credentials: "+account.Name+" "+account.Note))
	}
	return out
}

// unreviewed warns of the columns that leave although nobody has reviewed them.
func (s *Service) unreviewed(ctx context.Context, job run.Job) []Finding {
	faults, err := run.Unreviewed(ctx, job)
	if err != nil {
		return failures(err)
	}
	var out []Finding
	for _, f := range faults {
		out = append(out, Finding{Level: "warning", Fault: f})
	}
	return out
}

func kindOf(sync model.Sync) string {
	if sync.Audience != "" {
		return "audience"
	}
	return "model"
}

func good(where, message string) Finding {
	return Finding{Level: "ok", Fault: &fault.Fault{Code: "ok", Where: where, Message: message}}
}

// failures takes joined errors apart: each is one finding.
func failures(err error) []Finding {
	var many interface{ Unwrap() []error }
	var single *fault.Fault
	if errors.As(err, &many) && !(errors.As(err, &single) && single.Err != nil) {
		var out []Finding
		for _, e := range many.Unwrap() {
			out = append(out, failures(e)...)
		}
		return out
	}
	return []Finding{{Level: "error", Fault: fault.As(err)}}
}

// offline stands for a destination nobody may ask: what it knows of its fields is left out of the check.
type offline struct{}

func (offline) Deliver(context.Context, connect.Batch) ([]connect.Outcome, error) {
	return nil, &connect.CallError{Class: connect.NotSent}
}
func (offline) Close() error { return nil }
