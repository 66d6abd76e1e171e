package feed

import (
	"cmp"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// Warning is something wrong with a feed that goes on all the same, and that goes away by itself.
type Warning struct {
	Code      string
	Message   string
	Since     time.Time
	Topic     string
	Partition int32
	Events    int64 // that it keeps back; at most, since marks of transactions count among them
}

// openTransaction is the code of events that an open transaction keeps back.
const openTransaction = "feed.open_transaction"

// heed keeps what a note says of transactions. false: it was said before, and nobody needs to hear it again.
func (f *Feed) heed(n connect.StreamNote) (fresh bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := placeOf(n.Position)
	_, known := f.blocked[at]
	switch n.Kind {
	case connect.Blocked:
		if f.blocked == nil {
			f.blocked = map[place]Warning{}
		}
		f.blocked[at] = Warning{Code: openTransaction, Message: n.Message, Since: n.Since, Topic: at.topic, Partition: at.n, Events: n.Found.Next - n.Position.Next}
		return !known
	case connect.Unblocked, connect.Revoked:
		delete(f.blocked, at)
	}
	return true
}

// Warnings lists what is wrong now, in the order of partitions.
func (f *Feed) Warnings() []Warning {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.missing()
	for _, w := range f.blocked {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Message, b.Message))
	})
	return list
}

// forgetBlocked forgets what a stream said that is closed.
func (f *Feed) forgetBlocked() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocked = nil
}
