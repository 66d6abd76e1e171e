package kafka

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
)

// protocols are the ways a group can work: eager is what a broker that does not know consumer falls back to.
func protocols() map[string]func(*testing.T, int) (*kafkafake.Cluster, connect.Settings) {
	make := func(protocol string, opts ...kfake.Opt) func(*testing.T, int) (*kafkafake.Cluster, connect.Settings) {
		return func(t *testing.T, partitions int) (*kafkafake.Cluster, connect.Settings) {
			c := cluster(t, kafkafake.Options{Brokers: 2, Kafka: append(briefly(), opts...)}, "carts", partitions)
			return c, settings(c, "protocol", protocol)
		}
	}
	return map[string]func(*testing.T, int) (*kafkafake.Cluster, connect.Settings){
		"cooperative": make(classicProtocol),
		"consumer":    make(consumerProtocol),
		"eager":       make(consumerProtocol, kfake.MaxVersions(kversion.V3_4_0())),
	}
}

func each(t *testing.T, check func(*testing.T, func(*testing.T, int) (*kafkafake.Cluster, connect.Settings))) {
	for name, start := range protocols() {
		t.Run(name, func(t *testing.T) { check(t, start) })
	}
}

// TestPartitionsStayUntilThePoll: while a batch is in hand nobody else gets the partition, and its commit is taken;
// with the next Poll it goes over, and the next reader begins where the commit is.
func TestPartitionsStayUntilThePoll(t *testing.T) {
	each(t, func(t *testing.T, start func(*testing.T, int) (*kafkafake.Cluster, connect.Settings)) {
		c, s := start(t, 2)
		write(t, c, "carts", 0, 0, 10)
		write(t, c, "carts", 1, 0, 10)
		s.Values["rebalance_timeout"] = "30s"
		src := openSource(t, s)
		first := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
		got := newSeen(t)
		got.until(first, func() bool { return len(got.events) == 20 })
		second := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
		theirs := newSeen(t)
		theirs.quiet(second, 1500*time.Millisecond) // the batch of first is in hand all the while
		if n := theirs.count(connect.Assigned); n > 0 {
			t.Fatalf("%d partitions were given away under a batch in hand", n)
		}
		must(t, first.Commit(t.Context(), got.positions()))
		for p := range int32(2) {
			if offset, _, _ := c.Committed("freshet-carts", "carts", p); offset != 10 {
				t.Errorf("the commit of partition %d was not taken: it is at %d", p, offset)
			}
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			theirs.until(second, func() bool { return theirs.count(connect.Assigned) > 0 })
		}()
		poll(got, first, done)
		if got.count(connect.Revoked) == 0 {
			t.Errorf("the partition went over unsaid: %v", got.notes)
		}
	})
}

// poll polls until done.
func poll(s *seen, st *stream, done <-chan struct{}) {
	s.t.Helper()
	for {
		select {
		case <-done:
			return
		case <-s.t.Context().Done():
			s.t.Fatal("nothing came")
		default:
			s.quiet(st, 100*time.Millisecond)
		}
	}
}

// TestStayedAway: a reader that stays away for too long is given up; what it then commits moves nothing of the one that
// took over, it is told so, and it goes on when it is given partitions again.
func TestStayedAway(t *testing.T) {
	each(t, func(t *testing.T, start func(*testing.T, int) (*kafkafake.Cluster, connect.Settings)) {
		c, s := start(t, 1)
		s.Values["rebalance_timeout"] = "1500ms"
		write(t, c, "carts", 0, 0, 10)
		src := openSource(t, s)
		first := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
		got := newSeen(t)
		got.until(first, func() bool { return len(got.events) == 10 })
		stale := got.positions()
		second := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
		theirs := newSeen(t)
		if kicked := kick(t, c, second, theirs); !kicked {
			t.Skip("the broker keeps a reader that heartbeats, however long it stays away")
		}
		write(t, c, "carts", 0, 10, 5)
		theirs.until(second, func() bool { return len(theirs.events) >= 15 })
		must(t, second.Commit(t.Context(), theirs.positions()))
		must(t, first.Commit(t.Context(), stale))
		if offset, _, _ := c.Committed("freshet-carts", "carts", 0); offset != 15 {
			t.Errorf("the commit was moved back to %d", offset)
		}
		got.quiet(first, 500*time.Millisecond)
		if got.count(connect.Revoked) != 1 {
			t.Errorf("it was not told once: %v", got.notes)
		}
		must(t, second.Close())
		write(t, c, "carts", 0, 15, 5)
		got.until(first, func() bool { return got.events[len(got.events)-1].Offset == 19 })
		if want := got.offsets(0)[10:]; !slices.Equal(want, run(10, 20)) {
			t.Errorf("it went on with %v, want from its own durable 10 on", want)
		}
	})
}

