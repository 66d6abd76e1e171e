package plan

import "github.com/freshet/freshet/sync/connect"

// Segment is a run of steps that are handled alike. Ordinals are of the whole file; From is in it, To is not.
type Segment struct {
	Kind Kind         // Quarantine, Touch or Lapse; NoKind where the segment is one of a verb
	Verb connect.Verb // NoVerb where nothing is sent
	From int64
	To   int64
}

// order is the order of segments in a file: what ends in the ledger, then removals, then writes. Removals come before
// writes, so that what is freed (a unique value, a seat) can be taken again in the same run.
var order = [...]Segment{
	{Kind: Quarantine}, {Kind: Touch}, {Kind: Lapse},
	{Verb: connect.Delete}, {Verb: connect.Archive}, {Verb: connect.Clear},
	{Verb: connect.Insert}, {Verb: connect.Update}, {Verb: connect.Upsert},
}

// place finds a step's segment, -1 where it has none.
func place(s *Step) int {
	for i := range order {
		if s.Kind.Sends() && s.Verb != connect.NoVerb && order[i].Verb == s.Verb {
			return i
		}
		if !s.Kind.Sends() && s.Kind != NoKind && order[i].Kind == s.Kind {
			return i
		}
	}
	return -1
}
