package control_test

import (
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
)

// TestAJobSurvivesItsProcess kills the program while Salesforce has its job: the next one takes the same job up.
func TestAJobSurvivesItsProcess(t *testing.T) {
	cases := []struct {
		name  string
		fault salesforcefake.Fault
		until func(salesforcefake.Counters) bool
	}{
		{"while the data is handed in", salesforcefake.Fault{Kind: salesforcefake.Slow, Wait: time.Second},
			func(c salesforcefake.Counters) bool { return c.Jobs == 1 && c.Changes == 1 }},
		{"while the job works", salesforcefake.Fault{Kind: salesforcefake.Slow},
			func(c salesforcefake.Counters) bool { return c.Uploads == 1 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := newOrg(t, 2500, "mirror", "delete", salesforcefake.Options{})
			g.crm.HoldJobs(true)
			g.crm.Inject(c.fault)
			process := &crashes{shop: g.shop}
			cmd := process.command()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); !c.until(g.crm.Counters()); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the job never came so far: %+v", g.crm.Counters())
				}
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			g.crm.HoldJobs(false)
			report := process.finish()
			if !report.Resumed || report.Status != run.OK || report.Delivered != 2500 || report.Unaccounted != 0 {
				t.Errorf("%+v", report)
			}
			if n := g.crm.Counters(); n.Jobs != 1 || n.Uploads != 1 {
				t.Errorf("%d jobs were made and %d uploads", n.Jobs, n.Uploads)
			}
			g.matches()
			g.want(run.OK, "unchanged=2500")
		})
	}
}

// TestRowsOfAJobAreAnsweredOneByOne: some are refused, some are locked for a moment, the others are done.
func TestRowsOfAJobAreAnsweredOneByOne(t *testing.T) {
	g := newOrg(t, 2000, "mirror", "delete", salesforcefake.Options{})
	g.exec("update customers set account = 'nobody' where id in (7, 1234)")
	for _, code := range []string{"C-3", "C-999"} {
		g.crm.Lock("Contact", code, 1)
	}
	report, err := g.run(control.RunOptions{})
	if err != nil || report.Status != run.Errors || report.Delivered != 1998 || report.Rejected != 2 || report.Unaccounted != 0 {
		t.Fatalf("%+v %v", report, err)
	}
	refused := g.quarantine().Refused
	if len(refused) != 2 || refused[0].Code != "INVALID_FIELD" || refused[0].Message == "" {
		t.Errorf("refused %+v", refused)
	}
	g.exec("update customers set account = 'acct1' where account = 'nobody'")
	g.want(run.OK, "delivered=2 unchanged=1998 calls=1")
	g.matches()
}

// TestManyLeaveThroughAJob: a removal of 2,000 records is a job too.
func TestManyLeaveThroughAJob(t *testing.T) {
	g := newOrg(t, 2100, "mirror", "delete", salesforcefake.Options{})
	g.want(run.OK, "delivered=2100 calls=1")
	g.exec("delete from customers where id < 2050")
	g.want(run.OK, "delivered=2050 unchanged=50 calls=1")
	g.matches()
	if n := g.crm.Counters(); n.Jobs != 2 {
		t.Errorf("%d jobs were made", n.Jobs)
	}
}
