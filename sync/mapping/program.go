package mapping

import (
	"github.com/freshet/freshet/sync/liquid"
	"github.com/freshet/freshet/sync/model"
)

// Column is one column of a model's result.
type Column struct {
	Name string     `json:"name"`
	Type string     `json:"type"` // DuckDB's name of its type: "DECIMAL(18,2)"
	Kind model.Kind `json:"kind"` // how its values come
}

// Program is a compiled mapping. It is never changed after Compile, so goroutines may share it.
type Program struct {
	columns     []Column
	cells       []cell // in name order
	fields      int    // how many cells make a field
	matches     int    // how many make a match value
	fingerprint string
}

// Result is a row's payload and its match values, both in name order.
type Result struct {
	Fields model.Fields
	Match  model.Fields
}

// Problem says why a row is set aside. The message holds no row values.
type Problem struct {
	Code    string // "mapping.too_long"
	Field   string // the destination field
	Message string
}

// cell makes one destination field, one match value, or one value for both.
type cell struct {
	name     string
	inFields bool
	inMatch  bool
	column   int // of Program.columns, -1 where a template or a literal makes the value
	template *liquid.Template
	slots    []int // template: the columns it reads, in its order
	literal  model.Value
	rule     rule
	omit     bool // a null is left out
	required bool // the destination takes no null
}

// Columns are the columns a row must have for Apply, in order: the key's, then every other the mapping reads, by name.
func (p *Program) Columns() []Column { return p.columns }

// Fingerprint is a stable text that changes whenever a payload could: with a target, its column, template or literal, the
// null policy, a type it is coerced to, the match, or the name and type of a column that is read. The order in which a
// definition or a SELECT lists things does not matter.
func (p *Program) Fingerprint() string { return p.fingerprint }
