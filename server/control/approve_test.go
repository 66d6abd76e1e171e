package control_test

import (
	"context"
	"testing"
	"time"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// as runs the sync as a person.
func (s *shop) as(name, token string, o control.RunOptions) (run.Report, error) {
	s.t.Helper()
	service := s.service()
	defer service.Close()
	o.Wait = 10 * time.Second
	return service.Run(control.WithActor(context.Background(), control.Actor{Name: name, Via: token}), "customers", o)
}

// heldShop has a plan held that alice has asked for; by makes it.
func heldShop(t *testing.T, by func(s *shop) string) (s *shop, hash string) {
	t.Helper()
	s = newShop(t, 2000, "mirror", "")
	s.yaml = sub(s.yaml, "governance: {", "governance: {approvals: two_person, ")
	careful(s)
	s.want(run.OK, "delivered=2000 calls=40")
	s.exec("delete from customers where id < 600")
	return s, by(s)
}

// TestAPlanNeedsTwoPeople: who asked for a plan that a guard holds cannot approve it, with another token neither; another person can. Where
// nobody asked, two have to approve. Guarantee G47.
func TestAPlanNeedsTwoPeople(t *testing.T) {
	asks := map[string]func(s *shop) string{
		"by a run": func(s *shop) string {
			report, err := s.as("alice", "tok_1", control.RunOptions{})
			if err != nil || report.Status != run.Held {
				t.Fatalf("%+v %v", report, err)
			}
			return report.Plan
		},
		"by a plan": func(s *shop) string {
			service := s.service()
			defer service.Close()
			summary, err := service.Plan(control.WithActor(context.Background(), control.Actor{Name: "alice"}), "customers", control.PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return summary.Hash
		},
	}
	for name, ask := range asks {
		t.Run(name, func(t *testing.T) {
			s, hash := heldShop(t, ask)
			_, _ = s.as("bob", "", control.RunOptions{}) // he asks too: he may approve all the same
			for _, token := range []string{"", "tok_1", "tok_2"} {
				if _, err := s.as("alice", token, control.RunOptions{Approve: hash}); !fault.Is(err, "approval.own") {
					t.Errorf("alice approved her own plan with %q: %v", token, err)
				}
			}
			if report, err := s.as("bob", "tok_3", control.RunOptions{Approve: hash[:20]}); err != nil || report.Status != run.OK || report.Delivered != 600 {
				t.Errorf("bob's approval: %+v, %v", report, err)
			}
		})
	}
}

// TestWhereNobodyAskedTwoApprove: as with a plan made beside whoever has the workspace, or by a schedule.
func TestWhereNobodyAskedTwoApprove(t *testing.T) {
	s, hash := heldShop(t, func(s *shop) string {
		having := s.service()
		defer having.Close()
		if err := having.Open(context.Background()); err != nil {
			t.Fatal(err)
		}
		beside := s.service()
		defer beside.Close()
		summary, err := beside.Plan(context.Background(), "customers", control.PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return summary.Hash
	})
	for range 2 {
		if _, err := s.as("alice", "", control.RunOptions{Approve: hash}); !fault.Is(err, "approval.second") {
			t.Errorf("alice's approval alone: %v", err)
		}
	}
	if report, err := s.as("bob", "", control.RunOptions{Approve: hash}); err != nil || report.Delivered != 600 {
		t.Errorf("the second approval: %+v, %v", report, err)
	}
}
