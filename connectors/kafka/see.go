package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// sight is what the brokers say of a partition now. Offsets are -1 where they do not say.
type sight struct {
	id     model.TopicID
	gone   bool  // there is no such topic, or no such partition in it
	led    bool  // it has a leader
	leader int32 // epoch of its leader
	start  int64 // first offset
	stable int64 // end for a reader of committed events
	ending int32 // epoch there
	end    int64 // end of what is written
	upTo   int64 // where the epoch of our position ends
	asked  bool  // whether upTo was asked for and answered
}

// see asks the brokers about partitions. It fails only where the topics cannot be asked for at all: a partition without
// a leader is one that is not said much of.
func (st *stream) see(ctx context.Context, want []place) (map[place]sight, error) {
	if len(want) == 0 {
		return nil, nil
	}
	bounded, cancel := st.source.bounded(ctx)
	defer cancel()
	names := topicsIn(want)
	details, err := st.source.ask.ListTopics(bounded, names...)
	if err != nil {
		return nil, st.source.doors.reason(err)
	}
	starts, _ := st.source.ask.ListStartOffsets(bounded, names...)
	stables, _ := st.source.ask.ListCommittedOffsets(bounded, names...)
	ends, _ := st.source.ask.ListEndOffsets(bounded, names...)
	epochs, _ := st.source.ask.OffsetForLeaderEpoch(bounded, st.epochs(want))
	out := map[place]sight{}
	for _, at := range want {
		d := details[at.topic]
		p, there := d.Partitions[at.partition]
		s := sight{id: model.TopicID(d.ID), gone: !there, leader: -1, start: -1, stable: -1, ending: -1, end: -1, upTo: -1}
		s.start, _ = listed(starts, at)
		s.stable, s.ending = listed(stables, at)
		s.end, _ = listed(ends, at)
		if there && p.Err == nil && p.Leader >= 0 {
			s.led, s.leader = true, p.LeaderEpoch
		}
		if e, ok := epochs[at.topic][at.partition]; ok && e.Err == nil {
			s.upTo, s.asked = e.EndOffset, true
		}
		out[at] = s
	}
	return out, nil
}

func topicsIn(want []place) (names []string) {
	seen := map[string]bool{}
	for _, at := range want {
		if !seen[at.topic] {
			seen[at.topic] = true
			names = append(names, at.topic)
		}
	}
	return names
}

// listed is an offset with its epoch, -1 for what the broker does not say.
func listed(all kadm.ListedOffsets, at place) (offset int64, epoch int32) {
	o, ok := all.Lookup(at.topic, at.partition)
	if !ok || o.Err != nil {
		return -1, -1
	}
	return o.Offset, o.LeaderEpoch
}

// epochs are the epochs of our positions, where we know them: that of a partition that is read, or the ledger's.
func (st *stream) epochs(want []place) kadm.OffsetForLeaderEpochRequest {
	st.mu.Lock()
	defer st.mu.Unlock()
	var out kadm.OffsetForLeaderEpochRequest
	for _, at := range want {
		epoch := int32(-1)
		if p := st.books.parts[at]; p != nil {
			epoch = p.epoch
		} else if known, has := st.books.durable[at]; has {
			epoch = known.Epoch
		}
		if epoch >= 0 {
			out.Add(at.topic, at.partition, epoch)
		}
	}
	return out
}

// misfit says what is wrong with a position: Gap, Truncated or, where nothing is, Assigned. An end below the position is
// left to a second look: right after an election a leader may not know yet how far its followers are.
func (s sight) misfit(p *part, promised bool) (connect.NoteKind, model.Position) {
	found := model.Position{TopicID: s.id, Epoch: -1}
	switch {
	case !promised || p.next < 0:
	case s.start >= 0 && p.next < s.start:
		found.Next = s.start
		return connect.Gap, found
	case s.asked && s.upTo >= 0 && s.upTo < p.next:
		found.Next = s.upTo
		return connect.Truncated, found
	case s.asked && s.upTo < 0 && s.leader >= 0 && s.leader < p.epoch:
		found.Next = s.end
		return connect.Truncated, found
	}
	return connect.Assigned, found
}
