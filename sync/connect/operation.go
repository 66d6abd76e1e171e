package connect

import "github.com/freshet/freshet/sync/model"

// Verb is what an operation asks of the destination.
type Verb uint8

// The verbs.
const (
	NoVerb  Verb = iota
	Upsert       // make it or change it
	Update       // change it only where it is there
	Insert       // make it only where it is not
	Clear        // null the fields that were written, keep the record
	Archive      // take it out of sight in a way the vendor can undo
	Delete       // remove it
)

var verbNames = [...]string{"none", "upsert", "update", "insert", "clear", "archive", "delete"}

func (v Verb) String() string { return verbNames[v] }

// Leaving says whether the verb is sent because a record left.
func (v Verb) Leaving() bool { return v == Clear || v == Archive || v == Delete }

// Operation is one record's part of a call.
type Operation struct {
	Key        model.Key    // the record's key in its model
	Match      model.Fields // match fields under destination names; empty where the key is the identity
	PriorMatch model.Fields // what Match was when it was last accepted, only where it differs: the record must move, not double
	RemoteID   string       // the destination's own id, "" where it is not known
	Fields     model.Fields // what to write; Null clears, absent is left alone. For Clear: the fields to null.
	Version    string       // grows with every change of this key; "" where none is known
}

// Batch is one call's worth of operations: one object, one verb, no key and no match twice.
type Batch struct {
	ID      model.CallID // the idempotency key: constant over retries of the same operations
	Sync    string
	Object  string
	Verb    Verb
	Attempt int // 1 for the first
	Ops     []Operation
}

// Lookup asks for one record.
type Lookup struct {
	Key      model.Key
	Match    model.Fields
	RemoteID string
}

// Found is one record as the destination holds it.
type Found struct {
	Exists   bool
	RemoteID string
	Match    model.Fields
	Fields   model.Fields
}

// Account is who we are to a destination.
type Account struct {
	ID   string // stable: syncs with the same ID share one budget
	Name string // for people
	Note string // plan, edition or quota left, for people; may be empty
}
