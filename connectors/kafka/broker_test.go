package kafka

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// TestBrokersRestart: while nobody answers, the partitions are said to be unreadable, once; then all goes on.
func TestBrokersRestart(t *testing.T) {
	for _, protocol := range []string{classicProtocol, consumerProtocol} {
		t.Run(protocol, func(t *testing.T) {
			c := cluster(t, kafkafake.Options{Dir: t.TempDir(), Kafka: briefly()}, "carts", 2)
			write(t, c, "carts", 0, 0, 10)
			st := reader(t, openSource(t, settings(c, "protocol", protocol, "timeout", "1s")), connect.StreamOptions{Topics: []string{"carts"}})
			got := newSeen(t)
			got.until(st, func() bool { return len(got.events) == 10 })
			must(t, st.Commit(t.Context(), []model.Position{{Topic: "carts", Next: 5, Epoch: -1}}))
			c.Stop()
			got.until(st, func() bool { return got.count(connect.Unreadable) == 2 })
			wantFault(t, st.Commit(t.Context(), got.positions()), "stream.commit")
			must(t, c.Begin())
			write(t, c, "carts", 0, 10, 10)
			got.until(st, func() bool { return len(got.events) == 20 && got.count(connect.Readable) == 2 })
			if !slices.Equal(got.offsets(0), run(0, 20)) || got.count(connect.Unreadable) != 2 {
				t.Errorf("read %v, notes %v", got.offsets(0), got.notes)
			}
		})
	}
}

// TestLeadersMove: events keep their order and their number however the leaders go round.
func TestLeadersMove(t *testing.T) {
	c := cluster(t, kafkafake.Options{Brokers: 3}, "carts", 3)
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	for round := range 10 {
		for p := range int32(3) {
			write(t, c, "carts", p, round*10, 10)
		}
		if round%2 == 0 {
			c.Kafka().ShufflePartitionLeaders()
		} else {
			c.Kafka().RehashCoordinators()
		}
		got.until(st, func() bool { return len(got.events) >= 30*round })
	}
	got.until(st, func() bool { return len(got.events) == 300 })
	for p := range int32(3) {
		if !slices.Equal(got.offsets(p), run(0, 100)) {
			t.Errorf("partition %d: read %v", p, got.offsets(p))
		}
	}
	for _, n := range got.notes {
		if n.Kind.Stops() {
			t.Errorf("a leader's move is told as %s", n.Kind)
		}
	}
}

// TestPartitionWithoutLeader: a partition that cannot be read is said to be, and the others go on.
func TestPartitionWithoutLeader(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 2)
	write(t, c, "carts", 0, 0, 5)
	write(t, c, "carts", 1, 0, 5)
	broken := c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "carts", Partitions: []int32{0}, Err: kerr.KafkaStorageError, Count: -1},
		kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "carts", Partitions: []int32{0}, Err: kerr.KafkaStorageError, Count: -1})
	st := reader(t, openSource(t, settings(c, "timeout", "1s")), connect.StreamOptions{Topics: []string{"carts"}, Known: []model.Position{{Topic: "carts", Epoch: -1}}})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.offsets(1)) == 5 && got.count(connect.Unreadable) > 0 })
	broken.Remove()
	got.until(st, func() bool { return len(got.offsets(0)) == 5 && got.count(connect.Readable) > 0 })
}

// TestRefusedFetches: an answer that is not events is no reason to skip any.
func TestRefusedFetches(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	write(t, c, "carts", 0, 0, 5)
	fault := c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "carts", Err: kerr.UnknownServerError, Count: 4})
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.events) == 5 })
	if fault.Hits() < 4 || !slices.Equal(got.offsets(0), run(0, 5)) {
		t.Errorf("after %d refusals it read %v", fault.Hits(), got.offsets(0))
	}
	if got.count(connect.Unreadable) == 0 || got.count(connect.Readable) == 0 {
		t.Errorf("nothing was said of it: %v", got.notes)
	}
}

