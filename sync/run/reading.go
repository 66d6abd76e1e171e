package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// reading is what is read of a row, and what is made of it: a payload by the mapping, a judgement by the contract.
type reading struct {
	program *mapping.Program
	columns []mapping.Column // the program's, then those that only the contract looks at
	checks  *contract.Bound  // nil: the model has no contract
	mark    string           // changes whenever a payload or a judgement could
	tables  []string         // that the model reads
	names   []string         // of all columns of the model
}

// compile reads the model's columns, reports drift, and makes the mapping's program and the contract's checks.
func (r *Runner) compile(ctx context.Context, job Job, wait time.Duration) (*reading, error) {
	state, known, err := r.past().Sync(ctx, job.Sync.Name)
	if err != nil {
		return nil, err
	}
	described, err := job.Engine.Describe(ctx, job.Model)
	if err != nil {
		return nil, worked(err, known && state.Schema != "", job.Model)
	}
	last := recalled(state.Schema)
	if err := last.moved(job); err != nil {
		return nil, err
	}
	if err := dropped(last.Columns, described.Columns, job); err != nil {
		return nil, err
	}
	if err := allowed(job, described.Columns); err != nil {
		return nil, err
	}
	object, err := r.describe(ctx, job, wait)
	if err != nil {
		return nil, err
	}
	program, err := mapping.Compile(job.Sync, job.Model, described.Columns, object, job.Object.Match)
	if err != nil {
		return nil, err
	}
	if err := unsuited(job, program.Columns(), described.Columns, last.Columns); err != nil {
		return nil, err
	}
	return readingOf(job.Contract, program, described.Columns, described.Tables), nil
}

// readingOf adds to the mapping's columns those whose values the contract has to see.
func readingOf(checks *contract.Checks, program *mapping.Program, all []mapping.Column, tables []string) *reading {
	out := &reading{program: program, columns: program.Columns(), mark: program.Fingerprint(), tables: tables}
	for _, c := range all {
		out.names = append(out.names, c.Name)
	}
	if checks == nil {
		return out
	}
	out.columns = slices.Clone(out.columns)
	for _, name := range checks.Needs(shapes(all)) {
		has := func(c mapping.Column) bool { return c.Name == name }
		if !slices.ContainsFunc(out.columns, has) {
			out.columns = append(out.columns, all[slices.IndexFunc(all, has)])
		}
	}
	extra := out.columns[len(program.Columns()):]
	slices.SortFunc(extra, func(a, b mapping.Column) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) })
	names := make([]string, len(out.columns))
	for i, c := range out.columns {
		names[i] = c.Name
	}
	out.checks = checks.Bind(names)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\ncontract %s\n%q", out.mark, checks.Fingerprint(), extra))
	out.mark = hex.EncodeToString(sum[:])
	return out
}

func shapes(columns []mapping.Column) []contract.Shape {
	list := make([]contract.Shape, len(columns))
	for i, c := range columns {
		list[i] = contract.Shape{Name: c.Name, Type: c.Type, Kind: c.Kind}
	}
	return list
}

// broken says which rules of the contract a row breaks.
func (r *reading) broken(values []model.Value) []contract.Violation {
	if r.checks == nil {
		return nil
	}
	return r.checks.Row(values)
}
