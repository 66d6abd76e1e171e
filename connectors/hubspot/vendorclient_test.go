package hubspot_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// seen is what HubSpot's client told its caller of one call.
type seen struct {
	OK    bool
	Code  int
	Reply struct {
		Status    string
		NumErrors int
		Results   []struct {
			ID                 string
			New                *bool `json:"_new"`
			ObjectWriteTraceID string
			Properties         map[string]*string
			Name               string
			HasUniqueValue     bool
		}
		Errors []struct {
			Category string
			Context  map[string][]string
		}
	}
	Body struct {
		Category      string
		CorrelationID string
	}
}

func (s seen) ids() []string {
	var ids []string
	for _, r := range s.Reply.Results {
		ids = append(ids, r.ID)
	}
	return ids
}

// TestVendorClient: HubSpot's own client understands the fake, and the connector's requests are those that it makes.
func TestVendorClient(t *testing.T) {
	told, theirs := vendorClient(t)
	t.Run("answers", func(t *testing.T) { checkAnswers(t, told) })
	t.Run("requests", func(t *testing.T) {
		ours := connectorRequests(t)
		for i, name := range []string{"upsert", "read", "clear", "properties", "create", "archive", "gdpr-delete", "list"} {
			if i >= len(ours) || i >= len(theirs) {
				t.Fatalf("%s: the connector made %d calls, the client %d", name, len(ours), len(theirs))
			}
			if diff := cmp.Diff(shape(t, theirs[i]), shape(t, ours[i])); diff != "" {
				t.Errorf("%s: the connector's request (+) is not the client's (-):\n%s", name, diff)
			}
		}
	})
	t.Run("token request", func(t *testing.T) {
		fake := newAccount(t)
		mustDeliver(t, openDestination(t, oauthSettings(fake.URL())), "contacts", connect.Upsert, byEmail("a@x.test"))
		if diff := cmp.Diff(grant(t, theirs), grant(t, fake.Requests())); diff != "" {
			t.Errorf("the connector's grant (+) is not the client's (-):\n%s", diff)
		}
	})
}

// grant finds the form that was posted for an access token.
func grant(t *testing.T, requests []hubspotfake.Request) url.Values {
	t.Helper()
	for _, r := range requests {
		if strings.HasPrefix(r.Path, "/oauth/") {
			form, err := url.ParseQuery(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			return form
		}
	}
	t.Fatal("no access token was asked for")
	return nil
}

func vendorClient(t *testing.T) (map[string]seen, []hubspotfake.Request) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: HubSpot's own client cannot be run")
	}
	dir := filepath.Join("..", "..", "build", "vendorclients")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@hubspot", "api-client")); err != nil {
		t.Skip("@hubspot/api-client is not installed: run npm ci in build/vendorclients")
	}
	fake := newAccount(t)
	command := exec.CommandContext(t.Context(), node, "hubspot.mjs")
	command.Dir = dir
	command.Env = append(os.Environ(), "BASE="+fake.URL(), "TOKEN="+app.Token, "CLIENT_ID="+app.ClientID,
		"CLIENT_SECRET="+app.ClientSecret, "REFRESH_TOKEN="+app.RefreshToken)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("running HubSpot's client: %v\n%s", err, problems.String())
	}
	var told map[string]seen
	if err := json.Unmarshal(out, &told); err != nil {
		t.Fatalf("reading what HubSpot's client said: %v\n%s", err, out)
	}
	return told, fake.Requests()
}

func newAccount(t *testing.T) *hubspotfake.Server {
	t.Helper()
	options := app
	options.Record = true
	fake := startFake(t, options)
	fake.Define("subscriptions", hubspotfake.Property{Name: "subscription_id", Type: "string", Unique: true},
		hubspotfake.Property{Name: "remark", Type: "string"})
	return fake
}

