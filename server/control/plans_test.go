package control_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

func sub(text, old, new string) string {
	if !strings.Contains(text, old) {
		panic("the test's definition has no " + old)
	}
	return strings.Replace(text, old, new, 1)
}

// careful gives the shop the default guard.
func careful(s *shop) { s.define(sub(s.yaml, "guard: {max_leaves: 100%}", "slo: {freshness: 1h}")) }

func TestAnEmptySourceRemovesNothing(t *testing.T) {
	s := newShop(t, 100, "mirror", "")
	s.want(run.OK, "delivered=100 calls=2")
	calls := s.receiver.Counts().Calls
	s.exec("create table keep as select * from customers")
	s.exec("delete from customers")
	report := s.want(run.Held, "pending=100")
	if len(report.Problems) == 0 || report.Problems[0].Code != "guard.empty_source" {
		t.Errorf("problems %+v", report.Problems)
	}
	if s.receiver.Counts().Calls != calls {
		t.Error("a held plan made calls")
	}
	s.exec("insert into customers from keep")
	s.want(run.OK, "unchanged=100")
}

func TestLargeRemovalsWaitForTheHash(t *testing.T) {
	s := newShop(t, 2000, "mirror", "")
	careful(s)
	s.want(run.OK, "delivered=2000 calls=40")
	s.exec("delete from customers where id < 600")
	held := s.want(run.Held, "unchanged=1400 pending=600")
	if _, err := s.run(control.RunOptions{Approve: "sha256:0000000000"}); !fault.Is(err, "plan.unknown_hash") {
		t.Errorf("another hash was approved: %v", err)
	}
	s.receives(everything + " union all select i::varchar, 'user'||i||'@example.com', 'Zoë O''Brien '||i, 'pro', ((i*1.10)::decimal(12,2))::varchar from range(600) t(i)")
	report, err := s.run(control.RunOptions{Approve: held.Plan})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(report, run.OK, "delivered=600 unchanged=1400 calls=12")
	if report.Plan != held.Plan {
		t.Errorf("ran the plan %s, approved was %s", report.Plan, held.Plan)
	}
	s.receives(everything)
}

// TestAHeldPlanOfAFileIsApprovedByItsHash: also after the data directory has let go of its own copy.
func TestAHeldPlanOfAFileIsApprovedByItsHash(t *testing.T) {
	for _, again := range []bool{false, true} {
		s := newShop(t, 2000, "mirror", "")
		careful(s)
		s.want(run.OK, "delivered=2000 calls=40")
		s.exec("delete from customers where id < 600")
		file := filepath.Join(s.dir, "held.plan")
		hash := s.plan(control.PlanOptions{Out: file})
		if again {
			if err := os.RemoveAll(filepath.Join(s.dir, ".freshet", "plans")); err != nil {
				t.Fatal(err)
			}
			report, err := s.run(control.RunOptions{PlanPath: file})
			if err != nil || report.Status != run.Held || report.Plan != hash {
				t.Fatalf("%+v %v", report, err)
			}
		}
		report, err := s.run(control.RunOptions{Approve: hash})
		if err != nil {
			t.Fatal(err)
		}
		s.holds(report, run.OK, "delivered=600 unchanged=1400 calls=12")
		s.receives(everything)
	}
}

func TestAnApprovedPlanIsRefusedOnceTheSourceMoved(t *testing.T) {
	s := newShop(t, 2000, "mirror", "")
	careful(s)
	s.want(run.OK, "delivered=2000 calls=40")
	s.exec("delete from customers where id < 600")
	held := s.want(run.Held, "unchanged=1400 pending=600")
	s.exec("delete from customers where id = 601")
	if _, err := s.run(control.RunOptions{Approve: held.Plan}); !fault.Is(err, "plan.moved") {
		t.Errorf("a plan made before the source moved: %v", err)
	}
}

func TestFiveHundredRemovalsNeedNobody(t *testing.T) {
	s := newShop(t, 2000, "mirror", "")
	careful(s)
	s.want(run.OK, "delivered=2000 calls=40")
	s.exec("delete from customers where id < 500")
	s.want(run.OK, "delivered=500 unchanged=1500 calls=10")
}

