package control_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// TestServingKilledAtAnyPoint kills a serving process with SIGKILL at random points while events come and calls fail, again and
// again. In the end the receiver holds the newest of every cart, the positions are those of the topic's end, and every event
// was taken in once and is in the history once. Guarantees G1, G3, G28, G29.
func TestServingKilledAtAnyPoint(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 15
	}
	seed := seedOf(t)
	s := newStream(t, webhookfake.Options{Latency: 10 * time.Millisecond})
	k := &killing{stream: s, rng: rand.New(rand.NewPCG(seed, 3)), carts: map[int]int{}}
	s.workspace()
	for range kills {
		k.round()
	}
	k.write(k.some(20))
	stop := s.serve()
	s.want(k.holds())
	stop()
	k.accounted()
	t.Logf("%d events; %d of %d processes had begun to deliver; %d repeated calls", k.written, k.delivering, kills, s.receiver.Counts().Repeats)
}

type killing struct {
	*stream
	rng     *rand.Rand
	carts   map[int]int // the last total of each; negative: deleted
	written int64

	delivering int // how often a process was killed that had begun to deliver
}

// round writes while a process serves, and kills it.
func (k *killing) round() {
	cmd := freshet(k.t, k.dir, "serve", "--listen", "127.0.0.1:0")
	before := k.receiver.Counts().Calls
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	die := time.After(time.Duration(k.rng.IntN(700)) * time.Millisecond)
	if k.rng.IntN(3) == 0 {
		kinds := []webhookfake.Kind{webhookfake.DropAfterApply, webhookfake.DropBeforeApply, webhookfake.ServerErrorApplied, webhookfake.OmitOutcome}
		k.receiver.Inject(webhookfake.Fault{Kind: kinds[k.rng.IntN(len(kinds))], Rows: []int{0}})
	}
	for alive := true; alive; {
		k.write(k.some(1 + k.rng.IntN(8)))
		select {
		case <-die:
			alive = false
		case <-time.After(time.Duration(k.rng.IntN(60)) * time.Millisecond):
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if k.receiver.Counts().Calls > before {
		k.delivering++
	}
}

// some changes a few carts, each to a total it has never had, or takes it away.
func (k *killing) some(n int) map[int]int {
	out := map[int]int{}
	for range n {
		id := k.rng.IntN(60)
		if out[id] = int(k.written) + len(out) + 1; k.rng.IntN(5) == 0 {
			out[id] = -1
		}
	}
	maps.Copy(k.carts, out)
	k.written += int64(len(out))
	return out
}

func (k *killing) holds() map[int]int {
	held := maps.Clone(k.carts)
	maps.DeleteFunc(held, func(_, total int) bool { return total <= 0 })
	return held
}

// accounted looks at the ledger and the history behind it all.
func (k *killing) accounted() {
	k.t.Helper()
	ctx := context.Background()
	ws := k.workspace()
	r, err := ledger.OpenReader(ctx, ws.DataDir)
	if err != nil {
		k.t.Fatal(err)
	}
	defer r.Close()
	state, _, err := r.Feed(ctx, "carts")
	if err != nil || state.Seen != k.written || state.Late != 0 || state.Aside != 0 {
		k.t.Errorf("%d events were written; the ledger has seen %d, %d of them late and %d set aside (%v)", k.written, state.Seen, state.Late, state.Aside, err)
	}
	positions, err := r.FeedPositions(ctx, state.Ref)
	var next int64
	for _, p := range positions {
		next += p.Next
		if p.Archived != p.Next {
			k.t.Errorf("partition %d was read up to %d and archived up to %d", p.Partition, p.Next, p.Archived)
		}
	}
	if next != k.written || err != nil {
		k.t.Errorf("the positions add up to %d of %d events (%v)", next, k.written, err)
	}
	kept := map[string]int{}
	err = history.New(ws.DataDir+"/history").Raw("carts").Read(ctx, history.Range{}, func(events []model.Event) error {
		for _, e := range events {
			kept[fmt.Sprint(e.Partition, "/", e.Offset)]++
		}
		return nil
	})
	if int64(len(kept)) != k.written || err != nil {
		k.t.Errorf("the history has %d of %d events (%v)", len(kept), k.written, err)
	}
	for at, n := range kept {
		if n != 1 {
			k.t.Errorf("the history gives event %s %d times", at, n)
		}
	}
}
