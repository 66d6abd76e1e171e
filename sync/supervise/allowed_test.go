package supervise_test

import (
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/policy"
	"github.com/freshet/freshet/sync/run"
)

// TestWhatIsPlannedIsJudgedAgain: a plan that was allowed when it was made is judged once more when it is to be sent.
// Guarantee G38.
func TestWhatIsPlannedIsJudgedAgain(t *testing.T) {
	b := newBench(t, liveSQL, webhookfake.Options{}, true)
	b.put("people", person(1, "Basel"))
	job, r := b.live.Job, b.live.Runner
	job.Model.Fields = map[string]model.FieldPolicy{"city": {Class: policy.Address, Purposes: []string{"crm"}}}
	job.Terms = policy.Terms{Destination: "hook", Purposes: []string{"crm"}, Unreviewed: true}
	only := run.Only{Scope: b.live.Scope, Keys: []model.Key{"1"}, Now: time.Now()}
	planned, err := r.PlanKeys(t.Context(), job, only, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	job.Terms.Purposes = []string{"advertising"}
	if _, err := r.RunPlanned(t.Context(), job, planned, run.Options{}); !fault.Is(err, "policy.purpose") {
		t.Errorf("it was sent under other rules: %v", err)
	}
	if calls := b.receiver.Counts().Calls; calls != 0 {
		t.Errorf("%d calls were made", calls)
	}
}
