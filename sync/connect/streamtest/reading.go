package streamtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

func checkEvents(t *testing.T, b *bench) {
	b.peer.Create(Topic, 2)
	at := time.Date(2031, 5, 6, 7, 8, 9, 123e6, time.UTC)
	want := []model.Event{
		{Partition: 0, Key: []byte(Canary), Value: []byte(Canary), At: at},
		{Partition: 0, Key: nil, Value: []byte{}, At: at},
		{Partition: 0, Key: []byte{}, Value: nil, At: at.Add(-time.Hour)},
		{Partition: 1, Key: []byte{0, 255, '\n'}, Value: bytes.Repeat([]byte("é"), 3000), At: at,
			Headers: []model.Header{{Name: "a", Value: []byte("1")}, {Name: "a", Value: []byte{}}, {Name: "", Value: []byte("ü")}}},
	}
	for i := range want {
		want[i].Topic = Topic
	}
	b.peer.Write(want...)
	r := b.open(connect.StreamOptions{})
	r.wait(len(want))
	slices.SortStableFunc(r.events, func(x, y model.Event) int { return int(x.Partition) - int(y.Partition) })
	for i, got := range r.events {
		if got.Topic != Topic || got.Partition != want[i].Partition || !sameBytes(got.Key, want[i].Key) || !sameBytes(got.Value, want[i].Value) || !got.At.Equal(want[i].At) {
			t.Errorf("event %d is not as it was written", i)
		}
		if got.TopicID != r.events[0].TopicID {
			t.Errorf("event %d has another topic id than the first", i)
		}
		if len(got.Headers) != len(want[i].Headers) {
			t.Errorf("event %d has %d headers, want %d", i, len(got.Headers), len(want[i].Headers))
			continue
		}
		for j, h := range got.Headers {
			if h.Name != want[i].Headers[j].Name || !bytes.Equal(h.Value, want[i].Headers[j].Value) {
				t.Errorf("header %d of event %d is not as it was written", j, i)
			}
		}
	}
	same(t, "partition 0", r.offsets(0), run(0, 3))
	same(t, "partition 1", r.offsets(1), run(0, 1))
}

