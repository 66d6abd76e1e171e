package wire

import (
	"encoding/json"

	"github.com/freshet/freshet/sync/model"
)

// StartReplay asks for a feed's table to be made of its raw events anew.
type StartReplay struct {
	From       string `json:"from,omitempty" format:"date-time" doc:"only events from this time on"`
	To         string `json:"to,omitempty" format:"date-time" doc:"only events before this time"`
	Definition int64  `json:"definition,omitempty" minimum:"0" doc:"decode by this version of the feed's definition; the present one without it"`
	Apply      bool   `json:"apply,omitempty" doc:"keep the rows and send what differs; without it nothing is kept or sent"`
	Why        string `json:"why,omitempty" maxLength:"1000" doc:"the reason, for the record"`
}

// ReplayAsked names a replay that was asked for.
type ReplayAsked struct {
	Replay string `json:"replay"`
	Feed   string `json:"feed"`
}

// Replay is a replay that was asked for.
type Replay struct {
	Replay  string            `json:"replay"`
	Feed    string            `json:"feed"`
	State   RunState          `json:"state" enum:"running,done"`
	Version int64             `json:"definition"`
	Events  int64             `json:"events"`
	Aside   int64             `json:"aside" doc:"events that cannot become rows"`
	Rows    int64             `json:"rows" doc:"rows of the table that come out otherwise"`
	Plans   []json.RawMessage `json:"plans,omitempty" doc:"of each sync that reads the feed, what would be sent, as freshet plan --json tells it: with samples, and the values in them"`
	Reports []model.Report    `json:"reports,omitempty" doc:"of each sync that reads the feed, once it was applied"`
	Applied bool              `json:"applied"`
	Failed  *Problem          `json:"problem,omitempty" doc:"why it did not come to its end"`
}
