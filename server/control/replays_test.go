package control_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
)

// replays asks a served workspace for a replay, and waits for its end.
func replays(t *testing.T, service *control.Service, o control.ReplayOptions) wire.Replay {
	t.Helper()
	ctx := control.WithActor(context.Background(), control.Actor{Name: "alice"})
	id, err := service.StartReplay(ctx, "carts", o, "a test")
	if err != nil {
		t.Fatal(err)
	}
	waits, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := service.AwaitReplay(waits, id)
	if err != nil || out.State != wire.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	return out
}

// TestAReplayWhileItIsServed: while the workspace is served, a replay reads every event that was taken in, shows what would be sent and
// keeps nothing. What cannot be done is told, and who asked for it is kept.
func TestAReplayWhileItIsServed(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	service := s.served()
	s.want(map[int]int{1: 10, 2: 20, 3: 30})
	s.write(map[int]int{4: 40})
	s.want(map[int]int{1: 10, 2: 20, 3: 30, 4: 40})
	out := replays(t, service, control.ReplayOptions{})
	if out.Failed != nil || out.Events != 4 || out.Rows != 0 || out.Applied || len(out.Plans) != 1 || !strings.Contains(string(out.Plans[0]), `"sends":0`) {
		t.Errorf("shown was %+v", out)
	}
	if out = replays(t, service, control.ReplayOptions{To: time.Now().Add(-time.Hour)}); out.Events != 0 {
		t.Errorf("of no events: %+v", out)
	}
	if out = replays(t, service, control.ReplayOptions{Definition: 9}); out.Failed == nil || out.Failed.Code != "feed.no_definition" {
		t.Errorf("of a definition that is none: %+v", out)
	}
	if _, err := service.StartReplay(context.Background(), "nobody", control.ReplayOptions{}, ""); !fault.Is(err, "config.unknown_feed") {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := service.AwaitReplay(context.Background(), "replay_nobody"); !fault.Is(err, "control.no_replay") {
		t.Errorf("of nobody: %v", err)
	}
	acts, err := service.Acts(context.Background(), control.ActFilter{}, 1)
	if err != nil || acts.Acts[0].Actor != "alice" || acts.Acts[0].Did != "feed.replay" || acts.Acts[0].Target != "feeds.carts" {
		t.Errorf("kept is %+v, %v", acts, err)
	}
}

// TestAnotherKeyWhileItIsServed: the rows of a feed whose key has changed are named anew by a replay while the workspace is served; the
// feed then goes on by itself, no row stands twice, and a whole run finds nothing to do.
func TestAnotherKeyWhileItIsServed(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20})
	s.run()
	s.yaml = strings.Replace(s.yaml, "key: [cart_id], columns", "key: [customer, cart_id], columns", 1)
	service := s.served()
	eventOf(t, s.events, "paused")
	s.write(map[int]int{2: 21, 3: 30})
	shown := replays(t, service, control.ReplayOptions{})
	if shown.Rows != 4 || shown.Applied {
		t.Errorf("shown was %+v", shown)
	}
	out := replays(t, service, control.ReplayOptions{Apply: true})
	if out.Failed != nil || out.Rows != 4 || !out.Applied || len(out.Reports) != 1 || out.Reports[0].Unchanged != 2 {
		t.Errorf("applied it came to %+v, %v", out, out.Failed)
	}
	s.want(map[int]int{1: 10, 2: 21, 3: 30})
	report, err := service.Run(context.Background(), "carts", control.RunOptions{})
	if err != nil || report.Calls != 0 || report.Unchanged != 3 {
		t.Errorf("a whole run after it all: %+v, %v", report, err)
	}
}
