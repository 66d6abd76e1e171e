package kafka

import (
	"testing"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
)

func TestReadsAndCommits(t *testing.T) {
	c := cluster(t, kafkafake.Options{}, "carts", 2)
	write(t, c, "carts", 0, 0, 10)
	write(t, c, "carts", 1, 0, 5)
	st := reader(t, openSource(t, settings(c)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return len(got.events) == 15 })
	must(t, st.Commit(t.Context(), got.positions()))
	for partition, want := range []int64{10, 5} {
		if offset, metadata, ok := c.Committed("freshet-carts", "carts", int32(partition)); !ok || offset != want || metadata != "freshet/1 led_a 0" {
			t.Errorf("partition %d is committed at %d with %q, want %d", partition, offset, metadata, want)
		}
	}
	ends, err := st.Ends(t.Context())
	must(t, err)
	if len(ends) != 2 || ends[0].Next != 10 || ends[1].Next != 5 || ends[0].TopicID == [16]byte{} {
		t.Errorf("ends are %+v", ends)
	}
}
