package plan

import (
	"strconv"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// Kind says why a step is there.
type Kind uint8

// The kinds. The zero Kind is no step: a writer refuses it.
const (
	NoKind     Kind = iota
	Enter           // the record is new
	Change          // its payload is another one
	Return          // it had left, and is back
	Again           // it was refused, or nobody knows what became of it
	Leave           // it left the model, and a removal is due
	Touch           // ledger only: the row changed in a way the payload does not show; nothing is sent
	Lapse           // ledger only: it left the model and on_leave is keep; nothing is sent
	Quarantine      // the row is set aside with a reason; nothing is sent
)

var kindNames = [...]string{"none", "enter", "change", "return", "again", "leave", "touch", "lapse", "quarantine"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// MarshalText gives the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Sends says whether steps of this kind make an operation; the others end in the ledger.
func (k Kind) Sends() bool { return k >= Enter && k <= Leave }

// Step is one record's part of a plan.
type Step struct {
	Kind        Kind
	Verb        connect.Verb // what is asked of the destination; NoVerb where nothing is sent
	Key         model.Key
	Cause       string // why a removal is due: "left the model"; "" elsewhere
	RowHash     uint64
	PayloadHash uint64
	Match       model.Fields
	PriorMatch  model.Fields // what Match was when it was last accepted, only where it differs
	RemoteID    string
	Origin      model.Origin
	Fields      model.Fields // what is written; for Clear: the fields to null
	// Before has one field for every name in Fields whose accepted value differs: the accepted value, or Null where it
	// was null or was never sent. It is what "before" shows and what field changes are counted from. For a removal it is
	// everything that was accepted.
	Before  model.Fields
	Version string
	Code    string // Quarantine: the reason's code
	Message string // Quarantine: the reason for people, without row values
	Where   string // Quarantine: file and line, or the field at fault
	Stage   string // Quarantine: what set it aside: "source", "key", "mapping"
}
