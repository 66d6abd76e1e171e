package model

// RunStatus is how a run ended: ok, errors, pending, held or failed.
type RunStatus string

// Report is what a run did. Counts are records, and Unaccounted is 0 or there is a bug:
//
//	read = delivered + unchanged + superseded + filtered + suppressed + quarantined + rejected + pending
//
// Unknown counts those of Pending whose outcome nobody could see.
type Report struct {
	Sync        string    `json:"sync"`
	Run         RunID     `json:"run"`
	Status      RunStatus `json:"status"`
	Plan        string    `json:"plan"`
	Read        int64     `json:"read"`
	Unchanged   int64     `json:"unchanged"`
	Delivered   int64     `json:"delivered"`
	Superseded  int64     `json:"superseded"`
	Filtered    int64     `json:"filtered"`
	Suppressed  int64     `json:"suppressed"`
	Quarantined int64     `json:"quarantined"`
	Rejected    int64     `json:"rejected"`
	Pending     int64     `json:"pending"`
	Unknown     int64     `json:"unknown"`
	Unaccounted int64     `json:"unaccounted"`
	Removed     int64     `json:"removed,omitempty"` // of those delivered, the ones that took a record away
	Calls       int64     `json:"calls"`
	Seconds     float64   `json:"seconds"`
	Resumed     bool      `json:"resumed,omitempty"`
	RetryAt     string    `json:"retry_at,omitempty"` // when pending work may be tried again, RFC 3339
	Problems    []Problem `json:"problems,omitempty"`
}

// Problem is one reason for which rows did not arrive, or the run did not go on.
type Problem struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	Where      string `json:"where,omitempty"` // file and place, or name, where there is one
	Suggestion string `json:"suggestion,omitempty"`
	Count      int64  `json:"count,omitempty"` // rows
}

// Account fills Unaccounted from the other counts. Guarantee G10: every row that is read is counted in exactly one place.
func (r *Report) Account() {
	r.Unaccounted = r.Read - r.Delivered - r.Unchanged - r.Superseded - r.Filtered - r.Suppressed - r.Quarantined -
		r.Rejected - r.Pending
}
