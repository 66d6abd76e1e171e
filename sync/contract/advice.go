package contract

// Advice is what a registry's compatibility mode means for a reader that keeps every event and reads it again.
type Advice struct {
	Mode     string
	Level    string // ok, warn, refuse
	Says     string
	NewMay   string // what a new schema may do
	Upgrade  string // who is upgraded first
	Compares string // with which schemas it is compared
}

// Advise explains a compatibility mode of a schema registry. ok is false where there is no such mode.
func Advise(mode string) (Advice, bool) {
	for _, a := range Modes() {
		if a.Mode == mode {
			return a, true
		}
	}
	return Advice{}, false
}

// Modes are the compatibility modes of schema registries, from the one that promises nothing to the one that promises all.
func Modes() []Advice {
	const (
		deletes  = "delete fields, add optional fields"
		adds     = "add fields, delete optional fields"
		both     = "add and delete optional fields"
		notAll   = "each schema suits the last one only, and history holds events of all of them"
		forwards = "it protects old readers from new events, and Freshet reads old events with the new schema"
	)
	return []Advice{
		{"NONE", "refuse", "anything may change; read it only under a data contract", "do anything", "nobody", "none"},
		{"FORWARD", "warn", forwards, adds, "producers", "the last"},
		{"FORWARD_TRANSITIVE", "warn", forwards, adds, "producers", "all"},
		{"BACKWARD", "warn", notAll, deletes, "consumers", "the last"},
		{"FULL", "warn", notAll, both, "any", "the last"},
		{"BACKWARD_TRANSITIVE", "ok", "every event in history can be read with the newest schema", deletes, "consumers", "all"},
		{"FULL_TRANSITIVE", "ok", "every event in history can be read with the newest schema", both, "any", "all"},
	}
}
