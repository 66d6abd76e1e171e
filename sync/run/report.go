package run

import (
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Status is how a run ended.
type Status string

// The statuses, in the order in which they hide one another: failed says more than held, held more than pending.
const (
	OK      Status = "ok"      // everything read is delivered, unchanged or knowingly left out
	Errors  Status = "errors"  // some rows were rejected or quarantined
	Pending Status = "pending" // work is durable and will be retried
	Held    Status = "held"    // a guard or an approval is in the way; nothing was sent
	Failed  Status = "failed"  // the run could not go on
)

// Report is what a run did. Counts are records, and Unaccounted is 0 or there is a bug:
//
//	read = delivered + unchanged + superseded + filtered + suppressed + quarantined + rejected + pending
//
// Unknown counts those of Pending whose outcome nobody could see.
type Report struct {
	Sync        string      `json:"sync"`
	Run         model.RunID `json:"run"`
	Status      Status      `json:"status"`
	Plan        string      `json:"plan"`
	Read        int64       `json:"read"`
	Unchanged   int64       `json:"unchanged"`
	Delivered   int64       `json:"delivered"`
	Superseded  int64       `json:"superseded"`
	Filtered    int64       `json:"filtered"`
	Suppressed  int64       `json:"suppressed"`
	Quarantined int64       `json:"quarantined"`
	Rejected    int64       `json:"rejected"`
	Pending     int64       `json:"pending"`
	Unknown     int64       `json:"unknown"`
	Unaccounted int64       `json:"unaccounted"`
	Removed     int64       `json:"removed,omitempty"` // of those delivered, the ones that took a record away
	Calls       int64       `json:"calls"`
	Seconds     float64     `json:"seconds"`
	Resumed     bool        `json:"resumed,omitempty"`
	RetryAt     string      `json:"retry_at,omitempty"` // when pending work may be tried again, RFC 3339
	Problems    []Problem   `json:"problems,omitempty"`
}

// Problem is one reason for which rows did not arrive, or the run did not go on.
type Problem struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	Where      string `json:"where,omitempty"` // file and place, or name, where there is one
	Suggestion string `json:"suggestion,omitempty"`
	Count      int64  `json:"count,omitempty"` // rows
}

// Account fills Unaccounted from the other counts. Guarantee G10: every row that is read is counted in exactly one place.
func (r *Report) Account() {
	r.Unaccounted = r.Read - r.Delivered - r.Unchanged - r.Superseded - r.Filtered - r.Suppressed - r.Quarantined -
		r.Rejected - r.Pending
}

// ProblemOf tells an error that ended a run.
func ProblemOf(err error) Problem {
	f := fault.As(err)
	return Problem{Code: f.Code, Message: f.Message, Where: f.Where, Suggestion: f.Suggestion}
}
