package wire

// FeedAside is one event of a feed that was set aside.
type FeedAside struct {
	Number    int64  `json:"number"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Key       string `json:"key,omitempty"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	At        string `json:"at" doc:"when it was set aside, RFC 3339"`
	State     string `json:"state"`
	Why       string `json:"why,omitempty"`
	KeepsBack string `json:"keeps_back,omitempty" doc:"what waits behind it, in words; only where it was asked for by its number, of a feed that holds newer events"`
	// What it is, where it was asked for by its number: text where it is text, else base64.
	Value       *string           `json:"value,omitempty" doc:"only where the event was asked for by its number"`
	ValueBase64 bool              `json:"value_base64,omitempty"`
	EventKey    *string           `json:"event_key,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
}

// FeedAsides lists the events of a feed that wait for a person, oldest first.
type FeedAsides struct {
	Feed   string      `json:"feed"`
	Total  int64       `json:"total"`
	Behind int64       `json:"behind,omitempty" doc:"of these: that wait behind an older event of their key"`
	Paused string      `json:"paused,omitempty" doc:"why the feed has paused"`
	Events []FeedAside `json:"events"`
	Next   int64       `json:"next,omitempty" doc:"there are more: ask again with after set to this"`
}

// Release takes an event in after all.
type Release struct {
	Value       *string `json:"value,omitempty" doc:"put in the place of the event's value; without it the event goes in as it came"`
	ValueBase64 bool    `json:"value_base64,omitempty" doc:"value is in base64"`
	Why         string  `json:"why,omitempty" maxLength:"1000"`
}

// Released is what a release, or a retry of everything, came to.
type Released struct {
	Feed     string   `json:"feed"`
	Released int64    `json:"released"`
	Still    int64    `json:"still" doc:"that cannot become rows even now"`
	Reasons  []string `json:"reasons,omitempty"`
}

// Drop lets an event go.
type Drop struct {
	Why string `json:"why" maxLength:"1000" doc:"the reason; it stays"`
}

// Dropped says which event was let go.
type Dropped struct {
	Feed    string `json:"feed"`
	Dropped int64  `json:"dropped"`
}
