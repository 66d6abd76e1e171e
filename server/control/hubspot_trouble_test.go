package control_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
)

func throttled(policy string, headers ...string) hubspotfake.Fault {
	f := hubspotfake.Fault{On: hubspotfake.Writes, Status: http.StatusTooManyRequests, Header: http.Header{},
		Body: `{"status":"error","message":"limit","errorType":"RATE_LIMIT","policyName":"` + policy + `"}`}
	for i := 0; i < len(headers); i += 2 {
		f.Header.Set(headers[i], headers[i+1])
	}
	return f
}

// TestTroublesAtHubSpot: whatever one call meets, the run ends with the model in HubSpot, or says which row is not.
func TestTroublesAtHubSpot(t *testing.T) {
	const on = "batch/upsert"
	cases := []struct {
		name     string
		fault    hubspotfake.Fault
		rejected int64
		calls    int64 // at most
	}{
		{"a refusal that names no row", hubspotfake.Fault{On: on, Poison: []int{11}}, 1, 18},
		{"ten-secondly limit", throttled("TEN_SECONDLY_ROLLING", "Retry-After", "1"), 0, 3},
		{"HTML for an answer", hubspotfake.Fault{On: on, Status: 200, Header: http.Header{"Content-Type": {"text/html"}},
			Body: "<html>please log in</html>"}, 0, 3},
		{"success without results", hubspotfake.Fault{On: on, Silent: true}, 0, 5},
		{"rows the answer leaves out", hubspotfake.Fault{On: on, Omit: []int{3, 99}}, 0, 3},
		{"rows refused", hubspotfake.Fault{On: on, Reject: []int{3, 4}}, 2, 2},
		{"an answer that is lost", hubspotfake.Fault{On: on, Drop: true, Applied: true}, 0, 3},
		{"an answer that breaks off", hubspotfake.Fault{On: on, Cut: true}, 0, 3},
		{"a gateway's error", hubspotfake.Fault{On: on, Status: 502, Applied: true}, 0, 3},
		{"a locked record", hubspotfake.Fault{On: on, Status: 423}, 0, 3},
		{"a request that never arrives", hubspotfake.Fault{On: on, Drop: true}, 0, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, 200, "mirror", "archive")
			h.crm.Inject(c.fault)
			report, err := h.run(control.RunOptions{})
			if err != nil || report.Rejected != c.rejected || report.Delivered != 200-c.rejected || report.Unaccounted != 0 {
				t.Fatalf("%+v %v", report, err)
			}
			if report.Calls > c.calls {
				t.Errorf("%d calls were made, want %d at most", report.Calls, c.calls)
			}
			if c.rejected == 0 {
				h.matches()
				h.want(run.OK, "unchanged=200")
			}
		})
	}
}

// TestDailyLimit: nothing is asked of HubSpot before midnight, not even what its properties are.
func TestDailyLimit(t *testing.T) {
	h := newHubOf(t, 1000, "upsert", "keep", hubDestination, hubspotfake.Options{Daily: 4})
	report := h.soon()
	if report.Status != run.Pending || report.Delivered != 300 || report.Pending != 700 || report.Unaccounted != 0 {
		t.Fatalf("%+v", report)
	}
	if !untilMidnight(report.RetryAt) {
		t.Errorf("to be tried again at %q", report.RetryAt)
	}
	calls := h.crm.Calls()
	report = h.soon()
	if report.Status != run.Pending || report.Delivered != 300 || report.Pending != 700 || !untilMidnight(report.RetryAt) {
		t.Errorf("a second process reports %+v", report)
	}
	if h.crm.Calls() != calls {
		t.Errorf("a second process made %d calls", h.crm.Calls()-calls)
	}
}

// TestNothingIsPlannedWhileHubSpotSaysWait: the limit is used up before the run begins.
func TestNothingIsPlannedWhileHubSpotSaysWait(t *testing.T) {
	h := newHubOf(t, 10, "upsert", "keep", hubDestination, hubspotfake.Options{})
	f := throttled("DAILY")
	f.On = "properties"
	h.crm.Inject(f)
	for range 2 {
		report := h.soon()
		if report.Status != run.Pending || !untilMidnight(report.RetryAt) || len(report.Problems) != 1 || report.Problems[0].Code != "destination.throttled" ||
			!strings.Contains(report.Problems[0].Suggestion, report.RetryAt) {
			t.Errorf("%+v", report)
		}
	}
	if h.crm.Calls() != 1 {
		t.Errorf("%d calls were made", h.crm.Calls())
	}
}

func TestAShortWaitBeforeThePlanIsWaited(t *testing.T) {
	h := newHub(t, 10, "upsert", "keep")
	f := throttled("SECONDLY")
	f.On = "properties"
	h.crm.Inject(f)
	h.want(run.OK, "delivered=10 calls=1")
}

// soon runs the sync with no patience.
func (s *shop) soon() run.Report {
	s.t.Helper()
	report, err := s.run(control.RunOptions{Wait: time.Millisecond})
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

// untilMidnight says whether a moment is the next midnight in UTC, or as much later as waiters are spread.
func untilMidnight(text string) bool {
	at, err := time.Parse(time.RFC3339, text)
	now := time.Now().UTC()
	midnight := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
	return err == nil && !at.Before(midnight.Add(-2*time.Second)) && at.Sub(midnight) <= midnight.Sub(now)/4+2*time.Second
}

// TestOneBudgetForAllSyncsOfAnAccount: no window of HubSpot's ever sees more calls than the account may make, whether
// a batch takes one call or two, and whichever sync makes them.
func TestOneBudgetForAllSyncsOfAnAccount(t *testing.T) {
	if testing.Short() {
		t.Skip("takes longer than HubSpot's window of ten seconds")
	}
	h := newHubOf(t, 800, "upsert", "keep", sub(hubDestination, "100000", "20"), hubspotfake.Options{Calls: 20})
	h.define(h.yaml + `
  firms:
    model: customers
    destination: crm
    object: companies
    match: {company_id: id}
    fields: {name: name, city: plan}
`)
	service := h.service()
	defer service.Close()
	for _, change := range []string{"", "update customers set plan = 'free', email = case when id % 2 = 0 then email else 'x' || email end where id < 500"} {
		if change != "" {
			h.exec(change)
		}
		reports, err := service.RunAll(t.Context(), control.RunOptions{})
		if err != nil || reports[0].Status != run.OK || reports[1].Status != run.OK {
			t.Fatalf("%+v %v", reports, err)
		}
	}
	h.matches()
	if n := h.crm.Counts()["throttled"]; n != 0 {
		t.Errorf("%d of %d calls were more than the account may make", n, h.crm.Calls())
	}
}