// sameBytes tells null from empty.
func sameBytes(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

func checkBeginning(t *testing.T, b *bench) {
	b.peer.Create(Topic, 2)
	b.write(Topic, 0, 20)
	b.peer.Expire(Topic, 0, 5)
	r := b.open(connect.StreamOptions{})
	r.until(func() bool { return len(r.next) == 2 && len(r.events) == 15 })
	same(t, "partition 0", r.offsets(0), run(5, 20))
	if n := r.next[place{Topic, 1}].Next; n != 0 {
		t.Errorf("an empty partition stands at %d, want 0", n)
	}
	for _, kind := range r.notes {
		if kind.Kind != connect.Assigned {
			t.Errorf("beginning says %s: %s", kind.Kind, kind.Message)
		}
	}
}

// checkFromEnd: where a feed begins is said before anything came, so that it can be kept; without that, what comes
// before the next opening would be lost.
func checkFromEnd(t *testing.T, b *bench) {
	b.peer.Create(Topic, 1)
	b.write(Topic, 0, 7)
	r := b.open(connect.StreamOptions{FromEnd: true})
	r.until(func() bool { return len(r.next) == 1 })
	if n := r.next[place{Topic, 0}].Next; n != 7 || len(r.events) > 0 {
		t.Fatalf("it begins at %d with %d events, want 7 and none", n, len(r.events))
	}
	known := r.commit()
	r.close()
	b.write(Topic, 0, 4)
	r = b.open(connect.StreamOptions{FromEnd: true, Known: known})
	r.wait(4)
	same(t, "what came after the end", r.offsets(0), run(7, 11))
}

func checkKnown(t *testing.T, b *bench) {
	b.peer.Create(Topic, 2)
	b.write(Topic, 0, 30)
	b.write(Topic, 1, 30)
	r := b.open(connect.StreamOptions{})
	r.wait(60)
	known := r.commit() // the broker has 30 and 30
	r.close()
	for i := range known {
		known[i].Next -= 10 + 5*int64(known[i].Partition)
	}
	r = b.open(connect.StreamOptions{Known: known})
	r.wait(25)
	same(t, "partition 0", r.offsets(0), run(20, 30))
	same(t, "partition 1", r.offsets(1), run(15, 30))
}

// checkReopen reads in pieces, loses what was not durable, and opens again: every event is in the ledger once.
func checkReopen(t *testing.T, b *bench) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	const partitions = 3
	b.peer.Create(Topic, partitions)
	ledger := map[int32][]int64{}
	var known []model.Position
	for round := range 6 {
		for p := range int32(partitions) {
			b.write(Topic, p, random.IntN(40))
		}
		r := b.open(connect.StreamOptions{Known: known})
		read := 0
		for range random.IntN(4) + 1 {
			r.idle(time.Duration(random.IntN(300)) * time.Millisecond)
			if random.IntN(3) > 0 { // durable, with or without the broker's knowing
				for _, e := range r.events[read:] {
					ledger[e.Partition] = append(ledger[e.Partition], e.Offset)
				}
				read = len(r.events)
				known = r.positionsOver(known)
				if random.IntN(2) > 0 {
					r.commit()
				}
			}
		}
		r.close()
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	r := b.open(connect.StreamOptions{Known: known})
	missing := 0
	for p := range int32(partitions) {
		missing += b.written[place{Topic, p}] - len(ledger[p])
	}
	r.wait(missing)
	for _, e := range r.events {
		ledger[e.Partition] = append(ledger[e.Partition], e.Offset)
	}
	for p := range int32(partitions) {
		same(t, fmt.Sprintf("partition %d", p), ledger[p], run(0, int64(b.written[place{Topic, p}])))
	}
}

// positionsOver gives the positions known before, with those read since in their place.
func (r *reader) positionsOver(known []model.Position) []model.Position {
	out := r.positions()
	for _, old := range known {
		if _, newer := r.next[place{old.Topic, old.Partition}]; !newer {
			out = append(out, old)
		}
	}
	return out
}

// checkTwo: a second reader takes over some partitions, with nothing lost and nothing twice in the ledger they share.
func checkTwo(t *testing.T, b *bench) {
	const partitions = 4
	b.peer.Create(Topic, partitions)
	for p := range int32(partitions) {
		b.write(Topic, p, 25)
	}
	first := b.open(connect.StreamOptions{})
	first.wait(25 * partitions)
	known := first.commit()
	second := b.open(connect.StreamOptions{Known: known})
	took := make(chan struct{})
	go func() {
		defer close(took)
		second.noted(connect.Assigned)
	}()
	for waiting := true; waiting; {
		first.idle(50 * time.Millisecond)
		select {
		case <-took:
			waiting = false
		default:
		}
	}
	for p := range int32(partitions) {
		b.write(Topic, p, 10)
	}
	all := func() int { return len(first.events) + len(second.events) }
	deadline := time.Now().Add(patience)
	for all() < 35*partitions && time.Now().Before(deadline) {
		first.idle(50 * time.Millisecond)
		second.idle(50 * time.Millisecond)
	}
	if len(second.events) == 0 {
		t.Error("the second reader got no events")
	}
	for p := range int32(partitions) {
		same(t, fmt.Sprintf("partition %d", p), append(first.offsets(p), second.offsets(p)...), run(0, 35))
	}
}

func checkPattern(t *testing.T, b *bench) {
	for _, topic := range []string{"shop.carts", "shop.orders", "old.shop.carts", "shop.carts.dead", "shopXcarts"} {
		b.peer.Create(topic, 1)
		b.write(topic, 0, 3)
	}
	r := b.open(connect.StreamOptions{Topics: []string{`shop\.[a-z]+`}, Pattern: true})
	r.wait(6)
	r.idle(300 * time.Millisecond)
	got := map[string]int{}
	for _, e := range r.events {
		got[e.Topic]++
	}
	if len(got) != 2 || got["shop.carts"] != 3 || got["shop.orders"] != 3 {
		t.Errorf("read %v", got)
	}
}

func checkEnds(t *testing.T, b *bench) {
	b.peer.Create(Topic, 2)
	b.write(Topic, 0, 12)
	r := b.open(connect.StreamOptions{})
	ends, err := r.stream.Ends(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(ends, func(x, y model.Position) int { return int(x.Partition) - int(y.Partition) })
	if len(ends) != 2 || ends[0].Next != 12 || ends[1].Next != 0 || ends[0].Topic != Topic {
		t.Errorf("ends are %+v", ends)
	}
	r.wait(12)
	if at := r.next[place{Topic, 0}]; at.TopicID != ends[0].TopicID || at.Next != ends[0].Next {
		t.Errorf("all was read, and the position %+v is not the end %+v", at, ends[0])
	}
}
