package mapping

import (
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// Column is one column of a model's result.
type Column struct {
	Name string     `json:"name"`
	Type string     `json:"type"` // DuckDB's name of its type: "DECIMAL(18,2)"
	Kind model.Kind `json:"kind"` // how its values come
}

// Program is a compiled mapping. It may be used by one goroutine at a time; Clone makes more.
type Program struct {
	columns []Column
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

// Compile checks a sync against its model and destination and makes the program. All faults are returned together.
func Compile(s model.Sync, m model.Model, columns []Column, object *connect.ObjectInfo, rule connect.MatchRule) (*Program, error) {
	return &Program{}, nil
}

// Columns are the columns a row must have for Apply, in order: the key's, then every other the mapping reads, by name.
func (p *Program) Columns() []Column { return p.columns }

// Fingerprint is a stable text that changes whenever a payload could.
func (p *Program) Fingerprint() string { return "" }

// Apply makes a row's payload; row is aligned with Columns. The result keeps none of the row's slice.
func (p *Program) Apply(row []model.Value) (Result, *Problem) { return Result{}, nil }
