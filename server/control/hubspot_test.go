package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
)

func TestContactsFollowTheModel(t *testing.T) {
	h := newHub(t, 1000, "mirror", "archive")
	h.want(run.OK, "delivered=1000 calls=10")
	h.matches()
	writes := h.crm.Writes()
	h.want(run.OK, "unchanged=1000")
	if h.crm.Writes() != writes {
		t.Error("unchanged rows were written")
	}
	h.exec("update customers set ltv = ltv + 0.01, plan = 'free' where id % 100 = 0")
	h.want(run.OK, "delivered=10 unchanged=990 calls=1")
	h.exec("delete from customers where id < 5")
	h.want(run.OK, "delivered=5 unchanged=995 calls=1")
	h.matches()
}

// TestAnAddressStaysWithItsCustomer changes addresses after a first run; was and is name whose contact must be whose.
func TestAnAddressStaysWithItsCustomer(t *testing.T) {
	cases := []struct{ name, change, counts, was, is string }{
		{"a changed address moves the contact", "update customers set email = 'new@example.com' where id = 3",
			"delivered=1 unchanged=19 calls=1", "3", "3"},
		{"an address that changes its case alone", "update customers set email = upper(email) where id = 3",
			"delivered=1 unchanged=19 calls=1", "3", "3"},
		{"a new customer takes the address of one who left",
			"insert into customers select 900, * exclude (id) from customers where id = 3; delete from customers where id = 3",
			"delivered=1 unchanged=19 superseded=1 calls=1", "3", "900"},
		{"and writes it in capitals",
			"insert into customers select 900, * exclude (id) replace (upper(email) as email) from customers where id = 3; delete from customers where id = 3",
			"delivered=1 unchanged=19 superseded=1 calls=1", "3", "900"},
		{"a customer with a contact takes the address of one who left",
			"delete from customers where id = 3; update customers set email = 'user3@example.com' where id = 4",
			"delivered=2 unchanged=18 calls=2", "4", "4"},
		{"addresses move along a row of customers",
			"update customers set email = case id when 7 then 'new@example.com' else 'user' || (id + 1) || '@example.com' end where id between 3 and 7",
			"delivered=5 unchanged=15 calls=1", "5", "5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, 20, "mirror", "archive")
			h.want(run.OK, "delivered=20 calls=1")
			before := h.ids()
			h.exec(c.change)
			h.want(run.OK, c.counts)
			h.matches()
			if after := h.ids(); after[c.is] != before[c.was] {
				t.Errorf("customer %s has contact %s, want %s, which was customer %s's", c.is, after[c.is], before[c.was], c.was)
			}
			if report, err := h.run(control.RunOptions{}); err != nil || report.Unchanged != report.Read || report.Status != run.OK {
				t.Errorf("once more: %+v %v", report, err)
			}
		})
	}
}

// TestAnAddressThatChangesWhileItsContactIsUnknown: the first answer was lost, and before anybody could ask again the
// address had changed. The contact that was made moves; no second one is made.
func TestAnAddressThatChangesWhileItsContactIsUnknown(t *testing.T) {
	h := newHub(t, 10, "mirror", "archive")
	h.crm.Inject(hubspotfake.Fault{On: "batch/upsert", Drop: true, Applied: true})
	if report := h.soon(); report.Status != run.Pending || report.Unknown != 10 {
		t.Fatalf("%+v", report)
	}
	before := h.ids()
	h.exec("update customers set email = 'new@example.com' where id = 3; delete from customers where id = 5")
	report := h.want(run.OK, "delivered=10 calls=2")
	if after := h.ids(); report.Resumed || after["3"] != before["3"] {
		t.Errorf("customer 3 has contact %s, before %s", after["3"], before["3"])
	}
	h.matches()
}

