package wire

import "github.com/freshet/freshet/sync/model"

// SyncStatus is one sync as the ledger knows it.
type SyncStatus struct {
	Sync        string           `json:"sync"`
	Model       string           `json:"model"`
	Audience    string           `json:"audience,omitempty" doc:"of the model, where not all of it is carried"`
	Destination string           `json:"destination"`
	Object      string           `json:"object,omitempty"`
	Mode        string           `json:"mode"`
	Tier        string           `json:"tier,omitempty" doc:"as the files name it"`
	Schedule    string           `json:"schedule" doc:"when it runs, in words: live, every 15m, 0 6 * * 1-5 in Europe/Berlin, by hand"`
	NotLive     string           `json:"not_live,omitempty" doc:"of tier realtime: why it runs whole, by its schedule"`
	Waits       *Problem         `json:"waits,omitempty" doc:"why it cannot be live yet, or does not see yet what has changed in a source beside its feeds: it goes on by itself"`
	NextRunAt   string           `json:"next_run_at,omitempty" doc:"when its next run by schedule begins, RFC 3339; absent while one is under way, where none follows, and while nobody serves the workspace"`
	Records     map[string]int64 `json:"records" doc:"by state: synced, rejected, unknown, left, removed"`
	Quarantined int64            `json:"quarantined"`
	LastRun     *model.Report    `json:"last_run,omitempty"`
	LastRunAt   string           `json:"last_run_at,omitempty" doc:"when it began, RFC 3339"`
	Running     bool             `json:"running"`
	Stopped     bool             `json:"stopped" doc:"its last run has work left, and nobody is at it: the next run goes on with it"`
	BlockedTill string           `json:"blocked_until,omitempty"`
	BlockedWhy  string           `json:"blocked_why,omitempty"`
	Held        *HeldPlan        `json:"held,omitempty"`
	History     HistorySize      `json:"history"`
}

// HeldPlan is the newest plan of a sync that waits for an approval.
type HeldPlan struct {
	Plan  string   `json:"plan" doc:"its hash, which approves it"`
	Since string   `json:"since" doc:"RFC 3339"`
	Why   []string `json:"why" doc:"a sentence for every guard that holds it"`
}

// HistorySize is what the delivered payloads of a sync cost on disk.
type HistorySize struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	Rows  int64 `json:"rows"`
}

// SyncList is every sync, in the order of the files.
type SyncList struct {
	Syncs []SyncStatus `json:"syncs"`
}

// QuarantineList is what is set aside and what was refused.
type QuarantineList struct {
	Sync    string              `json:"sync"`
	Aside   []model.Quarantined `json:"set_aside"`
	Total   int64               `json:"set_aside_total"`
	Refused []RefusedRow        `json:"refused"`
	Refusal int64               `json:"refused_total"`
}

// RefusedRow is a record the destination would not take; it is tried again on every run.
type RefusedRow struct {
	Key      string `json:"key"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Attempts int    `json:"attempts"`
	At       string `json:"at"`
}
