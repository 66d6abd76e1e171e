package hubspot_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/hubspot"
	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/connect/connecttest"
	"github.com/freshet/freshet/sync/model"
)

// app is an OAuth app installed in the fake account.
var app = hubspotfake.Options{Token: "pat-secret-5d1f", ClientID: "client-7", ClientSecret: "client-secret-9a0c",
	RefreshToken: "refresh-secret-33e8"}

func TestConformance(t *testing.T) {
	objects := []connecttest.Object{
		{Name: "contacts", Op: contact, Text: "jobtitle", EmptyClears: true},
		{Name: "companies", Op: keyed("company_id", "description"), Text: "description", EmptyClears: true},
		{Name: "subscriptions", Op: keyed("subscription_id", "remark"), Text: "remark", EmptyClears: true},
	}
	throttles := []string{"seconds", "date", "ten-secondly", "locked", "migration"}
	t.Run("oauth", func(t *testing.T) {
		connecttest.Run(t, connecttest.Harness{Driver: hubspot.Driver(), Objects: objects, Throttles: throttles,
			Start: func(t *testing.T) connecttest.Peer { return start(t, oauthSettings) }})
	})
	t.Run("token and v3", func(t *testing.T) {
		connecttest.Run(t, connecttest.Harness{Driver: hubspot.Driver(), Objects: objects[:1], Throttles: throttles,
			Start: func(t *testing.T) connecttest.Peer { return start(t, tokenSettings) },
			Skip:  map[string]string{"unauthorized-once": "A private app's token does not end: there is none to renew it with."}})
	})
}

func contact(verb connect.Verb, i, revision int) connect.Operation {
	email := fmt.Sprintf("Person.%d@Example.com", i)
	op := connect.Operation{Key: model.Key(strconv.Itoa(i)), Match: model.Fields{{Name: "email", Value: model.Text(email)}}}
	switch verb {
	case connect.Archive, connect.Delete:
	case connect.Clear:
		op.Fields = model.Fields{{Name: "firstname"}, {Name: "jobtitle"}}
	default:
		op.Fields = model.Fields{{Name: "firstname", Value: model.Text("Zoë שלום")}, {Name: "jobtitle", Value: model.Text("engineer")},
			{Name: "ltv", Value: model.Value{Kind: model.Decimal, Text: "19.90"}},
			{Name: "orders", Value: model.Integer(int64(revision))}}
	}
	return op
}

func keyed(match, text string) func(connect.Verb, int, int) connect.Operation {
	return func(verb connect.Verb, i, revision int) connect.Operation {
		op := connect.Operation{Key: model.Key(strconv.Itoa(i)),
			Match: model.Fields{{Name: match, Value: model.Text("ID-" + strconv.Itoa(i))}}}
		switch verb {
		case connect.Archive, connect.Delete:
		case connect.Clear:
			op.Fields = model.Fields{{Name: text}}
		default:
			op.Fields = model.Fields{{Name: "name", Value: model.Text("revision " + strconv.Itoa(revision))},
				{Name: text, Value: model.Text("hello")}}
			op.Fields.Sort()
		}
		return op
	}
}

func oauthSettings(url string) connect.Settings {
	return connect.Settings{Name: "crm", Values: map[string]string{"base_url": url, "client_id": app.ClientID},
		Secrets: map[string]connect.Secret{"client_secret": connect.NewSecret(app.ClientSecret),
			"refresh_token": connect.NewSecret(app.RefreshToken)}}
}

func tokenSettings(url string) connect.Settings {
	return connect.Settings{Name: "crm", Values: map[string]string{"base_url": url, "api_version": "v3"},
		Secrets: map[string]connect.Secret{"token": connect.NewSecret(app.Token)}}
}