// TestASupersededCustomerComesBack: the contact is another's now, whatever the first one brings with it.
func TestASupersededCustomerComesBack(t *testing.T) {
	for _, back := range []string{"user3@example.com", "other@example.com", "no-address"} {
		t.Run(back, func(t *testing.T) {
			h := newHub(t, 10, "mirror", "archive")
			h.want(run.OK, "delivered=10 calls=1")
			h.exec(`create table old as select * from customers where id = 3;
				insert into customers select 900, * exclude (id) from old; delete from customers where id = 3`)
			h.want(run.OK, "delivered=1 unchanged=9 superseded=1 calls=1")
			if back == "user3@example.com" {
				h.exec("delete from customers where id = 900")
				h.want(run.OK, "delivered=1 unchanged=9 calls=1")
			}
			h.exec("insert into customers from old; update customers set email = ? where id = 3", back)
			report, err := h.run(control.RunOptions{})
			if err != nil || report.Delivered+report.Rejected != 1 {
				t.Fatalf("%+v %v", report, err)
			}
			if back == "no-address" {
				h.exec("delete from customers where id = 3")
				h.want(run.OK, "unchanged=10")
			}
			h.matches()
		})
	}
}

func TestRowsThatShareAnAddressAreSetAside(t *testing.T) {
	for _, address := range []string{"user1@example.com", "USER1@Example.com"} {
		t.Run(address, func(t *testing.T) {
			h := newHub(t, 10, "mirror", "archive")
			h.exec("update customers set email = ? where id = 2", address)
			h.want(run.Errors, "delivered=8 quarantined=2 calls=1")
			if ids := h.ids(); ids["1"] != "" || ids["2"] != "" {
				t.Errorf("one of the two was written: %v", ids)
			}
			h.exec("update customers set email = 'two@example.com' where id = 2")
			h.want(run.OK, "delivered=2 unchanged=8 calls=1")
			h.matches()
		})
	}
}

func TestAContactThatIsGoneIsMadeAgain(t *testing.T) {
	for _, change := range []string{"update customers set plan = 'free' where id = 3", "update customers set email = 'new@example.com' where id = 3"} {
		h := newHub(t, 10, "upsert", "keep")
		h.want(run.OK, "delivered=10 calls=1")
		h.crm.Remove("contacts", h.ids()["3"]) // somebody archives it by hand
		h.exec(change)
		h.want(run.OK, "delivered=1 unchanged=9 calls=1")
		h.matches()
		h.want(run.OK, "unchanged=10")
	}
}

func TestARefusedContactIsTriedUntilItIsMended(t *testing.T) {
	h := newHub(t, 50, "upsert", "keep")
	h.exec("update customers set email = 'no-address-at-all' where id = 7")
	for range 2 {
		h.exec("update customers set ltv = ltv + 1 where id = 8") // something else to send
		report, err := h.run(control.RunOptions{})
		if err != nil || report.Status != run.Errors || report.Rejected != 1 || report.Unaccounted != 0 {
			t.Fatalf("%+v %v", report, err)
		}
	}
	refused := h.quarantine().Refused
	if len(refused) != 1 || refused[0].Key != "7" || refused[0].Code != "INVALID_EMAIL" || refused[0].Attempts != 2 {
		t.Errorf("refused %+v", refused)
	}
	if m := refused[0].Message; m == "" || strings.Contains(m, "no-address") {
		t.Errorf("the message is %q", m)
	}
	h.exec("update customers set email = 'seven@example.com' where id = 7")
	h.want(run.OK, "delivered=1 unchanged=49 calls=1")
	h.matches()
}

func TestLeavingContacts(t *testing.T) {
	cases := []struct {
		leave, counts, back string
		stands, blocked     bool
	}{
		{leave: "clear", counts: "delivered=2 unchanged=8 calls=1", back: "delivered=2 unchanged=8 calls=1", stands: true},
		{leave: "archive", counts: "delivered=2 unchanged=8 calls=1", back: "delivered=2 unchanged=8 calls=1"},
		{leave: "delete", counts: "delivered=2 unchanged=8 calls=2", back: "unchanged=8 rejected=2 calls=1", blocked: true},
	}
	for _, c := range cases {
		t.Run(c.leave, func(t *testing.T) {
			h := newHub(t, 10, "upsert", c.leave)
			h.want(run.OK, "delivered=10 calls=1")
			h.exec("create table gone as select * from customers where id < 2; delete from customers where id < 2")
			h.want(run.OK, c.counts)
			for _, r := range h.crm.Records("contacts")[:2] {
				if c.stands && (r.Archived || r.Properties["email"] == "" || r.Properties["firstname"] != "") || !c.stands && !r.Archived {
					t.Errorf("after %s HubSpot holds %+v", c.leave, r)
				}
			}
			if h.crm.Blocked("user1@example.com") != c.blocked {
				t.Errorf("the address is blocked: %v", !c.blocked)
			}
			h.want(run.OK, "unchanged=8")
			h.exec("insert into customers from gone")
			report, err := h.run(control.RunOptions{})
			if err != nil || summary(report) != c.back {
				t.Fatalf("coming back: %s, want %s; %v", summary(report), c.back, err)
			}
			if !c.blocked {
				h.matches()
			}
		})
	}
}

