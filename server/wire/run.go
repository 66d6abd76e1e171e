package wire

import "github.com/freshet/freshet/sync/model"

// StartRun asks for a run of a sync.
type StartRun struct {
	Full    bool    `json:"full,omitempty" doc:"send every row again, whatever was sent before; without it what has changed"`
	Approve string  `json:"approve,omitempty" maxLength:"100" doc:"hash of a held plan: carry out exactly that plan"`
	Plan    string  `json:"plan,omitempty" maxLength:"100" doc:"hash of a plan that freshet plan has left in the data directory: carry out exactly that plan, unless a guard holds it"`
	Retry   float64 `json:"retry_seconds,omitempty" minimum:"0" maximum:"86400" doc:"how long it may wait for retries before it ends as pending; 0: a minute"`
	Why     string  `json:"why,omitempty" maxLength:"1000" doc:"the reason, for the record"`
}

// Approve lets a held plan be carried out.
type Approve struct {
	Plan string `json:"plan" minLength:"8" maxLength:"100" doc:"its hash, or at least 8 characters of it"`
	Why  string `json:"why,omitempty" maxLength:"1000" doc:"the reason, for the record"`
}

// Run is a run that was asked for.
type Run struct {
	Run    model.RunID   `json:"run"`
	Sync   string        `json:"sync"`
	State  RunState      `json:"state" enum:"waiting,running,done"`
	Report *model.Report `json:"report,omitempty" doc:"what it did, once it is done"`
	Failed *Problem      `json:"problem,omitempty" doc:"why there is no report, or why it is not a whole one"`
}

// RunState is how far a run is.
type RunState string

// The states.
const (
	Waiting RunState = "waiting" // for another run of its sync
	Running RunState = "running"
	Done    RunState = "done"
)
