package wire

import "github.com/freshet/freshet/sync/model"

// Event is one step of what goes on in the server. It holds no rows.
type Event struct {
	At     string        `json:"at" doc:"RFC 3339, with fractions"`
	Sync   string        `json:"sync,omitempty"`
	Feed   string        `json:"feed,omitempty"`
	Stage  string        `json:"stage" doc:"reading, comparing, planning, sending, waiting, archiving, live, held, failed, health, alert; of a feed: taken in, paused, resumed, failed, gap and so on"`
	Done   int64         `json:"done,omitempty"`
	Total  int64         `json:"total,omitempty" doc:"0 where it is not known"`
	Aside  int64         `json:"aside,omitempty" doc:"events set aside"`
	Note   string        `json:"note,omitempty"`
	Health *Health       `json:"health,omitempty" doc:"of a sync whose state is another one now: stage health"`
	Report *model.Report `json:"report,omitempty" doc:"of one turn of a live sync"`
}

// Lost says that events went by which nobody keeps any more: ask for how things stand.
type Lost struct {
	Events int64 `json:"events" doc:"how many; 0 where that is not known, as after the server was started anew"`
}

// Alive says that there is nothing to say.
type Alive struct {
	At string `json:"at"`
}
