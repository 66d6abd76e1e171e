package wire

// AlertNote is what somebody is told of a sync.
type AlertNote struct {
	ID        string  `json:"id" doc:"the same for every try to tell it"`
	Type      string  `json:"type" enum:"sync.state,sync.failed,sync.rows,sync.quarantine,sync.unaccounted,test"`
	At        string  `json:"timestamp" doc:"when it came to be so, RFC 3339"`
	Workspace string  `json:"workspace"`
	Sync      string  `json:"sync,omitempty"`
	Recovered bool    `json:"recovered" doc:"it is over"`
	State     string  `json:"state,omitempty" doc:"of the sync"`
	Was       string  `json:"was,omitempty" doc:"what it was said to be before"`
	Says      string  `json:"says" doc:"in a sentence"`
	Health    *Health `json:"health,omitempty"`
}

// AlertStatus is one way of being told, and how it stands.
type AlertStatus struct {
	Alert   string   `json:"alert"`
	Type    string   `json:"type" enum:"webhook,slack,email"`
	Syncs   []string `json:"syncs,omitempty" doc:"those that it is about; all where there are none"`
	States  []string `json:"states"`
	Waiting int      `json:"waiting" doc:"alerts that are still to be told"`
}

// AlertList is every alert, in the order of the files.
type AlertList struct {
	Alerts []AlertStatus `json:"alerts"`
}

// AlertTested says that a test was told.
type AlertTested struct {
	Alert string `json:"alert"`
	ID    string `json:"id" doc:"what the receiver was shown as its id"`
}
