package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/policy"
)

var people = model.Model{Name: "people", Key: []string{"id"}, Fields: map[string]model.FieldPolicy{
	"id":     {Class: policy.None},
	"email":  {Class: policy.Email, Purposes: []string{"crm", "advertising"}},
	"phone":  {Class: policy.Phone, Purposes: []string{"crm"}},
	"health": {Class: policy.Sensitive, Purposes: []string{"crm"}},
	"ltv":    {Class: policy.Behaviour},
	"vip":    {Class: policy.None, Destinations: []string{"sales"}},
}}

var columns = []string{"id", "email", "phone", "health", "vip", "plan", "ltv"}

// codes are those of joined faults.
func codes(err error) []string {
	var all []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			all = append(all, strings.TrimPrefix(fault.As(e).Code, "policy."))
		}
	}
	return all
}

func TestWhatMayGoWhere(t *testing.T) {
	cases := []struct {
		column   string
		purposes []string
		want     string // "" for: it may
	}{
		{"id", nil, ""},
		{"email", []string{"crm"}, ""},
		{"email", []string{"crm", "advertising"}, ""},
		{"email", []string{"analytics"}, "purpose"},
		{"email", nil, "no_purpose"},
		{"phone", []string{"advertising"}, "purpose"},
		{"phone", []string{"crm", "advertising"}, "purpose"}, // it may be used for one of the two only
		{"PHONE", []string{"advertising"}, "purpose"},        // SQL knows it by any case
		{"health", []string{"crm"}, "sensitive"},
		{"vip", nil, "destination"},
		{"plan", nil, "unreviewed"},
		{"ltv", []string{"crm"}, "unreviewed"}, // a class alone does not say what for
	}
	for _, c := range cases {
		s := model.Sync{Name: "s", Fields: []model.Mapping{{Target: "x", Column: c.column}}}
		got := codes(policy.Judge(s, people, columns, policy.Terms{Destination: "ads", Purposes: c.purposes}))
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s to a destination for %v: %v, want %q", c.column, c.purposes, got, c.want)
		}
	}
}

// TestEveryWayOutIsJudged: a field, a template, a nested target, a match and the key.
func TestEveryWayOutIsJudged(t *testing.T) {
	to := policy.Terms{Destination: "ads", Purposes: []string{"advertising"}}
	at := model.Pos{File: "freshet.yaml", Line: 7, Col: 3}
	for name, s := range map[string]model.Sync{
		"field":    {Fields: []model.Mapping{{Target: "x", Column: "phone", Pos: at}}},
		"nested":   {Fields: []model.Mapping{{Target: "a.b", Column: "phone", Pos: at}}},
		"template": {Fields: []model.Mapping{{Target: "x", Template: "{% if phone %}y{% endif %}", Pos: at}}},
		"match":    {Match: []model.Mapping{{Target: "x", Column: "phone", Pos: at}}},
	} {
		err := policy.Judge(s, people, columns, to)
		if !slices.Equal(codes(err), []string{"purpose"}) || !strings.Contains(err.Error(), "freshet.yaml:7:3") {
			t.Errorf("%s: %v", name, err)
		}
	}
	byPhone := people
	byPhone.Key = []string{"phone"}
	if got := codes(policy.Judge(model.Sync{Name: "s", Pos: at}, byPhone, columns, to)); !slices.Equal(got, []string{"purpose"}) {
		t.Errorf("key: %v", got)
	}
	if got := codes(policy.JudgeColumns(model.Sync{Name: "s"}, people, []string{"id", "email", "phone"}, to)); !slices.Equal(got, []string{"purpose"}) {
		t.Errorf("plan: %v", got)
	}
}

// TestTheZeroTermsRefuse: what nobody said anything of stays; a workspace can decide to be warned instead.
func TestTheZeroTermsRefuse(t *testing.T) {
	s := model.Sync{Name: "s", Fields: []model.Mapping{{Target: "x", Column: "plan"}}}
	m := model.Model{Name: "m", Key: []string{"id"}}
	if got := codes(policy.Judge(s, m, columns, policy.Terms{})); !slices.Equal(got, []string{"unreviewed", "unreviewed"}) {
		t.Errorf("the zero terms: %v", got)
	}
	lenient := policy.Terms{Destination: "ads", Unreviewed: true}
	if err := policy.Judge(s, m, columns, lenient); err != nil {
		t.Errorf("it was to warn only: %v", err)
	}
	if got := policy.Unreviewed(s, m, columns, lenient); len(got) != 2 {
		t.Errorf("warnings: %v", got)
	}
	strict := model.Model{Name: "m", Key: []string{"id"}, Fields: map[string]model.FieldPolicy{"plan": {Purposes: []string{"crm"}}}}
	lenient.Purposes = []string{"advertising"}
	if got := codes(policy.Judge(s, strict, columns, lenient)); !slices.Equal(got, []string{"purpose"}) {
		t.Errorf("what was said holds: %v", got)
	}
}

func TestProposals(t *testing.T) {
	for column, want := range map[string]string{"customer_id": "{class: none}", "eMail": "{class: email, purposes: [crm]}",
		"first_name": "{class: name, purposes: [crm]}", "email_opt_in": "{class: consent, purposes: [crm]}",
		"ltv": "{class: behaviour, purposes: [crm]}", "credit_card_name": "{class: sensitive, purposes: [crm]}",
		"x17": "{class: sensitive, purposes: [crm]}"} {
		if got := policy.Proposal(column, model.FieldPolicy{}, []string{"crm"}); got != want {
			t.Errorf("%s: %s, want %s", column, got, want)
		}
	}
}
