package kafka

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

const (
	watchEvery = 15 * time.Second // between two looks at the partitions' ids, starts and ends
	renewEvery = 30 * time.Second // how soon new topics of a pattern, and new partitions, are found
	fetchWait  = 500 * time.Millisecond
	leaveWait  = 3 * time.Second // for the group to take our leave
	commitWait = 10 * time.Second
)

// stream is one feed's reader: a client of its own in a consumer group.
//
// Two locks: gate is held for reading while a commit is on its way, so that no partition is given up under it; mu
// guards the books and is never held over a call. Whoever needs both takes gate first.
type stream struct {
	source   *source
	want     *topics
	client   *kgo.Client
	group    string
	state    string
	instance string
	count    int64 // the ledger's openings
	adopt    bool
	ends     map[place]bool // partitions that begin at their end: those there were when the stream was opened
	meter    *meter
	doors    *doors

	gate     sync.RWMutex
	mu       sync.Mutex
	books    books
	notes    []connect.StreamNote
	failed   *fault.Fault       // why the stream ended; nil: it goes on
	expelled time.Time          // when the group last refused us
	restart  bool               // some partition begins anew: see reassert
	wake     context.CancelFunc // ends the wait of a Poll; nil: none waits

	paused  atomic.Bool
	resumed chan struct{}
	kick    chan struct{} // asks for a look at once
	stop    context.CancelFunc
	done    chan struct{} // closed when the stream is closed
	watched chan struct{} // closed when nobody watches any more
	closing sync.Once
}

// Open asks the brokers for the topics and the group, then joins it.
func (s *source) Open(ctx context.Context, o connect.StreamOptions) (connect.Stream, error) {
	want, err := topicsOf(o)
	if err != nil {
		return nil, err
	}
	if err := s.ping(ctx); err != nil {
		return nil, s.explain(ctx, err)
	}
	st := s.newStream(o, want)
	if err := st.begin(ctx, o); err != nil {
		return nil, err
	}
	go st.watch()
	return st, nil
}

func (s *source) newStream(o connect.StreamOptions, want *topics) *stream {
	name := o.Group
	if name == "" {
		name = o.Feed
	}
	st := &stream{source: s, want: want, group: s.group.prefix + name, state: o.State, instance: o.Instance, count: o.Opening, adopt: o.Adopt,
		books: newBooks(o.Known), meter: newMeter(o.MaxBytes), ends: map[place]bool{}, resumed: make(chan struct{}, 1),
		kick: make(chan struct{}, 1), done: make(chan struct{}), watched: make(chan struct{})}
	st.doors = &doors{failed: st.look}
	return st
}

// begin checks what can be checked before joining, and joins.
func (st *stream) begin(ctx context.Context, o connect.StreamOptions) error {
	details, err := st.source.topics(ctx, st.want)
	if err != nil {
		return err
	}
	if o.FromEnd {
		for name, d := range details {
			for p := range d.Partitions {
				st.ends[place{name, p}] = true
			}
		}
	}
	bounded, cancel := st.source.bounded(ctx)
	defer cancel()
	if _, err := st.source.ask.FetchOffsets(bounded, st.group); refused(err) != nil { // a group nobody was in yet is none
		return st.source.explain(ctx, err)
	}
	life, stop := context.WithCancel(context.Background())
	if _, err := kgo.NewClient(append(st.source.access.options(life, st.doors), st.options()...)...); err != nil {
		stop()
		return badSetting("brokers", "the settings do not make a reader: "+err.Error(), "Check group_prefix, session_timeout and rebalance_timeout.")
	}
	st.stop = stop
	return nil
}

// OnNewClient is called by the library before the client does anything, and so before it calls us.
func (st *stream) OnNewClient(client *kgo.Client) { st.client = client }

// options make the client a reader that never commits by itself, never moves past what it cannot read, and never loses
// a partition while what was read from it is in hand.
func (st *stream) options() []kgo.Opt {
	g := st.source.group
	first := st.meter.first()
	opts := []kgo.Opt{
		kgo.ConsumerGroup(st.group),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // they are passed over, and move the position
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.OnOffsetsFetched(st.committed),
		kgo.AdjustFetchOffsetsFn(st.assign),
		kgo.OnPartitionsAssigned(st.joined),
		kgo.OnPartitionsRevoked(st.revoked),
		kgo.OnPartitionsLost(st.gone),
		kgo.SessionTimeout(g.session),
		kgo.RebalanceTimeout(g.rebalance),
		kgo.HeartbeatInterval(min(3*time.Second, g.session/10)),
		kgo.FetchMaxWait(fetchWait),
		kgo.FetchMaxBytes(first),
		kgo.FetchMaxPartitionBytes(first),
		kgo.MaxDecompressBatchBytes(st.meter.largest()),
		kgo.MetadataMinAge(min(time.Second, st.source.renew)),
		kgo.MetadataMaxAge(st.source.renew),
		kgo.WithHooks(st, st.meter),
	}
	opts = append(opts, st.want.options()...)
	if g.protocol == consumerProtocol {
		return append(opts, kgo.Balancers(kgo.StickyBalancer()), kgo.ServerSideBalancer())
	}
	if st.instance != "" {
		opts = append(opts, kgo.InstanceID("freshet-"+st.instance))
	}
	return append(opts, kgo.Balancers(kgo.CooperativeStickyBalancer()))
}

