package kafka

import (
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// place is a partition by name.
type place struct {
	topic     string
	partition int32
}

// part is a partition the group has given us.
type part struct {
	id      model.TopicID
	next    int64     // offset of the first event not handed out yet
	epoch   int32     // of the event before it, -1 where unknown
	floor   int64     // what a reader of this ledger has committed already: no commit goes below it
	fresh   bool      // nothing was read from it, and no ledger ever had a position in it
	lost    bool      // a commit was refused: somebody else may have it
	blind   int       // looks in a row that found no leader
	again   bool      // the group gave it to us anew after that: it goes on from what is durable
	held    bool      // the library does not fetch it: something is being looked into
	dark    bool      // it was said that it cannot be read
	suspect bool      // the broker says that our position is outside of its log
	broken  int       // looks in a row that found its end before our position
	stable  int64     // end for a reader of committed events, as it was seen last while there was more behind it; -1: there was not
	since   time.Time // that was so first
	blocked bool      // it was said
}

// books say which partitions are ours, where we are in them, and where the ledger is.
type books struct {
	parts   map[place]*part
	durable map[place]model.Position
	stopped map[place]connect.NoteKind // partitions that deliver nothing more in this stream
	dark    map[place]bool             // partitions that were taken from us while they could not be read, as was said
	away    map[place]model.Position   // partitions that went with the session itself, since the brokers were last seen
	commits map[commitOf]committed     // what the broker had when we were last given the partitions
	first   []model.Position           // where partitions without a position began, not told yet
}

// commitOf is whose commit it is: newer brokers name the topic by id alone, older ones by name alone.
type commitOf struct {
	topic     string
	id        model.TopicID
	partition int32
}

// commit finds what the group had committed for a partition; offset -1 where nothing.
func (b *books) commit(at place, id model.TopicID) committed {
	for of, c := range b.commits {
		if of.partition == at.partition && (of.topic == at.topic || of.topic == "" && of.id == id) {
			return c
		}
	}
	return committed{offset: -1}
}

// committed is a commit of the group.
type committed struct {
	offset   int64
	metadata string
}

func newBooks(known []model.Position) books {
	b := books{parts: map[place]*part{}, durable: map[place]model.Position{}, stopped: map[place]connect.NoteKind{}, dark: map[place]bool{}, away: map[place]model.Position{}, commits: map[commitOf]committed{}}
	for _, p := range known {
		b.durable[place{p.Topic, p.Partition}] = p
	}
	return b
}

// position is where we are in a partition.
func (b *books) position(at place, p *part) model.Position {
	return model.Position{Topic: at.topic, TopicID: p.id, Partition: at.partition, Next: p.next, Epoch: p.epoch}
}

// reads says whether events of a partition are handed out.
func (b *books) reads(at place) (*part, bool) {
	p := b.parts[at]
	_, stopped := b.stopped[at]
	return p, p != nil && !p.lost && !stopped
}

// begin keeps the first position of a partition that no ledger has one for, to be told.
func (b *books) begin(at place, p *part) { b.first = append(b.first, b.position(at, p)) }

// began takes the first positions that were not told yet.
func (b *books) began() []model.Position {
	out := b.first
	b.first = nil
	return out
}

// keep takes what the ledger has made durable. A position of another topic of the same name is not one of ours.
func (b *books) keep(p model.Position) {
	at := place{p.Topic, p.Partition}
	if old, known := b.durable[at]; known && same(old.TopicID, p.TopicID) && old.Next > p.Next {
		return
	}
	b.durable[at] = p
}

// same says that two ids may be those of one topic: a broker that does not say differs from none.
func same(a, b model.TopicID) bool {
	return a == b || a == model.TopicID{} || b == model.TopicID{}
}
