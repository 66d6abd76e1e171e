package hubspot_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/hubspot"
	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

func deliverError(t *testing.T, d connect.Destination, object string) *connect.CallError {
	t.Helper()
	_, err := d.Deliver(t.Context(), connect.Batch{Object: object, Verb: connect.Upsert,
		Ops: []connect.Operation{byEmail("a@x.test"), byEmail("b@x.test")}})
	var call *connect.CallError
	if !errors.As(err, &call) {
		t.Fatalf("delivering gave %v, want a call error", err)
	}
	return call
}

func TestThrottlePolicies(t *testing.T) {
	midnight := func() time.Duration {
		now := time.Now().UTC()
		return now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
	}
	for policy, want := range map[string]func() time.Duration{
		"TEN_SECONDLY_ROLLING": func() time.Duration { return 10 * time.Second },
		"SECONDLY":             func() time.Duration { return time.Second },
		"DAILY":                midnight,
	} {
		fake, d := pair(t)
		body := `{"status":"error","errorType":"RATE_LIMIT","policyName":"` + policy + `","correlationId":"c-1"}`
		// A Retry-After beyond the policy's window is in milliseconds, whatever it says.
		fake.Inject(hubspotfake.Fault{Status: http.StatusTooManyRequests, Body: body, Header: http.Header{"Retry-After": {"100000"}}})
		call := deliverError(t, d, "contacts")
		if diff := call.After - want(); call.Class != connect.Throttled || diff > time.Second || diff < -time.Second {
			t.Errorf("%s: %v with a wait of %v, want %v", policy, call.Class, call.After, want())
		}
		if call.Code != policy || call.RequestID != "c-1" {
			t.Errorf("%s: code %q, request %q", policy, call.Code, call.RequestID)
		}
	}
}

func TestRateLimitOfTheAccount(t *testing.T) {
	options := app
	options.Calls, options.Per = 2, time.Minute
	fake := startFake(t, options)
	d := openDestination(t, tokenSettings(fake.URL()))
	mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"))
	mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"))
	if call := deliverError(t, d, "contacts"); call.Class != connect.Throttled || call.Code != "TEN_SECONDLY_ROLLING" {
		t.Errorf("the third call in the window is %v", call)
	}
}

func TestMissingScopeIsNamed(t *testing.T) {
	options := app
	options.Scopes = []string{"crm.objects.contacts.read"}
	fake := startFake(t, options)
	call := deliverError(t, openDestination(t, tokenSettings(fake.URL())), "contacts")
	if call.Class != connect.Forbidden || !strings.Contains(call.Message, "crm.objects.contacts.write") || call.RequestID == "" {
		t.Errorf("without the scope the call is %+v", call)
	}
}

func TestUnknownObjectIsNamed(t *testing.T) {
	_, d := pair(t)
	call := deliverError(t, d, "contcats")
	if call.Class != connect.Gone || call.Code != "hubspot.no_such_object" || !strings.Contains(call.Message, "contcats") {
		t.Errorf("an unknown object is %+v", call)
	}
}

func TestAnotherAccountGetsNothing(t *testing.T) {
	fake := startFake(t, app)
	s := tokenSettings(fake.URL())
	s.Values["account"] = "17"
	call := deliverError(t, openDestination(t, s), "contacts")
	if call.Class != connect.Forbidden || call.Code != "hubspot.other_account" || fake.Writes() != 0 {
		t.Errorf("with another account's token: %+v, %d writes", call, fake.Writes())
	}
	s.Values["account"] = "4242"
	d := openDestination(t, s)
	for range 3 {
		mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"))
	}
	if n := fake.Counts()["account"]; n != 2 {
		t.Errorf("the account was asked for %d times by two destinations", n)
	}
}

