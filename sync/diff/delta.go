package diff

import (
	"strconv"

	"github.com/freshet/freshet/sync/model"
)

// Kind says what happened to a key between the ledger and the window.
type Kind uint8

// The kinds. The zero Kind does nothing.
const (
	Same      Kind = iota // synced under this mapping, and the row is as it was
	Enter                 // the ledger has never heard of it
	Change                // synced, and the row or the mapping is another one
	Again                 // rejected, or of unknown outcome: it is tried again whatever the row says
	Return                // it had left or was removed, and is back
	Leave                 // it is gone from a Whole window
	Stays                 // it had left or was removed before, and is still gone
	NullKey               // a row without a key
	Duplicate             // a row whose key other rows of the window have too: one delta for each of them
)

var kindNames = [...]string{"same", "enter", "change", "again", "return", "leave", "stays", "null key", "duplicate"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Delta is what happened to one key. Entry is zero for Leave and Stays; Prior is zero where HasPrior is false.
type Delta struct {
	Kind     Kind
	Entry    model.Entry
	Prior    model.Prior
	HasPrior bool
}

// Key is the key the delta is about, "" for NullKey.
func (d *Delta) Key() model.Key {
	if d.Kind == Leave || d.Kind == Stays {
		return d.Prior.Key
	}
	return d.Entry.Key
}

// present judges a key that the window and the ledger both have. Guarantee G21: what was refused, or is unknown, is looked
// at again whatever its row says.
func present(e *model.Entry, p *model.Prior, shape uint32) Kind {
	switch p.State {
	case model.Synced:
		if p.Shape == shape && p.RowHash == e.Hash {
			return Same
		}
		return Change
	case model.Left, model.Removed:
		return Return
	default:
		return Again
	}
}

// absent judges a key that only the ledger has, in a Whole window.
func absent(p *model.Prior) Kind {
	if p.State == model.Left || p.State == model.Removed {
		return Stays
	}
	return Leave
}
