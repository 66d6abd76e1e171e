package wire

import (
	"net/http"

	"github.com/freshet/freshet/sync/fault"
)

// Problem is an answer that says what is wrong (RFC 9457), with what Freshet says of its faults.
type Problem struct {
	Type       string   `json:"type,omitempty" format:"uri-reference"`
	Title      string   `json:"title"`
	Status     int      `json:"status"`
	Detail     string   `json:"detail" doc:"what is wrong, in one sentence"`
	Code       string   `json:"code" doc:"stable; for programs"`
	Kind       string   `json:"kind" doc:"usage, source, destination, storage, busy, held, moved, canceled, denied or internal"`
	Where      string   `json:"where,omitempty"`
	Suggestion string   `json:"suggestion,omitempty" doc:"what to do about it"`
	Errors     []Detail `json:"errors,omitempty" doc:"each place of the request that is wrong"`
}

// Detail is one place of a request that is wrong.
type Detail struct {
	Location string `json:"location" doc:"such as body.why or query.limit"`
	Message  string `json:"message"`
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problems, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// statuses are the faults whose HTTP status is not that of their kind.
var statuses = map[string]int{"config.unknown_sync": http.StatusNotFound, "config.unknown_feed": http.StatusNotFound,
	"config.unknown_alert": http.StatusNotFound,
	"feed.no_event":        http.StatusNotFound, "control.no_run": http.StatusNotFound, "control.no_replay": http.StatusNotFound,
	"auth.token": http.StatusUnauthorized, "ledger.not_held": http.StatusConflict,
	"approval.own": http.StatusForbidden, "ledger.no_token": http.StatusNotFound, "ledger.token_exists": http.StatusConflict}

// ProblemOf tells a fault. Its cause stays here: it may quote what is nobody else's business.
func ProblemOf(f *fault.Fault) *Problem {
	status := f.Kind.HTTP()
	if s, ok := statuses[f.Code]; ok {
		status = s
	}
	return &Problem{Title: http.StatusText(status), Status: status, Detail: f.Message, Code: f.Code, Kind: f.Kind.String(),
		Where: f.Where, Suggestion: f.Suggestion}
}

// Fault is the fault that a problem tells of.
func (p *Problem) Fault() *fault.Fault {
	return fault.New(fault.KindOf(p.Kind), p.Code, p.Detail).At(p.Where).Do(p.Suggestion)
}
