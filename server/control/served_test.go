package control_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// served serves the workspace for the length of a test, and gives the service to ask.
func (s *stream) served() *control.Service {
	s.t.Helper()
	service := control.New(s.workspace(), func(e control.Event) {
		select {
		case s.events <- e:
		default:
		}
	})
	if err := service.Open(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("serving ended with: %v", err)
		}
		if err := service.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return service
}

// asideAfter waits until so many events are set aside.
func (s *stream) asideAfter(service *control.Service, total int64) control.FeedAsides {
	s.t.Helper()
	for range 400 {
		list, err := service.FeedAside(context.Background(), "carts", 0, 10)
		if err != nil {
			s.t.Fatal(err)
		}
		if list.Total == total {
			return list
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("there were never %d events set aside", total)
	return control.FeedAsides{}
}

// TestAFeedIsPausedWhileItIsServed: a feed that a person pauses takes nothing in, whoever asks is told so, and goes on where it was
// once it is resumed. Who did it and why is kept.
func TestAFeedIsPausedWhileItIsServed(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10})
	service := s.served()
	s.want(map[int]int{1: 10})
	ctx := control.WithActor(context.Background(), control.Actor{Name: "alice"})
	if err := service.PauseFeed(ctx, "carts", ""); !fault.Is(err, "feed.no_reason") {
		t.Errorf("paused without a reason: %v", err)
	}
	if err := service.PauseFeed(ctx, "carts", "the source is being mended"); err != nil {
		t.Fatal(err)
	}
	s.write(map[int]int{2: 20})
	time.Sleep(300 * time.Millisecond)
	if differs := s.differs(map[int]int{1: 10}); differs != "" {
		t.Errorf("the paused feed went on: %s", differs)
	}
	list, err := service.FeedStatuses(ctx)
	if err != nil || list[0].Paused != "the source is being mended" || list[0].PausedBy != "alice" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := service.Run(ctx, "carts", control.RunOptions{}); !fault.Is(err, "feed.paused") {
		t.Errorf("a run over the paused feed: %v", err)
	}
	if err := service.ResumeFeed(ctx, "carts", false); err != nil {
		t.Fatal(err)
	}
	s.want(map[int]int{1: 10, 2: 20})
	acts, err := service.Acts(ctx, control.ActFilter{}, 10)
	if err != nil || len(acts.Acts) != 3 || acts.Acts[2].Actor != "alice" || acts.Acts[2].Did != "feed.pause" ||
		acts.Acts[2].Target != "feeds.carts" || acts.Acts[2].Why != "the source is being mended" || acts.Acts[0].Did != "feed.resume" ||
		acts.Acts[1].Did != "run.start" || acts.Acts[1].Outcome != "feed.paused" {
		t.Errorf("kept is %+v, %v", acts, err)
	}
}

// TestEventsAreDecidedWhileTheyAreServed: an event that was set aside is corrected and released, and reaches the destination; what
// is tried again and still wrong goes on waiting; what is dropped is gone.
func TestEventsAreDecidedWhileTheyAreServed(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10})
	service := s.served()
	s.want(map[int]int{1: 10})
	s.put(`{"after":{"cart_id":7,"customer":"c","total":"very dear!"},"op":"c","source":{"ts_ms":1}}`, `no JSON`)
	list := s.asideAfter(service, 2)
	ctx := context.Background()
	out, err := service.Release(ctx, "carts", 0, nil, "once more")
	if err != nil || out.Released != 0 || out.Still != 2 {
		t.Errorf("trying again what is still wrong: %+v, %v", out, err)
	}
	if _, err := service.Release(ctx, "carts", list.Events[0].Number, nil, ""); !fault.Is(err, "feed.still_wrong") {
		t.Errorf("released as it is: %v", err)
	}
	edited := []byte(`{"after":{"cart_id":7,"customer":"c","total":70.50},"op":"c","source":{"ts_ms":1}}`)
	if out, err = service.Release(ctx, "carts", list.Events[0].Number, edited, "a typo"); err != nil || out.Released != 1 {
		t.Fatal(out, err)
	}
	s.want(map[int]int{1: 10, 7: 70})
	if _, err = service.Release(ctx, "carts", list.Events[0].Number, edited, "a typo"); !fault.Is(err, "ledger.not_held") {
		t.Errorf("released twice: %v", err)
	}
	if err := service.Drop(ctx, "carts", list.Events[1].Number, "a test message"); err != nil {
		t.Fatal(err)
	}
	s.asideAfter(service, 0)
	s.write(map[int]int{7: 71})
	s.want(map[int]int{1: 10, 7: 71})
}

