// Package control is what people can ask of a workspace: validate, plan, run, status, trace, quarantine. The command
// line, and later the API, are thin layers over it.
//
// It must not know how it is asked: no flags, no HTTP, no terminal.
package control

import (
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
)

// Event is one step of long work, for progress displays. Total is 0 where it is not known.
type Event struct {
	Sync        string
	Feed        string // instead of Sync, where the step is a feed's
	Stage       string // reading, comparing, planning, sending, waiting, archiving; of a feed: taken in, paused, gap, …
	Done, Total int64
	Aside       int64 // events set aside
	Note        string
	Report      *run.Report     // of one turn of a live sync
	Ages        []time.Duration // from commit in the source to confirmation, of every key that the turn confirmed
}

// PlanOptions steer Plan.
type PlanOptions struct {
	Out  string // file to write the plan to; "" keeps it in the data directory
	Full bool   // send every row again, whatever was sent before
}

// RunOptions steer Run.
type RunOptions struct {
	ID       model.RunID   // of the run, should one begin; "": it gets one then
	PlanPath string        // execute exactly this plan file
	Plan     string        // hash (or its beginning) of a plan that is kept in the data directory: execute exactly that
	Approve  string        // hash (or its beginning) of a held plan: execute exactly that plan
	Full     bool          // send every row again
	Wait     time.Duration // longest the run may idle for retries before it ends as pending
}

// What is told of syncs and feeds is told alike on the command line and over the API.
type (
	SyncStatus     = wire.SyncStatus
	HeldPlan       = wire.HeldPlan
	HistorySize    = wire.HistorySize
	QuarantineList = wire.QuarantineList
	RefusedRow     = wire.RefusedRow
	FeedStatus     = wire.FeedStatus
	FeedPartition  = wire.FeedPartition
	FeedAside      = wire.FeedAside
	FeedAsides     = wire.FeedAsides
	Released       = wire.Released
)

// Finding is one result of Validate.
type Finding struct {
	Level string // "error", "warning" or "ok"
	Fault *fault.Fault
}

// Trace is the life of one record.
type Trace struct {
	Sync   string        `json:"sync"`
	Key    string        `json:"key"`
	State  string        `json:"state"` // state now, "never seen" where the ledger has no record
	Source *TraceSource  `json:"source,omitempty"`
	Now    *TraceNow     `json:"now,omitempty"`
	Events []TraceEvent  `json:"events"` // oldest first
	Aside  []ledger.Item `json:"quarantine,omitempty"`
}

// TraceSource is the record's row in the model at this moment.
type TraceSource struct {
	Columns map[string]*string `json:"columns"` // column -> text, nil where it is null
	Error   string             `json:"error,omitempty"`
	Present bool               `json:"present"`
}

// TraceNow is what stands at the destination, as far as Freshet knows.
type TraceNow struct {
	Payload  string `json:"payload,omitempty"` // JSON
	RemoteID string `json:"remote_id,omitempty"`
	Origin   string `json:"origin"`
	Code     string `json:"code,omitempty"` // of the last refusal
	Message  string `json:"message,omitempty"`
	Since    string `json:"since"` // RFC 3339
}

// TraceEvent is one attempt to write the record.
type TraceEvent struct {
	Run       model.RunID  `json:"run"`
	Call      model.CallID `json:"call"`
	Verb      string       `json:"verb"`
	Cause     string       `json:"cause"`
	Sent      string       `json:"sent"`              // JSON; what is to be sent where the verdict is planned
	Before    string       `json:"before,omitempty"`  // JSON of the fields that differed
	Verdict   string       `json:"verdict"`           // accepted, rejected, unknown … or planned: no call yet
	Effect    string       `json:"effect,omitempty"`  // created, updated, removed
	Code      string       `json:"code,omitempty"`    // the destination's
	Message   string       `json:"message,omitempty"` // the destination's, scrubbed
	RequestID string       `json:"request_id,omitempty"`
	At        string       `json:"at"`
}
