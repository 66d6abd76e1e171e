package run

import (
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Report is what a run did, Problem one reason for which rows did not arrive, and Status how it ended: words of the
// vocabulary, since those who ask for a run from afar speak of them too.
type (
	Report  = model.Report
	Problem = model.Problem
	Status  = model.RunStatus
)

// The statuses, in the order in which they hide one another: failed says more than held, held more than pending.
const (
	OK      Status = "ok"      // everything read is delivered, unchanged or knowingly left out
	Errors  Status = "errors"  // some rows were rejected or quarantined
	Pending Status = "pending" // work is durable and will be retried
	Held    Status = "held"    // a guard or an approval is in the way; nothing was sent
	Failed  Status = "failed"  // the run could not go on
)

// ProblemOf tells an error that ended a run.
func ProblemOf(err error) Problem {
	f := fault.As(err)
	return Problem{Code: f.Code, Message: f.Message, Where: f.Where, Suggestion: f.Suggestion}
}
