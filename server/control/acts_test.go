package control_test

import (
	"context"
	"testing"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
)

// TestEveryDeedIsNoted: whatever is done by a person, served or not, stands in the audit log once, with who, why and what became of it,
// also where it came to nothing. Guarantee G43.
func TestEveryDeedIsNoted(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10})
	service := s.served()
	s.want(map[int]int{1: 10})
	s.put(`{"after":{"cart_id":7,"customer":"c","total":"very dear!"},"op":"c","source":{"ts_ms":1}}`, `no JSON`)
	list := s.asideAfter(service, 2)
	ctx := control.WithActor(context.Background(), control.Actor{Name: "alice", Via: "tok_1"})
	first, second := list.Events[0].Number, list.Events[1].Number
	_, _ = service.Release(ctx, "carts", first, nil, "it cannot be") // still wrong: nothing is done
	_ = service.PauseFeed(ctx, "carts", "mending")
	_ = service.ResumeFeed(ctx, "carts", false)
	_, _ = service.Release(ctx, "carts", 0, nil, "once more")
	_, _ = service.Release(ctx, "carts", first, []byte(`{"after":{"cart_id":7,"customer":"c","total":70},"op":"c","source":{"ts_ms":1}}`), "a typo")
	_ = service.Drop(ctx, "carts", second, "a test")
	_, _ = service.Run(ctx, "carts", control.RunOptions{})
	_, _ = service.Run(ctx, "carts", control.RunOptions{Approve: "sha256:0000000000"})
	want := []wire.Act{{Did: "run.approve", Target: "syncs.carts", Outcome: "plan.unknown_hash"}, {Did: "run.start", Target: "syncs.carts", Outcome: "ok"},
		{Did: "event.drop", Target: "feeds.carts event 2", Why: "a test", Outcome: "done"}, {Did: "event.edit", Target: "feeds.carts event 1", Why: "a typo", Outcome: "done"},
		{Did: "event.retry", Target: "feeds.carts", Why: "once more", Outcome: "done"}, {Did: "feed.resume", Target: "feeds.carts", Outcome: "done"},
		{Did: "feed.pause", Target: "feeds.carts", Why: "mending", Outcome: "done"}}
	got, err := service.Acts(ctx, control.ActFilter{}, 50)
	if err != nil || len(got.Acts) != len(want) {
		t.Fatalf("noted is %+v, %v", got.Acts, err)
	}
	for i, w := range want {
		g := got.Acts[i]
		if g.Did != w.Did || g.Target != w.Target || g.Why != w.Why || g.Outcome != w.Outcome || g.Actor != "alice" || g.Via != "tok_1" {
			t.Errorf("noted is %+v, want %+v", g, w)
		}
	}
	if found, err := service.VerifyAudit(ctx, ""); err != nil || !found.Intact {
		t.Errorf("the log is %+v, %v", found, err)
	}
}
