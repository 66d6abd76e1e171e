package ledger

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestLifeOfACall(t *testing.T) {
	l, ref := started(t, t.TempDir())
	ctx := t.Context()
	first := Call{ID: "call_a", Run: "run_1", Verb: 1, Rows: []Range{{0, 100}, {200, 201}}, IntendedAt: noon}
	must(t, l.Intend(ctx, first, Call{ID: "call_b", Run: "run_1", IntendedAt: noon, Attempt: 3}))
	must(t, l.SetToken(ctx, "call_a", "job 7"))
	must(t, l.Defer(ctx, "call_a", noon.Add(time.Hour), "RATE", "too many"))

	want := first
	want.Attempt, want.Token, want.State, want.NotBefore, want.Code, want.Message = 1, "job 7", CallDeferred, noon.Add(time.Hour), "RATE", "too many"
	wantCalls(t, l, want, Call{ID: "call_b", Run: "run_1", IntendedAt: noon, Attempt: 3})

	again := Call{ID: "call_a", Run: "run_1", IntendedAt: noon.Add(2 * time.Hour)}
	must(t, l.Intend(ctx, again))
	want.Attempt, want.State, want.NotBefore, want.IntendedAt = 2, CallOpen, time.Time{}, again.IntendedAt
	wantCalls(t, l, want, Call{ID: "call_b", Run: "run_1", IntendedAt: noon, Attempt: 3})

	want.State, want.Status, want.Code, want.Message, want.RequestID, want.SettledAt = CallSettled, 207, "PARTIAL", "some", "req", noon.Add(3*time.Hour)
	want.Exceptions = []Exception{{Ord: 3, Verdict: 2, Effect: 1, Code: "NO", Message: "bad \"row\"", RemoteID: "9"}}
	must(t, l.Settle(ctx, ref, want, nil))
	must(t, l.Abandon(ctx, ref, "call_b", "run.given_up", nil))
	calls, err := l.Calls(ctx, "run_1")
	must(t, err)
	if diff := cmp.Diff(want, calls[0]); diff != "" || calls[1].State != CallAbandoned {
		t.Errorf("call_b is %v; call_a (-want +got):\n%s", calls[1].State, diff)
	}
	for _, id := range []model.CallID{"call_a", "call_b"} {
		wantFault(t, l.Settle(ctx, ref, Call{ID: id}, crashSettlements("x", "run_1")), "ledger.call_closed")
		wantFault(t, l.Intend(ctx, Call{ID: id, Run: "run_1"}), "ledger.call_closed")
		wantFault(t, l.Defer(ctx, id, noon, "", ""), "ledger.call_closed")
		wantFault(t, l.Abandon(ctx, ref, id, "", nil), "ledger.call_closed")
	}
	wantFault(t, l.Settle(ctx, ref, Call{ID: "call_c"}, nil), "ledger.no_call")
	wantFault(t, l.Intend(ctx, Call{ID: "call_c", Run: "run_9"}), "ledger.no_run")
	if n := len(walked(t, l.Reader, ref)); n != 0 {
		t.Errorf("refused settling left %d records", n)
	}
}

func wantCalls(t *testing.T, l *Ledger, want ...Call) {
	t.Helper()
	got, err := l.Calls(t.Context(), "run_1")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("calls (-want +got), %v:\n%s", err, diff)
	}
}

