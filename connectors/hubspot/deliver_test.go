package hubspot_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// pair starts an account and a destination that writes to it with the private app's token.
func pair(t *testing.T) (*hubspotfake.Server, connect.Destination) {
	t.Helper()
	fake := startFake(t, app)
	s := tokenSettings(fake.URL())
	delete(s.Values, "api_version")
	return fake, openDestination(t, s)
}

func byEmail(email string, fields ...model.Field) connect.Operation {
	op := connect.Operation{Key: model.Key(email), Match: model.Fields{{Name: "email", Value: model.Text(email)}}, Fields: fields}
	op.Fields.Sort()
	return op
}

func is(name, value string) model.Field { return model.Field{Name: name, Value: model.Text(value)} }

func movedFrom(old string, op connect.Operation) connect.Operation {
	op.PriorMatch = model.Fields{{Name: "email", Value: model.Text(old)}}
	return op
}

func verdicts(outcomes []connect.Outcome) []connect.Verdict {
	var all []connect.Verdict
	for _, o := range outcomes {
		all = append(all, o.Verdict)
	}
	return all
}

func wantVerdicts(t *testing.T, outcomes []connect.Outcome, want ...connect.Verdict) {
	t.Helper()
	if got := verdicts(outcomes); !slices.Equal(got, want) {
		t.Fatalf("verdicts are %v, want %v: %+v", got, want, outcomes)
	}
}

// standing is what a person sees in HubSpot: e-mail -> properties of the contacts that are not archived.
func standing(t *testing.T, fake *hubspotfake.Server) map[string]map[string]string {
	t.Helper()
	held := applied(fake, "contacts")
	live := 0
	for _, r := range fake.Records("contacts") {
		if !r.Archived {
			live++
		}
	}
	if live != len(held) {
		t.Fatalf("%d contacts stand under %d addresses: a record was doubled", live, len(held))
	}
	return held
}

func TestMovedRecordsMoveAndAreNotDoubled(t *testing.T) {
	fake, d := pair(t)
	first := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test", is("firstname", "A")), byEmail("b@x.test"), byEmail("c@x.test"))
	byID := movedFrom("a@x.test", byEmail("a2@x.test", is("firstname", "A2")))
	byID.RemoteID = first[0].RemoteID
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert,
		byEmail("new@x.test"),
		byID,
		movedFrom("b@x.test", byEmail("b2@x.test")),
		movedFrom("never@x.test", byEmail("fresh@x.test")),
		movedFrom("c@x.test", byEmail("a2@x.test")))
	wantVerdicts(t, outcomes, connect.Accepted, connect.Accepted, connect.Accepted, connect.Accepted, connect.Rejected)
	if outcomes[1].RemoteID != first[0].RemoteID || outcomes[2].RemoteID != first[1].RemoteID {
		t.Errorf("the records moved to other ids: %+v, before %+v", outcomes, first)
	}
	if outcomes[3].Effect != connect.Created || outcomes[1].Effect != connect.Updated {
		t.Errorf("effects are %v and %v, want created where nothing could move, and updated", outcomes[3].Effect, outcomes[1].Effect)
	}
	if outcomes[4].Code != "CONFLICTING_UNIQUE_VALUE" {
		t.Errorf("moving onto another record is refused with %q", outcomes[4].Code)
	}
	held := standing(t, fake)
	for _, email := range []string{"new@x.test", "a2@x.test", "b2@x.test", "c@x.test", "fresh@x.test"} {
		if held[email] == nil {
			t.Errorf("%s is not there", email)
		}
	}
	if len(held) != 5 || held["a2@x.test"]["firstname"] != "A2" {
		t.Errorf("the account holds %v", held)
	}
}