// TestAFeedThatPausedItselfGoesOn: a feed that has paused because too much was set aside goes on when a person says so, without
// starting the server anew, and does not pause again for what it paused for before.
func TestAFeedThatPausedItselfGoesOn(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "key: [cart_id],", "key: [cart_id], pause_above: {percent: 10%, least: 3},", 1)
	s.put(`x`, `x`, `x`)
	service := s.served()
	s.asideAfter(service, 3)
	ctx := context.Background()
	for range 400 {
		if list, _ := service.FeedStatuses(ctx); list[0].Paused != "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := service.ResumeFeed(ctx, "carts", false); err != nil {
		t.Fatal(err)
	}
	s.put(`x`)
	s.write(map[int]int{1: 10})
	s.want(map[int]int{1: 10})
}

// TestARunByHandTakesItsTurn: runs that are asked for while a live sync is busy are carried out one after the other, in its turn, and
// nothing is lost or sent twice because of them.
func TestARunByHandTakesItsTurn(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20})
	service := s.served()
	s.want(map[int]int{1: 10, 2: 20})
	ctx := context.Background()
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 30 {
			s.write(map[int]int{100 + i: i + 1})
			time.Sleep(10 * time.Millisecond)
		}
	})
	for i := range 4 {
		id, err := service.StartRun(ctx, "carts", control.RunOptions{Full: i == 3}, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := service.AwaitRun(ctx, id)
		if err != nil || got.State != wire.Done || got.Report == nil || got.Report.Status != run.OK {
			t.Fatalf("run %d: %+v, %v", i, got, err)
		}
		if i == 3 && got.Report.Delivered < 2 {
			t.Errorf("a full run sent %d rows again", got.Report.Delivered)
		}
	}
	writing.Wait()
	want := map[int]int{1: 10, 2: 20}
	for i := range 30 {
		want[100+i] = i + 1
	}
	s.want(want)
	report, err := service.Run(ctx, "carts", control.RunOptions{})
	if err != nil || report.Calls != 0 || report.Read != int64(len(want)) {
		t.Errorf("a run when everything is there: %+v, %v", report, err)
	}
}

// TestARunTakesInWhatIsThere: a run by hand carries what the topic held when it was asked for, although it is the server that takes
// the feed in.
func TestARunTakesInWhatIsThere(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "    tier: realtime\n", "", 1)
	s.write(map[int]int{1: 10})
	service := s.served()
	for i := range 20 {
		s.write(map[int]int{1: 11 + i, 50 + i: 5})
		report, err := service.Run(context.Background(), "carts", control.RunOptions{})
		if err != nil || report.Read != int64(2+i) {
			t.Fatalf("run %d: %+v, %v", i, report, err)
		}
		if got := s.receiver.Records("carts")["1"].Fields["total"]; got != fmt.Sprintf("%d.50", 11+i) {
			t.Fatalf("run %d left the total at %s", i, got)
		}
	}
}

// TestAHeldSyncGoesOnOnceApproved: a live sync that a guard holds goes on by itself once a person has approved the plan.
func TestAHeldSyncGoesOnOnceApproved(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "max_leaves: 100%", "max_leaves: 10%", 1)
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	service := s.served()
	s.want(map[int]int{1: 10, 2: 20, 3: 30})
	s.write(map[int]int{1: -1, 2: -1})
	for e := range s.events {
		if e.Sync == "carts" && e.Stage == "held" {
			break
		}
	}
	ctx := context.Background()
	held, err := service.Run(ctx, "carts", control.RunOptions{})
	if err != nil || held.Status != run.Held {
		t.Fatalf("%+v, %v", held, err)
	}
	id, err := service.StartRun(ctx, "carts", control.RunOptions{Approve: held.Plan}, "they were test carts")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := service.AwaitRun(ctx, id); err != nil || got.Report == nil || got.Report.Status != run.OK || got.Report.Run != id {
		t.Fatalf("%+v, %v", got, err)
	}
	s.want(map[int]int{3: 30})
	s.write(map[int]int{4: 40})
	s.want(map[int]int{3: 30, 4: 40})
}

// TestARunIsCanceled: a run that waits for a slow destination is stopped as a signal would stop it, and the next one ends it.
func TestARunIsCanceled(t *testing.T) {
	s := newStream(t, webhookfake.Options{Latency: 200 * time.Millisecond})
	s.yaml = strings.Replace(s.yaml, "    tier: realtime\n", "", 1)
	s.write(map[int]int{1: 10, 2: 20})
	service := s.served()
	ctx := context.Background()
	id, err := service.StartRun(ctx, "carts", control.RunOptions{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.CancelRun(ctx, id, "a mistake"); err != nil {
		t.Fatal(err)
	}
	got, err := service.AwaitRun(ctx, id)
	if err != nil || got.State != wire.Done || got.Report == nil && got.Failed == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if report, err := service.Run(ctx, "carts", control.RunOptions{}); err != nil || report.Status != run.OK {
		t.Errorf("%+v, %v", report, err)
	}
	s.want(map[int]int{1: 10, 2: 20})
	if _, err := service.AwaitRun(ctx, "run_nobody"); !fault.Is(err, "control.no_run") {
		t.Errorf("a run that nobody asked for: %v", err)
	}
}
