package salesforce

import (
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// rowResult is Salesforce's answer to one row.
type rowResult struct {
	ID      string     `json:"id"`
	Success bool       `json:"success"`
	Created *bool      `json:"created"`
	Errors  []rowError `json:"errors"`
}

// rowError is one reason why a row was refused.
type rowError struct {
	Code    string   `json:"statusCode"`
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
}

// results reads the answers to n rows. Salesforce keeps the order of the rows; when their count is another, no answer
// can be trusted to be its row's.
func results(reply *httpcall.Reply, n int) ([]*rowResult, error) {
	var out []*rowResult
	if err := httpcall.JSON(reply, &out); err != nil {
		return nil, err
	}
	if len(out) != n {
		return nil, &connect.CallError{Class: connect.Lost, Status: reply.Status, Code: "reply.count", RequestID: requestID(reply),
			Message: "the reply does not answer every row, so that no answer can be matched to its row"}
	}
	return out, nil
}

// passing are the codes of rows that were not taken because of the moment, not because of what they hold.
var passing = map[string]time.Duration{
	"UNABLE_TO_LOCK_ROW":                0,
	"SERVER_UNAVAILABLE":                0,
	"QUERY_TIMEOUT":                     0,
	"REQUEST_RUNNING_TOO_LONG":          0,
	"ALL_OR_NONE_OPERATION_ROLLED_BACK": 0,
	"TXN_SECURITY_RUNTIME_EXCEPTION":    0,
	"REQUEST_LIMIT_EXCEEDED":            dayWait,
	"STORAGE_LIMIT_EXCEEDED":            time.Hour, // people must make room or buy it
	"LIMIT_EXCEEDED":                    dayWait,
	"UNKNOWN_EXCEPTION":                 time.Minute,
}

// triggered is the code of everything an org's own triggers throw. Only the words tell whether they met a passing
// limit, so these marks of Apex's own exceptions are looked for.
const triggered = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"

var passingMarks = []string{"UNABLE_TO_LOCK_ROW", "System.LimitException"}

// outcome says what an answer means for its row.
func (r *rowResult) outcome(did connect.Effect, request string) connect.Outcome {
	if r == nil {
		return connect.Outcome{RequestID: request}
	}
	if r.Success {
		if r.Created != nil && *r.Created {
			did = connect.Created
		}
		return connect.Outcome{Verdict: connect.Accepted, Effect: did, RemoteID: r.ID, RequestID: request}
	}
	if len(r.Errors) == 0 {
		return connect.Outcome{Code: "reply.no_reason", Message: "the row was neither taken nor refused for a reason", RequestID: request}
	}
	first := r.Errors[0]
	out := connect.Outcome{Verdict: connect.Rejected, Code: first.Code, Message: r.words(), RequestID: request, RemoteID: r.ID}
	if wait, ok := passing[first.Code]; ok {
		out.Verdict, out.After = connect.Retry, wait
	}
	if first.Code == triggered && slices.ContainsFunc(passingMarks, func(m string) bool { return strings.Contains(first.Message, m) }) {
		out.Verdict = connect.Retry
	}
	return out
}

// words are the vendor's, with the fields they speak of where they do not name them.
func (r *rowResult) words() string {
	parts := make([]string, len(r.Errors))
	for i, e := range r.Errors {
		parts[i] = e.Message
		var unnamed []string
		for _, f := range e.Fields {
			if !strings.Contains(e.Message, f) {
				unnamed = append(unnamed, f)
			}
		}
		if len(unnamed) > 0 {
			parts[i] += " (" + strings.Join(unnamed, ", ") + ")"
		}
	}
	return strings.Join(parts, "; ")
}

// absent says whether the row was refused because no record has its id any more. An invalid cross reference can also
// be another record that a field points to.
func (r *rowResult) absent() bool {
	if r == nil || r.Success || len(r.Errors) == 0 {
		return false
	}
	code := r.Errors[0].Code
	return code == "ENTITY_IS_DELETED" || code == "INVALID_CROSS_REFERENCE_KEY" && len(r.Errors[0].Fields) == 0
}

// duplicate says whether the row was refused because another record has one of its unique values.
func (r *rowResult) duplicate() bool {
	return r != nil && !r.Success && len(r.Errors) > 0 && r.Errors[0].Code == "DUPLICATE_VALUE"
}
