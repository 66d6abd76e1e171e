package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
)

func TestSalesforceFollowsTheModel(t *testing.T) {
	cases := []struct {
		name  string
		rows  int
		jobs  int
		first string
	}{
		{"collections below 2,000 rows", 1999, 0, "delivered=1999 calls=10"},
		{"a bulk job from 2,000 rows on", 2000, 1, "delivered=2000 calls=1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := newOrg(t, c.rows, "mirror", "delete", salesforcefake.Options{})
			g.want(run.OK, c.first)
			if jobs := g.crm.Counters().Jobs; jobs != c.jobs {
				t.Errorf("%d jobs were made, want %d", jobs, c.jobs)
			}
			g.matches()
			g.parents()
			writes := g.crm.Counters().Writes
			if report := g.want(run.OK, "unchanged="+strings.Fields(strings.TrimPrefix(c.first, "delivered="))[0]); report.Calls != 0 || g.crm.Counters().Writes != writes {
				t.Error("unchanged rows were written")
			}
			g.exec("update customers set plan = 'free', account = null where id between 100 and 119; delete from customers where id < 30")
			report, err := g.run(control.RunOptions{})
			if err != nil || report.Status != run.OK || report.Delivered != 50 || report.Calls != 2 {
				t.Fatalf("%+v %v", report, err)
			}
			g.matches()
			g.parents()
			if bin := len(g.crm.Bin("Contact")); bin != 30 {
				t.Errorf("%d records are in the bin, want 30", bin)
			}
		})
	}
}

// parents fails unless every contact belongs to its customer's account.
func (g *org) parents() {
	g.t.Helper()
	ids := map[string]string{}
	for _, r := range g.crm.Records("Account") {
		ids[r.Fields["External_Id__c"]] = r.ID
	}
	for _, r := range g.crm.Records("Contact") {
		want := ids["acct"+string('0'+number(r.Fields["Description"])%3)]
		if n := number(r.Fields["Description"]); n >= 100 && n < 120 && r.Fields["Plan__c"] == "FREE" {
			want = ""
		}
		if r.Fields["AccountId"] != want {
			g.t.Fatalf("contact %s belongs to account %q, want %q", r.Fields["External_Id__c"], r.Fields["AccountId"], want)
		}
	}
}

func number(text string) rune {
	n := rune(0)
	for _, digit := range text {
		n = 10*n + digit - '0'
	}
	return n
}

func TestAChangedExternalIDMovesTheRecord(t *testing.T) {
	for _, rows := range []int{20, 2000} { // some through a job, and all by ordinary calls
		g := newOrg(t, rows, "mirror", "delete", salesforcefake.Options{})
		if report, err := g.run(control.RunOptions{}); err != nil || report.Status != run.OK {
			t.Fatalf("%+v %v", report, err)
		}
		before := g.contactIDs()
		g.exec("update customers set plan = 'free'")
		g.exec("update customers set code = 'M-' || id where id < 5")
		g.exec("delete from customers where id = 7; update customers set code = 'C-7' where id = 8")
		report, err := g.run(control.RunOptions{})
		if err != nil || report.Status != run.OK || report.Delivered != int64(rows) {
			t.Fatalf("%+v %v", report, err)
		}
		g.matches()
		after := g.contactIDs()
		for _, id := range []string{"3", "8"} {
			if after[id] != before[id] {
				t.Errorf("%d rows: customer %s has contact %s, before %s", rows, id, after[id], before[id])
			}
		}
	}
}

func (g *org) contactIDs() map[string]string {
	ids := map[string]string{}
	for _, r := range g.crm.Records("Contact") {
		ids[r.Fields["Description"]] = r.ID
	}
	return ids
}

func TestTroublesAtSalesforce(t *testing.T) {
	cases := []struct {
		name     string
		fault    salesforcefake.Fault
		rejected int64
		code     string
	}{
		{"rows refused", salesforcefake.Fault{Kind: salesforcefake.RejectRows, Rows: []int{1, 4}}, 2, "FIELD_CUSTOM_VALIDATION_EXCEPTION"},
		{"a call refused whole", salesforcefake.Fault{Kind: salesforcefake.Poison, Text: `"C-7"`}, 1, "JSON_PARSER_ERROR"},
		{name: "rows left out", fault: salesforcefake.Fault{Kind: salesforcefake.OmitRows, Rows: []int{2}}},
		{name: "an answer that is lost", fault: salesforcefake.Fault{Kind: salesforcefake.DropAfter}},
		{name: "a call that never arrives", fault: salesforcefake.Fault{Kind: salesforcefake.DropBefore}},
		{name: "a login page", fault: salesforcefake.Fault{Kind: salesforcefake.LoginPage}},
		{name: "half an answer", fault: salesforcefake.Fault{Kind: salesforcefake.Truncated}},
		{name: "a session that ends", fault: salesforcefake.Fault{Kind: salesforcefake.SessionOver}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := newOrg(t, 300, "mirror", "delete", salesforcefake.Options{})
			g.crm.Lock("Contact", "C-11", 2)
			g.crm.Inject(c.fault)
			report, err := g.run(control.RunOptions{})
			if err != nil || report.Rejected != c.rejected || report.Delivered != 300-c.rejected || report.Unaccounted != 0 {
				t.Fatalf("%+v %v", report, err)
			}
			if refused := g.quarantine().Refused; int64(len(refused)) != c.rejected || c.rejected > 0 && refused[0].Code != c.code {
				t.Errorf("refused %+v", refused)
			}
			if c.rejected == 0 {
				g.matches()
			}
		})
	}
}

func TestARequestLimitLeavesTheWorkPending(t *testing.T) {
	g := newOrg(t, 300, "upsert", "keep", salesforcefake.Options{})
	g.crm.Inject(salesforcefake.Fault{Kind: salesforcefake.LimitExceeded})
	report := g.soon()
	if report.Status != run.Pending || report.Pending == 0 || report.Unaccounted != 0 || !later(report.RetryAt, 25*time.Second) {
		t.Fatalf("%+v", report)
	}
	calls := g.crm.Counters().Calls
	if report = g.soon(); report.Status != run.Pending || !report.Resumed || g.crm.Counters().Calls != calls {
		t.Errorf("a second process made %d calls: %+v", g.crm.Counters().Calls-calls, report)
	}
}

func later(text string, least time.Duration) bool {
	at, err := time.Parse(time.RFC3339, text)
	return err == nil && time.Until(at) > least
}

func TestTheDaysCallsAreUsedUpBeforeTheRun(t *testing.T) {
	g := newOrg(t, 10, "upsert", "keep", salesforcefake.Options{DailyLimit: 1000})
	g.crm.SetUsage(1000)
	report := g.soon()
	if report.Status != run.Pending || !later(report.RetryAt, 10*time.Minute) || g.crm.Counters().Writes != 0 {
		t.Errorf("%+v", report)
	}
}

func TestCallsAreLeftToOthers(t *testing.T) {
	g := newOrg(t, 1999, "upsert", "keep", salesforcefake.Options{DailyLimit: 1000})
	g.crm.SetUsage(945)
	report := g.soon()
	if report.Status != run.Pending || report.Delivered == 0 || report.Pending == 0 || report.Unaccounted != 0 || report.RetryAt == "" {
		t.Fatalf("%+v", report)
	}
	const atOnce = 4 // calls under way when the reserve is reached
	if calls := g.crm.Counters().Calls; calls > 5+atOnce {
		t.Errorf("%d calls were made where 5 were left", calls)
	}
}