func checkAnswers(t *testing.T, told map[string]seen) {
	want := func(name string, ok bool) {
		t.Helper()
		if !ok {
			t.Errorf("%s: the client saw %+v", name, told[name])
		}
	}
	for _, name := range []string{"upsert", "read", "clear", "properties", "create", "archive", "erase", "list", "token",
		"partial", "absent", "custom"} {
		want(name, told[name].OK)
	}
	up := told["upsert"].Reply
	want("upsert", up.Status == "COMPLETE" && slices.Equal(told["upsert"].ids(), []string{"101", "102"}) && *up.Results[0].New &&
		up.Results[1].ObjectWriteTraceID == "1" && *up.Results[1].Properties["firstname"] == "Bob")
	read := told["read"].Reply
	want("read", len(read.Results) == 1 && read.NumErrors == 1 && read.Errors[0].Category == "OBJECT_NOT_FOUND" &&
		slices.Equal(read.Errors[0].Context["ids"], []string{"nobody@example.com"}))
	want("clear", *told["clear"].Reply.Results[0].Properties["firstname"] == "")
	want("create", slices.Equal(told["create"].ids(), []string{"103"}))
	want("list", slices.Equal(told["list"].ids(), []string{"101"}))
	unique := 0
	for _, p := range told["properties"].Reply.Results {
		if p.HasUniqueValue && p.Name == "customer_id" {
			unique++
		}
	}
	want("properties", unique == 1)
	partial := told["partial"].Reply
	want("partial", len(partial.Results) == 1 && partial.Results[0].ObjectWriteTraceID == "row-7" && partial.NumErrors == 1 &&
		partial.Errors[0].Category == "VALIDATION_ERROR" && slices.Equal(partial.Errors[0].Context["objectWriteTraceId"], []string{"row-8"}))
	want("absent", told["absent"].Reply.NumErrors == 1 && told["absent"].Reply.Errors[0].Category == "OBJECT_NOT_FOUND")
	want("erased", told["erased"].OK && len(told["erased"].Reply.Results) == 0 && told["erased"].Reply.NumErrors == 1)
	for name, status := range map[string]int{"untraced": 400, "existing": 409, "tooMany": 400, "noObject": 400, "unauthorized": 401} {
		want(name, !told[name].OK && told[name].Code == status && told[name].Body.Category != "" && told[name].Body.CorrelationID != "")
	}
}

// connectorRequests makes the client's first calls through the connector.
func connectorRequests(t *testing.T) []hubspotfake.Request {
	t.Helper()
	fake := newAccount(t)
	d := openDestination(t, tokenSettings(fake.URL()))
	person := func(name, email, id string) connect.Operation {
		op := connect.Operation{Key: model.Key(email), RemoteID: id, Match: model.Fields{{Name: "email", Value: model.Text(email)}}}
		if name != "" {
			op.Fields = model.Fields{{Name: "firstname", Value: model.Text(name)}}
		}
		return op
	}
	deliver := func(verb connect.Verb, ops ...connect.Operation) {
		t.Helper()
		for i, o := range mustDeliver(t, d, "contacts", verb, ops...) {
			if o.Verdict != connect.Accepted {
				t.Fatalf("%v: row %d is %+v", verb, i, o)
			}
		}
	}
	deliver(connect.Upsert, person("Ann", "ann@example.com", ""), person("Bob", "bob@example.com", ""))
	lookups := []connect.Lookup{{Match: person("", "ann@example.com", "").Match}, {Match: person("", "nobody@example.com", "").Match}}
	if _, err := d.(connect.Reader).Read(t.Context(), "contacts", lookups, []string{"firstname"}); err != nil {
		t.Fatal(err)
	}
	deliver(connect.Clear, person("Ann", "ann@example.com", "101"))
	deliver(connect.Insert, person("Cas", "cas@example.com", ""))
	deliver(connect.Archive, person("", "bob@example.com", "102"))
	deliver(connect.Delete, person("", "cas@example.com", "103"))
	if err := d.(connect.Lister).List(t.Context(), "contacts", []string{"email"}, func(connect.Found) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return fake.Requests()
}

// shape is a request as far as it matters: the order of JSON members and of parameters does not.
func shape(t *testing.T, r hubspotfake.Request) map[string]any {
	t.Helper()
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		t.Fatal(err)
	}
	query.Del("dataSensitivity")
	if query.Get("archived") == "false" {
		query.Del("archived") // the default, which the client spells out in some calls
	}
	var body any
	if r.Body != "" {
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]any{"method": r.Method, "path": r.Path, "query": query, "body": body}
}