// TestOneRefreshForAll: however many calls meet an expired token, one new one is asked for.
func TestOneRefreshForAll(t *testing.T) {
	fake := startFake(t, app)
	d := openDestination(t, oauthSettings(fake.URL()))
	mustDeliver(t, d, "contacts", connect.Upsert, byEmail("a@x.test"))
	fake.ExpireTokens()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			outcomes, err := d.Deliver(t.Context(), connect.Batch{Object: "contacts", Verb: connect.Upsert,
				Ops: []connect.Operation{byEmail("a@x.test")}})
			if err != nil || outcomes[0].Verdict != connect.Accepted {
				t.Errorf("delivering over the end of a token: %v %+v", err, outcomes)
			}
		})
	}
	group.Wait()
	if n := fake.Counts()["tokens"]; n != 2 {
		t.Errorf("%d access tokens were asked for, want 2", n)
	}
}

func TestRefusedGrant(t *testing.T) {
	fake := startFake(t, app)
	s := oauthSettings(fake.URL())
	s.Secrets["refresh_token"] = connect.NewSecret("stale")
	if call := deliverError(t, openDestination(t, s), "contacts"); call.Class != connect.Unauthorized || call.Code != "hubspot.oauth" {
		t.Errorf("a refused refresh token is %+v", call)
	}
	fake.Inject(hubspotfake.Fault{On: "oauth", Status: http.StatusBadGateway})
	if call := deliverError(t, openDestination(t, oauthSettings(fake.URL())), "contacts"); call.Class != connect.NotSent {
		t.Errorf("no token to be had leaves the records %v, want not sent", call.Class)
	}
}

func TestProbe(t *testing.T) {
	options := app
	options.Daily = 1000
	fake := startFake(t, options)
	account, err := openDestination(t, tokenSettings(fake.URL())).(connect.Prober).Probe(t.Context())
	if err != nil || account.ID != "hubspot:4242" || account.Note != "STANDARD, 999 of 1000 calls left today" {
		t.Errorf("the account is %+v, %v", account, err)
	}
}

func TestDescribe(t *testing.T) {
	_, d := pair(t)
	info, err := d.(connect.Describer).Describe(t.Context(), "contacts")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]connect.FieldInfo{
		"email":          {Type: "string", Unique: true, Length: 65536},
		"customer_id":    {Type: "string", Unique: true, Length: 65536},
		"firstname":      {Type: "string", Length: 65536},
		"ltv":            {Type: "decimal"},
		"newsletter":     {Type: "boolean"},
		"birthday":       {Type: "date"},
		"last_order_at":  {Type: "timestamp"},
		"interests":      {Type: "choices"},
		"lifecyclestage": {Type: "choice"},
		"hs_object_id":   {Type: "decimal", ReadOnly: true, Unique: true},
	} {
		f, ok := info.Field(name)
		if !ok || f.Type != want.Type || f.Unique != want.Unique || f.ReadOnly != want.ReadOnly || f.Length != want.Length {
			t.Errorf("%s is described as %+v", name, f)
		}
		if (len(f.Choices) > 0) != strings.HasPrefix(f.Type, "choice") {
			t.Errorf("%s has the choices %v", name, f.Choices)
		}
	}
}

func TestSettings(t *testing.T) {
	secret := connect.NewSecret("x")
	for name, test := range map[string]struct {
		settings connect.Settings
		code     string
	}{
		"nothing": {connect.Settings{Name: "crm"}, "hubspot.credentials"},
		"half an app": {connect.Settings{Values: map[string]string{"client_id": "1"},
			Secrets: map[string]connect.Secret{"refresh_token": secret}}, "hubspot.credentials"},
		"both": {connect.Settings{Values: map[string]string{"client_id": "1"},
			Secrets: map[string]connect.Secret{"token": secret}}, "hubspot.credentials"},
		"version": {connect.Settings{Values: map[string]string{"api_version": "2026-9"},
			Secrets: map[string]connect.Secret{"token": secret}}, "hubspot.api_version"},
		"rate": {connect.Settings{Values: map[string]string{"rate": "0"},
			Secrets: map[string]connect.Secret{"token": secret}}, "hubspot.rate"},
	} {
		_, err := hubspot.Driver().Destination(t.Context(), test.settings)
		if !fault.Is(err, test.code) || fault.As(err).Suggestion == "" || fault.As(err).Kind != fault.Usage {
			t.Errorf("%s: %v, want %s with a suggestion", name, err, test.code)
		}
	}
}
