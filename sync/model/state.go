package model

// State is where a record stands at a destination, as far as Freshet can know.
type State uint8

// The states.
const (
	Unknown  State = iota // a call was made whose outcome nobody saw: anything from nothing to everything may hold
	Synced                // the last payload was accepted
	Rejected              // the last payload was refused; the destination holds what was accepted before it, if anything
	Left                  // it left the model and, by on_leave keep, still stands at the destination
	Removed               // it left the model and was cleared, archived or deleted at the destination
)

var stateNames = [...]string{"unknown", "synced", "rejected", "left", "removed"}

func (s State) String() string { return stateNames[s] }

// Origin says who made a record at the destination.
type Origin uint8

// The origins. Mirror removes only what Freshet made or matched.
const (
	OriginUnknown Origin = iota // the destination did not say
	Made                        // a call of ours created it
	Matched                     // it was there before us
)

func (o Origin) String() string { return [...]string{"unknown", "made", "matched"}[o] }

// Prior is the narrow part of what the ledger knows of a record: enough to tell whether its row has changed.
type Prior struct {
	Key     Key
	Shape   uint32 // id of the mapping that RowHash was taken under; 0: no row was ever confirmed
	RowHash uint64 // hash of the mapped source columns at the last confirmation
	State   State
}

// Detail is everything the ledger knows of a record.
type Detail struct {
	Prior
	Accepted    bool   // a payload was accepted once and not removed since: Payload, Match, RemoteID are what stands there
	PayloadHash uint64 // Fields.Hash of Payload
	Payload     []byte // the last accepted payload: canonical flat JSON
	Match       Fields // the match values it was accepted under
	RemoteID    string // the destination's own id, "" where it never told
	Origin      Origin
	Attempts    int    // refusals in a row
	Code        string // why the last attempt was refused
	Message     string // the destination's words, scrubbed of the row's own values
	Run         RunID  // the run that touched it last
	At          string // when, RFC 3339 in UTC
}

// Scope says what the silence of a window means.
type Scope uint8

// The scopes.
const (
	Touched Scope = iota // only the keys named were looked at: silence means nothing
	Whole                // every key was looked at: silence means the record left
)

// Entry is one row of a window, as the diff sees it.
type Entry struct {
	Key     Key
	NullKey bool   // the row has no key: at least one key column is null
	Hash    uint64 // stable hash of the columns the mapping uses
}

// RunID, PlanID and CallID are prefixed: "run_…", "plan_…", "call_…".
type (
	RunID  string
	PlanID string
	CallID string
)
