package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// Commit sends the positions of partitions that are ours, as the member of the group that we are now. The broker
// refuses those of a member it has given up, so an old reader never moves a new one's commit.
func (st *stream) Commit(ctx context.Context, positions []model.Position) error {
	st.gate.RLock()
	defer st.gate.RUnlock()
	offsets := st.committable(positions)
	if len(offsets) == 0 {
		return nil
	}
	bounded, cancel := st.source.bounded(ctx)
	defer cancel()
	var answer *kmsg.OffsetCommitResponse
	var err error
	st.client.CommitOffsetsSync(kgo.PreCommitFnContext(bounded, st.sign), offsets,
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, r *kmsg.OffsetCommitResponse, e error) {
			answer, err = r, e
		})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return st.uncommitted(err)
	}
	return st.judgeAnswer(answer, offsets)
}

// committable keeps every position as durable, and gives those that may be sent.
func (st *stream) committable(positions []model.Position) map[string]map[int32]kgo.EpochOffset {
	st.mu.Lock()
	defer st.mu.Unlock()
	out := map[string]map[int32]kgo.EpochOffset{}
	for _, pos := range positions {
		st.books.keep(pos)
		at := place{pos.Topic, pos.Partition}
		p, ours := st.books.reads(at)
		if !ours || !same(p.id, pos.TopicID) || pos.Next <= p.floor || pos.Next > p.next {
			continue
		}
		if out[at.topic] == nil {
			out[at.topic] = map[int32]kgo.EpochOffset{}
		}
		out[at.topic][at.partition] = kgo.EpochOffset{Epoch: pos.Epoch, Offset: pos.Next}
	}
	return out
}

// sign puts the ledger's mark into a commit.
func (st *stream) sign(r *kmsg.OffsetCommitRequest) error {
	text := mark(st.state, st.count)
	for i := range r.Topics {
		for j := range r.Topics[i].Partitions {
			r.Topics[i].Partitions[j].Metadata = &text
		}
	}
	return nil
}

// judgeAnswer looks at what the broker said of each partition.
func (st *stream) judgeAnswer(answer *kmsg.OffsetCommitResponse, sent map[string]map[int32]kgo.EpochOffset) error {
	var refusal error
	for _, t := range answer.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); expelled(err) {
				st.expel()
				return nil
			} else if err != nil {
				refusal = err
			}
		}
	}
	if refusal != nil {
		st.look()
		return st.uncommitted(refusal)
	}
	st.moved(sent)
	return nil
}

// moved raises the floors to what was committed.
func (st *stream) moved(sent map[string]map[int32]kgo.EpochOffset) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for topic, parts := range sent {
		for n, o := range parts {
			if p := st.books.parts[place{topic, n}]; p != nil {
				p.floor = max(p.floor, o.Offset)
			}
		}
	}
}

// expelled says whether the group knows us no longer.
func expelled(err error) bool {
	for _, code := range []*kerr.Error{kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.FencedInstanceID, kerr.FencedMemberEpoch} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// expel takes every partition for somebody else's until the group gives them to us anew.
func (st *stream) expel() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.expelled = time.Now()
	for at, p := range st.books.parts {
		if !p.lost {
			p.lost = true
			st.tell(connect.StreamNote{Kind: connect.Revoked, Position: st.books.position(at, p),
				Message: "the group gave us up: the reader stayed away for longer than rebalance_timeout or session_timeout"})
		}
	}
}

func (st *stream) uncommitted(err error) error {
	if f := refused(err); f != nil {
		return f
	}
	out := problem("commit", "the broker did not take the group's position now").Do("Nothing is lost: the ledger has it, and the next commit says it again.")
	if code := codeOf(err); code != nil {
		out.Message += ": " + code.Message
	}
	return out
}

// outcast looks after a reader that was expelled and has heard nothing of the group since. The group is asked to have it
// again; where that does not help, the stream ends, to be opened anew.
func (st *stream) outcast() {
	st.mu.Lock()
	since, lost := st.expelled, false
	for _, p := range st.books.parts {
		lost = lost || p.lost && !p.again
	}
	st.mu.Unlock()
	switch session := st.source.group.session; {
	case !lost:
	case time.Since(since) > 2*session:
		st.fail(problem("group", "the consumer group refuses what this reader commits, and does not tell it to leave").
			Do("The feed is opened anew; if this comes again, look at the group at the brokers (kafka-consumer-groups --describe)."))
	case time.Since(since) > session:
		st.client.ForceRebalance()
	}
}
