package kafka

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// several are records of carts/0, numbered from first.
func several(first, n int) (out []kafkafake.Record) {
	for i := range n {
		out = append(out, numbered("carts", 0, first+i))
	}
	return out
}

// TestTransactions: what was aborted never comes, what is open holds back what stands behind it, and the position moves
// past the markers, so that it meets the end.
func TestTransactions(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	write(t, c, "carts", 0, 0, 3)                     // 0 1 2
	must(t, c.Abort(t.Context(), several(100, 4)...)) // 3 4 5 6, marker 7
	must(t, c.Commit(t.Context(), several(3, 2)...))  // 8 9, marker 10
	open, err := c.Open(t.Context(), several(5, 1)...)
	must(t, err)                  // 11
	write(t, c, "carts", 0, 6, 2) // 12 13
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	at := func() int64 { return got.next[place{"carts", 0}].Next }
	got.until(st, func() bool { return at() == 11 })
	if want := []int64{0, 1, 2, 8, 9}; !slices.Equal(got.offsets(0), want) {
		t.Errorf("got %v, want %v", got.offsets(0), want)
	}
	ends, err := st.Ends(t.Context())
	must(t, err)
	if ends[0].Next != 11 {
		t.Errorf("the end is %d while a transaction is open, want 11", ends[0].Next)
	}
	got.quiet(st, 300*time.Millisecond)
	must(t, open.Commit(t.Context())) // marker 14
	got.until(st, func() bool { return at() == 15 })
	if want := []int64{0, 1, 2, 8, 9, 11, 12, 13}; !slices.Equal(got.offsets(0), want) {
		t.Errorf("got %v, want %v", got.offsets(0), want)
	}
	must(t, c.Abort(t.Context(), several(200, 3)...)) // 15 16 17, marker 18
	got.until(st, func() bool { return at() == 19 })
	if len(got.events) != 8 || got.count(connect.Gap) > 0 {
		t.Errorf("an aborted transaction at the end brought %d events and %v", len(got.events)-8, got.notes)
	}
}

// TestCompaction: what compaction took out is no gap, also where it is what was to be read next.
func TestCompaction(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "", 0)
	must(t, c.Create("carts", 1, map[string]string{"cleanup.policy": "compact", "segment.bytes": "300", "min.cleanable.dirty.ratio": "0.01", "min.compaction.lag.ms": "0"}))
	must(t, c.Write(t.Context(), kafkafake.Record{Topic: "carts", Key: []byte("kept"), Value: []byte(canary)})) // it holds the log's beginning
	for i := range 39 {                                                                                         // 7 keys, each event in a batch of its own
		write(t, c, "carts", 0, i, 1)
	}
	c.Kafka().Compact()
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"},
		Known: []model.Position{{Topic: "carts", Next: 2, Epoch: -1}}})
	got := newSeen(t)
	got.until(st, func() bool { return got.next[place{"carts", 0}].Next == 40 })
	if n := len(got.events); n >= 30 || n < 7 {
		t.Errorf("%d events are left of 40 with 7 keys", n)
	}
	if got.count(connect.Gap) > 0 {
		t.Errorf("compaction is told as %v", got.notes)
	}
}

// TestRetentionOvertakes: the log's beginning passes a reader that is too slow while it reads.
func TestRetentionOvertakes(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	for range 40 { // each a batch of its own
		must(t, c.Write(t.Context(), kafkafake.Record{Topic: "carts", Key: []byte(canary), Value: noise(100 << 10)}))
	}
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}, MaxBytes: 400 << 10})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.events) > 0 })
	time.Sleep(300 * time.Millisecond) // what is read ahead is read ahead
	must(t, c.Expire("carts", 0, 39))
	got.until(st, func() bool { return got.count(connect.Gap) > 0 })
	n := got.note(connect.Gap)
	if last := got.events[len(got.events)-1].Offset; n.Position.Next != last+1 || n.Found.Next != 39 {
		t.Errorf("the gap is from %d to %d, want %d to 39", n.Position.Next, n.Found.Next, last+1)
	}
	got.quiet(st, 500*time.Millisecond)
	if got.count(connect.Gap) != 1 || got.events[len(got.events)-1].Offset == 39 {
		t.Error("it went on behind the gap")
	}
}