// TestOldBrokers: brokers without topic ids, without sessions of fetches and with names everywhere.
func TestOldBrokers(t *testing.T) {
	for name, version := range map[string]*kversion.Versions{"2.4": kversion.V2_4_0(), "2.8": kversion.V2_8_0(), "3.9": kversion.V3_9_0()} {
		t.Run(name, func(t *testing.T) {
			c := cluster(t, kafkafake.Options{Kafka: []kfake.Opt{kfake.MaxVersions(version)}}, "carts", 2)
			write(t, c, "carts", 0, 0, 10)
			src := openSource(t, settings(c))
			st := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
			got := newSeen(t)
			got.until(st, func() bool { return len(got.events) == 10 })
			must(t, st.Commit(t.Context(), got.positions()))
			if offset, metadata, _ := c.Committed("freshet-carts", "carts", 0); offset != 10 || metadata != mark("led_a", 0) {
				t.Errorf("committed at %d with %q", offset, metadata)
			}
			must(t, st.Close())
			other := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}, State: "led_b"})
			theirs := newSeen(t)
			theirs.until(other, func() bool { return theirs.count(connect.Foreign) > 0 })
			must(t, other.Close())
			must(t, c.Recreate("carts", 2))
			write(t, c, "carts", 0, 0, 3)
			st = reader(t, src, connect.StreamOptions{Topics: []string{"carts"}, Known: got.positions()})
			again := newSeen(t)
			again.until(st, func() bool { return again.count(connect.Recreated)+again.count(connect.Truncated) > 0 })
			if len(again.events) > 0 {
				t.Errorf("%d events of another topic", len(again.events))
			}
		})
	}
}

// TestMemory: what the library reads ahead and what is in hand are within the bound, with brokers enough, in plain and
// in packed events.
func TestMemory(t *testing.T) {
	const bound = 8 << 20
	c := cluster(t, kafkafake.Options{Brokers: 3}, "carts", 6)
	for i := range 600 {
		value := noise(60 << 10)
		if i%2 == 0 {
			value = make([]byte, 60<<10) // packs to nearly nothing
		}
		must(t, c.Write(t.Context(), kafkafake.Record{Topic: "carts", Partition: int32(i % 6), Key: []byte(canary), Value: value}))
	}
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}, MaxBytes: bound})
	most, n := 0, 0
	for n < 600 {
		f, err := st.Poll(t.Context())
		must(t, err)
		hand := 0
		for i := range f.Events {
			hand += f.Events[i].Size()
		}
		n += len(f.Events)
		time.Sleep(20 * time.Millisecond) // a slow reader: everything that will be read ahead is
		most = max(most, hand+int(st.client.BufferedFetchBytes()))
	}
	t.Logf("at most %d bytes of %d", most, bound)
	if most > bound {
		t.Errorf("%d bytes were held, %d allowed", most, bound)
	}
}

// TestSlowBroker: answers that take their time only take time.
func TestSlowBroker(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	write(t, c, "carts", 0, 0, 50)
	k := c.Kafka()
	k.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		k.SleepControl(func() { time.Sleep(100 * time.Millisecond) })
		return nil, nil, false
	})
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.events) == 50 })
	must(t, st.Commit(t.Context(), got.positions()))
}

// TestCloseWhenNobodyAnswers: leaving takes a few seconds at most.
func TestCloseWhenNobodyAnswers(t *testing.T) {
	for _, protocol := range []string{classicProtocol, consumerProtocol} {
		t.Run(protocol, func(t *testing.T) {
			c := cluster(t, kafkafake.Options{}, "carts", 1)
			st := reader(t, openSource(t, settings(c, "protocol", protocol)), connect.StreamOptions{Topics: []string{"carts"}})
			got := newSeen(t)
			got.until(st, func() bool { return got.count(connect.Assigned) == 1 })
			c.Stop()
			began := time.Now()
			must(t, st.Close())
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("closing took %s", took)
			}
		})
	}
}

// TestCloseUnderAPoll: whatever a Poll is doing when the stream is closed, both end.
func TestCloseUnderAPoll(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 2)
	write(t, c, "carts", 0, 0, 50)
	src := openSource(t, settings(c))
	for i := range 40 {
		st := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				if _, err := st.Poll(t.Context()); err != nil {
					return
				}
			}
		}()
		time.Sleep(time.Duration(i) * time.Millisecond)
		began := time.Now()
		must(t, st.Close())
		<-ended
		if took := time.Since(began); took > 2*time.Second {
			t.Fatalf("closing after %d ms took %s", i, took)
		}
	}
}

// TestCloseLeavesTheGroup: others need not wait for a session to end.
func TestCloseLeavesTheGroup(t *testing.T) {
	each(t, func(t *testing.T, start func(*testing.T, int) (*kafkafake.Cluster, connect.Settings)) {
		c, s := start(t, 1)
		st := reader(t, openSource(t, s), connect.StreamOptions{Topics: []string{"carts"}})
		got := newSeen(t)
		got.until(st, func() bool { return got.count(connect.Assigned) == 1 })
		must(t, st.Close())
		if n := c.Members("freshet-carts"); n != 0 {
			t.Errorf("%d members are left in the group", n)
		}
	})
}

