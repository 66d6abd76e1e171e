package kafka

import (
	"fmt"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// stuck looks whether a transaction that nobody ends keeps events back: the log goes on, and the end for a reader of committed
// events stays where it is. It is said after a while, again as more are kept back, and once more when it is over. The caller holds mu.
func (st *stream) stuck(at place, p *part, s sight) {
	switch {
	case s.stable < 0: // nobody says
		return
	case s.stable >= s.end:
		p.stable = -1
	case s.stable != p.stable:
		p.stable, p.since = s.stable, time.Now()
	case time.Since(p.since) >= st.source.patience:
		st.block(at, p, s)
		return
	default:
		return
	}
	if p.blocked {
		st.unblock(at, p)
	}
}

func (st *stream) block(at place, p *part, s sight) {
	p.blocked = true
	here := model.Position{Topic: at.topic, TopicID: p.id, Partition: at.partition, Next: s.stable, Epoch: -1}
	found := here
	found.Next = s.end
	st.tell(connect.StreamNote{Kind: connect.Blocked, Position: here, Found: found, Since: p.since, Message: fmt.Sprintf(
		"a transaction that its writer has not ended keeps back what is in %s/%d from offset %d on", at.topic, at.partition, s.stable)})
}

func (st *stream) unblock(at place, p *part) {
	p.blocked = false
	st.tell(connect.StreamNote{Kind: connect.Unblocked, Position: st.books.position(at, p), Message: "the transaction that kept events back has ended"})
}
