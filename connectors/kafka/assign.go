package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// committed keeps what the group had committed for partitions that are about to be ours.
func (st *stream) committed(_ context.Context, client *kgo.Client, answer *kmsg.OffsetFetchResponse) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, g := range answer.Groups {
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				c := committed{offset: p.Offset}
				if p.Metadata != nil {
					c.metadata = *p.Metadata
				}
				st.books.commits[commitOf{t.Topic, model.TopicID(t.TopicID), p.Partition}] = c
			}
		}
	}
	return nil
}

// assign decides where reading begins in partitions that are ours now. What it leaves out is not read.
func (st *stream) assign(ctx context.Context, given map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	var want []place
	for topic, parts := range given {
		for p := range parts {
			want = append(want, place{topic, p})
		}
	}
	seen, err := st.see(ctx, want)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	out := map[string]map[int32]kgo.Offset{}
	for _, at := range want {
		if from, reads := st.start(at, seen[at]); reads {
			if out[at.topic] == nil {
				out[at.topic] = map[int32]kgo.Offset{}
			}
			out[at.topic][at.partition] = from
		}
	}
	return out, nil
}

// start opens the books of one partition. The ledger's position wins; the broker's commit is only looked at.
func (st *stream) start(at place, s sight) (kgo.Offset, bool) {
	c := st.books.commit(at, s.id)
	p := &part{id: s.id, next: s.start, epoch: -1, floor: st.floor(c), stable: -1}
	known, has := st.books.durable[at]
	switch {
	case has:
		p.next, p.epoch = known.Next, known.Epoch
		if p.id == (model.TopicID{}) {
			p.id = known.TopicID
		}
	case st.ends[at]:
		p.next, p.epoch, p.fresh = s.stable, s.ending, true
	default:
		p.fresh = true
	}
	st.books.parts[at] = p
	delete(st.books.away, at)
	if p.dark = st.books.dark[at]; p.dark { // whoever heard that it cannot be read is to hear that it can
		delete(st.books.dark, at)
		st.look()
	}
	if _, stopped := st.books.stopped[at]; stopped {
		return kgo.Offset{}, false
	}
	if has && !same(known.TopicID, s.id) {
		p.id = known.TopicID
		st.halt(at, connect.Recreated, model.Position{TopicID: s.id, Next: s.start, Epoch: -1})
		return kgo.Offset{}, false
	}
	if reason := st.judge(c); reason != "" {
		st.stranger(at, p, reason, c.offset)
		return kgo.Offset{}, false
	}
	if kind, found := s.misfit(p, has); kind != connect.Assigned {
		st.halt(at, kind, found)
		return kgo.Offset{}, false
	}
	if !has && p.next >= 0 {
		st.books.begin(at, p)
	}
	st.tell(connect.StreamNote{Kind: connect.Assigned, Position: st.books.position(at, p), Message: "the partition is read here now"})
	switch {
	case p.next >= 0:
		return kgo.NewOffset().At(p.next).WithEpoch(p.epoch), true
	case st.ends[at]:
		return kgo.NewOffset().AtEnd(), true
	}
	return kgo.NewOffset().AtStart(), true
}

// stranger stops a partition that somebody else commits for.
func (st *stream) stranger(at place, p *part, reason string, offset int64) {
	st.books.stopped[at] = connect.Foreign
	st.tell(connect.StreamNote{Kind: connect.Foreign, Position: st.books.position(at, p), Message: fmt.Sprintf(reason, at.topic, at.partition),
		Found: model.Position{Topic: at.topic, TopicID: p.id, Partition: at.partition, Next: offset, Epoch: -1}})
}

// floor is what a reader of this very ledger had committed, -1 where none had: no commit of ours goes below it.
func (st *stream) floor(c committed) int64 {
	if state, _, ours := readMark(c.metadata); ours && state == st.state {
		return c.offset
	}
	return -1
}

// joined is called at the beginning of every session of the group, after what was taken from us is gone. Partitions
// that a refused commit had lost, and that are still here, were given to us anew.
func (st *stream) joined(context.Context, *kgo.Client, map[string][]int32) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, p := range st.books.parts {
		if p.lost {
			st.anew(p)
		}
	}
}

// anew has the next Poll begin anew with a partition. The caller holds mu.
func (st *stream) anew(p *part) {
	p.again, st.restart = true, true
	st.rouse()
}

// reassert sets the library to where reading goes on in partitions that begin anew: what is durable, since what was
// read beyond it may have been forgotten with Revoked. It runs in Poll, with nothing in hand.
func (st *stream) reassert() {
	back := map[string]map[int32]kgo.EpochOffset{}
	st.mu.Lock()
	if !st.restart {
		st.mu.Unlock()
		return
	}
	st.restart = false
	for at, p := range st.books.parts {
		if !p.again {
			continue
		}
		p.lost, p.again = false, false
		if known, has := st.books.durable[at]; has {
			p.next, p.epoch = known.Next, known.Epoch
		} else {
			st.books.begin(at, p)
		}
		if p.held {
			st.release(at, p)
		}
		if back[at.topic] == nil {
			back[at.topic] = map[int32]kgo.EpochOffset{}
		}
		back[at.topic][at.partition] = kgo.EpochOffset{Epoch: -1, Offset: p.next}
		st.tell(connect.StreamNote{Kind: connect.Assigned, Position: st.books.position(at, p), Message: "the partition is read here again"})
	}
	st.mu.Unlock()
	if len(back) > 0 {
		st.client.SetOffsets(back)
	}
}

// gone is revoked where the session of the group has ended, as it does when nobody answers for long: whether these partitions can be
// read is still ours to say.
func (st *stream) gone(ctx context.Context, client *kgo.Client, parts map[string][]int32) {
	st.mu.Lock()
	for topic, list := range parts {
		for _, n := range list {
			if at := (place{topic, n}); st.books.parts[at] != nil {
				st.books.away[at] = st.books.position(at, st.books.parts[at])
			}
		}
	}
	st.mu.Unlock()
	st.revoked(ctx, client, parts)
	st.look()
}

// revoked closes the books of partitions that are not ours any more. It waits for a commit on its way, so that none
// arrives after somebody else has begun.
func (st *stream) revoked(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	st.gate.Lock()
	defer st.gate.Unlock()
	st.mu.Lock()
	defer st.mu.Unlock()
	for topic, parts := range gone {
		for _, n := range parts {
			at := place{topic, n}
			p := st.books.parts[at]
			if p == nil {
				continue
			}
			delete(st.books.parts, at)
			if p.dark {
				st.books.dark[at] = true
			}
			if p.held { // or it would be held when it comes back
				st.release(at, p)
			}
			if !p.lost {
				st.tell(connect.StreamNote{Kind: connect.Revoked, Position: st.books.position(at, p), Message: "the partition is read by somebody else now"})
			}
		}
	}
}