// TestRandomFaults: brokers that refuse anything at any time, leaders and coordinators that move, readers that come and
// go, transactions that are aborted: in the ledger every event stands once, in the order of its partition.
func TestRandomFaults(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FRESHET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	each(t, func(t *testing.T, start func(*testing.T, int) (*kafkafake.Cluster, connect.Settings)) {
		t.Logf("seed %d", seed)
		c, s := start(t, 4)
		s.Values["session_timeout"], s.Values["rebalance_timeout"], s.Values["timeout"] = "2s", "2s", "2s"
		storm := &storm{t: t, c: c, random: rand.New(rand.NewPCG(seed, 7)), ledger: newLedger(), src: openSource(t, s)}
		storm.run(25)
	})
}

// ledger is what readers of one state share: a position for each partition, and the values in their order.
type ledger struct {
	mu     sync.Mutex
	next   map[int32]model.Position
	values map[int32][]string
}

func newLedger() *ledger {
	return &ledger{next: map[int32]model.Position{}, values: map[int32][]string{}}
}

// take makes a Fetch durable, and says what is durable now. What stands in the ledger already is passed over.
func (l *ledger) take(f connect.Fetch) []model.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range f.Events {
		if e.Offset >= l.next[e.Partition].Next {
			l.values[e.Partition] = append(l.values[e.Partition], string(e.Value))
			l.next[e.Partition] = model.Position{Topic: e.Topic, TopicID: e.TopicID, Partition: e.Partition, Next: e.Offset + 1, Epoch: e.Epoch}
		}
	}
	for _, p := range f.Next {
		if p.Next > l.next[p.Partition].Next {
			l.next[p.Partition] = p
		}
	}
	var out []model.Position
	for _, p := range f.Next {
		out = append(out, l.next[p.Partition])
	}
	return out
}

func (l *ledger) positions() (out []model.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.next {
		out = append(out, p)
	}
	return out
}

type storm struct {
	t         *testing.T
	c         *kafkafake.Cluster
	random    *rand.Rand
	ledger    *ledger
	src       *source
	want      [4][]string
	committed [4]int64
	readers   []*busy
}

func (s *storm) run(rounds int) {
	for range rounds {
		s.write()
		s.trouble()
		s.people()
		time.Sleep(time.Duration(s.random.IntN(200)) * time.Millisecond)
		s.commits()
	}
	for len(s.readers) == 0 {
		s.join()
	}
	deadline := time.Now().Add(40 * time.Second)
	for !s.complete() && time.Now().Before(deadline) {
		time.Sleep(100 * time.Millisecond)
		s.restart()
	}
	for _, b := range s.readers {
		b.end()
	}
	for p := range s.want {
		if got := s.ledger.values[int32(p)]; !slices.Equal(got, s.want[p]) {
			s.t.Errorf("partition %d has %d events, want %d", p, len(got), len(s.want[p]))
		}
	}
}

// commits never go back, and never before the ledger.
func (s *storm) commits() {
	for p := range s.want {
		offset, _, ok := s.c.Committed("freshet-carts", "carts", int32(p))
		if !ok {
			continue
		}
		s.ledger.mu.Lock()
		durable := s.ledger.next[int32(p)].Next
		s.ledger.mu.Unlock()
		if offset < s.committed[p] || offset > durable {
			s.t.Errorf("partition %d: committed %d after %d, with %d durable", p, offset, s.committed[p], durable)
		}
		s.committed[p] = offset
	}
}

func (s *storm) complete() bool {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for p := range s.want {
		if len(s.ledger.values[int32(p)]) < len(s.want[p]) {
			return false
		}
	}
	return true
}

