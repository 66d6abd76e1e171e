package auth

import (
	"slices"

	"github.com/freshet/freshet/sync/fault"
)

// Role says what whoever asks may do.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"   // sees how things stand
	Marketer Role = "marketer" // has syncs run and approves plans
	Engineer Role = "engineer" // looks after feeds and runs
	Steward  Role = "steward"  // watches over what leaves, and over who did what
	Admin    Role = "admin"    // everything, tokens too
)

// Roles are all of them, in the order they are told.
var Roles = []Role{Viewer, Marketer, Engineer, Steward, Admin}

// Operation is what can be asked for.
type Operation struct {
	ID    string
	For   []Role
	Whole bool // it is about the workspace as a whole: not for those who are scoped to some syncs
}

var (
	everyone  = Roles
	workers   = []Role{Marketer, Engineer, Steward, Admin}
	runners   = []Role{Marketer, Engineer, Admin}
	keepers   = []Role{Engineer, Steward, Admin}
	engineers = []Role{Engineer, Admin}
	overseers = []Role{Steward, Admin}
	admins    = []Role{Admin}
)

// Operations is the table of who may do what: every operation of the API by its id, and what is a right of its own within one. What is
// not in it nobody may do. Guarantee G46.
var Operations = []Operation{
	{ID: "about", For: everyone},
	{ID: "get-me", For: everyone},
	{ID: "events", For: everyone},
	{ID: "list-syncs", For: everyone},
	{ID: "get-sync", For: everyone},
	{ID: "list-feeds", For: everyone},
	{ID: "get-feed", For: everyone},
	{ID: "get-run", For: everyone},
	{ID: "list-quarantine", For: workers}, // keys of rows
	{ID: "start-run", For: runners},
	{ID: "approve-plan", For: workers}, // start-run with approve needs it too
	{ID: "cancel-run", For: workers},
	{ID: "pause-feed", For: keepers},
	{ID: "resume-feed", For: engineers},
	{ID: "start-replay", For: engineers},
	{ID: "get-replay", For: keepers},        // samples with values
	{ID: "list-events-aside", For: keepers}, // keys of events
	{ID: "get-event-aside", For: keepers},   // payloads
	{ID: "release-event", For: engineers},
	{ID: "retry-events", For: engineers},
	{ID: "drop-event", For: keepers},
	{ID: "list-alerts", For: everyone, Whole: true},
	{ID: "test-alert", For: keepers, Whole: true},
	{ID: "list-acts", For: overseers, Whole: true},
	{ID: "verify-audit", For: overseers, Whole: true},
	{ID: "list-tokens", For: admins, Whole: true},
	{ID: "create-token", For: admins, Whole: true},
	{ID: "revoke-token", For: admins, Whole: true},
}

// find gives the row of an operation; the zero one is for nobody.
func find(id string) Operation {
	i := slices.IndexFunc(Operations, func(o Operation) bool { return o.ID == id })
	if i < 0 {
		return Operation{}
	}
	return Operations[i]
}

// May says whether whoever asks may have an operation done at all. Faults auth.role and auth.scope.
func (p Principal) May(operation string) error {
	op := find(operation)
	if !slices.Contains(op.For, p.Role) {
		return fault.New(fault.Denied, "auth.role", "that is not for the role "+string(p.Role)).
			Do("ask somebody whose role allows it; docs/ACCESS.md says which do")
	}
	if op.Whole && len(p.Syncs) > 0 {
		return OutOfScope()
	}
	return nil
}

// Sees says whether a sync is within the scope of whoever asks.
func (p Principal) Sees(sync string) bool { return len(p.Syncs) == 0 || slices.Contains(p.Syncs, sync) }

// SeesAll says whether all of several are, and whether there is one: a feed is within a scope where all that it reaches is.
func (p Principal) SeesAll(syncs []string) bool {
	return len(p.Syncs) == 0 || len(syncs) > 0 && !slices.ContainsFunc(syncs, func(s string) bool { return !p.Sees(s) })
}

// OutOfScope is the fault of asking for what the token is not good for, or for what is not there.
func OutOfScope() error {
	return fault.New(fault.Denied, "auth.scope", "the token is not good for that").Do("ask for a token with other syncs, or without any")
}