func TestDatesReachHubSpotAsItKeepsThem(t *testing.T) {
	h := newHub(t, 1, "upsert", "keep")
	h.want(run.OK, "delivered=1 calls=1")
	got := h.crm.Records("contacts")[0].Properties
	if got["birthday"] != "1990-02-28" || got["last_order_at"] != "2026-01-31T23:59:59.500Z" {
		t.Errorf("HubSpot holds %v", got)
	}
}

func TestBatchesAreFilled(t *testing.T) {
	h := newHub(t, 10_000, "upsert", "keep")
	h.exec("update customers set email = 'no-address' || id where id % 1000 = 0")
	began := time.Now()
	report, err := h.run(control.RunOptions{})
	if err != nil || report.Delivered != 9990 || report.Rejected != 10 {
		t.Fatalf("%+v %v", report, err)
	}
	calls := h.crm.Counts()["objects batch/upsert"]
	if full := float64(h.crm.Inputs()) / float64(100*calls); full < 0.95 {
		t.Errorf("batches are filled to %.0f %% (%d rows in %d calls)", 100*full, h.crm.Inputs(), calls)
	}
	t.Logf("10,000 rows in %s and %d calls", time.Since(began), calls)
}

func TestMappingsAreHeldAgainstTheProperties(t *testing.T) {
	cases := []struct{ name, from, to, code, says string }{
		{"a property that is not there", "firstname: name", "firstnme: name", "mapping.unknown_field", `"firstname"`},
		{"a property nobody can write", "firstname: name", "createdate: seen", "mapping.read_only", "createdate"},
		{"a nested name", "firstname: name", "address.city: name", "mapping.unknown_field", "address.city"},
		{"a match that is not unique", "match: {email: email}", "match: {firstname: name}", "mapping.", "firstname"},
		{"a value that cannot be one", "birthday: born", "birthday: ltv", "mapping.cannot_coerce", "birthday"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, 10, "upsert", "keep")
			h.define(sub(h.yaml, c.from, c.to))
			service := h.service()
			defer service.Close()
			findings, err := service.Validate(t.Context(), true)
			if err != nil || !says(findings, c.code, c.says) {
				t.Errorf("validate finds %+v %v", findings, err)
			}
			if _, err := service.Plan(t.Context(), "customers", control.PlanOptions{}); err == nil || !strings.Contains(err.Error(), strings.Trim(c.says, `"`)) && c.code != "mapping.unknown_field" {
				t.Errorf("plan says %v", err)
			}
			if _, err := service.Run(t.Context(), "customers", control.RunOptions{}); err == nil {
				t.Error("the run went on")
			}
			if h.crm.Writes() != 0 {
				t.Errorf("%d writes were made", h.crm.Writes())
			}
		})
	}
}

func says(findings []control.Finding, code, text string) bool {
	for _, f := range findings {
		if f.Level == "error" && strings.HasPrefix(f.Fault.Code, code) && strings.Contains(f.Fault.Message+f.Fault.Suggestion, text) {
			return true
		}
	}
	return false
}

func TestTokensAreRenewedOnceForAllWorkers(t *testing.T) {
	destination := `type: hubspot, client_id: app, client_secret: s3cret, refresh_token: fresh, base_url: "URL", rate: 100000`
	h := newHubOf(t, 2000, "upsert", "keep", destination, hubspotfake.Options{ClientID: "app", ClientSecret: "s3cret",
		RefreshToken: "fresh", Latency: 20 * time.Millisecond})
	h.crm.Inject(hubspotfake.Fault{On: "batch/upsert", Delay: time.Millisecond, Times: 6})
	h.crm.Inject(hubspotfake.Fault{On: "batch/upsert", Expire: true})
	h.want(run.OK, "delivered=2000 calls=20")
	if tokens := h.crm.Counts()["tokens"]; tokens != 2 {
		t.Errorf("%d tokens were asked for, want one at first and one after the end of it", tokens)
	}
	h.matches()
}
