package plan

import (
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// Format is the version of the plan file that this code writes, and the newest it reads.
const Format = 1

// Summary is a plan told to people and programs; its JSON names are stable. The caller of Writer.Close gives everything
// but what stands under "counted by the writer".
type Summary struct {
	Format      int              `json:"format"`
	Sync        string           `json:"sync"`
	Model       string           `json:"model"`
	Destination string           `json:"destination"`
	Object      string           `json:"object"`
	Mode        model.Mode       `json:"mode"`
	OnLeave     model.OnLeave    `json:"on_leave"`
	Base        int64            `json:"base"`    // the ledger's generation that was planned against
	Digest      string           `json:"digest"`  // of the model's rows: another digest means that the source moved
	Mapping     string           `json:"mapping"` // fingerprint of the mapping
	Schema      []mapping.Column `json:"schema"`
	Keys        int64            `json:"keys,omitempty"` // keys looked at, where these alone were; 0: every row

	Counts

	Calls   int64     `json:"calls"`   // estimated at the destination's limits
	Seconds float64   `json:"seconds"` // estimated; see Estimate
	Guards  []Verdict `json:"guards"`
	Notes   []string  `json:"notes,omitempty"`

	// Counted by the writer.
	Verbs       []VerbCount    `json:"verbs"`
	Removed     []RemovalCount `json:"removed,omitempty"`
	Quarantined []CodeCount    `json:"quarantined,omitempty"`
	Changed     []FieldCount   `json:"changed,omitempty"`
	Samples     []Sample       `json:"samples,omitempty"`
	Hash        string         `json:"hash"` // "sha256:…" of the whole file
}

// Counts are the numbers of a plan. The first group is the caller's, the second is counted by the writer.
type Counts struct {
	Rows       int64 `json:"rows"`       // rows of the model, whatever becomes of them: what guards ask for
	Read       int64 `json:"read"`       // what the run has to account for: rows, and records that left
	Unchanged  int64 `json:"unchanged"`  // rows that ask for nothing
	Superseded int64 `json:"superseded"` // rows that a newer version of the same key overtook
	Filtered   int64 `json:"filtered"`   // rows outside what the sync wants
	Waiting    int64 `json:"waiting"`    // removals that wait because source rows could not be read
	Holds      int64 `json:"holds"`      // records of ours the destination holds now that have not left

	After      int64 `json:"after"` // records it will hold: holds + enter + return - leave - lapse
	Enter      int64 `json:"enter"`
	Change     int64 `json:"change"`
	Return     int64 `json:"return"`
	Again      int64 `json:"again"`
	Leave      int64 `json:"leave"`
	Touch      int64 `json:"touch"`
	Lapse      int64 `json:"lapse"`
	Quarantine int64 `json:"quarantine"`
	Sends      int64 `json:"sends"`    // steps that make an operation
	Removals   int64 `json:"removals"` // of those, the ones with a leaving verb
}

// unreadable counts the rows of sources that could not be read: they are set aside, and no rows of the model.
func (s *Summary) unreadable() (rows int64) {
	for _, q := range s.Quarantined {
		if q.Stage == "source" {
			rows += q.Rows
		}
	}
	return rows
}

// VerbCount is how many steps ask for a verb.
type VerbCount struct {
	Verb  string `json:"verb"`
	Steps int64  `json:"steps"`
}

// RemovalCount is how many removals have one cause, verb and origin ("made", "matched" or "unknown").
type RemovalCount struct {
	Cause  string `json:"cause"`
	Verb   string `json:"verb"`
	Origin string `json:"origin"`
	Steps  int64  `json:"steps"`
}

// CodeCount is how many rows are set aside for one reason, with the words of the first of them.
type CodeCount struct {
	Code    string `json:"code"`
	Stage   string `json:"stage,omitempty"`
	Message string `json:"message,omitempty"`
	Rows    int64  `json:"rows"`
}

// FieldCount is how many records change in one field.
type FieldCount struct {
	Field   string `json:"field"`
	Changed int64  `json:"changed"`
}

// Sample is one step in full, for people: the first few of every kind.
type Sample struct {
	Kind    Kind          `json:"kind"`
	Verb    string        `json:"verb,omitempty"`
	Key     model.Key     `json:"key"`
	Cause   string        `json:"cause,omitempty"`
	Origin  string        `json:"origin,omitempty"`
	Fields  []SampleField `json:"fields,omitempty"`
	Code    string        `json:"code,omitempty"`
	Message string        `json:"message,omitempty"`
	Where   string        `json:"where,omitempty"`
}

// SampleField is one field of a sample. Before is there where the field changes.
type SampleField struct {
	Field   string     `json:"field"`
	Before  *JSONValue `json:"before,omitempty"`
	After   JSONValue  `json:"after"`
	Changed bool       `json:"changed"`
}

// JSONValue is a model.Value that writes itself as the JSON it would have in a payload.
type JSONValue struct {
	Kind model.Kind
	Text string
}

// Limits gives a destination's limits for rows operations of a verb, as connect.Limiter does.
type Limits func(verb connect.Verb, rows int) connect.Limits
