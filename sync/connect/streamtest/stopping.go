package streamtest

import (
	"slices"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// half reads all that stands in two partitions and closes.
func half(b *bench) []model.Position {
	b.peer.Create(Topic, 2)
	b.write(Topic, 0, 10)
	b.write(Topic, 1, 10)
	r := b.open(connect.StreamOptions{})
	r.wait(20)
	known := r.commit()
	r.close()
	return known
}

// stopped checks that partition 0 stopped with a note, and that partition 1 goes on.
func stopped(t *testing.T, b *bench, r *reader, kind connect.NoteKind) connect.StreamNote {
	t.Helper()
	n := r.noted(kind)
	if n.Position.Topic != Topic || n.Position.Partition != 0 {
		t.Errorf("the note is about %s/%d", n.Position.Topic, n.Position.Partition)
	}
	b.write(Topic, 0, 3)
	b.write(Topic, 1, 3)
	before := len(r.offsets(1))
	r.until(func() bool { return len(r.offsets(1)) >= before+3 })
	r.idle(300 * time.Millisecond)
	if got := r.offsets(0); len(got) > 0 {
		t.Errorf("partition 0 delivered %s after it stopped", brief(got))
	}
	count := 0
	for _, m := range r.notes {
		if m.Kind == kind {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%s was said %d times", kind, count)
	}
	return n
}

func checkGap(t *testing.T, b *bench) {
	known := half(b)
	b.write(Topic, 0, 10)
	b.peer.Expire(Topic, 0, 15) // 10 to 14 were never read
	r := b.open(connect.StreamOptions{Known: known})
	n := stopped(t, b, r, connect.Gap)
	if n.Position.Next != 10 || n.Found.Next != 15 {
		t.Errorf("the gap is said to be from %d to %d, want 10 to 15", n.Position.Next, n.Found.Next)
	}
	r.close()
	agreed := n.Position
	agreed.Next, agreed.Epoch = n.Found.Next, -1
	r = b.open(connect.StreamOptions{Known: []model.Position{agreed, r.next[place{Topic, 1}]}})
	r.wait(8)
	same(t, "from the position agreed to", r.offsets(0), run(15, 23))
}

func checkRecreated(t *testing.T, b *bench) {
	known := half(b)
	b.peer.Recreate(Topic, 2)
	b.written = map[place]int{}
	b.write(Topic, 0, 30)
	b.write(Topic, 1, 30)
	r := b.open(connect.StreamOptions{Known: known})
	n := r.noted(connect.Recreated)
	if n.Found.TopicID == n.Position.TopicID || n.Found.TopicID == (model.TopicID{}) {
		t.Error("the note does not tell the two topics apart")
	}
	r.idle(500 * time.Millisecond)
	if len(r.events) > 0 {
		t.Errorf("%d events came of the new topic as if they were the old one's", len(r.events))
	}
	r.close()
	r = b.open(connect.StreamOptions{})
	r.wait(60)
	same(t, "without the old position", r.offsets(0), run(0, 30))
}

func checkRecreatedLive(t *testing.T, b *bench) {
	b.peer.Create(Topic, 1)
	b.write(Topic, 0, 10)
	r := b.open(connect.StreamOptions{})
	r.wait(10)
	known := r.commit()
	b.peer.Recreate(Topic, 1)
	b.write(Topic, 0, 20)
	n := r.noted(connect.Recreated)
	if n.Position.TopicID != known[0].TopicID || n.Position.Next != 10 {
		t.Errorf("the note is about %+v, want what was read", n.Position)
	}
	r.idle(300 * time.Millisecond)
	same(t, "nothing of the new topic", r.offsets(0), run(0, 10))
}

func checkForeign(t *testing.T, b *bench) {
	b.peer.Create(Topic, 2)
	b.write(Topic, 0, 10)
	r := b.open(connect.StreamOptions{State: "led_theirs"})
	r.wait(10)
	r.commit()
	r.close()
	r = b.open(connect.StreamOptions{State: "led_ours"})
	r.until(func() bool {
		return slices.ContainsFunc(r.notes, func(n connect.StreamNote) bool {
			return n.Kind == connect.Foreign && n.Position.Partition == 0 && n.Found.Next == 10
		})
	})
	r.idle(300 * time.Millisecond)
	if len(r.offsets(0)) > 0 {
		t.Error("it reads beside another ledger")
	}
	r.close()
	r = b.open(connect.StreamOptions{State: "led_ours", Adopt: true})
	r.wait(10)
	r.commit()
	r.close()
	r = b.open(connect.StreamOptions{State: "led_ours"})
	r.wait(10)
}

func checkNewer(t *testing.T, b *bench) {
	b.peer.Create(Topic, 1)
	b.write(Topic, 0, 10)
	r := b.open(connect.StreamOptions{Opening: 7})
	r.wait(10)
	known := r.commit()
	r.close()
	r = b.open(connect.StreamOptions{Opening: 8, Known: known})
	r.noted(connect.Assigned)
	r.close()
	r = b.open(connect.StreamOptions{Opening: 6, Known: known})
	r.noted(connect.Foreign)
}
