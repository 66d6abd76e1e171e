package wire

// Health is how fresh a sync is, against what it promises.
type Health struct {
	State   string  `json:"state" enum:"fresh,at risk,late,held,action needed,paused,unknown"`
	Reason  string  `json:"reason,omitempty" doc:"why it is not fresh, in a sentence"`
	Since   string  `json:"since,omitempty" doc:"since when the state is what it is, RFC 3339"`
	Age     float64 `json:"age_seconds,omitempty" doc:"how old changes may be that the destination does not have yet"`
	Until   string  `json:"confirmed_until,omitempty" doc:"every change committed in the source before this moment was confirmed by the destination, or refused by it, RFC 3339"`
	Limit   float64 `json:"limit_seconds,omitempty" doc:"of the age; 0: none"`
	Promise bool    `json:"promised" doc:"the limit is the definition's own; otherwise it follows from when the sync runs"`
	From    string  `json:"measured_from" enum:"feed,updated_at,snapshot" doc:"where the time of a change comes from: its event in the feed, the model's column updated_at, or the beginning of the run that found it"`

	Measured  uint64   `json:"measured" doc:"changes that were confirmed in the last six hours"`
	P50       *float64 `json:"p50_seconds,omitempty" doc:"from commit to confirmation, in the last six hours"`
	P95       *float64 `json:"p95_seconds,omitempty"`
	P99       *float64 `json:"p99_seconds,omitempty"`
	Objective float64  `json:"objective" doc:"the share of changes, from 0 to 1, that are to arrive, and within the limit that was promised"`
	Success   *float64 `json:"success,omitempty" doc:"the share that did, in the last six hours"`
	Burn1h    float64  `json:"burn_1h" doc:"how fast the error budget goes: 1 uses it up exactly in its time"`
	Burn6h    float64  `json:"burn_6h"`
	Budget    *float64 `json:"budget_left,omitempty" doc:"share of the error budget of 30 days that is left; below 0: more went wrong than may"`

	Layers []Layer `json:"layers" doc:"source, transport, transform and activation"`
}

// Layer is how one part of the way stands.
type Layer struct {
	Layer  string `json:"layer" enum:"source,transport,transform,activation"`
	State  string `json:"state" enum:"fresh,at risk,late,held,action needed,paused,unknown"`
	Says   string `json:"says,omitempty" doc:"in words for people"`
	Lag    int64  `json:"lag_records,omitempty" doc:"events that were not taken in yet"`
	Aside  int64  `json:"set_aside,omitempty" doc:"rows or events"`
	LastAt string `json:"last_at,omitempty" doc:"when it was heard of last, RFC 3339"`
}
