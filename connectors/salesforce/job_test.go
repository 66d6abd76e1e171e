package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

const (
	yes     = connect.Accepted
	no      = connect.Rejected
	missing = connect.Missing
	exists  = connect.Exists
)

// jobCase is one batch with what is there before and what must come of it.
type jobCase struct {
	verb  connect.Verb
	seed  func(*salesforcefake.Server) []connect.Operation
	want  []connect.Verdict
	after map[string]string // external id -> LastName|Description
}

func person(s *salesforcefake.Server, id string) string {
	return s.Put("Contact", map[string]string{"External_Id__c": id, "LastName": "old", "Description": "old"})
}

func withID(op connect.Operation, id string) connect.Operation { op.RemoteID = id; return op }

func jobCases() []jobCase {
	return []jobCase{
		{verb: connect.Upsert, want: []connect.Verdict{yes, yes, no, yes, yes, yes},
			after: map[string]string{"new": "N|line one\nline \"two\", end", "there": "T|", "moved-2": "M|old", "word": "W|#N/A", "parent": "P|"},
			seed: func(s *salesforcefake.Server) []connect.Operation {
				person(s, "there")
				person(s, "moved-1")
				s.Put("Account", map[string]string{"External_Id__c": "ACME", "Name": "Acme"})
				moved := contact("moved-2", "LastName", "M")
				moved.PriorMatch = contact("moved-1").Match
				return []connect.Operation{contact("new", "LastName", "N", "Description", "line one\nline \"two\", end"),
					contact("There", "LastName", "T", "Description", ""), contact("bad", "FirstName", "x"), moved,
					contact("word", "LastName", "W", "Description", "#N/A"), contact("parent", "LastName", "P", "Account.External_Id__c", "ACME")}
			}},
		{verb: connect.Update, want: []connect.Verdict{yes, yes, missing, yes, no},
			after: map[string]string{"by-match": "U|old", "by-id": "U|old", "again": "U|old", "long": "old|old"},
			seed: func(s *salesforcefake.Server) []connect.Operation {
				person(s, "by-match")
				id := person(s, "by-id")
				person(s, "again")
				person(s, "long")
				return []connect.Operation{contact("by-match", "LastName", "U"), withID(contact("by-id", "LastName", "U"), id),
					contact("absent", "LastName", "U"), withID(contact("again", "LastName", "U"), "003000000000000AAA"),
					contact("long", "LastName", strings.Repeat("x", 81))}
			}},
		{verb: connect.Clear, want: []connect.Verdict{yes, missing}, after: map[string]string{"there": "old|"},
			seed: func(s *salesforcefake.Server) []connect.Operation {
				person(s, "there")
				return []connect.Operation{contact("there", "Description", ""), contact("absent", "Description", "")}
			}},
		{verb: connect.Delete, want: []connect.Verdict{yes, yes, missing, missing}, after: map[string]string{"stays": "old|old"},
			seed: func(s *salesforcefake.Server) []connect.Operation {
				person(s, "by-match")
				person(s, "stays")
				return []connect.Operation{contact("by-match"), withID(contact("by-id"), person(s, "by-id")), contact("absent"),
					withID(contact("gone"), "003000000000000AAA")}
			}},
		{verb: connect.Insert, want: []connect.Verdict{yes, exists, no}, after: map[string]string{"new": "I|", "there": "old|old"},
			seed: func(s *salesforcefake.Server) []connect.Operation {
				person(s, "there")
				return []connect.Operation{contact("new", "LastName", "I"), contact("there", "LastName", "I"), contact("bad")}
			}},
	}
}

// stage is how far an earlier process came with the job before it died.
type stage struct {
	name string
	die  func(*testing.T, *salesforcefake.Server, *destination, string, connect.Batch)
}