// kick waits until the group has given the partition to the second reader.
func kick(t *testing.T, _ *kafkafake.Cluster, second *stream, theirs *seen) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	for theirs.count(connect.Assigned) == 0 {
		f, err := second.Poll(ctx)
		theirs.add(f)
		if err != nil {
			return false
		}
	}
	return true
}

func run(first, end int64) (out []int64) {
	for i := first; i < end; i++ {
		out = append(out, i)
	}
	return out
}

// TestCommitRefused: a commit that the group does not take from us is told as Revoked; when the group has us again,
// reading goes on from what is durable, and nothing is lost or read beyond it twice.
func TestCommitRefused(t *testing.T) {
	for protocol, codes := range map[string][]*kerr.Error{
		classicProtocol:  {kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.FencedInstanceID},
		consumerProtocol: {kerr.UnknownMemberID, kerr.FencedMemberEpoch},
	} {
		for _, code := range codes {
			t.Run(protocol+" "+code.Message, func(t *testing.T) { refuse(t, protocol, code) })
		}
	}
}

func refuse(t *testing.T, protocol string, code *kerr.Error) {
	c := cluster(t, kafkafake.Options{Kafka: briefly()}, "carts", 2)
	write(t, c, "carts", 0, 0, 10)
	st := reader(t, openSource(t, settings(c, "protocol", protocol, "session_timeout", "2s")), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.events) == 10 })
	must(t, st.Commit(t.Context(), got.positions()))
	write(t, c, "carts", 0, 10, 10)
	got.until(st, func() bool { return len(got.events) == 20 })
	refusal := c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: code, Count: 1})
	half := got.positions()
	for i := range half {
		half[i].Next = min(half[i].Next, 15)
	}
	must(t, st.Commit(t.Context(), half))
	if refusal.Hits() == 0 {
		t.Fatal("the commit was not refused")
	}
	got.until(st, func() bool { return got.count(connect.Revoked) == 2 })
	if offset, _, _ := c.Committed("freshet-carts", "carts", 0); offset != 10 {
		t.Errorf("the refused commit is at %d, want 10 as before", offset)
	}
	if code == kerr.FencedMemberEpoch {
		_, err := pollUntil(t, st) // the group has us all the while, and will not tell us to leave
		wantFault(t, err, "stream.group")
		return
	}
	if protocol == consumerProtocol {
		c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ConsumerGroupHeartbeat}, TopLevel: true, Err: code, Count: 1})
	}
	got.events = nil
	got.until(st, func() bool { return len(got.events) >= 5 })
	if !slices.Equal(got.offsets(0), run(15, 20)) {
		t.Errorf("it went on with %v, want 15 to 19", got.offsets(0))
	}
	must(t, st.Commit(t.Context(), got.positions()))
	if offset, _, _ := c.Committed("freshet-carts", "carts", 0); offset != 20 {
		t.Errorf("the commit after it is at %d, want 20", offset)
	}
}

// briefly are settings of brokers that let a reader go after two seconds.
func briefly() []kfake.Opt {
	return []kfake.Opt{kfake.BrokerConfigs(map[string]string{"group.consumer.session.timeout.ms": "2000", "group.consumer.heartbeat.interval.ms": "200"})}
}