// noise does not compress.
func noise(n int) []byte {
	out := make([]byte, n)
	x := uint32(n)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = byte(x >> 24)
	}
	return out
}

// rolledBack gives a cluster whose log of carts/0 was cut back from 20 to 10 while nobody looked, as an unclean election
// does, with the positions of a reader that had read all.
func rolledBack(t *testing.T, during func(*kafkafake.Cluster, *seen)) (*kafkafake.Cluster, []model.Position) {
	t.Helper()
	dir := t.TempDir()
	c := cluster(t, kafkafake.Options{Dir: dir}, "carts", 1)
	write(t, c, "carts", 0, 0, 10)
	c.Stop()
	before := filepath.Join(t.TempDir(), "before")
	must(t, os.CopyFS(before, os.DirFS(dir)))
	must(t, c.Begin())
	write(t, c, "carts", 0, 10, 10)
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.events) == 20 })
	must(t, st.Commit(t.Context(), got.positions()))
	if during == nil {
		must(t, st.Close())
	}
	c.Stop()
	must(t, os.RemoveAll(dir))
	must(t, os.CopyFS(dir, os.DirFS(before)))
	must(t, c.Begin())
	if during != nil {
		got.notes = nil
		during(c, got)
		got.until(st, func() bool { return got.count(connect.Truncated) > 0 })
		got.quiet(st, 500*time.Millisecond)
		if len(got.events) != 20 || got.count(connect.Truncated) != 1 {
			t.Errorf("%d events came in all, notes %v", len(got.events), got.notes)
		}
	}
	return c, got.positions()
}

func TestTruncatedWhileClosed(t *testing.T) {
	c, known := rolledBack(t, nil)
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}, Known: known})
	got := newSeen(t)
	got.until(st, func() bool { return got.count(connect.Truncated) > 0 })
	if n := got.note(connect.Truncated); n.Position.Next != 20 || n.Found.Next != 10 {
		t.Errorf("it is said to be cut from %d to %d, want 20 to 10", n.Position.Next, n.Found.Next)
	}
	write(t, c, "carts", 0, 10, 30)
	got.quiet(st, 500*time.Millisecond)
	if len(got.events) > 0 {
		t.Errorf("%d events came after it", len(got.events))
	}
}

func TestTruncatedWhileReading(t *testing.T) {
	rolledBack(t, func(*kafkafake.Cluster, *seen) {})
}

// TestTruncatedAndGrown: others stand where the lost events stood, so the end says nothing; the leader's epochs do.
func TestTruncatedAndGrown(t *testing.T) {
	c, known := rolledBack(t, nil)
	c.Kafka().ShufflePartitionLeaders() // a new epoch
	write(t, c, "carts", 0, 10, 30)
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}, Known: known})
	got := newSeen(t)
	got.until(st, func() bool { return got.count(connect.Truncated) > 0 })
	got.quiet(st, 300*time.Millisecond)
	if len(got.events) > 0 {
		t.Errorf("%d events came after it", len(got.events))
	}
}

// TestSizeOfMemory: what a fetch asks for follows what a byte unfolds to, and how many brokers give at once.
func TestSizeOfMemory(t *testing.T) {
	m := newMeter(32 << 20)
	var asked int32
	m.limit = func(fetch, _ int32) { asked = fetch }
	for range 400 {
		m.OnFetchBatchRead(meta(1), "", 0, metrics(1000, 100_000, 100_000))
	}
	if alone := asked; alone < 3<<20 || alone > 16<<20 {
		t.Errorf("a fetch of plain events asks for %d bytes", alone)
	}
	for range 400 {
		m.OnFetchBatchRead(meta(2), "", 0, metrics(1000, 100_000, 5_000))
	}
	unfolded := float64(asked) * (100_000 + 1000*eventCost) / 5_000 * 2 // of each of two brokers
	if unfolded > 16<<20 {
		t.Errorf("two fetches of %d bytes unfold to %.0f", asked, unfolded)
	}
}

func meta(node int32) kgo.BrokerMetadata { return kgo.BrokerMetadata{NodeID: node} }

func metrics(records, unpacked, packed int) kgo.FetchBatchMetrics {
	return kgo.FetchBatchMetrics{NumRecords: records, UncompressedBytes: unpacked, CompressedBytes: packed}
}