func (s *storm) write() {
	p := s.random.IntN(4)
	var records []kafkafake.Record
	for range s.random.IntN(30) + 1 {
		records = append(records, kafkafake.Record{Topic: "carts", Partition: int32(p), Value: fmt.Appendf(nil, "%s %d", canary, s.random.Uint64())})
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	switch s.random.IntN(4) {
	case 0:
		_ = s.c.Abort(ctx, records...) // where it failed its records may never be committed
		return
	default:
		must(s.t, s.c.Write(ctx, records...))
	}
	for _, r := range records {
		s.want[p] = append(s.want[p], string(r.Value))
	}
}

// trouble makes the brokers refuse what readers ask for.
func (s *storm) trouble() {
	keys := []kmsg.Key{kmsg.Fetch, kmsg.OffsetCommit, kmsg.OffsetFetch, kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.ListOffsets,
		kmsg.OffsetForLeaderEpoch, kmsg.ConsumerGroupHeartbeat, kmsg.FindCoordinator}
	errs := map[kmsg.Key][]*kerr.Error{
		kmsg.Fetch:                  {kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.FencedLeaderEpoch, kerr.UnknownServerError, kerr.KafkaStorageError, kerr.UnknownTopicID, kerr.OffsetNotAvailable, kerr.OffsetOutOfRange},
		kmsg.OffsetCommit:           {kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress},
		kmsg.OffsetFetch:            {kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnstableOffsetCommit},
		kmsg.Heartbeat:              {kerr.NotCoordinator, kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress},
		kmsg.JoinGroup:              {kerr.NotCoordinator, kerr.CoordinatorNotAvailable},
		kmsg.SyncGroup:              {kerr.NotCoordinator, kerr.RebalanceInProgress},
		kmsg.ListOffsets:            {kerr.NotLeaderForPartition, kerr.OffsetNotAvailable},
		kmsg.OffsetForLeaderEpoch:   {kerr.NotLeaderForPartition, kerr.UnknownLeaderEpoch},
		kmsg.ConsumerGroupHeartbeat: {kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnknownMemberID, kerr.FencedMemberEpoch},
		kmsg.FindCoordinator:        {kerr.CoordinatorNotAvailable},
	}
	for range s.random.IntN(4) {
		key := keys[s.random.IntN(len(keys))]
		top := slices.Contains([]kmsg.Key{kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.ConsumerGroupHeartbeat}, key)
		s.c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: errs[key][s.random.IntN(len(errs[key]))], Count: s.random.IntN(3) + 1, TopLevel: top})
	}
	switch s.random.IntN(6) {
	case 0:
		s.c.Kafka().ShufflePartitionLeaders()
	case 1:
		s.c.Kafka().RehashCoordinators()
	}
}

// people come and go.
func (s *storm) people() {
	switch n := len(s.readers); {
	case n == 0 || n < 3 && s.random.IntN(3) == 0:
		s.join()
	case s.random.IntN(5) == 0:
		i := s.random.IntN(n)
		s.readers[i].end()
		s.readers = slices.Delete(s.readers, i, i+1)
	}
	s.restart()
}

// restart opens again what ended by itself, as a feed does.
func (s *storm) restart() {
	s.readers = slices.DeleteFunc(s.readers, func(b *busy) bool {
		select {
		case <-b.done:
			b.end()
			return true
		default:
			return false
		}
	})
	if len(s.readers) == 0 {
		s.join()
	}
}

func (s *storm) join() {
	opened, err := s.src.Open(s.t.Context(), connect.StreamOptions{Feed: "carts", Topics: []string{"carts"}, State: "led_a", Known: s.ledger.positions()})
	if err != nil {
		return // what was broken on purpose
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &busy{stream: opened, cancel: cancel, done: make(chan struct{}), wait: time.Duration(s.random.IntN(30)) * time.Millisecond}
	go b.work(ctx, s)
	s.readers = append(s.readers, b)
}

// busy is a reader at work.
type busy struct {
	stream connect.Stream
	cancel context.CancelFunc
	done   chan struct{}
	wait   time.Duration
}

func (b *busy) work(ctx context.Context, s *storm) {
	defer close(b.done)
	for {
		f, err := b.stream.Poll(ctx)
		durable := s.ledger.take(f)
		time.Sleep(b.wait)
		_ = b.stream.Commit(ctx, durable)
		for _, n := range f.Notes {
			if n.Kind.Stops() {
				s.t.Errorf("nothing was lost, and it says %s: %s", n.Kind, n.Message)
			}
		}
		if err != nil {
			if ctx.Err() == nil {
				s.t.Logf("a reader ended: %v", err)
			}
			return
		}
	}
}

func (b *busy) end() {
	b.cancel()
	<-b.done
	_ = b.stream.Close()
}

// TestUnreadableOverARevocation: a partition that was said to be unreadable, was taken from us and given back, is said to be readable
// when it is, once.
func TestUnreadableOverARevocation(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	write(t, c, "carts", 0, 0, 5)
	broken := c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "carts", Partitions: []int32{0}, Err: kerr.KafkaStorageError, Count: -1},
		kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "carts", Partitions: []int32{0}, Err: kerr.KafkaStorageError, Count: -1})
	st := reader(t, openSource(t, settings(c, "timeout", "1s", "protocol", classicProtocol)), connect.StreamOptions{Topics: []string{"carts"}, Known: []model.Position{{Topic: "carts", Epoch: -1}}})
	got := newSeen(t)
	got.until(st, func() bool { return got.count(connect.Unreadable) == 1 })
	lost := c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownMemberID, Count: 1})
	got.until(st, func() bool { return got.count(connect.Revoked) == 1 })
	lost.Remove()
	broken.Remove()
	got.until(st, func() bool { return len(got.events) == 5 && got.count(connect.Readable) == 1 })
	if got.count(connect.Unreadable) != 1 {
		t.Errorf("notes %v", got.notes)
	}
}
