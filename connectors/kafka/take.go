package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// take makes events of what the library brought. troubled says that something is wrong and was passed on.
func (st *stream) take(fetches kgo.Fetches) (out connect.Fetch, troubled bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, t := range batches(fetches) {
		at := place{t.topic, t.Partition}
		if t.Err != nil {
			troubled = st.wrong(at, t.Err) || troubled
			continue
		}
		p, ours := st.books.reads(at)
		if !ours || !st.follows(at, p, t) {
			continue
		}
		if next := p.next; len(t.Records) > 0 {
			out.Events = st.events(out.Events, at, p, t)
			if p.next != next {
				out.Next = append(out.Next, st.books.position(at, p))
			}
		}
		st.readable(at, p)
	}
	return out, troubled
}

// batch is what one fetch brought of one partition.
type batch struct {
	kgo.FetchPartition
	topic string
	id    model.TopicID
}

// batches lists failures first: what the library read after it moved by itself is then not taken for what follows.
func batches(fetches kgo.Fetches) []batch {
	var bad, good []batch
	for _, f := range fetches {
		for _, t := range f.Topics {
			for _, p := range t.Partitions {
				if b := (batch{p, t.Topic, t.TopicID}); p.Err != nil {
					bad = append(bad, b)
				} else {
					good = append(good, b)
				}
			}
		}
	}
	return append(bad, good...)
}

// follows checks that what came is what follows what we have: of the same topic, not behind our position, with nothing
// between that the log's beginning has passed. A gap inside the log is compaction's or a transaction marker's.
func (st *stream) follows(at place, p *part, b batch) bool {
	if !same(p.id, b.id) {
		st.halt(at, connect.Recreated, model.Position{TopicID: b.id, Next: b.LogStartOffset, Epoch: -1})
		return false
	}
	if len(b.Records) == 0 {
		return true
	}
	first := b.Records[0]
	found := model.Position{TopicID: b.id, Next: first.Offset, Epoch: first.LeaderEpoch}
	switch {
	case first.Offset < p.next, first.LeaderEpoch >= 0 && first.LeaderEpoch < p.epoch:
		st.halt(at, connect.Truncated, found)
		return false
	case first.Offset > p.next && b.LogStartOffset > p.next && p.fresh:
		st.readable(at, p) // nobody was promised what was there before we came
	case first.Offset > p.next && b.LogStartOffset > p.next:
		st.halt(at, connect.Gap, model.Position{TopicID: b.id, Next: b.LogStartOffset, Epoch: -1})
		return false
	}
	return true
}

// events appends the records of a batch; control records only move the position.
func (st *stream) events(all []model.Event, at place, p *part, b batch) []model.Event {
	for _, r := range b.Records {
		p.next, p.epoch, p.fresh = r.Offset+1, r.LeaderEpoch, false
		if r.Attrs.IsControl() {
			continue
		}
		all = append(all, model.Event{Topic: at.topic, TopicID: p.id, Partition: at.partition, Offset: r.Offset, Epoch: r.LeaderEpoch,
			At: r.Timestamp.UTC(), Key: r.Key, Value: r.Value, Headers: headers(r.Headers)})
	}
	return all
}

func headers(of []kgo.RecordHeader) []model.Header {
	if len(of) == 0 {
		return nil
	}
	out := make([]model.Header, len(of))
	for i, h := range of {
		out[i] = model.Header{Name: h.Key, Value: h.Value}
	}
	return out
}

// halt stops a partition for good and says why. The caller holds mu.
func (st *stream) halt(at place, kind connect.NoteKind, found model.Position) {
	p := st.books.parts[at]
	if _, already := st.books.stopped[at]; already || p == nil {
		return
	}
	st.books.stopped[at] = kind
	found.Topic, found.Partition = at.topic, at.partition
	st.tell(connect.StreamNote{Kind: kind, Position: st.books.position(at, p), Found: found, Message: why(kind, at, p.next, found)})
	st.hold(at, p)
}

// hold keeps the library from fetching a partition. The caller holds mu; the library takes only locks of its own.
func (st *stream) hold(at place, p *part) {
	p.held = true
	st.client.PauseFetchPartitions(map[string][]int32{at.topic: {at.partition}})
}

// release lets it fetch again.
func (st *stream) release(at place, p *part) {
	p.held = false
	st.client.ResumeFetchPartitions(map[string][]int32{at.topic: {at.partition}})
}

// wrong looks at an error of the library. It says whether the partition, or the group, is in trouble.
func (st *stream) wrong(at place, err error) bool {
	var lost *kgo.ErrDataLoss
	var group *kgo.ErrGroupSession
	var large *kgo.ErrDecompressTooLarge
	p, ours := st.books.reads(at)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, kgo.ErrClientClosed):
		return false
	case errors.As(err, &group):
		if f := groupFault(group.Err); f != nil && st.failed == nil {
			st.failed = f
		}
		return true
	case !ours:
		return true
	case errors.As(err, &lost):
		st.halt(at, connect.Truncated, model.Position{TopicID: p.id, Next: lost.ResetTo, Epoch: lost.ResetToEpoch})
		return true
	case errors.As(err, &large):
		st.darken(at, p, "a batch of events unfolds to more memory than a feed may take")
		return true
	}
	return st.unread(at, p, err)
}

// unread is an answer of the broker that is not events: the partition is held until somebody has looked.
func (st *stream) unread(at place, p *part, err error) bool {
	code := codeOf(err)
	if f := refused(err); f != nil {
		if st.want.pattern == nil && st.failed == nil {
			st.failed = f.At(at.topic)
		}
		st.darken(at, p, f.Message)
	} else if code == kerr.OffsetOutOfRange && p.suspect {
		st.darken(at, p, "the broker says that our position is not in its log, and that it is")
	} else if code != kerr.OffsetOutOfRange && code != kerr.UnknownTopicID && code != kerr.InconsistentTopicID && code != kerr.UnknownTopicOrPartition {
		st.darken(at, p, "the broker cannot give the partition, or gives it damaged")
	}
	p.suspect = code == kerr.OffsetOutOfRange
	st.hold(at, p)
	st.look()
	return true
}

// darken says once that a partition cannot be read.
func (st *stream) darken(at place, p *part, message string) {
	if p.dark {
		return
	}
	p.dark = true
	st.tell(connect.StreamNote{Kind: connect.Unreadable, Position: st.books.position(at, p), Message: message})
}

// readable says once that a partition can be read again.
func (st *stream) readable(at place, p *part) {
	p.broken, p.suspect = 0, false
	if p.dark {
		p.dark = false
		st.tell(connect.StreamNote{Kind: connect.Readable, Position: st.books.position(at, p), Message: "the partition can be read again"})
	}
}
