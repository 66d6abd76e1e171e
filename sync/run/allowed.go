package run

import (
	"context"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/policy"
)

// allowed says whether every column that a job sends may go to its destination. It is asked before the destination is.
// Guarantee G38.
func allowed(job Job, columns []mapping.Column) error {
	return policy.Judge(job.Sync, job.Model, namesOf(columns), job.Terms)
}

// stillAllowed asks again of the columns that a plan was made of, before anything of it is sent: it may have been made
// under other rules. Guarantee G38.
func stillAllowed(job Job, s plan.Summary) error {
	return policy.JudgeColumns(job.Sync, job.Model, namesOf(s.Schema), job.Terms)
}

// Unreviewed are the columns that a job sends although nobody has reviewed them, as warnings.
func Unreviewed(ctx context.Context, job Job) ([]*fault.Fault, error) {
	described, err := job.Engine.Describe(ctx, job.Model)
	if err != nil {
		return nil, err
	}
	return policy.Unreviewed(job.Sync, job.Model, namesOf(described.Columns), job.Terms), nil
}

func namesOf(columns []mapping.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}
