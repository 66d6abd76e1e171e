package hubspot

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// batchReply is HubSpot's answer to a batch.
type batchReply struct {
	Status    string      `json:"status"`
	Results   []resultRow `json:"results"`
	NumErrors int         `json:"numErrors"`
	Errors    []failure   `json:"errors"`
}

type resultRow struct {
	ID                 string          `json:"id"`
	New                *bool           `json:"new"`
	ObjectWriteTraceID string          `json:"objectWriteTraceId"`
	Properties         json.RawMessage `json:"properties"`
}

// silent finds the success that is none: 2xx with no result, and errors that name no row. Where every error is a final
// one the batch was refused as a whole; else nothing is known.
func (b batchReply) silent(reply *httpcall.Reply) *connect.CallError {
	if len(b.Results) > 0 || len(b.Errors) == 0 || slices.ContainsFunc(b.Errors, failure.names) {
		return nil
	}
	first := b.Errors[0]
	e := &connect.CallError{Class: connect.Refused, Status: reply.Status, Code: first.code(), RequestID: first.CorrelationID,
		Message: "HubSpot answered with success, no result and an error that names no row" + first.properties()}
	if slices.ContainsFunc(b.Errors, func(f failure) bool { return f.verdict("upsert") != connect.Rejected }) {
		e.Class = connect.Lost
	}
	return e
}

func (f failure) names() bool { return len(f.Context["objectWriteTraceId"])+len(f.Context["ids"]) > 0 }

// settle gives every row of a call its outcome. A row that the reply does not account for stays unknown, and so does one
// that it calls both done and failed.
func (w *work) settle(b batchReply, index finder) {
	open := make(map[int]bool, len(index.traces))
	for _, at := range index.traces {
		open[at] = true
	}
	for _, result := range b.Results {
		if at, ok := index.of(result); ok && open[at] {
			w.outcomes[at] = result.outcome(index.action)
			delete(open, at)
		}
	}
	var unnamed []failure
	for _, f := range b.Errors {
		named := index.named(f)
		if len(named) == 0 {
			unnamed = append(unnamed, f)
		}
		for _, at := range named {
			if w.outcomes[at].Verdict == connect.Accepted {
				w.outcomes[at] = connect.Outcome{}
				continue
			}
			w.outcomes[at] = w.failed(f, index.action)
			if f.Category == "CONFLICT" && w.clashes != nil {
				w.clashes[at] = true
			}
			delete(open, at)
		}
	}
	w.attribute(unnamed, open, index.action)
}

func (r resultRow) outcome(action string) connect.Outcome {
	effect := connect.Updated
	if action == "create" || r.New != nil && *r.New {
		effect = connect.Created
	}
	return connect.Outcome{Verdict: connect.Accepted, Effect: effect, RemoteID: r.ID}
}

// attribute: where as many errors name no row as rows are left, those rows are the ones that failed; which error is
// whose is known only where they are alike.
func (w *work) attribute(unnamed []failure, open map[int]bool, action string) {
	if len(unnamed) != len(open) || len(unnamed) == 0 {
		return
	}
	outcome := w.failed(unnamed[0], action)
	for _, f := range unnamed[1:] {
		other := w.failed(f, action)
		if other.Verdict != outcome.Verdict {
			return
		}
		if other.Code != outcome.Code {
			outcome.Code = ""
		}
		outcome.Message = "HubSpot refused this row without saying which of several errors is its own"
	}
	for at := range open {
		w.outcomes[at] = outcome
	}
}

// failed is the outcome of a row with an error.
func (w *work) failed(f failure, action string) connect.Outcome {
	o := connect.Outcome{Verdict: f.verdict(action), Code: f.code(), Message: f.Message, RequestID: f.CorrelationID}
	if o.Verdict == connect.Exists && !f.about(w.batch.Ops) {
		o.Verdict = connect.Rejected
	}
	if o.Verdict == connect.Retry {
		o.After = lockedWait
	}
	return o
}

// about says whether a conflict is about the match property; one about another unique property is no "exists".
func (f failure) about(ops []connect.Operation) bool {
	property := ops[0].Match[0].Name
	for _, d := range f.details() {
		if names := d.Context["propertyName"]; len(names) > 0 && !slices.Contains(names, property) {
			return false
		}
	}
	return true
}

// verdict reads a row's error by its category. A failure of HubSpot's own may have come after the row was written.
func (f failure) verdict(action string) connect.Verdict {
	switch f.Category {
	case "OBJECT_NOT_FOUND":
		if action == "update" {
			return connect.Missing
		}
	case "CONFLICT":
		if action == "create" {
			return connect.Exists
		}
	case "RATE_LIMITS", "RATE_LIMIT", "LOCKED", "RECORD_LOCKED":
		return connect.Retry
	case "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT", "GATEWAY_TIMEOUT", "UNKNOWN":
		return connect.Unknown
	}
	return connect.Rejected
}

// finder matches the parts of a reply to rows: by trace id, else by the id they were sent with.
type finder struct {
	action   string
	traces   map[string]int
	ids      map[string]int
	property string
}

func indexed(rows []row, last bool, action string) finder {
	f := finder{action: action, traces: make(map[string]int, len(rows)), ids: make(map[string]int, len(rows))}
	for _, r := range rows {
		t := r.target(last)
		f.property = t.property
		f.traces[strconv.Itoa(r.at)] = r.at
		f.ids[folded(t.id)] = r.at
	}
	return f
}

func (f finder) of(r resultRow) (int, bool) {
	if r.ObjectWriteTraceID != "" {
		at, ok := f.traces[r.ObjectWriteTraceID]
		return at, ok
	}
	id := r.ID
	if f.property != "" {
		var properties map[string]*string
		if json.Unmarshal(r.Properties, &properties) != nil || properties[f.property] == nil {
			return 0, false
		}
		id = *properties[f.property]
	}
	at, ok := f.ids[folded(id)]
	return at, ok
}

// named are the rows that an error names.
func (f finder) named(e failure) []int {
	var rows []int
	for _, trace := range e.Context["objectWriteTraceId"] {
		if at, ok := f.traces[trace]; ok {
			rows = append(rows, at)
		}
	}
	if len(rows) > 0 {
		return rows
	}
	for _, id := range e.Context["ids"] {
		if at, ok := f.ids[folded(id)]; ok {
			rows = append(rows, at)
		}
	}
	return rows
}
