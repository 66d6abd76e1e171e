package run

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// unsuited says which columns that this sync sends are not as the contract says. Columns it does not send are no reason to
// stop it: CheckContract tells of those. Where the sync ran with the column before, it is held until somebody has looked.
func unsuited(job Job, used, all, before []mapping.Column) error {
	if job.Contract == nil {
		return nil
	}
	has := func(list []mapping.Column, name string) bool {
		return slices.ContainsFunc(list, func(c mapping.Column) bool { return strings.EqualFold(c.Name, name) })
	}
	for _, m := range job.Contract.Misfits("the model "+job.Model.Name, shapes(all)) {
		switch {
		case !has(used, m.Column):
		case has(before, m.Column):
			return fault.New(fault.Held, m.Fault.Code, m.Fault.Message+"; nothing was sent").At(m.Fault.Where).Do(m.Fault.Suggestion)
		default:
			return m.Fault
		}
	}
	return nil
}

// CheckContract tells everything in which a model's columns are not as its contract says.
func CheckContract(ctx context.Context, job Job) (faults []*fault.Fault, err error) {
	described, err := job.Engine.Describe(ctx, job.Model)
	if err != nil {
		return nil, err
	}
	for _, m := range job.Contract.Misfits("the model "+job.Model.Name, shapes(described.Columns)) {
		faults = append(faults, m.Fault)
	}
	return faults, nil
}

// asideByContract sets a row aside with the first rule that it breaks, and names the other columns.
func (p *planner) asideByContract(key model.Key, broken []contract.Violation) error {
	first := broken[0]
	message := first.Column + " " + first.Message
	if len(broken) > 1 {
		var others []string
		for _, b := range broken[1:] {
			others = append(others, b.Column)
		}
		message += "; " + strings.Join(others, ", ") + " broke the contract, too"
	}
	return p.aside(key, "contract", first.Code, message, placed(first.Pos))
}

func placed(p model.Pos) string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}

// measure asks for what the contract's rules about all rows together measure, and judges it: a rule that is broken holds
// the plan, as a guard does, and one that only warns tells. A plan of some keys alone is not measured: it says nothing of
// all rows, and whoever makes such plans asks JudgeSet.
func (p *planner) measure(walk *engine.Walk) ([]plan.Verdict, error) {
	rules, expressions := setRules(p.job, p.reading)
	if len(rules) == 0 {
		return nil, nil
	}
	measured, err := walk.Measure(expressions)
	if err != nil {
		return nil, err
	}
	var verdicts []plan.Verdict
	for i, rule := range rules {
		verdicts = append(verdicts, judged(p.job.Contract, rule, measured[i], walk.Rows()))
	}
	return verdicts, nil
}

// setRules are the rules about all rows that the columns of a sync can be asked for, with what measures each.
func setRules(job Job, reading *reading) (rules []*contract.SetRule, expressions []string) {
	if job.Contract == nil {
		return nil, nil
	}
	for i := range job.Contract.Set {
		rule := &job.Contract.Set[i]
		if sql, ok := job.Contract.SQL(rule, reading.names); ok {
			rules = append(rules, rule)
			expressions = append(expressions, sql)
		}
	}
	return rules, expressions
}

// JudgeSet says in words which rule about all rows is broken as of now; "" where none is that holds anything.
func (r *Runner) JudgeSet(ctx context.Context, job Job, now time.Time) (says string, err error) {
	reading, err := r.prepared(ctx, job, 0)
	if err != nil {
		return "", err
	}
	rules, expressions := setRules(job, reading)
	if len(rules) == 0 {
		return "", nil
	}
	measured, rows, err := job.Engine.Measure(ctx, job.Model, expressions, now)
	if err != nil {
		return "", err
	}
	for i, rule := range rules {
		if v := judged(job.Contract, rule, measured[i], rows); v.Held {
			return v.Says, nil
		}
	}
	return "", nil
}

// contractVerdicts hold a plan that makes calls; where there is none to make, they only tell.
func (p *planner) contractVerdicts() []plan.Verdict {
	if len(p.out.Verbs()) == 0 {
		for i := range p.measured {
			p.measured[i].Held = false
		}
	}
	return p.measured
}

func judged(checks *contract.Checks, rule *contract.SetRule, measured, rows int64) plan.Verdict {
	keeps := rule.Judge(measured, rows)
	v := plan.Verdict{Guard: "contract", Held: !keeps && !rule.Warn, Value: float64(measured)}
	v.Says = fmt.Sprintf("by the contract %s (%s) %s: %d of %d", checks.Contract, placed(rule.Pos), rule.Says, measured, rows)
	if !keeps && rule.Warn {
		v.Says += ", which it warns of"
	}
	return v
}
