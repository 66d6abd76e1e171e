package hubspot_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/sync/connect"
)

// TestOddReplies: what a reply does not say plainly is unknown, and one odd part does not cost the others.
func TestOddReplies(t *testing.T) {
	const done = `{"id":"101","new":true,"objectWriteTraceId":"0","properties":{}}`
	failed := func(trace, category string) string {
		return fmt.Sprintf(`{"status":"error","category":%q,"message":"m","context":{"objectWriteTraceId":[%q]}}`, category, trace)
	}
	yes, no, unknown, retry := connect.Accepted, connect.Rejected, connect.Unknown, connect.Retry
	for name, test := range map[string]struct {
		results, errors string
		want            []connect.Verdict
	}{
		"a row of another batch":    {strings.Replace(done, `"0"`, `"77"`, 1), "", []connect.Verdict{unknown, unknown}},
		"done and failed":           {done, failed("0", "VALIDATION_ERROR"), []connect.Verdict{unknown, unknown}},
		"HubSpot's own failure":     {done, failed("1", "INTERNAL_ERROR"), []connect.Verdict{yes, unknown}},
		"a row throttled":           {done, failed("1", "RATE_LIMITS"), []connect.Verdict{yes, retry}},
		"a context of another form": {done, `{"status":"error","category":"VALIDATION_ERROR","message":"m","context":{"x":7,"objectWriteTraceId":["1"]}}`, []connect.Verdict{yes, no}},
		"a code of another form":    {done, `{"status":"error","category":"VALIDATION_ERROR","message":"m","subCategory":{"a":1},"context":{"objectWriteTraceId":["1"]}}`, []connect.Verdict{yes, no}},
		"one error for two rows":    {"", `{"status":"error","category":"INTERNAL_ERROR","message":"m","context":{"objectWriteTraceId":["0","1"]}}`, []connect.Verdict{unknown, unknown}},
		"nothing at all":            {"", "", []connect.Verdict{unknown, unknown}},
	} {
		fake, d := pair(t)
		body := `{"status":"COMPLETE","results":[` + test.results + `],"errors":[` + test.errors + `]}`
		fake.Inject(hubspotfake.Fault{On: hubspotfake.Writes, Status: http.StatusMultiStatus, Body: body})
		outcomes := mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"), byEmail("b@x.test"))
		if got := verdicts(outcomes); got[0] != test.want[0] || got[1] != test.want[1] {
			t.Errorf("%s: the rows are %v, want %v", name, got, test.want)
		}
	}
}

// TestErrorsThatNameNobody: fewer errors than rows left do not say which of them failed.
func TestErrorsThatNameNobody(t *testing.T) {
	fake, d := pair(t)
	fake.Inject(hubspotfake.Fault{On: hubspotfake.Writes, NoTrace: true, Omit: []int{0}})
	wantVerdicts(t, mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"), byEmail("bad"), byEmail("c@x.test")),
		connect.Unknown, connect.Unknown, connect.Accepted)
}

// TestCallErrorsQuoteNothing: HubSpot quotes the row's value in its message; the error of a call does not.
func TestCallErrorsQuoteNothing(t *testing.T) {
	fake, d := pair(t)
	const canary = "canary.7f3a@x.test"
	body := `{"status":"error","category":"VALIDATION_ERROR","correlationId":"c-9","message":"Property values were not valid: ` +
		`[{\"isValid\":false,\"message\":\"Email address ` + canary + ` is invalid\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\"}]"}`
	fake.Inject(hubspotfake.Fault{On: hubspotfake.Writes, Status: http.StatusBadRequest, Body: body})
	call := deliverError(t, d, "contacts")
	if call.Class != connect.Refused || call.Code != "INVALID_EMAIL" || !strings.Contains(call.Message, "(email)") || call.RequestID != "c-9" {
		t.Errorf("the refusal is %+v", call)
	}
	for err := error(call); err != nil; err = errors.Unwrap(err) {
		if strings.Contains(fmt.Sprintf("%+v", err), canary) {
			t.Errorf("the error quotes the row: %v", err)
		}
	}
}

func TestListPages(t *testing.T) {
	fake, d := pair(t)
	for i := range 250 {
		fake.Put("contacts", map[string]string{"email": fmt.Sprintf("p%d@x.test", i)})
	}
	seen := map[string]bool{}
	err := d.(connect.Lister).List(t.Context(), "contacts", []string{"email"}, func(f connect.Found) error {
		email, _ := f.Fields.Get("email")
		seen[email.Text] = true
		return nil
	})
	if err != nil || len(seen) != 250 {
		t.Errorf("the list shows %d of 250 contacts: %v", len(seen), err)
	}
}

// TestRemovalsAreBelievedOnlyFromHubSpot: an empty reply is HubSpot's yes; a login page or an error in a 2xx is none.
func TestRemovalsAreBelievedOnlyFromHubSpot(t *testing.T) {
	for name, body := range map[string]string{"a page": "<html>Please log in</html>",
		"errors": `{"status":"COMPLETE","errors":[{"category":"INTERNAL_ERROR","message":"m"}]}`} {
		for _, verb := range []connect.Verb{connect.Archive, connect.Delete} {
			fake, d := pair(t)
			fake.Put("contacts", map[string]string{"email": "a@x.test"})
			fake.Inject(hubspotfake.Fault{On: hubspotfake.Writes, Status: http.StatusOK, Body: body})
			_, err := d.Deliver(t.Context(), connect.Batch{Object: "contacts", Verb: verb, Ops: []connect.Operation{byEmail("a@x.test")}})
			var call *connect.CallError
			if !errors.As(err, &call) || call.Class != connect.Lost {
				t.Errorf("%v answered with %s is %v, want lost", verb, name, err)
			}
		}
	}
}
