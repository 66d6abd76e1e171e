package control_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// governed is the shop's definition with purposes on its column plan, which a template reads, and on its destination.
func governed(s *shop, column, destination string) string {
	yaml := sub(s.yaml, "    key: id\n", "    key: id\n    fields: {plan: {class: behaviour, purposes: ["+column+"]}}\n")
	return sub(yaml, "{type: webhook,", "{type: webhook, purposes: ["+destination+"],")
}

// TestAColumnLeavesOnlyForItsPurposes: neither a check, a plan nor a run of a sync lets another one out.
func TestAColumnLeavesOnlyForItsPurposes(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.define(governed(s, "crm", "advertising"))
	service := s.service()
	_, planned := service.Plan(t.Context(), "customers", control.PlanOptions{})
	_, ran := service.Run(t.Context(), "customers", control.RunOptions{})
	for what, err := range map[string]error{"plan": planned, "run": ran} {
		if !fault.Is(err, "policy.purpose") {
			t.Errorf("%s: %v", what, err)
		}
	}
	found, err := service.Validate(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, f := range found {
		if f.Level == "error" && f.Fault.Code == "policy.purpose" && strings.HasPrefix(f.Fault.Where, "freshet.yaml:22:") && f.Fault.Suggestion != "" {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("validate: %+v", found)
	}
	if calls := s.receiver.Counts().Calls; calls != 0 {
		t.Errorf("%d calls were made", calls)
	}
	service.Close()
	s.define(governed(s, "advertising, crm", "advertising"))
	s.want(run.OK, "delivered=10 calls=1")
}

// TestAPlanIsJudgedByTheRulesOfToday: it was allowed when it was made, and is not when it is to be sent.
func TestAPlanIsJudgedByTheRulesOfToday(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.define(governed(s, "crm", "crm"))
	file := filepath.Join(s.dir, "allowed.plan")
	service := s.service()
	if _, err := service.Plan(t.Context(), "customers", control.PlanOptions{Out: file}); err != nil {
		t.Fatal(err)
	}
	service.Close()
	s.define(governed(s, "crm", "advertising"))
	if _, err := s.run(control.RunOptions{PlanPath: file}); !fault.Is(err, "policy.purpose") {
		t.Errorf("a plan of other rules: %v", err)
	}
	if calls := s.receiver.Counts().Calls; calls != 0 {
		t.Errorf("%d calls were made", calls)
	}
	s.define(governed(s, "crm", "crm"))
	report, err := s.run(control.RunOptions{PlanPath: file})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(report, run.OK, "delivered=10 calls=1")
}

// TestWhatNobodyReviewedStays: without a word of the workspace, a column without a class stops its sync.
func TestWhatNobodyReviewedStays(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.define(sub(s.yaml, "governance: {unreviewed: warn}\n", ""))
	if _, err := s.run(control.RunOptions{}); !fault.Is(err, "policy.unreviewed") {
		t.Errorf("it ran: %v", err)
	}
	if calls := s.receiver.Counts().Calls; calls != 0 {
		t.Errorf("%d calls were made", calls)
	}
	reviewed := sub(s.yaml, "governance: {unreviewed: warn}\n", "")
	reviewed = sub(reviewed, "    key: id\n", `    key: id
    fields:
      id: {class: none}
      email: {class: email, purposes: [crm]}
      name: {class: name, purposes: [crm]}
      plan: {class: behaviour, purposes: [crm]}
      ltv: {class: behaviour, purposes: [crm]}
`)
	s.define(sub(reviewed, "{type: webhook,", "{type: webhook, purposes: [crm],"))
	s.want(run.OK, "delivered=10 calls=1")
}

// TestBeingWarnedOnly: a workspace that is warned sends what it sent, and validate names every such column.
func TestBeingWarnedOnly(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.want(run.OK, "delivered=10 calls=1")
	service := s.service()
	defer service.Close()
	found, err := service.Validate(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	warned := 0
	for _, f := range found {
		if f.Level == "warning" && f.Fault.Code == "policy.unreviewed" && strings.Contains(f.Fault.Suggestion, "{class: ") {
			warned++
		}
	}
	if warned != 5 { // id, email, name, plan, ltv
		t.Errorf("%d warnings: %+v", warned, found)
	}
}
