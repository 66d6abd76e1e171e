package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// TestRunsThatDidNothingAreForgotten: a sync that runs every minute and has nothing to do leaves a bounded number of runs, its
// last one among them; runs that made a call stay.
func TestRunsThatDidNothingAreForgotten(t *testing.T) {
	l, ctx := opened(t, t.TempDir()), t.Context()
	s, err := l.EnsureSync(ctx, "people")
	if err != nil {
		t.Fatal(err)
	}
	other, _ := l.EnsureSync(ctx, "others")
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	do := func(ref SyncRef, n int, called bool) {
		t.Helper()
		state, _, err := l.Sync(ctx, map[SyncRef]string{s.Ref: "people", other.Ref: "others"}[ref])
		id := model.RunID(fmt.Sprint("run_", ref, "_", n))
		if err == nil {
			err = l.StartRun(ctx, Run{ID: id, Ref: ref, Started: at.Add(time.Duration(n) * time.Minute)}, state.Generation, "")
		}
		if err == nil && called {
			err = l.Intend(ctx, Call{ID: model.CallID("call_" + id), Run: id, Rows: []Range{{0, 1}}})
		}
		if err == nil {
			err = l.FinishRun(ctx, id, "ok", "{}", at)
		}
		if err == nil {
			err = l.SetArchived(ctx, id)
		}
		if err == nil && ref == s.Ref {
			err = l.ForgetEmpty(ctx, ref, 10)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	do(other.Ref, 1, false)
	for n := range 50 {
		do(s.Ref, n, n == 3)
	}
	runs, err := l.Runs(ctx, s.Ref, 0)
	newest := at.Add(49 * time.Minute)
	if err != nil || len(runs) != 11 || !runs[0].Started.Equal(newest) || runs[10].ID != model.RunID(fmt.Sprint("run_", s.Ref, "_3")) {
		t.Errorf("%d runs are left, want the newest 10 and the one that made a call: %+v (%v)", len(runs), runs, err)
	}
	if last, err := l.LastWhole(ctx); err != nil || !last["people"].Started.Equal(at.Add(49*time.Minute)) {
		t.Errorf("the last run is %+v (%v)", last["people"], err)
	}
	if runs, err := l.Runs(ctx, other.Ref, 0); err != nil || len(runs) != 1 {
		t.Errorf("%d runs of another sync are left (%v)", len(runs), err)
	}
}
