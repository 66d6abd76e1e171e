package control_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
)

// newHolding is a stream whose feed has a contract (a cart has a customer) and holds newer events of a key of which one is bad.
func newHolding(t testing.TB, onBad string) *stream {
	t.Helper()
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "key: [cart_id],", "key: [cart_id], contract: carts.yaml, pause_above: {least: 100000}, on_bad: "+onBad+",", 1)
	if err := os.WriteFile(s.dir+"/carts.yaml", []byte(cartsContract), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// cart is one event of a cart, in the partition that its key says; without a customer it breaks the contract.
func cart(id, total int, good bool) kafkafake.Record {
	e := cartEvent(id, total)
	if !good {
		e.Value = []byte(strings.Replace(string(e.Value), fmt.Sprintf(`"customer":"c%d"`, id%7), `"customer":null`, 1))
	}
	return e
}

func (s *stream) send(records ...kafkafake.Record) {
	s.t.Helper()
	if err := s.kafka.Write(context.Background(), records...); err != nil {
		s.t.Fatal(err)
	}
}

// asides lists what waits, as "code" by number.
func (s *stream) asides(service *control.Service) control.FeedAsides {
	s.t.Helper()
	list, err := service.FeedAside(context.Background(), "carts", 0, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// gives runs the sync and compares what the receiver holds.
func (s *stream) gives(totals map[int]int) {
	s.t.Helper()
	if s.run(); s.differs(totals) != "" {
		s.t.Error(s.differs(totals))
	}
}

// TestNewerEventsWaitBehindABadOne: newer events of the key of a bad one are set aside behind it, and no other key's; a deletion goes
// through; neither the sync nor a replay sees them. None can overtake. Released, what it kept back follows in order. Guarantee G39.
func TestNewerEventsWaitBehindABadOne(t *testing.T) {
	s := newHolding(t, "{newer: hold}")
	s.send(cart(7, 70, true))
	s.gives(map[int]int{7: 70})
	s.send(cart(7, 71, false), cart(7, 72, true), cart(8, 80, true), cart(7, 73, true))
	s.gives(map[int]int{7: 70, 8: 80})
	ctx, service := context.Background(), s.service()
	list := s.asides(service)
	if list.Total != 3 || list.Behind != 2 || list.Events[1].Code != "feed.behind" ||
		!strings.Contains(list.Events[1].Message, fmt.Sprintf("waits behind offset %d", list.Events[0].Offset)) {
		t.Fatalf("%+v", list)
	}
	if e, err := service.ShowAside(ctx, "carts", list.Events[0].Number); err != nil || !strings.Contains(e.KeepsBack, "2 of them wait") {
		t.Errorf("what it keeps back: %q, %v", e.KeepsBack, err)
	}
	if _, err := service.Release(ctx, "carts", list.Events[2].Number, nil, ""); !fault.Is(err, "feed.behind") {
		t.Errorf("an event has overtaken: %v", err)
	}
	if out, err := service.Replay(ctx, "carts", control.ReplayOptions{Apply: true}); err != nil || out.Rows != 0 {
		t.Errorf("a replay brings in what is held: %+v, %v", out, err)
	}
	if out, err := service.Release(ctx, "carts", 0, nil, ""); err != nil || out.Released != 0 || out.Still != 3 {
		t.Errorf("tried again: %+v, %v", out, err)
	}
	_ = service.Close()
	s.gives(map[int]int{7: 70, 8: 80}) // a restart keeps them
	service = s.service()
	out, err := service.Release(ctx, "carts", list.Events[0].Number, cart(7, 71, true).Value, "a typo")
	if err != nil || out.Released != 3 || s.asides(service).Total != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	_ = service.Close()
	s.gives(map[int]int{7: 73, 8: 80})
	s.send(cart(7, 74, true))
	s.gives(map[int]int{7: 74, 8: 80})
	s.send(cart(7, 75, false), cart(7, 76, true), cart(7, -1, true))
	s.gives(map[int]int{8: 80})
	service = s.service()
	if out, err := service.Replay(ctx, "carts", control.ReplayOptions{}); err != nil || out.Rows != 0 || out.Aside != 3 {
		t.Errorf("the two bad events and what waits make no row in a replay, the deletion does: %+v, %v", out, err)
	}
	if out, err := service.Release(ctx, "carts", 0, nil, ""); err != nil || out.Released != 2 || out.Still != 0 {
		t.Errorf("what a deletion has made idle: %+v, %v", out, err)
	}
	_ = service.Close()
	s.gives(map[int]int{8: 80})
}

// TestDroppedLetsTheNextGo: what waited behind an event that is dropped follows; one of it that is bad itself waits for its own reason,
// and what is newer behind that one. What was dropped does not come back by a replay.
func TestDroppedLetsTheNextGo(t *testing.T) {
	s := newHolding(t, "{newer: hold}")
	s.send(cart(7, 70, false), cart(7, 71, true), cart(7, 72, false), cart(7, 73, true), cart(7, 74, true))
	s.gives(map[int]int{})
	ctx, service := context.Background(), s.service()
	drop := func(i int) control.FeedAsides {
		t.Helper()
		if err := service.Drop(ctx, "carts", s.asides(service).Events[i].Number, "a test"); err != nil {
			t.Fatal(err)
		}
		return s.asides(service)
	}
	drop(4)
	if list := drop(0); list.Total != 2 || list.Behind != 1 || list.Events[0].Code == "feed.behind" {
		t.Fatalf("%+v", list)
	}
	if list := drop(0); list.Total != 0 {
		t.Fatalf("%+v", list)
	}
	if out, err := service.Replay(ctx, "carts", control.ReplayOptions{Apply: true}); err != nil || out.Rows != 0 {
		t.Errorf("a replay brings back what was dropped: %+v, %v", out, err)
	}
	_ = service.Close()
	s.gives(map[int]int{7: 73})
}

// TestWhatCannotBeDecodedHoldsItsKafkaKey: an event that cannot be decoded keeps back what has its Kafka key; one without a key keeps
// nothing back, and says so.
func TestWhatCannotBeDecodedHoldsItsKafkaKey(t *testing.T) {
	s := newHolding(t, "{newer: hold}")
	broken, keyless := cart(7, 70, true), cart(8, 80, true)
	broken.Value, keyless.Value, keyless.Key, keyless.Partition = []byte("no JSON"), []byte("no JSON"), nil, 0
	s.send(broken, keyless, cart(7, 71, true), cart(8, 81, true))
	s.gives(map[int]int{8: 81})
	service := s.service()
	said := ""
	list := s.asides(service)
	for _, e := range list.Events {
		e, err := service.ShowAside(context.Background(), "carts", e.Number)
		if err != nil {
			t.Fatal(err)
		}
		said += e.KeepsBack + "\n"
	}
	if list.Total != 3 || list.Behind != 1 || !strings.Contains(said, "nothing: it has no key") || !strings.Contains(said, "with its Kafka key") {
		t.Errorf("%+v\n%s", list, said)
	}
}

// TestTooManyBehindPauses: a feed behind whose bad events more wait than may pauses and says so.
func TestTooManyBehindPauses(t *testing.T) {
	s := newHolding(t, "{newer: hold, most: 2}")
	s.send(cart(7, 70, false), cart(7, 71, true), cart(7, 72, true))
	service := s.service()
	if _, err := service.Run(context.Background(), "carts", control.RunOptions{}); !fault.Is(err, "feed.paused") || !strings.Contains(err.Error(), "behind") {
		t.Fatalf("the feed went on: %v", err)
	}
}

// TestPassLetsWhatWaitedGo: a feed whose policy is to let newer events pass again takes in what had waited, and keeps the bad one.
func TestPassLetsWhatWaitedGo(t *testing.T) {
	s := newHolding(t, "{newer: hold}")
	s.send(cart(7, 70, false), cart(7, 71, true))
	s.gives(map[int]int{})
	s.yaml = strings.Replace(s.yaml, "newer: hold", "newer: pass", 1)
	s.gives(map[int]int{7: 71})
	if list := s.asides(s.service()); list.Total != 1 || list.Behind != 0 {
		t.Errorf("%+v", list)
	}
}

// TestHeldOverKills kills a serving process again and again while bad events of few carts come. Behind none of them anything was
// seen; once they are dropped, one behind whose decision the process died among them, every cart is as its newest good event says.
// Guarantee G39.
func TestHeldOverKills(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 6
	}
	s := newHolding(t, "{newer: hold}")
	s.workspace()
	rng := rand.New(rand.NewPCG(seedOf(t), 38))
	held, newest, bad := map[int]int{}, map[int]int{}, map[int]bool{}
	for total := 1; rounds > 0; rounds-- {
		cmd := freshet(t, s.dir, "serve", "--listen", "127.0.0.1:0")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range 8 {
			id, good := rng.IntN(30), rng.IntN(25) > 0
			s.send(cart(id, total, good))
			bad[id] = bad[id] || !good
			if good {
				newest[id] = total
			}
			if !bad[id] {
				held[id] = total
			}
			total++
			time.Sleep(time.Duration(rng.IntN(80)) * time.Millisecond)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	s.gives(held)
	s.dropAll(true)
	s.gives(newest)
	maps.DeleteFunc(bad, func(_ int, is bool) bool { return !is })
	t.Logf("%d carts had a bad event", len(bad))
}

// dropAll drops what is bad; the first in the ledger alone, as by a process that died before what waited behind it could follow.
func (s *stream) dropAll(dies bool) {
	s.t.Helper()
	for {
		service := s.service()
		list := s.asides(service)
		_ = service.Close()
		if list.Total == 0 {
			return
		}
		first := list.Events[0]
		for _, e := range list.Events {
			if e.Code != "feed.behind" {
				first = e
				break
			}
		}
		if first.Code == "feed.behind" {
			s.t.Fatalf("%d events wait behind nothing", list.Total)
		}
		s.dropOne(first.Number, dies)
		dies = false
	}
}

func (s *stream) dropOne(number int64, dies bool) {
	s.t.Helper()
	ctx := context.Background()
	if !dies {
		service := s.service()
		defer service.Close()
		if err := service.Drop(ctx, "carts", number, "a test"); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	l, err := ledger.Open(ctx, s.workspace().DataDir, "test")
	if err != nil {
		s.t.Fatal(err)
	}
	defer l.Close()
	state, _, err := l.Feed(ctx, "carts")
	if err == nil {
		err = l.Decide(ctx, state.Ref, number, ledger.AsideDropped, nil, "a test", nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	l.Close()
	s.run() // the next start lets them go
}
