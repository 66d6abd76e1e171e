package run

import (
	"encoding/json"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/plan"
)

// memory is what the ledger keeps of a sync's definition from the last run that started: where it wrote to, and the
// columns it used.
type memory struct {
	Destination string           `json:"destination"`
	Object      string           `json:"object"`
	Columns     []mapping.Column `json:"columns"`
}

func memoryOf(s plan.Summary) memory {
	return memory{Destination: s.Destination, Object: s.Object, Columns: s.Schema}
}

func (m memory) text() string {
	text, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(text)
}

// recalled reads what text wrote; an empty memory where there is none.
func recalled(text string) memory {
	var m memory
	if text == "" || json.Unmarshal([]byte(text), &m) != nil {
		return memory{}
	}
	return m
}

// moved holds a sync that wrote to another place before. The ledger knows what stands there under the sync's name: with
// the same name for another place, rows would count as unchanged that the new place has never seen.
func (m memory) moved(job Job) error {
	s := job.Sync
	if m.Destination == "" || m.Destination == s.Destination && m.Object == s.Object {
		return nil
	}
	return fault.New(fault.Held, "sync.target_changed", "the sync "+s.Name+" wrote to "+m.Destination+" "+m.Object+
		" before and is now to write to "+s.Destination+" "+s.Object+"; nothing was sent").At("syncs." + s.Name).
		Do("give it a new name: it then starts from nothing, and what stands at the old place stays there")
}
