package kafka

import (
	"fmt"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// why says for people what a partition stopped for.
func why(kind connect.NoteKind, at place, next int64, found model.Position) string {
	name := fmt.Sprintf("%s/%d", at.topic, at.partition)
	switch kind {
	case connect.Gap:
		return fmt.Sprintf("%s begins at %d now, and was read up to %d: retention removed events that nobody has read", name, found.Next, next)
	case connect.Recreated:
		return fmt.Sprintf("the topic %s was deleted and made again: its offsets mean other events now", at.topic)
	case connect.Truncated:
		return fmt.Sprintf("%s was cut back to %d and was read up to %d: the brokers lost events, and others may stand in their place", name, found.Next, next)
	}
	return ""
}

const (
	strangerCommits = "something that is not this Freshet has committed positions for %s/%d in the consumer group: another program reads in it, or its offsets were set by hand"
	otherState      = "another data directory of Freshet commits for %s/%d in the same consumer group: each would get a part of the events"
	newerCopy       = "a newer copy of this data directory has committed for %s/%d in the consumer group: this one was restored from before, or a copy of it runs elsewhere"
)