func stages() []stage {
	return []stage{
		{"begun", func(*testing.T, *salesforcefake.Server, *destination, string, connect.Batch) {}},
		{"uploaded", func(t *testing.T, s *salesforcefake.Server, d *destination, token string, b connect.Batch) {
			handIn(t, d, token, b, "")
		}},
		{"upload reply lost", func(t *testing.T, s *salesforcefake.Server, d *destination, token string, b connect.Batch) {
			d.upload(t, s, token, b, salesforcefake.DropAfter)
		}},
		{"upload not taken", func(t *testing.T, s *salesforcefake.Server, d *destination, token string, b connect.Batch) {
			d.upload(t, s, token, b, salesforcefake.DropBefore)
		}},
		{"in progress", func(t *testing.T, s *salesforcefake.Server, d *destination, token string, b connect.Batch) {
			s.HoldJobs(true)
			defer s.HoldJobs(false)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := d.Finish(ctx, token, b); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("the first Finish ended with %v", err)
			}
		}},
		{"complete", func(t *testing.T, s *salesforcefake.Server, d *destination, token string, b connect.Batch) {
			handIn(t, d, token, b, "UploadComplete")
			for s.JobState(token) != "JobComplete" {
				time.Sleep(time.Millisecond)
			}
		}},
		{"answered", func(t *testing.T, s *salesforcefake.Server, d *destination, token string, b connect.Batch) {
			if _, err := d.Finish(t.Context(), token, b); err != nil {
				t.Fatal(err)
			}
		}},
	}
}

// upload runs Finish with a fault that meets the upload, and nothing after it.
func (d *destination) upload(t *testing.T, s *salesforcefake.Server, token string, b connect.Batch, kind salesforcefake.FaultKind) {
	t.Helper()
	j := readied(t, d, token, b)
	rows, err := j.rows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(salesforcefake.Fault{Kind: kind})
	var call *connect.CallError
	if err := j.handIn(t.Context(), rows); !errors.As(err, &call) || call.Class != connect.Lost {
		t.Fatalf("handing in ended with %v, want lost", err)
	}
}

func readied(t *testing.T, d *destination, token string, b connect.Batch) *bulk {
	t.Helper()
	j := &bulk{work: newWork(d, b), info: jobInfo{ID: token, State: "Open"}}
	if err := j.aside(t.Context(), j.open(j.unfit)); err != nil {
		t.Fatal(err)
	}
	return j
}

// handIn does the first part of Finish, up to the state that is given.
func handIn(t *testing.T, d *destination, token string, b connect.Batch, state string) {
	t.Helper()
	j := readied(t, d, token, b)
	rows, err := j.rows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.call(t.Context(), request{method: http.MethodPut, path: "jobs/ingest/" + token + "/batches", body: j.csv(rows), csv: true}); err != nil {
		t.Fatal(err)
	}
	if state != "" {
		if err := j.setState(t.Context(), state); err != nil {
			t.Fatal(err)
		}
	}
}

// TestJobAfterRestart: whatever an earlier process did of a job, the next one ends it with every row's outcome.
func TestJobAfterRestart(t *testing.T) {
	for _, c := range jobCases() {
		for _, st := range stages() {
			t.Run(fmt.Sprintf("%v/%s", c.verb, st.name), func(t *testing.T) { restarted(t, c, st) })
		}
	}
}

func restarted(t *testing.T, c jobCase, st stage) {
	s, first := org(t, salesforcefake.Options{JobStep: time.Millisecond})
	batch := connect.Batch{ID: "call_1", Object: "Contact", Verb: c.verb, Attempt: 1, Ops: c.seed(s)}
	token, err := first.Begin(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	st.die(t, s, first, token, batch)
	_ = first.Close()
	second := opened(t, settingsFor(s))
	outcomes, err := second.Finish(t.Context(), token, batch)
	if err != nil {
		t.Fatal(err)
	}
	if got := verdicts(outcomes); !slices.Equal(got, c.want) {
		t.Errorf("the outcomes are %v, want %v: %+v", got, c.want, outcomes)
	}
	if n := s.Counters().Uploads; n != 1 {
		t.Errorf("%d uploads were taken, want 1", n)
	}
	held := map[string]string{}
	for _, r := range s.Records("Contact") {
		held[strings.ToLower(r.Fields["External_Id__c"])] = r.Fields["LastName"] + "|" + r.Fields["Description"]
	}
	if fmt.Sprint(held) != fmt.Sprint(c.after) {
		t.Errorf("the org holds %q, want %q", held, c.after)
	}
	checkParent(t, s, c.verb)
}

func checkParent(t *testing.T, s *salesforcefake.Server, verb connect.Verb) {
	for _, r := range s.Records("Contact") {
		if r.Fields["External_Id__c"] == "parent" && r.Fields["AccountId"] != s.Records("Account")[0].ID {
			t.Errorf("%v: the contact does not belong to its account", verb)
		}
	}
}

// TestJobEndsBadly: what is known of the rows of a job that did not complete.
func TestJobEndsBadly(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*salesforcefake.Server, string)
		want func(i int) connect.Verdict
	}{
		{"forgotten", func(s *salesforcefake.Server, token string) { s.ForgetJobs() }, func(int) connect.Verdict { return connect.Unknown }},
		{"aborted half way", func(s *salesforcefake.Server, token string) { s.Abort(token, 3) }, func(i int) connect.Verdict {
			if i < 3 {
				return connect.Accepted
			}
			return connect.Retry
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, d := org(t, salesforcefake.Options{JobStep: time.Millisecond})
			s.HoldJobs(true)
			batch := many(6)
			token, err := d.Begin(t.Context(), batch)
			if err != nil {
				t.Fatal(err)
			}
			handIn(t, d, token, batch, "UploadComplete")
			for s.JobState(token) != "InProgress" {
				time.Sleep(time.Millisecond)
			}
			c.do(s, token)
			outcomes, err := d.Finish(t.Context(), token, batch)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range outcomes {
				if o.Verdict != c.want(i) {
					t.Errorf("row %d is %v, want %v", i, o.Verdict, c.want(i))
				}
			}
		})
	}
}

