package salesforce

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// seen is what jsforce told its caller of one call.
type seen struct {
	OK      bool
	Code    string
	Message string
	Reply   json.RawMessage
}

// TestVendorClient: jsforce understands the fake, and the connector's requests are those that it makes.
func TestVendorClient(t *testing.T) {
	told, theirs := vendorClient(t)
	t.Run("answers", func(t *testing.T) { checkAnswers(t, told) })
	t.Run("requests", func(t *testing.T) {
		ours := connectorRequests(t)
		names := []string{"account", "upsert", "query", "update", "insert", "describe", "destroy", "open", "upload", "close"}
		for i, name := range names {
			if i >= len(ours) || i >= len(theirs) {
				t.Fatalf("%s: the connector made %d calls, the client %d", name, len(ours), len(theirs))
			}
			if diff := cmp.Diff(shape(t, theirs[i]), shape(t, ours[i])); diff != "" {
				t.Errorf("%s: the connector's request (+) is not the client's (-):\n%s", name, diff)
			}
		}
		if diff := cmp.Diff(polled(theirs[len(names):]), polled(ours[len(names):])); diff != "" {
			t.Errorf("the connector's polls and files (+) are not the client's (-):\n%s", diff)
		}
	})
}

// polled are the kinds of the calls after closing a job, each once, in their order, as far as both make them.
func polled(requests []salesforcefake.Request) []string {
	var out []string
	for _, r := range requests {
		name := r.Method + " " + r.Path[strings.LastIndexByte(r.Path, '/')+1:]
		if strings.Contains(name, "750") {
			name = r.Method + " job"
		}
		if r.Method == "GET" && (len(out) == 0 || out[len(out)-1] != name) && name != "GET unprocessedrecords" {
			out = append(out, name)
		}
		if name == "GET failedResults" {
			return out
		}
	}
	return out
}

func vendorClient(t *testing.T) (map[string]seen, []salesforcefake.Request) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: jsforce cannot be run")
	}
	dir := filepath.Join("..", "..", "build", "vendorclients")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "jsforce")); err != nil {
		t.Skip("jsforce is not installed: run npm ci in build/vendorclients")
	}
	fake := start(t, salesforcefake.Options{Record: true, JobStep: time.Millisecond, PageSize: 3})
	t.Cleanup(fake.Close)
	command := exec.CommandContext(t.Context(), node, "salesforce.mjs")
	command.Dir = dir
	command.Env = append(os.Environ(), "BASE="+fake.URL, "TOKEN=fake-session")
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("running jsforce: %v\n%s", err, problems.String())
	}
	var told map[string]seen
	if err := json.Unmarshal(out, &told); err != nil {
		t.Fatalf("reading what jsforce said: %v\n%s", err, out)
	}
	return told, fake.Requests()
}

func read[T any](t *testing.T, s seen) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(s.Reply, &v); err != nil || !s.OK {
		t.Errorf("the client saw %+v (%v)", s, err)
	}
	return v
}

type answers []struct {
	ID      string
	Success bool
	Created bool
	Errors  []struct{ StatusCode, Message string }
}

func checkAnswers(t *testing.T, told map[string]seen) {
	for _, name := range []string{"account", "upsert", "update", "insert", "destroy", "open", "upload", "close", "poll", "limits", "refresh", "credentials"} {
		if !told[name].OK {
			t.Errorf("%s: the client saw %+v", name, told[name])
		}
	}
	up := read[answers](t, told["upsert"])
	if len(up) != 2 || !up[0].Created || len(up[1].ID) != 18 {
		t.Errorf("upsert: the client saw %s", told["upsert"].Reply)
	}
	if q := read[struct{ Records []map[string]any }](t, told["query"]); len(q.Records) != 1 || q.Records[0]["Id"] != up[0].ID {
		t.Errorf("query: the client saw %s", told["query"].Reply)
	}
	checkJob(t, told)
	rows := read[answers](t, told["rows"])
	for i, code := range []string{"REQUIRED_FIELD_MISSING", "", "DUPLICATE_VALUE", "INVALID_FIELD"} {
		if len(rows) != 4 || rows[i].Success != (code == "") || code != "" && rows[i].Errors[0].StatusCode != code {
			t.Fatalf("rows: the client saw %s", told["rows"].Reply)
		}
	}
	for name, code := range map[string]string{"again": "INVALIDJOBSTATE", "tooMany": "INVALID_INPUT", "noObject": "NOT_FOUND",
		"noField": "INVALID_FIELD", "unauthorized": "INVALID_SESSION_ID"} {
		if told[name].OK || told[name].Code != code {
			t.Errorf("%s: the client saw %+v, want %s", name, told[name], code)
		}
	}
	gone := read[answers](t, told["gone"])
	if len(gone) != 2 || gone[0].Errors[0].StatusCode != "ENTITY_IS_DELETED" || gone[1].Errors[0].StatusCode != "INVALID_CROSS_REFERENCE_KEY" {
		t.Errorf("gone: the client saw %s", told["gone"].Reply)
	}
	if p := read[struct{ Records []any }](t, told["pages"]); len(p.Records) != 4 {
		t.Errorf("pages: the client saw %d records, want 4", len(p.Records))
	}
}