// TestRefusalLeavesTheGroupAlone: writes of many workers share transactions; one that is refused changes nothing and
// takes nobody with it.
func TestRefusalLeavesTheGroupAlone(t *testing.T) {
	l, ref := started(t, t.TempDir())
	var wait sync.WaitGroup
	for w := range 16 {
		wait.Go(func() {
			for i := range 20 {
				id := model.CallID(fmt.Sprintf("call_%d_%d", w, i))
				if err := l.Settle(t.Context(), ref, Call{ID: id}, crashSettlements("no "+string(id), "run_1")); !fault.Is(err, "ledger.no_call") {
					t.Errorf("settling what was never intended: %v", err)
				}
				if err := errors.Join(l.Intend(t.Context(), Call{ID: id, Run: "run_1"}), l.Settle(t.Context(), ref, Call{ID: id}, crashSettlements(string(id), "run_1"))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	all := walked(t, l.Reader, ref)
	counts, err := l.Counts(t.Context(), ref)
	if must(t, err); len(all) != 16*20*crashRows || counts[model.Synced] != int64(len(all)) {
		t.Errorf("%d records, counted %d", len(all), counts[model.Synced])
	}
}

func TestPlansOfAnotherGenerationAreRefused(t *testing.T) {
	l, ref := started(t, t.TempDir())
	ctx := t.Context()
	state := func() SyncState { s, _, err := l.Sync(ctx, "people"); must(t, err); return s }
	running := state()
	if running.Generation != 1 || running.Schema != `["id"]` {
		t.Errorf("after the start: %+v", running)
	}
	f := wantFault(t, l.StartRun(ctx, Run{ID: "run_2", Ref: ref}, 0, ""), "ledger.moved")
	if f.Kind != fault.Moved {
		t.Errorf("kind %d", f.Kind)
	}
	wantFault(t, l.StartRun(ctx, Run{ID: "run_2", Ref: ref}, running.Generation, ""), "ledger.run_open")
	must(t, l.FinishRun(ctx, "run_1", "ok", `{"read":1}`, noon))
	wantFault(t, l.StartRun(ctx, Run{ID: "run_2", Ref: ref}, running.Generation, ""), "ledger.moved")
	if got := state(); got.Schema != `["id"]` {
		t.Errorf("a refused run changed the columns: %+v", got)
	}
	must(t, l.StartRun(ctx, Run{ID: "run_2", Ref: ref, Started: noon}, state().Generation, "[]"))
	wantFault(t, l.FinishRun(ctx, "run_9", "ok", "", noon), "ledger.no_run")
	wantFault(t, l.StartRun(ctx, Run{ID: "run_1", Ref: ref}, state().Generation, ""), "ledger.run_exists")
	must(t, l.Block(ctx, "a", noon, "")) // refusals leave the ledger usable
}

func TestRunsAreListed(t *testing.T) {
	l, ref := started(t, t.TempDir())
	ctx := t.Context()
	open, err := l.OpenRun(ctx, ref)
	if must(t, err); open == nil || open.ID != "run_1" || open.Sync != "people" || open.Status != Running || open.PlanPath != "plans/1" {
		t.Fatalf("open: %+v", open)
	}
	must(t, l.FinishRun(ctx, "run_1", "ok", `{}`, noon))
	if open, err = l.OpenRun(ctx, ref); open != nil || err != nil {
		t.Errorf("still open: %+v, %v", open, err)
	}
	must(t, l.StartRun(ctx, Run{ID: "run_2", Ref: ref, PlanHash: "sha256:2", Started: noon}, 2, ""))
	must(t, l.FinishRun(ctx, "run_2", "errors", `{"read":2}`, noon.Add(time.Hour)))
	must(t, l.StartRun(ctx, Run{ID: "run_3", Ref: ref}, 4, ""))
	must(t, l.SetArchived(ctx, "run_1"))
	waiting, err := l.Unarchived(ctx)
	must(t, err)
	want := []Run{{ID: "run_2", Ref: ref, Sync: "people", PlanHash: "sha256:2", Status: "errors", Started: noon, Ended: noon.Add(time.Hour), Report: `{"read":2}`}}
	if diff := cmp.Diff(want, waiting); diff != "" {
		t.Errorf("unarchived (-want +got):\n%s", diff)
	}
	newest, err := l.Runs(ctx, ref, 2)
	if must(t, err); len(newest) != 2 || newest[0].ID != "run_3" || newest[1].ID != "run_2" {
		t.Errorf("newest two: %+v", newest)
	}
	wantFault(t, l.SetArchived(ctx, "run_9"), "ledger.no_run")
}

func TestShapesAreSmallAndStable(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	ctx := t.Context()
	a, err := l.EnsureSync(ctx, "a")
	must(t, err)
	b, err := l.EnsureSync(ctx, "b")
	must(t, err)
	ids := map[string]uint32{}
	for i, f := range []string{"x", "y", "x", "z"} {
		id, err := l.Shape(ctx, a.Ref, f)
		must(t, err)
		if before, seen := ids[f]; seen && before != id || id < 1 {
			t.Errorf("%d: %q was %d, is %d", i, f, before, id)
		}
		ids[f] = id
	}
	if len(ids) != 3 || ids["x"] == ids["y"] || ids["y"] == ids["z"] {
		t.Errorf("ids %v", ids)
	}
	other, err := l.Shape(ctx, b.Ref, "y")
	if must(t, err); other != 1 {
		t.Errorf("the first shape of another sync is %d", other)
	}
	must(t, l.Close())
	l = opened(t, dir)
	if id, ok, err := l.ShapeOf(ctx, a.Ref, "z"); id != ids["z"] || !ok || err != nil {
		t.Errorf("after reopening: %d, %v, %v", id, ok, err)
	}
	if _, ok, err := l.ShapeOf(ctx, a.Ref, "never"); ok || err != nil {
		t.Error("an unknown mapping has an id", err)
	}
	if s, _, _ := l.Sync(ctx, "a"); s.Shape != ids["z"] {
		t.Errorf("the present shape is %d", s.Shape)
	}
}

func TestQuarantine(t *testing.T) {
	l, ref := started(t, t.TempDir())
	ctx := t.Context()
	bad := Item{Key: "7", Stage: "mapping", Code: "mapping.bad_template", Message: "m", Where: "fields.plan", Count: 1}
	noKey := Item{Stage: "model", Code: "model.null_key", Message: "n", Count: 5}
	must(t, l.Quarantine(ctx, ref, "run_1", noon, []Item{bad, noKey}))
	must(t, l.Quarantine(ctx, ref, "run_1", noon, []Item{noKey}))
	must(t, l.Quarantine(ctx, ref, "run_2", noon.Add(time.Hour), []Item{{Key: "7", Stage: "mapping", Code: "mapping.bad_template", Message: "m2", Where: "fields.plan"}}))
	seen := func(it Item, count int64, last model.RunID, at time.Time) Item {
		it.Sync, it.Count, it.FirstRun, it.LastRun, it.FirstAt, it.LastAt = "people", count, "run_1", last, noon, at
		return it
	}
	changed := bad
	changed.Message = "m2"
	want := []Item{seen(noKey, 10, "run_1", noon), seen(changed, 1, "run_2", noon.Add(time.Hour))}
	got, total, err := l.Quarantined(ctx, ref, 0)
	if diff := cmp.Diff(want, got); diff != "" || total != 11 || err != nil {
		t.Errorf("%d in all, %v (-want +got):\n%s", total, err, diff)
	}
	if got, total, err := l.Quarantined(ctx, ref, 1); len(got) != 1 || total != 11 || err != nil {
		t.Errorf("limited: %d of %d, %v", len(got), total, err)
	}
	must(t, l.SweepQuarantine(ctx, ref, "run_2"))
	got, total, err = l.Quarantined(ctx, ref, 0)
	if diff := cmp.Diff(want[1:], got); diff != "" || total != 1 || err != nil {
		t.Errorf("swept: %d in all, %v (-want +got):\n%s", total, err, diff)
	}
}

func TestBlockedAccountsAreRemembered(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	must(t, l.Block(t.Context(), "hubspot:1", noon, "first"))
	must(t, l.Block(t.Context(), "hubspot:1", noon.Add(time.Hour), "daily limit"))
	must(t, l.Close())
	l = opened(t, dir)
	until, why, err := l.BlockedUntil(t.Context(), "hubspot:1")
	if !until.Equal(noon.Add(time.Hour)) || why != "daily limit" || err != nil {
		t.Errorf("%v, %q, %v", until, why, err)
	}
	if until, _, err := l.BlockedUntil(t.Context(), "other"); !until.IsZero() || err != nil {
		t.Errorf("never blocked: %v, %v", until, err)
	}
}
