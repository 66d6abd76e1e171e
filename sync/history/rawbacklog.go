package history

import (
	"slices"

	"github.com/freshet/freshet/sync/model"
)

// backlog is what waits to be written, and how far that goes in each partition. An event that is erased while it waits
// is still behind the position: it is not to be read from the stream again.
type backlog struct {
	events  []model.Event
	reached map[partition]model.Position
}

func (b *backlog) add(events []model.Event) {
	b.events = append(b.events, events...)
	for i := range events {
		e := &events[i]
		b.reach(model.Position{Topic: e.Topic, TopicID: e.TopicID, Partition: e.Partition, Next: e.Offset + 1, Epoch: e.Epoch})
	}
}

func (b *backlog) reach(at model.Position) {
	if b.reached == nil {
		b.reached = map[partition]model.Position{}
	}
	b.reached[partition{at.Topic, at.TopicID, at.Partition}] = at
}

// before is this backlog with a later one behind it.
func (b backlog) before(later backlog) backlog {
	b.events = append(b.events, later.events...)
	for _, at := range later.reached {
		b.reach(at)
	}
	return b
}

func (b backlog) positions() []model.Position {
	var list []model.Position
	for _, at := range b.reached {
		list = append(list, at)
	}
	slices.SortFunc(list, func(a, b model.Position) int {
		return comparePartitions(partition{a.Topic, a.TopicID, a.Partition}, partition{b.Topic, b.TopicID, b.Partition})
	})
	return list
}