func checkJob(t *testing.T, told map[string]seen) {
	t.Helper()
	good, bad := read[[]map[string]string](t, told["good"]), read[[]map[string]string](t, told["bad"])
	if len(good) != 2 || len(bad) != 1 {
		t.Fatalf("the job: the client saw %s and %s", told["good"].Reply, told["bad"].Reply)
	}
	if good[1]["FirstName"] != `D "q", x` || good[1]["sf__Created"] != "true" || len(good[1]["sf__Id"]) != 18 {
		t.Errorf("the job's good rows: the client saw %v", good)
	}
	if want := "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"; bad[0]["sf__Error"] != want {
		t.Errorf("the job's bad row says %q, want %q", bad[0]["sf__Error"], want)
	}
	whole := read[struct{ SuccessfulResults, FailedResults, UnprocessedRecords []any }](t, told["oneGo"])
	if len(whole.SuccessfulResults) != 1 || len(whole.FailedResults) != 0 || len(whole.UnprocessedRecords) != 0 {
		t.Errorf("the delete job: the client saw %s", told["oneGo"].Reply)
	}
}

// connectorRequests makes the client's first calls through the connector.
func connectorRequests(t *testing.T) []salesforcefake.Request {
	t.Helper()
	fake := start(t, salesforcefake.Options{Record: true, JobStep: time.Millisecond})
	t.Cleanup(fake.Close)
	d := opened(t, tokenSettings(fake))
	upsert := func(object string, ops ...connect.Operation) []connect.Outcome {
		return must(t, d, connect.Batch{Object: object, Verb: connect.Upsert, Ops: ops})
	}
	upsert("Account", contact("ACME", "Name", "Acme"))
	ann := contact("A1", "LastName", "Ann", "Account.External_Id__c", "ACME")
	ann.Fields = append(ann.Fields, model.Field{Name: "Description"})
	bob := contact("B2", "LastName", "Böb")
	bob.Fields = append(bob.Fields, model.Field{Name: "Orders__c", Value: model.Integer(7)})
	done := upsert("Contact", ann, bob)
	d.schemas.known["Contact"] = knownSchema{at: time.Now()} // look-ups describe an object first, once: not compared here
	if _, err := d.Read(t.Context(), "Contact", []connect.Lookup{{Match: contact("A1").Match}, {Match: contact("it's").Match}}, []string{"External_Id__c"}); err != nil {
		t.Fatal(err)
	}
	clear := contact("A1")
	clear.RemoteID, clear.Fields = done[0].RemoteID, model.Fields{{Name: "Description"}}
	must(t, d, connect.Batch{Object: "Contact", Verb: connect.Clear, Ops: []connect.Operation{clear}})
	d.schemas.known["Contact"] = knownSchema{at: time.Now(), schema: schema{Fields: []schemaField{{Name: "External_Id__c", Unique: true}}}}
	made := must(t, d, connect.Batch{Object: "Contact", Verb: connect.Insert, Ops: []connect.Operation{contact("C3", "LastName", "Cas")}})
	if _, err := d.described(t.Context(), "Contact"); err != nil {
		t.Fatal(err)
	}
	leave := contact("C3")
	leave.RemoteID = made[0].RemoteID
	must(t, d, connect.Batch{Object: "Contact", Verb: connect.Delete, Ops: []connect.Operation{leave}})
	eve := contact("E5", "LastName", "Eve")
	eve.Fields = append(model.Fields{{Name: "FirstName"}}, eve.Fields...)
	bad := contact("F6", "FirstName", "no last name")
	bad.Fields = append(bad.Fields, model.Field{Name: "LastName"})
	batch := connect.Batch{Object: "Contact", Verb: connect.Upsert, Ops: []connect.Operation{contact("D4", "FirstName", `D "q", x`, "LastName", "Dee"), eve, bad}}
	token, err := d.Begin(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Finish(t.Context(), token, batch); err != nil {
		t.Fatal(err)
	}
	return withoutFirstLook(fake.Requests())
}

// withoutFirstLook leaves out that Finish looks at the job before it uploads: the client has just opened it.
func withoutFirstLook(requests []salesforcefake.Request) []salesforcefake.Request {
	for i, r := range requests {
		if r.Method == "PUT" {
			return append(requests[:i-1:i-1], requests[i:]...)
		}
	}
	return requests
}

// shape is a request as far as it matters: the order of JSON members and of parameters does not.
func shape(t *testing.T, r salesforcefake.Request) map[string]any {
	t.Helper()
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		t.Fatal(err)
	}
	if query.Get("allOrNone") == "false" {
		query.Del("allOrNone") // the default
	}
	var body any
	switch {
	case strings.HasPrefix(r.Kind, "text/csv"):
		body, err = csv.NewReader(strings.NewReader(r.Body)).ReadAll()
	case r.Body != "":
		err = json.Unmarshal([]byte(r.Body), &body)
	}
	if err != nil {
		t.Fatal(err)
	}
	if job, ok := body.(map[string]any); ok {
		delete(job, "contentType") // the connector spells the defaults out
		delete(job, "columnDelimiter")
	}
	return map[string]any{"method": r.Method, "path": r.Path, "query": query, "body": body, "kind": strings.Split(r.Kind, ";")[0]}
}