// TestJobUnderWay: once Salesforce may be working on a job, no error says that nothing was applied; another Finish has
// the outcomes.
func TestJobUnderWay(t *testing.T) {
	s, d := org(t, salesforcefake.Options{JobStep: time.Millisecond, DailyLimit: 100})
	d.budget = newBudget(0)
	batch := many(3)
	token, err := d.Begin(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	handIn(t, d, token, batch, "UploadComplete")
	s.SetUsage(100)
	for _, attempt := range []int{2, 3} {
		batch.Attempt = attempt
		_, err = d.Finish(t.Context(), token, batch)
		var call *connect.CallError
		if !errors.As(err, &call) || call.Class != connect.Lost || call.Code != "REQUEST_LIMIT_EXCEEDED" || call.After == 0 {
			t.Fatalf("Finish ended with %v, want lost", err)
		}
	}
	s.SetUsage(0)
	outcomes, err := d.Finish(t.Context(), token, batch)
	if err != nil || !slices.Equal(verdicts(outcomes), []connect.Verdict{yes, yes, yes}) {
		t.Fatalf("the outcomes are %v, %v", outcomes, err)
	}
}

// TestJobTakesParentsAway: rows with and without a parent go through one job, and no row goes aside.
func TestJobTakesParentsAway(t *testing.T) {
	s, d := org(t, salesforcefake.Options{JobStep: time.Millisecond})
	s.Put("Account", map[string]string{"External_Id__c": "ACME", "Name": "Acme"})
	batch := many(4)
	parent := func(i int, v model.Value) {
		batch.Ops[i].Fields = append(model.Fields{{Name: "Account.External_Id__c", Value: v}}, batch.Ops[i].Fields...)
	}
	for _, value := range []model.Value{model.Text("ACME"), {}} {
		for i := range 3 {
			batch.Ops[i].Fields = slices.DeleteFunc(batch.Ops[i].Fields, func(f model.Field) bool { return f.Name == "Account.External_Id__c" })
			parent(i, model.Text("ACME"))
		}
		batch.Ops[1].Fields[0].Value = value
		for i, o := range finished(t, d, batch) {
			if o.Verdict != yes {
				t.Fatalf("row %d is %+v", i, o)
			}
		}
	}
	for i, has := range []bool{true, false, true, false} {
		if _, ok := s.Records("Contact")[i].Fields["AccountId"]; ok != has {
			t.Errorf("record %d has a parent: %v, want %v", i, ok, has)
		}
	}
	if c := s.Counters(); c.Changes != c.Uploads {
		t.Errorf("%d calls for %d uploads: rows went aside", c.Changes, c.Uploads)
	}
}

// TestTwoFinish: two processes that finish one job at the same time both have its outcomes, and it is done once.
func TestTwoFinish(t *testing.T) {
	s, d := org(t, salesforcefake.Options{JobStep: time.Millisecond})
	batch := many(300)
	token, err := d.Begin(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 2 {
		go func() {
			outcomes, err := d.Finish(t.Context(), token, batch)
			if err == nil && slices.ContainsFunc(outcomes, func(o connect.Outcome) bool { return o.Verdict != yes }) {
				err = errors.New("a row is not accepted")
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if c := s.Counters(); c.Uploads != 1 || c.Writes != 300 {
		t.Errorf("%d uploads, %d writes", c.Uploads, c.Writes)
	}
}

// TestJobWithBadColumn: a job that fails for what its data is refuses its rows; repeating it would not help.
func TestJobWithBadColumn(t *testing.T) {
	_, d := org(t, salesforcefake.Options{JobStep: time.Millisecond})
	batch := connect.Batch{Object: "Contact", Verb: connect.Upsert, Ops: []connect.Operation{contact("a", "LastName", "x", "Nonsense__c", "y")}}
	outcomes := finished(t, d, batch)
	if o := outcomes[0]; o.Verdict != connect.Rejected || o.Code != "InvalidBatch" || !strings.Contains(o.Message, "Nonsense__c") {
		t.Errorf("the outcome is %+v", o)
	}
}

func many(n int) connect.Batch {
	batch := connect.Batch{ID: "call_1", Object: "Contact", Verb: connect.Upsert, Attempt: 1}
	for i := range n {
		batch.Ops = append(batch.Ops, contact(fmt.Sprintf("c-%06d", i), "LastName", fmt.Sprint("Name ", i), "Email", fmt.Sprintf("p%d@example.com", i)))
	}
	return batch
}

func finished(t *testing.T, d *destination, batch connect.Batch) []connect.Outcome {
	t.Helper()
	token, err := d.Begin(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := d.Finish(t.Context(), token, batch)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// TestJobOfManyRows: 20,000 rows, some locked, are matched one by one, and ids are kept.
func TestJobOfManyRows(t *testing.T) {
	s, d := org(t, salesforcefake.Options{JobStep: time.Millisecond})
	batch := many(20_000)
	s.Lock("Contact", "c-000007", 1)
	begun := time.Now()
	outcomes := finished(t, d, batch)
	t.Logf("20,000 rows in %v", time.Since(begun))
	byID := map[string]salesforcefake.Record{}
	for _, r := range s.Records("Contact") {
		byID[r.ID] = r
	}
	for i, o := range outcomes {
		if i == 7 {
			if o.Verdict != connect.Retry || o.Code != "UNABLE_TO_LOCK_ROW" {
				t.Errorf("the locked row is %+v", o)
			}
			continue
		}
		if want, _ := batch.Ops[i].Match.Get("External_Id__c"); o.Verdict != yes || o.Effect != connect.Created ||
			byID[o.RemoteID].Fields["External_Id__c"] != want.Text {
			t.Fatalf("row %d is %+v", i, o)
		}
	}
}

// TestJobValues: every value arrives as it does through collections.
func TestJobValues(t *testing.T) {
	values := model.Fields{
		{Name: "Active__c", Value: model.Boolean(true)},
		{Name: "Birthdate", Value: model.Value{Kind: model.Date, Text: "1999-12-31"}},
		{Name: "Description", Value: model.Text(" \"q\", 'a'\r\nb\n\\ \u05e9 👩‍👩‍👧 ")},
		{Name: "Interests__c", Value: model.Value{Kind: model.JSON, Text: `["news","offers"]`}},
		{Name: "LastName", Value: model.Text("Müller")},
		{Name: "Last_Order__c", Value: model.Value{Kind: model.Instant, Text: "2026-01-02T03:04:05.678901Z"}},
		{Name: "Lifetime_Value__c", Value: model.Value{Kind: model.Decimal, Text: "12345678901234.05"}},
		{Name: "Orders__c", Value: model.Value{Kind: model.Int, Text: "-3"}},
		{Name: "Phone", Value: model.Text("007")},
		{Name: "Title", Value: model.Value{}},
	}
	s, d := org(t, salesforcefake.Options{JobStep: time.Millisecond})
	small, large := contact("small"), contact("large")
	small.Fields, large.Fields = values, values
	upserted(t, d, small)
	if o := finished(t, d, connect.Batch{Object: "Contact", Verb: connect.Upsert, Ops: []connect.Operation{large}}); o[0].Verdict != yes {
		t.Fatalf("the row is %+v", o[0])
	}
	records := s.Records("Contact")
	delete(records[0].Fields, "External_Id__c")
	delete(records[1].Fields, "External_Id__c")
	if fmt.Sprintf("%q", records[0].Fields) != fmt.Sprintf("%q", records[1].Fields) {
		t.Errorf("collections keep %q, a job %q", records[0].Fields, records[1].Fields)
	}
	if got := records[1].Fields["Last_Order__c"] + records[1].Fields["Interests__c"]; got != "2026-01-02T03:04:05.678Znews;offers" {
		t.Errorf("the job wrote %q", got)
	}
}
