package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/model"
	"github.com/google/go-cmp/cmp"
)

const people = `apiVersion: v3.1.0
kind: DataContract
id: people
version: 1.2.0
status: active
team: {name: growth, members: [{username: ann, role: owner}]}
schema:
  - name: customers
    properties:
      - {name: customer_id, primaryKey: true, logicalType: integer}
      - {name: email, required: true, logicalType: string, classification: email, customProperties: [{property: freshet.purposes, value: [advertising, crm]}]}
      - {name: plan, classification: internal, customProperties: [{property: freshet.purposes, value: [crm]}]}
`

// contracted loads the shop whose model names a contract of these words.
func contracted(t *testing.T, named, text string) (*config.Workspace, error) {
	t.Helper()
	dir := folder(t, "freshet.yaml", strings.Replace(shop, "    owner: growth@example.com\n", "    contract: "+named+"\n", 1))
	if err := os.Mkdir(filepath.Join(dir, "contracts"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "contracts", "people.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(dir, testDrivers(), environment)
}

func TestAModelsContract(t *testing.T) {
	for _, named := range []string{"contracts/people.yaml", "contracts/people.yaml#customers"} {
		ws, err := contracted(t, named, people)
		if err != nil {
			t.Fatal(err)
		}
		if c := ws.Contracts["customers"]; c == nil || c.Version != "1.2.0" || len(c.Columns) != 3 {
			t.Errorf("%+v", c)
		}
		m := ws.Models["customers"]
		want := map[string]model.FieldPolicy{"email": {Class: "email", Purposes: []string{"crm", "advertising"}}, "plan": {Class: "internal", Purposes: []string{"crm"}}}
		if diff := cmp.Diff(want, m.Fields); diff != "" || m.Owner != "ann" {
			t.Errorf("owner %q\n%s", m.Owner, diff)
		}
		if len(ws.Warnings) > 0 {
			t.Errorf("%+v", ws.Warnings)
		}
	}
}

// TestTheWorkspaceWinsOverTheContract and says so.
func TestTheWorkspaceWinsOverTheContract(t *testing.T) {
	text := strings.NewReplacer("classification: email", "classification: restricted", "[advertising, crm]", "[crm]", "status: active", "status: retired").Replace(people)
	ws, err := contracted(t, "contracts/people.yaml\n    owner: bob", text)
	if err != nil {
		t.Fatal(err)
	}
	m := ws.Models["customers"]
	if m.Owner != "bob" || m.Fields["email"].Class != "email" || len(m.Fields["email"].Purposes) != 2 {
		t.Errorf("%+v", m)
	}
	var got []string
	for _, w := range ws.Warnings {
		got = append(got, w.Where+" "+w.Code)
	}
	want := "freshet.yaml:13:15 config.contract_retired\nfreshet.yaml:14:12 config.contract_differs\nfreshet.yaml:16:22 config.contract_differs\nfreshet.yaml:16:39 config.contract_differs"
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestContractsThatAreWrong(t *testing.T) {
	two := people + "  - {name: orders}\n"
	for name, c := range map[string]struct{ named, text, code, where, says string }{
		"no file":         {"contracts/nobody.yaml", people, "config.contract_unreadable", "freshet.yaml:13:15", "check the path"},
		"nothing":         {"''", people, "config.required", "freshet.yaml:13:15", "take the line out"},
		"not text":        {"[a]", people, "config.wrong_type", "freshet.yaml:13:15", "write text"},
		"unknown key":     {"contracts/people.yaml", strings.Replace(people, "required", "requierd", 1), "contract.unknown_key", "contracts/people.yaml:11:23", "did you mean required?"},
		"no YAML":         {"contracts/people.yaml", "a: [", "contract.syntax", "contracts/people.yaml:1:1", "this is not YAML"},
		"bad pattern":     {"contracts/people.yaml", strings.Replace(people, "logicalType: string", "logicalType: string, logicalTypeOptions: {pattern: '(?<=a)b'}", 1), "contract.bad_pattern", "contracts/people.yaml:11:80", "RE2"},
		"other key":       {"contracts/people.yaml", strings.Replace(people, "{name: plan", "{name: plan, primaryKey: true", 1), "contract.key", "contracts/people.yaml:8:5", "freshet.yaml:11:10"},
		"no such object":  {"contracts/people.yaml#custmers", people, "config.contract_object", "freshet.yaml:13:15", "did you mean customers?"},
		"several objects": {"contracts/people.yaml", strings.Replace(two, "name: customers", "name: persons", 1), "config.contract_object", "freshet.yaml:13:15", "it can be persons or orders"},
		"no objects":      {"contracts/people.yaml", "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: '1'\nstatus: active\n", "config.contract_object", "freshet.yaml:13:15", "to its schema"},
		"property":        {"contracts/people.yaml", strings.Replace(people, "freshet.purposes", "freshet.purpose", 1), "contract.unknown_property", "contracts/people.yaml:11:102", "did you mean freshet.purposes?"},
	} {
		_, err := contracted(t, c.named, c.text)
		faults := config.Faults(err)
		if len(faults) != 1 || faults[0].Code != c.code || faults[0].Where != c.where || !strings.Contains(faults[0].Message+" "+faults[0].Suggestion, c.says) {
			t.Errorf("%s: %v", name, err)
			for _, f := range faults {
				t.Logf("%+v", *f)
			}
		}
	}
}

// TestAContractBesideTheWorkspace is no part of it, and nothing is said of it.
func TestAContractBesideTheWorkspace(t *testing.T) {
	ws, err := load(t, "freshet.yaml", strings.Replace(shop, "    owner:", "    contract: people.odcs.yaml\n    owner:", 1), "people.odcs.yaml",
		strings.Replace(people, "team: {name: growth, members: [{username: ann, role: owner}]}\n", "", 1))
	if err != nil || len(ws.Warnings) > 0 || fmt.Sprint(ws.Files) != "[freshet.yaml]" {
		t.Errorf("%v %+v", err, ws)
	}
}