func start(t *testing.T, settings func(url string) connect.Settings) connecttest.Peer {
	t.Helper()
	fake := startFake(t, app)
	fake.Define("subscriptions", hubspotfake.Property{Name: "subscription_id", Type: "string", Unique: true},
		hubspotfake.Property{Name: "name", Type: "string"}, hubspotfake.Property{Name: "remark", Type: "string"})
	return connecttest.Peer{
		Settings: settings(fake.URL()),
		Secrets:  []string{"oauth-access-1", app.Token},
		Applied:  func(object string) map[string]map[string]string { return applied(fake, object) },
		Calls:    fake.Writes,
		Inject: func(f connecttest.Fault) error {
			if f.Kind == connecttest.UnauthorizedOnce && fake.Calls() > 0 && fake.Counts()["tokens"] == 0 {
				return connecttest.ErrUnsupported // a private app's token does not end
			}
			return inject(fake, f)
		},
		Close: fake.Close,
	}
}

func startFake(t *testing.T, options hubspotfake.Options) *hubspotfake.Server {
	t.Helper()
	fake, err := hubspotfake.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	return fake
}

func applied(fake *hubspotfake.Server, object string) map[string]map[string]string {
	match := map[string]string{"contacts": "email", "companies": "company_id", "subscriptions": "subscription_id"}[object]
	held := map[string]map[string]string{}
	for _, r := range fake.Records(object) {
		if !r.Archived {
			held[folded(r.Properties[match])] = r.Properties
		}
	}
	return held
}

func inject(fake *hubspotfake.Server, f connecttest.Fault) error {
	fault := hubspotfake.Fault{On: hubspotfake.Writes}
	switch f.Kind {
	case connecttest.DropBeforeApply, connecttest.DropAfterApply:
		fault.Drop, fault.Applied = true, f.Kind == connecttest.DropAfterApply
	case connecttest.Throttle, connecttest.ThrottleNoHint:
		throttle(&fault, f)
	case connecttest.ServerError, connecttest.ServerErrorApplied:
		fault.Status, fault.Applied = 502, f.Kind == connecttest.ServerErrorApplied
		fault.Body = `{"status":"error","message":"internal error","correlationId":"c0ffee"}`
	case connecttest.UnauthorizedOnce:
		fault.Expire = true
	case connecttest.UnauthorizedForGood:
		fault.Revoke, fault.On = true, ""
	case connecttest.Forbidden:
		fault.Status = http.StatusForbidden
		fault.Body = `{"status":"error","category":"MISSING_SCOPES","message":"scopes","errors":[{"message":"needed",` +
			`"context":{"requiredGranularScopes":["crm.objects.contacts.write"]}}]}`
	case connecttest.HTML:
		fault.Status, fault.Body = 200, "<html><body>Please log in</body></html>"
		fault.Header = http.Header{"Content-Type": {"text/html"}}
	case connecttest.Garbage:
		fault.Status, fault.Body = 200, "\x00\x01\x02 no reply"
	case connecttest.Truncated:
		fault.Cut = true
	case connecttest.SlowReply:
		fault.Delay = f.After
	case connecttest.PartialReject:
		fault.Reject = f.Rows
	case connecttest.OmitOutcome:
		fault.Omit = f.Rows
	case connecttest.ReorderOutcomes:
		fault.Reverse, fault.Reject = true, []int{-1}
	case connecttest.WholeBatchRefused:
		fault.Poison = f.Rows
	case connecttest.HugeReply:
		fault.Endless = true
	default:
		return connecttest.ErrUnsupported
	}
	fake.Inject(fault)
	return nil
}

func throttle(fault *hubspotfake.Fault, f connecttest.Fault) {
	fault.Status = http.StatusTooManyRequests
	fault.Body = `{"status":"error","errorType":"RATE_LIMIT","message":"slow down"}`
	seconds := strconv.Itoa(int(f.After.Seconds()))
	if f.Kind == connecttest.Throttle {
		fault.Header = http.Header{"Retry-After": {seconds}}
	}
	switch f.Shape {
	case "date":
		fault.Header = http.Header{"Retry-After": {time.Now().Add(f.After).UTC().Format(http.TimeFormat)}}
	case "ten-secondly":
		fault.Body = `{"status":"error","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING","message":"slow down"}`
	case "locked":
		fault.Status = 423
	case "migration":
		fault.Status = 477
	}
}