// Poll gives the partitions of the last Poll free, and waits for more.
func (st *stream) Poll(ctx context.Context) (connect.Fetch, error) {
	for {
		st.client.AllowRebalance()
		st.reassert()
		wait, cancel := context.WithCancel(ctx)
		out, err := st.ready(wait, cancel)
		if err == nil && empty(out) {
			out, err = st.fetch(ctx, wait)
		}
		cancel()
		if err != nil || !empty(out) {
			return out, err
		}
	}
}

func empty(f connect.Fetch) bool { return len(f.Events)+len(f.Next)+len(f.Notes) == 0 }

// ready gives what can be said without waiting, and registers the wait that may follow.
func (st *stream) ready(wait context.Context, cancel context.CancelFunc) (connect.Fetch, error) {
	if wait.Err() != nil {
		return connect.Fetch{}, wait.Err()
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	out := st.say()
	if !empty(out) && !st.closed() {
		return out, nil
	}
	if st.failed != nil {
		return out, st.failed
	}
	st.wake = cancel
	return out, nil
}

// say takes the notes and the positions of partitions that began. The caller holds mu.
func (st *stream) say() connect.Fetch {
	out := connect.Fetch{Notes: st.notes, Next: st.books.began()}
	st.notes = nil
	return out
}

// fetch waits for events; wait ends early when there is something to say.
func (st *stream) fetch(ctx, wait context.Context) (connect.Fetch, error) {
	if st.paused.Load() {
		select {
		case <-wait.Done():
		case <-st.resumed:
		}
		return connect.Fetch{}, ctx.Err()
	}
	fetches := st.client.PollFetches(wait)
	out, troubled := st.take(fetches)
	st.mu.Lock()
	said := st.say()
	out.Notes, out.Next = append(out.Notes, said.Notes...), append(out.Next, said.Next...)
	failed := st.failed
	st.mu.Unlock()
	if st.closed() {
		st.client.AllowRebalance() // Close waits for it
		return connect.Fetch{}, failed
	}
	if empty(out) || len(out.Events)+len(out.Next) == 0 {
		st.client.AllowRebalance() // nothing is in hand
	}
	switch {
	case !empty(out):
		return out, nil
	case ctx.Err() != nil:
		return out, ctx.Err()
	case failed != nil:
		return out, failed
	case troubled:
		return out, pause(wait, 50*time.Millisecond) // whatever is wrong is not asked for in a hot loop
	}
	return out, nil
}

// pause waits; only the end of the wait itself cuts it short, and that is no error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// tell says something about a partition, in Poll. The caller holds mu.
func (st *stream) tell(n connect.StreamNote) {
	st.notes = append(st.notes, n)
	st.rouse()
}

// rouse ends the wait of a Poll. The caller holds mu.
func (st *stream) rouse() {
	if st.wake != nil {
		st.wake()
		st.wake = nil
	}
}

// fail ends the stream; the first reason stands.
func (st *stream) fail(f *fault.Fault) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.failed == nil {
		st.failed = f
	}
	st.rouse()
}

// end lets a Poll know that the stream was closed.
func (st *stream) end() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.failed = problem("closed", "the stream is closed")
	st.rouse()
}

func (st *stream) closed() bool {
	select {
	case <-st.done:
		return true
	default:
		return false
	}
}

// look asks for a look at the partitions now.
func (st *stream) look() {
	select {
	case st.kick <- struct{}{}:
	default:
	}
}

// Pause stops new events. What the library has read ahead is kept: it is within the bound, and is not read again.
func (st *stream) Pause() {
	st.paused.Store(true)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.rouse()
}

// Resume lets events come again.
func (st *stream) Resume() {
	st.paused.Store(false)
	select {
	case st.resumed <- struct{}{}:
	default:
	}
}

// Ends lists ends as a reader of committed events sees them.
func (st *stream) Ends(ctx context.Context) ([]model.Position, error) {
	details, err := st.source.topics(ctx, st.want)
	if err != nil {
		return nil, err
	}
	if len(details) == 0 {
		return nil, nil
	}
	bounded, cancel := st.source.bounded(ctx)
	defer cancel()
	ends, err := st.source.ask.ListCommittedOffsets(bounded, details.Names()...)
	if err != nil && len(ends) == 0 {
		return nil, st.source.explain(ctx, err)
	}
	var out []model.Position
	for _, o := range ends.Offsets().Sorted() {
		out = append(out, model.Position{Topic: o.Topic, TopicID: model.TopicID(details[o.Topic].ID), Partition: o.Partition, Next: o.At, Epoch: o.LeaderEpoch})
	}
	return out, nil
}

// Close leaves the group within a few seconds, whether the brokers answer or not.
func (st *stream) Close() error {
	st.closing.Do(func() {
		close(st.done)
		st.end()
		<-st.watched
		late := time.AfterFunc(leaveWait, st.stop) // a group that does not hear us gives us up by itself
		defer late.Stop()
		st.client.CloseAllowingRebalance()
		st.stop()
		st.client.AllowRebalance() // the library's last look at what it had may have been taken for a Poll
	})
	return nil
}
