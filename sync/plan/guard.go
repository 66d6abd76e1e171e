package plan

import "github.com/freshet/freshet/sync/model"

// Verdict is what one guard says of a plan.
type Verdict struct {
	Guard string  `json:"guard"` // "max_leaves", "max_changes", "min_rows", "empty_source" or "large_removal"
	Held  bool    `json:"held"`
	Says  string  `json:"says"`  // a sentence for people
	Limit float64 `json:"limit"` // what is allowed, in records (rows for min_rows)
	Value float64 `json:"value"` // what the plan would do
}

// Judge asks every guard. A verdict is there for each guard that applies, held or not.
func Judge(g model.Guard, c Counts) []Verdict { return nil }
