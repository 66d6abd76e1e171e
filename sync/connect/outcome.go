package connect

import (
	"fmt"
	"time"
)

// Verdict is what became of one operation.
type Verdict uint8

// The verdicts. The zero Verdict is Unknown: an outcome nobody filled in is never success.
const (
	Unknown  Verdict = iota
	Accepted         // it holds at the destination now
	Rejected         // it will not be taken as it is; nothing of it was applied
	Retry            // it was not applied; the same operation may be taken later
	Missing          // update, clear, archive, delete: there is no such record
	Exists           // insert: there is one already
)

var verdictNames = [...]string{"unknown", "accepted", "rejected", "retry", "missing", "exists"}

func (v Verdict) String() string { return verdictNames[v] }

// Effect is what an accepted operation did, where the destination tells.
type Effect uint8

// The effects.
const (
	EffectUnknown Effect = iota
	Created
	Updated
	Removed
)

// Outcome is the answer to one operation.
type Outcome struct {
	Verdict   Verdict
	Effect    Effect
	RemoteID  string        // the destination's id, "" where it does not say
	Code      string        // the vendor's own code: "REQUIRED_FIELD_MISSING"
	Message   string        // the vendor's own words; may quote the row, so the engine scrubs it before it keeps it
	RequestID string        // what the vendor's support asks for
	After     time.Duration // with Retry: how long to wait; 0: as the engine thinks best
}

// Class is what is known of a call that failed as a whole.
type Class uint8

// The classes. The zero Class is Lost: what nobody classified may have been applied.
const (
	Lost         Class = iota // the request left and no answer can be trusted: timeout, dropped connection, 5xx, HTML
	NotSent                   // no connection was made: nothing reached the destination
	Throttled                 // refused before anything was done; wait After (0: as the engine thinks best)
	Refused                   // the whole batch was refused, nothing applied, and no row named: the engine halves it
	TooLarge                  // refused for its size, nothing applied: the engine halves it
	Unauthorized              // the credentials are refused, after one refresh
	Forbidden                 // the credentials are good and not enough
	Gone                      // the destination asks never to be called again (410) or the object does not exist
)

var classNames = [...]string{"lost", "not sent", "throttled", "refused", "too large", "unauthorized", "forbidden", "gone"}

func (c Class) String() string { return classNames[c] }

// CallError is a call that failed as a whole.
type CallError struct {
	Class     Class
	Status    int           // HTTP status, 0 where there was none
	After     time.Duration // with Throttled or Lost: how long to wait, 0 where the destination does not say
	Code      string        // the vendor's code
	Message   string        // for people, without row values or secrets
	RequestID string
	Err       error
}

func (e *CallError) Error() string {
	s := "the call was " + e.Class.String()
	if e.Class == Lost {
		s = "no answer that can be trusted came back"
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Code != "" {
		s += ", " + e.Code
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

func (e *CallError) Unwrap() error { return e.Err }
