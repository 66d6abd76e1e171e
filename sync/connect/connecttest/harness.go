package connecttest

import (
	"errors"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// Harness is a connector as the suite sees it.
type Harness struct {
	Driver  connect.Driver
	Objects []Object
	// Start starts a fresh, empty fake of the vendor on loopback. The suite calls Peer.Close.
	Start func(t *testing.T) Peer
	// Throttles names the shapes in which this vendor says "slow down" (passed to Inject in Fault.Shape); nil: one
	// shape, "".
	Throttles []string
	// Skip waives checks: name of the check, or "object/name" -> the reason, a sentence about the vendor. A waiver
	// of a check that would pass, or that does not exist, fails the test.
	Skip map[string]string
}

// Object is an object of the destination with sample records.
type Object struct {
	Name string
	// Op makes the i-th record's operation for a verb. The key and the match depend on i alone and differ between
	// different i; a different revision gives at least one field another value. Fields hold what the verb writes (for
	// Clear: the fields to null; for Archive and Delete: nothing). Match is set where the object's rule needs one.
	Op func(verb connect.Verb, i, revision int) connect.Operation
	// Text is a field of free text that is neither a match field nor required, and that Op sets for writing verbs.
	Text string
	// Longest is how many runes Text takes; 0: 4096 are tried.
	Longest int
	// EmptyClears: the vendor keeps no empty text, an empty value is a cleared one.
	EmptyClears bool
}

// Peer is a running fake.
type Peer struct {
	Settings connect.Settings // points the connector at the fake, with credentials it takes
	Secrets  []string         // texts that must never be seen, besides Settings.Secrets
	// Applied is what the fake holds of an object now: identity -> field -> text. Identity is the texts of the match
	// fields in name order joined by "|", or the key where there is no match. Removed and archived records are not in
	// it; a field that is null or was cleared is not in its record.
	Applied func(object string) map[string]map[string]string
	// Calls counts the calls that asked for a change, also those that a fault kept from being done.
	Calls func() int
	// Inject makes the next calls that ask for a change go wrong. It returns ErrUnsupported where the vendor cannot
	// fail so; the check must then be waived.
	Inject func(Fault) error
	Close  func()
}

// ErrUnsupported is what Inject returns for a fault that cannot happen at this vendor.
var ErrUnsupported = errors.New("this vendor cannot fail so")

// Fault is one thing going wrong.
type Fault struct {
	Kind  FaultKind
	Rows  []int         // PartialReject, OmitOutcome, WholeBatchRefused: positions in the next call, from 0
	After time.Duration // Throttle: the wait the fake names; SlowReply: how long it takes
	Shape string        // Throttle: one of Harness.Throttles
}

// FaultKind says what goes wrong.
type FaultKind string

// The faults. Each hits the next call that asks for a change, once, unless it says otherwise.
const (
	DropBeforeApply     FaultKind = "drop-before-apply"     // the request is read, nothing is done, the connection is closed
	DropAfterApply      FaultKind = "drop-after-apply"      // everything is done, the connection is closed without a reply
	Throttle            FaultKind = "throttle"              // too many calls, wait After
	ThrottleNoHint      FaultKind = "throttle-no-hint"      // too many calls, no wait is named
	ServerError         FaultKind = "server-error"          // 5xx, nothing is done
	ServerErrorApplied  FaultKind = "server-error-applied"  // 5xx, everything is done
	UnauthorizedOnce    FaultKind = "unauthorized-once"     // the access token is not taken any more; a fresh one is
	UnauthorizedForGood FaultKind = "unauthorized-for-good" // no credentials are taken from now on, whatever is called
	Forbidden           FaultKind = "forbidden"             // the credentials are good, this is not allowed to them
	HTML                FaultKind = "html"                  // 200 with a page in HTML; nothing is done
	Garbage             FaultKind = "garbage"               // 2xx with bytes that are no reply; nothing is done
	Truncated           FaultKind = "truncated"             // everything is done; the reply ends in the middle of its JSON, cleanly
	SlowReply           FaultKind = "slow-reply"            // the reply comes after After
	PartialReject       FaultKind = "partial-reject"        // Rows are refused for what they hold, the others are done
	OmitOutcome         FaultKind = "omit-outcome"          // the reply says nothing of Rows; the others are done
	ReorderOutcomes     FaultKind = "reorder-outcomes"      // the last row is refused; the reply names the rows last to first
	WholeBatchRefused   FaultKind = "whole-batch-refused"   // the records at Rows are poison: from now on any call with one of them is refused whole, naming no row
	HugeReply           FaultKind = "huge-reply"            // 200 with an endless body; nothing is done
)
