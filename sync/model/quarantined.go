package model

import "time"

// Quarantined is one reason for which rows stay out of a sync.
type Quarantined struct {
	Sync     string    `json:"sync"`  // filled in by the ledger
	Key      Key       `json:"key"`   // "" where the row has none
	Stage    string    `json:"stage"` // "source", "model" or "mapping"
	Code     string    `json:"code"`
	Message  string    `json:"message"`         // without the row's values
	Where    string    `json:"where,omitempty"` // file and line, field, …
	Count    int64     `json:"count"`           // rows in the last run that met it
	FirstRun RunID     `json:"first_run"`
	LastRun  RunID     `json:"last_run"`
	FirstAt  time.Time `json:"first_at"`
	LastAt   time.Time `json:"last_at"`
}
