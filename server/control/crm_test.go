package control_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
)

// crmYAML is a workspace with one model of customers and one sync of it to a CRM. The words in capitals are filled in.
const crmYAML = `
workspace: crm
sources:
  warehouse: {type: duckdb, path: warehouse.duckdb}
models:
  customers: {sql: select * from warehouse.customers, key: id}
destinations:
  crm: {DESTINATION}
governance: {unreviewed: warn}
syncs:
  customers:
    model: customers
    destination: crm
    object: OBJECT
    mode: MODE
    ON_LEAVE
    match: {MATCH}
    fields: {FIELDS}
    guard: {max_leaves: 100%}
`

// newCRM makes a workspace of n customers; words are pairs for crmYAML.
func newCRM(t *testing.T, n int, mode, onLeave string, words ...string) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir()}
	words = append(words, "MODE", mode, "ON_LEAVE", leaveLine(onLeave))
	s.yaml = strings.NewReplacer(words...).Replace(crmYAML)
	s.define(s.yaml)
	s.exec(`create table customers as select i as id, 'user' || i || '@example.com' as email, 'Zoë O''Brien ' || i as name,
		'pro' as plan, (i * 1.10)::decimal(12,2) as ltv, date '1990-02-28' + i::int as born,
		timestamp '2026-01-31 23:59:59.5' as seen, 'acct' || i % 3 as account from range(?) t(i)`, n)
	return s
}

// hub is a shop whose customers are contacts in HubSpot.
type hub struct {
	*shop
	crm *hubspotfake.Server
}

const hubDestination = `type: hubspot, token: pat-fake, base_url: "URL", rate: 100000`

const hubFields = `firstname: name, plan: {template: "{{ plan | upcase }}"}, ltv: ltv, number: id, birthday: born, last_order_at: seen`

func newHub(t *testing.T, n int, mode, onLeave string) *hub {
	t.Helper()
	return newHubOf(t, n, mode, onLeave, hubDestination, hubspotfake.Options{})
}

func newHubOf(t *testing.T, n int, mode, onLeave, destination string, o hubspotfake.Options) *hub {
	t.Helper()
	crm, err := hubspotfake.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(crm.Close)
	crm.Define("contacts", hubspotfake.Property{Name: "number", Type: "string"}) // not unique: doubles would stand
	return &hub{crm: crm, shop: newCRM(t, n, mode, onLeave, "DESTINATION", sub(destination, "URL", crm.URL()),
		"OBJECT", "contacts", "MATCH", "email: email", "FIELDS", hubFields)}
}

// ids are the HubSpot ids of the contacts that are not archived, by customer.
func (h *hub) ids() map[string]string {
	h.t.Helper()
	ids := map[string]string{}
	for _, r := range h.crm.Records("contacts") {
		if number := r.Properties["number"]; !r.Archived {
			if ids[number] != "" {
				h.t.Fatalf("customer %q has two contacts: %s and %s", number, ids[number], r.ID)
			}
			ids[number] = r.ID
		}
	}
	return ids
}

// matches fails unless the contacts that are not archived are the customers of the model, each once.
func (h *hub) matches() {
	h.t.Helper()
	h.ids()
	held := map[string]map[string]string{}
	for _, r := range h.crm.Records("contacts") {
		if !r.Archived {
			held[r.Properties["number"]] = r.Properties
		}
	}
	h.same(held, "email", "firstname", "plan", "ltv")
}

// same compares what a CRM holds, by customer, with the customers of the warehouse: e-mail, name, plan in capitals, ltv
// under these names.
func (s *shop) same(held map[string]map[string]string, names ...string) {
	s.t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(s.dir, "warehouse.duckdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`select id::varchar, lower(email), name, upper(plan), ltv::varchar from customers`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id string
		want := make([]string, 4)
		if err := rows.Scan(&id, &want[0], &want[1], &want[2], &want[3]); err != nil {
			s.t.Fatal(err)
		}
		for i, name := range names {
			if got := held[id][name]; got != want[i] && plain(got) != plain(want[i]) {
				s.t.Fatalf("customer %s: the CRM holds %s %q, the model says %q; all it holds: %v", id, name, got, want[i], held[id])
			}
		}
	}
	if len(held) != n {
		s.t.Fatalf("the CRM holds %d customers, the model has %d", len(held), n)
	}
}

// plain is a decimal without the zeros at its end, which not every CRM keeps.
func plain(number string) string {
	if !strings.Contains(number, ".") {
		return number
	}
	return strings.TrimRight(strings.TrimRight(number, "0"), ".")
}

// org is a shop whose customers are contacts in Salesforce.
type org struct {
	*shop
	crm *salesforcefake.Server
}

const orgDestination = `type: salesforce, instance_url: "URL", client_id: fake-client, client_secret: fake-client-secret`

const orgFields = `LastName: name, Plan__c: {template: "{{ plan | upcase }}"}, Lifetime_Value__c: ltv, Email: email, Description: id,
      Account.External_Id__c: account`

func newOrg(t *testing.T, n int, mode, onLeave string, o salesforcefake.Options) *org {
	t.Helper()
	crm, err := salesforcefake.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(crm.Close)
	for _, account := range []string{"acct0", "acct1", "acct2"} {
		crm.Put("Account", map[string]string{"Name": account, "External_Id__c": account})
	}
	g := &org{crm: crm, shop: newCRM(t, n, mode, onLeave, "DESTINATION", sub(orgDestination, "URL", crm.URL),
		"OBJECT", "Contact", "MATCH", "External_Id__c: code", "FIELDS", orgFields)}
	g.exec("alter table customers add column code varchar; update customers set code = 'C-' || id")
	return g
}

// matches fails unless the contacts are the customers of the model, each once.
func (g *org) matches() {
	g.t.Helper()
	held := map[string]map[string]string{}
	for _, r := range g.crm.Records("Contact") {
		number := r.Fields["Description"]
		if held[number] != nil {
			g.t.Fatalf("customer %q has two contacts", number)
		}
		held[number] = r.Fields
	}
	g.same(held, "Email", "LastName", "Plan__c", "Lifetime_Value__c")
}
