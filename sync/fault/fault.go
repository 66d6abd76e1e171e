// Package fault is the one error type people see: a code, what is wrong, where, and what to do about it.
//
// It must not know what failed: packages make faults, tables here turn kinds into exit codes. Messages never carry
// row values, personal data or secrets.
package fault

import (
	"errors"
	"strings"
)

// Kind decides what a fault means for retry, the exit code and the HTTP status.
type Kind uint8

// The kinds.
const (
	Internal    Kind = iota // a bug or a machine failure
	Usage                   // what the person wrote is wrong: files, flags, environment
	Source                  // the source cannot be read as asked
	Destination             // the destination refuses or cannot be reached
	Storage                 // the data directory: disk full, not writable, damaged
	Busy                    // somebody else holds what is needed
	Held                    // a guard or an approval is in the way
	Moved                   // what was planned against is no longer so
	Canceled                // the person stopped it
	Denied                  // whoever asks may not
)

// Fault is an error with a code people can look up.
type Fault struct {
	Code       string // "config.unknown_key": package and reason
	Kind       Kind
	Message    string // one sentence for people: what is wrong
	Where      string // "freshet.yaml:12:5" or "syncs.crm.fields.plan"; "" where there is no place
	Suggestion string // what to do next, "" only where nothing can be done
	Err        error  // the cause, "" hidden from people unless verbose
}

// Error gives place, message and cause, without the suggestion.
func (f *Fault) Error() string {
	var b strings.Builder
	if f.Where != "" {
		b.WriteString(f.Where)
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	if f.Err != nil {
		b.WriteString(": ")
		b.WriteString(f.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// New makes a fault.
func New(kind Kind, code, message string) *Fault {
	return &Fault{Code: code, Kind: kind, Message: message}
}

// At says where.
func (f *Fault) At(where string) *Fault { f.Where = where; return f }

// Do says what to do about it.
func (f *Fault) Do(suggestion string) *Fault { f.Suggestion = suggestion; return f }

// Because names the cause.
func (f *Fault) Because(err error) *Fault { f.Err = err; return f }

// As finds the outermost fault in an error, or wraps the error as an internal one.
func As(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Code: "internal", Kind: Internal, Message: "something failed that has no name yet", Err: err}
}

// Is says whether err carries a fault with this code.
func Is(err error, code string) bool {
	var f *Fault
	return errors.As(err, &f) && f.Code == code
}

// The exit codes of the command line.
const (
	ExitOK      = 0
	ExitErrors  = 1 // some rows were rejected or quarantined
	ExitUsage   = 2 // bad usage or configuration
	ExitHeld    = 3 // a guard or an approval is in the way
	ExitPending = 4 // work is durable and will be retried
	ExitFailed  = 5
)

// kinds is what each kind is called over the API, and the HTTP status of a fault of it.
var kinds = [...]struct {
	name   string
	status int
}{Internal: {"internal", 500}, Usage: {"usage", 422}, Source: {"source", 502}, Destination: {"destination", 502}, Storage: {"storage", 503},
	Busy: {"busy", 409}, Held: {"held", 409}, Moved: {"moved", 409}, Canceled: {"canceled", 409},
	Denied: {"denied", 403}}

func (k Kind) String() string { return kinds[k].name }

// HTTP is the HTTP status of a kind.
func (k Kind) HTTP() int { return kinds[k].status }

// KindOf is the kind of this name, Internal where there is none.
func KindOf(name string) Kind {
	for k := range kinds {
		if kinds[k].name == name {
			return Kind(k)
		}
	}
	return Internal
}

// Exit is the exit code of a kind.
func (k Kind) Exit() int {
	switch k {
	case Usage:
		return ExitUsage
	case Held, Moved:
		return ExitHeld
	default:
		return ExitFailed
	}
}