// TestMovingTwiceIsMovingOnce: the answer was lost after the record had moved; the repeat finds it where it is now.
func TestMovingTwiceIsMovingOnce(t *testing.T) {
	fake, d := pair(t)
	mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"))
	move := movedFrom("a@x.test", byEmail("a2@x.test", is("firstname", "A")))
	for range 2 {
		wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Upsert, move), connect.Accepted)
	}
	if held := standing(t, fake); len(held) != 1 || held["a2@x.test"]["firstname"] != "A" {
		t.Errorf("the account holds %v", held)
	}
}

// TestSecondCallFails: what a first call of the batch achieved stands; the rows of the second wait.
func TestSecondCallFails(t *testing.T) {
	fake, d := pair(t)
	first := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"))
	move := movedFrom("a@x.test", byEmail("a2@x.test"))
	move.RemoteID = first[0].RemoteID
	fake.Inject(hubspotfake.Fault{On: "batch/upsert", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3"}}})
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("b@x.test"), move)
	wantVerdicts(t, outcomes, connect.Retry, connect.Accepted)
	if outcomes[0].After != 3*time.Second {
		t.Errorf("the row waits %v, want 3s", outcomes[0].After)
	}
	fake.Inject(hubspotfake.Fault{On: "batch/upsert", Drop: true, Applied: true})
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Upsert, byEmail("b@x.test"), move), connect.Unknown, connect.Accepted)
}

func TestSilentFailureIsNoSuccess(t *testing.T) {
	fake, d := pair(t)
	fake.Inject(hubspotfake.Fault{On: hubspotfake.Writes, Silent: true, Times: 2})
	_, err := d.Deliver(t.Context(), connect.Batch{Object: "contacts", Verb: connect.Upsert,
		Ops: []connect.Operation{byEmail("a@x.test"), byEmail("b@x.test")}})
	var call *connect.CallError
	if !errors.As(err, &call) || call.Class != connect.Refused || call.Code != "VALIDATION_ERROR" {
		t.Fatalf("success without results is %v, want the call refused", err)
	}
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test")), connect.Rejected)
	if len(standing(t, fake)) != 0 {
		t.Error("records were made")
	}
}

// TestWithoutTraceIDs: a version of the API that does not give them back is still understood by the ids of the rows.
func TestWithoutTraceIDs(t *testing.T) {
	fake, d := pair(t)
	fake.Inject(hubspotfake.Fault{On: hubspotfake.Writes, NoTrace: true, Reverse: true, Times: -1})
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"), byEmail("no address"), byEmail("C@x.test"))
	wantVerdicts(t, outcomes, connect.Accepted, connect.Rejected, connect.Accepted)
	if outcomes[1].Code != "INVALID_EMAIL" {
		t.Errorf("the one row left and the one error are not brought together: %+v", outcomes[1])
	}
	if held := fake.Records("contacts"); held[1].ID != outcomes[2].RemoteID || held[1].Properties["email"] != "c@x.test" {
		t.Errorf("row 2 was answered as %s, and the account holds %+v", outcomes[2].RemoteID, held)
	}
	two := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("bad one"), byEmail("bad two"), byEmail("e@x.test"))
	wantVerdicts(t, two, connect.Rejected, connect.Rejected, connect.Accepted)
}

func TestSecondaryAddressFindsTheContact(t *testing.T) {
	fake, d := pair(t)
	id := fake.Put("contacts", map[string]string{"email": "main@x.test", "hs_additional_emails": "old@x.test;older@x.test"})
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("Older@x.test", is("firstname", "Zoë")))
	wantVerdicts(t, outcomes, connect.Accepted)
	held := standing(t, fake)
	if outcomes[0].RemoteID != id || len(held) != 1 || held["main@x.test"]["firstname"] != "Zoë" {
		t.Errorf("outcome %+v, account %v", outcomes[0], held)
	}
	found, err := d.(connect.Reader).Read(t.Context(), "contacts", []connect.Lookup{{Match: byEmail("old@x.test").Match}}, []string{"firstname"})
	if err != nil || !found[0].Exists || found[0].RemoteID != id {
		t.Errorf("reading by a secondary address gave %+v, %v", found, err)
	}
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Archive, byEmail("old@x.test")), connect.Accepted)
	if len(standing(t, fake)) != 0 {
		t.Error("the contact was not archived")
	}
}

