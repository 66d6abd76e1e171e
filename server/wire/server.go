package wire

// About says who answers.
type About struct {
	Workspace string `json:"workspace"`
	Version   string `json:"version"`
	Since     string `json:"since" doc:"when it was started, RFC 3339"`
	Ready     bool   `json:"ready" doc:"its feeds are open and its syncs at work"`
	You       string `json:"you" doc:"the name that is kept with what you do"`
}

// Discovery is what a server leaves in its data directory, for its owner alone: where it is, and what to show it.
type Discovery struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	PID   int    `json:"pid"`
	Since string `json:"since"`
}

// DiscoveryFile is its name in the data directory.
const DiscoveryFile = "server.json"

// Act is something that a person or a program has done.
type Act struct {
	Number int64  `json:"number"`
	At     string `json:"at" doc:"RFC 3339"`
	Actor  string `json:"actor"`
	Did    string `json:"did" doc:"feed.pause, feed.resume, event.release, event.retry, event.drop, run.start, run.approve, run.cancel, alert.test"`
	Target string `json:"target" doc:"such as feeds.carts, syncs.crm or alerts.ops"`
	Why    string `json:"why,omitempty"`
}

// Because gives a reason.
type Because struct {
	Why string `json:"why,omitempty" maxLength:"1000" doc:"the reason, for the record"`
}

// Acts lists what was done, newest first.
type Acts struct {
	Acts []Act `json:"acts"`
	Next int64 `json:"next,omitempty" doc:"there are more: ask again with before set to this"`
}