func TestARunOfAPlanDoesExactlyThat(t *testing.T) {
	s := newShop(t, 100, "upsert", "")
	file := filepath.Join(s.dir, "first.plan")
	made := s.plan(control.PlanOptions{Out: file})
	if s.receiver.Counts().Calls != 0 {
		t.Error("planning made calls")
	}
	report, err := s.run(control.RunOptions{PlanPath: file})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(report, run.OK, "delivered=100 calls=2")
	if report.Plan != made {
		t.Errorf("ran %s, planned %s", report.Plan, made)
	}
	if _, err := s.run(control.RunOptions{PlanPath: file}); !fault.Is(err, "ledger.moved") {
		t.Errorf("the same plan a second time: %v", err)
	}
	damaged, _ := os.ReadFile(file)
	damaged[len(damaged)/2] ^= 1
	_ = os.WriteFile(file, damaged, 0o600)
	if _, err := s.run(control.RunOptions{PlanPath: file}); !fault.Is(err, "plan.damaged") {
		t.Errorf("an edited plan: %v", err)
	}
}

func (s *shop) plan(o control.PlanOptions) string {
	s.t.Helper()
	service := s.service()
	defer service.Close()
	summary, err := service.Plan(context.Background(), "customers", o)
	if err != nil {
		s.t.Fatal(err)
	}
	return summary.Hash
}

func TestTheSamePlanHasTheSameHash(t *testing.T) {
	s := newShop(t, 100, "upsert", "")
	if a, b := s.plan(control.PlanOptions{}), s.plan(control.PlanOptions{}); a != b {
		t.Errorf("two plans of the same rows: %s and %s", a, b)
	}
}

func TestAChangedMappingSendsOnlyWhatDiffers(t *testing.T) {
	s := newShop(t, 100, "mirror", "")
	s.exec("update customers set plan = 'PRO' where id < 10") // upper case already
	s.want(run.OK, "delivered=100 calls=2")
	s.exec("delete from customers where id = 50")
	s.define(sub(s.yaml, `plan: {template: "{{ plan | upcase }}"}`, "plan: plan"))
	s.want(run.OK, "delivered=90 unchanged=10 calls=3") // 89 whose plan differs now, and the removal that was due
	s.want(run.OK, "unchanged=99")
}

func TestAFullResyncSendsEverythingAndStillRemoves(t *testing.T) {
	s := newShop(t, 100, "mirror", "")
	s.want(run.OK, "delivered=100 calls=2")
	s.exec("delete from customers where id = 50")
	report, err := s.run(control.RunOptions{Full: true})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(report, run.OK, "delivered=100 calls=3")
	s.receives(everything)
	s.want(run.OK, "unchanged=99")
}

// TestOneHeldPlanWaits: while a sync is held and its source stays as it is, the plan that waits keeps its hash and its age; where the
// source has changed, the new one takes its place, and no file of the one before stays. The one that is named can be approved.
func TestOneHeldPlanWaits(t *testing.T) {
	s := newShop(t, 2000, "mirror", "")
	careful(s)
	s.want(run.OK, "delivered=2000 calls=40")
	plans := func() []string {
		names, err := filepath.Glob(filepath.Join(s.dir, ".freshet", "plans", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	s.exec("delete from customers where id < 600")
	held := func() run.Report {
		t.Helper()
		report, err := s.run(control.RunOptions{})
		if err != nil || report.Status != run.Held {
			t.Fatalf("%+v, %v", report, err)
		}
		return report
	}
	first := held()
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(plans()[0], old, old); err != nil {
		t.Fatal(err)
	}
	again := held()
	info, err := os.Stat(plans()[0])
	if again.Plan != first.Plan || len(plans()) != 1 || err != nil || !info.ModTime().Equal(old) {
		t.Errorf("the same plan again: %s and %s, %v", first.Plan, again.Plan, plans())
	}
	var last run.Report
	for id := 600; id < 605; id++ {
		s.exec(fmt.Sprintf("delete from customers where id = %d", id))
		last = held()
	}
	if len(plans()) != 1 || last.Plan == first.Plan {
		t.Errorf("%d plans lie in the data directory", len(plans()))
	}
	if _, err := s.run(control.RunOptions{Approve: first.Plan}); !fault.Is(err, "plan.unknown_hash") {
		t.Errorf("a plan whose rows have moved: %v", err)
	}
	report, err := s.run(control.RunOptions{Approve: last.Plan})
	if err != nil || report.Status != run.OK || len(plans()) != 0 {
		t.Errorf("%+v %v, %v", report, err, plans())
	}
}