// pollUntil polls until an error.
func pollUntil(t *testing.T, st *stream) (out seen, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		f, err := st.Poll(ctx)
		out.events, out.notes = append(out.events, f.Events...), append(out.notes, f.Notes...)
		if err != nil {
			return out, err
		}
	}
}

// TestCommitNotNow: a broker that cannot take a commit now is no reason to stop.
func TestCommitNotNow(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	write(t, c, "carts", 0, 0, 5)
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.events) == 5 })
	c.Kafka().Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.RebalanceInProgress, Count: 1})
	wantFault(t, st.Commit(t.Context(), got.positions()), "stream.commit", "REBALANCE_IN_PROGRESS")
	must(t, st.Commit(t.Context(), got.positions()))
	write(t, c, "carts", 0, 5, 5)
	got.until(st, func() bool { return len(got.events) == 10 })
	if got.count(connect.Revoked) > 0 {
		t.Errorf("it was told as %v", got.notes)
	}
}

// TestTwoLedgersInOneGroup: of two data directories in a group, the second reads nothing that the first has committed.
func TestTwoLedgersInOneGroup(t *testing.T) {
	each(t, func(t *testing.T, start func(*testing.T, int) (*kafkafake.Cluster, connect.Settings)) {
		c, s := start(t, 4)
		for p := range int32(4) {
			write(t, c, "carts", p, 0, 5)
		}
		src := openSource(t, s)
		first := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}, State: "led_a"})
		got := newSeen(t)
		got.until(first, func() bool { return len(got.events) == 20 })
		must(t, first.Commit(t.Context(), got.positions()))
		second := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}, State: "led_b"})
		theirs := newSeen(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			theirs.until(second, func() bool { return theirs.count(connect.Foreign) >= 2 })
			theirs.quiet(second, 300*time.Millisecond)
		}()
		poll(got, first, done)
		if len(theirs.events) > 0 {
			t.Errorf("the second directory read %d events of the first one's group", len(theirs.events))
		}
		must(t, second.Commit(t.Context(), got.positions()))
		for p := range int32(4) {
			if _, metadata, _ := c.Committed("freshet-carts", "carts", p); metadata != mark("led_a", 0) {
				t.Errorf("its commit of partition %d was taken: %q", p, metadata)
			}
		}
	})
}

// TestStrangersCommit: offsets set with Kafka's own tools carry no mark of ours.
func TestStrangersCommit(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	write(t, c, "carts", 0, 0, 5)
	src := openSource(t, settings(c))
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: "carts", Partition: 0, At: 3, LeaderEpoch: -1})
	must(t, src.ask.CommitAllOffsets(t.Context(), "freshet-carts", offsets))
	st := reader(t, src, connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return got.count(connect.Foreign) == 1 })
	if n := got.note(connect.Foreign); n.Found.Next != 3 || n.Position.Topic != "carts" {
		t.Errorf("the note is %+v", n)
	}
}

// TestNewTopicsAndPartitions: what comes into being is read from its beginning, also by a feed that began at the end.
func TestNewTopicsAndPartitions(t *testing.T) {
	for _, protocol := range []string{classicProtocol, consumerProtocol} {
		t.Run(protocol, func(t *testing.T) {
			c := cluster(t, kafkafake.Options{}, "shop.carts", 1)
			write(t, c, "shop.carts", 0, 0, 5)
			src := openSource(t, settings(c, "protocol", protocol))
			src.renew = 300 * time.Millisecond
			st := reader(t, src, connect.StreamOptions{Topics: []string{`shop\..+`}, Pattern: true, FromEnd: true})
			got := newSeen(t)
			got.until(st, func() bool { return len(got.next) == 1 })
			must(t, c.Create("shop.orders", 1, nil))
			write(t, c, "shop.orders", 0, 0, 3)
			must(t, c.Widen(t.Context(), "shop.carts", 2))
			write(t, c, "shop.carts", 1, 0, 1)
			got.until(st, func() bool { return len(got.events) == 4 })
			if got.next[place{"shop.orders", 0}].Next != 3 || got.next[place{"shop.carts", 1}].Next != 1 {
				t.Errorf("positions are %v", got.next)
			}
		})
	}
}