func TestRowsThatCannotBeSent(t *testing.T) {
	fake, d := pair(t)
	two := byEmail("a@x.test")
	two.Match = append(two.Match, is("customer_id", "7"))
	list := model.Field{Name: "interests", Value: model.Value{Kind: model.JSON, Text: `["a;b"]`}}
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert,
		byEmail("b@x.test", is("address.city", "Graz")), two, byEmail(" "), byEmail("c@x.test", list),
		connect.Operation{Match: model.Fields{is("hs_object_id", "101")}})
	codes := []string{"hubspot.nested_name", "hubspot.match", "hubspot.match_empty", "hubspot.separator", "hubspot.record_id"}
	for i, o := range outcomes {
		if o.Verdict != connect.Rejected || o.Code != codes[i] || o.Message == "" {
			t.Errorf("row %d is %+v, want %s", i, o, codes[i])
		}
	}
	if fake.Calls() != 0 {
		t.Errorf("%d calls were made for rows that cannot be sent", fake.Calls())
	}
}

func TestInsert(t *testing.T) {
	fake, d := pair(t)
	fake.Put("contacts", map[string]string{"email": "there@x.test", "customer_id": "7"})
	outcomes := mustDeliver(t, d, "contacts", connect.Insert, byEmail("new@x.test"), byEmail("There@x.test", is("firstname", "X")),
		byEmail("other@x.test", is("customer_id", "7")))
	wantVerdicts(t, outcomes, connect.Accepted, connect.Exists, connect.Rejected)
	if held := standing(t, fake); len(held) != 2 || held["there@x.test"]["firstname"] != "" {
		t.Errorf("the account holds %v", held)
	}
	before := fake.Writes()
	_, err := d.Deliver(t.Context(), connect.Batch{Object: "companies", Verb: connect.Insert,
		Ops: []connect.Operation{{Match: model.Fields{is("domain", "x.test")}}}})
	var call *connect.CallError
	if !errors.As(err, &call) || call.Code != "hubspot.match_not_unique" || fake.Writes() != before {
		t.Errorf("inserting under a property that can stand twice: %v, %d writes", err, fake.Writes()-before)
	}
}

func TestRemovals(t *testing.T) {
	fake, d := pair(t)
	made := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"), byEmail("b@x.test"), byEmail("c@x.test"))
	known := byEmail("a@x.test")
	known.RemoteID = made[0].RemoteID
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Archive, known), connect.Accepted)
	if n := fake.Counts()["objects batch/read"]; n != 0 {
		t.Errorf("%d look-ups for a record whose id is known", n)
	}
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Archive, byEmail("b@x.test"), byEmail("nobody@x.test")),
		connect.Accepted, connect.Missing)
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Delete, byEmail("c@x.test"), byEmail("b@x.test")),
		connect.Accepted, connect.Missing)
	if !fake.Blocked("c@x.test") || fake.Blocked("a@x.test") {
		t.Error("delete is to block the address, archive is not")
	}
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("b@x.test"), byEmail("c@x.test"))
	wantVerdicts(t, outcomes, connect.Accepted, connect.Rejected)
	if l := d.(connect.Limiter); l.Limits("contacts", connect.Delete, 50).Rows != 1 || l.Limits("companies", connect.Delete, 50).Rows != 100 {
		t.Error("a GDPR deletion takes one contact a call; other removals take a hundred")
	}
}

