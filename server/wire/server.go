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
	Number  int64  `json:"number"`
	At      string `json:"at" doc:"RFC 3339"`
	Actor   string `json:"actor"`
	Via     string `json:"via,omitempty" doc:"id of the token that was shown; absent on the server's own machine"`
	Did     string `json:"did" doc:"run.start, run.approve, run.plan, run.cancel, plan.make, feed.pause, feed.resume, feed.replay, feed.replay.apply, alert.test, event.release, event.edit, event.retry, event.drop, token.create, token.revoke; audit.gap: the log was found cut"`
	Target  string `json:"target" doc:"such as feeds.carts or syncs.crm"`
	Why     string `json:"why,omitempty"`
	Before  string `json:"before,omitempty" doc:"what was there, by reference"`
	After   string `json:"after,omitempty" doc:"what it came to, by reference: a run, a plan's hash"`
	Outcome string `json:"outcome" doc:"done; begun, where nobody has told yet what became of it; a run's status; or the code of what it failed with"`
	Ended   string `json:"ended,omitempty" doc:"when the outcome was told, RFC 3339, where that was later"`
}

// Audit is what was found of the audit log.
type Audit struct {
	Intact  bool    `json:"intact"`
	Entries int64   `json:"entries" doc:"that are as they were written"`
	Head    string  `json:"head,omitempty" doc:"the last of them, its number and hash; kept elsewhere it shows later that the log was cut"`
	Broken  int64   `json:"broken,omitempty" doc:"number of the first entry that is not"`
	Why     string  `json:"why,omitempty" doc:"what is wrong with it"`
	Gaps    []int64 `json:"gaps" doc:"entries that tell of a cut, which an earlier start has found"`
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