func TestClear(t *testing.T) {
	fake, d := pair(t)
	made := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test", is("firstname", "A"), is("city", "Graz")))
	op := byEmail("gone@x.test", is("firstname", ""), is("email", ""))
	op.RemoteID = made[0].RemoteID
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Clear, op, byEmail("nobody@x.test", is("firstname", ""))),
		connect.Accepted, connect.Missing)
	held := standing(t, fake)["a@x.test"]
	if held == nil || held["firstname"] != "" || held["city"] != "Graz" {
		t.Errorf("after clearing firstname the contact holds %v", held)
	}
	only := byEmail("a@x.test", is("email", ""))
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Clear, only), connect.Accepted)
	if standing(t, fake)["a@x.test"] == nil {
		t.Error("the match property was cleared")
	}
}

// TestValues: every kind of value reaches HubSpot in the form it takes.
func TestValues(t *testing.T) {
	fake, d := pair(t)
	value := func(name string, kind model.Kind, text string) model.Field {
		return model.Field{Name: name, Value: model.Value{Kind: kind, Text: text}}
	}
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test",
		value("newsletter", model.Bool, "true"), value("orders", model.Int, "9007199254740993"), value("ltv", model.Decimal, "19.90"),
		value("birthday", model.Date, "1990-02-28"), value("last_order_at", model.Timestamp, "2026-09-08T10:11:12.5"),
		value("interests", model.JSON, `["coffee","",null,"tea"]`), value("plan", model.JSON, `{"a":[1,2]}`), is("phone", "0043 1 23")))
	wantVerdicts(t, outcomes, connect.Accepted)
	held := standing(t, fake)["a@x.test"]
	for name, want := range map[string]string{"newsletter": "true", "orders": "9007199254740993", "ltv": "19.90", "birthday": "1990-02-28",
		"last_order_at": "2026-09-08T10:11:12.500Z", "interests": "coffee;tea", "plan": `{"a":[1,2]}`, "phone": "0043 1 23"} {
		if held[name] != want {
			t.Errorf("%s is %q, want %q", name, held[name], want)
		}
	}
}

func TestRowErrorsKeepHubSpotsCode(t *testing.T) {
	_, d := pair(t)
	outcomes := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test", is("favourite", "x")),
		byEmail("b@x.test", is("lifecyclestage", "king")), byEmail("c@x.test"))
	wantVerdicts(t, outcomes, connect.Rejected, connect.Rejected, connect.Accepted)
	if outcomes[0].Code != "PROPERTY_DOESNT_EXIST" || !strings.Contains(outcomes[0].Message, "favourite") || outcomes[1].Code != "INVALID_OPTION" {
		t.Errorf("the rows are %+v", outcomes)
	}
}

// TestUpdateOfNothing: HubSpot may say for a whole call that its records are not there.
func TestUpdateOfNothing(t *testing.T) {
	fake, d := pair(t)
	body := `{"status":"error","category":"OBJECT_NOT_FOUND","message":"no records","correlationId":"c-2"}`
	fake.Inject(hubspotfake.Fault{On: hubspotfake.Writes, Status: http.StatusNotFound, Body: body, Times: 2})
	if call := deliverError(t, d, "contacts"); call.Class != connect.Refused {
		t.Errorf("records that are not there make the call %v, want refused", call.Class)
	}
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Update, byEmail("a@x.test", is("city", "x"))), connect.Missing)
}

// TestUpdateByRecordID: HubSpot's own id can be the match of an update.
func TestUpdateByRecordID(t *testing.T) {
	fake, d := pair(t)
	id := fake.Put("contacts", map[string]string{"email": "a@x.test"})
	op := connect.Operation{Match: model.Fields{is("hs_object_id", id)}, Fields: model.Fields{is("city", "Graz")}}
	absent := connect.Operation{Match: model.Fields{is("hs_object_id", "9")}, Fields: model.Fields{is("city", "Graz")}}
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Update, absent, op), connect.Missing, connect.Accepted)
	if standing(t, fake)["a@x.test"]["city"] != "Graz" {
		t.Error("the contact was not changed")
	}
}
