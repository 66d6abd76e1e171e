package salesforce

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// TestOrdinaryCallsAreAsJobs: the cases of jobs have the same outcomes through collections.
func TestOrdinaryCallsAreAsJobs(t *testing.T) {
	for _, c := range jobCases() {
		t.Run(c.verb.String(), func(t *testing.T) {
			s, d := org(t, salesforcefake.Options{})
			outcomes := must(t, d, connect.Batch{Object: "Contact", Verb: c.verb, Ops: c.seed(s)})
			if got := verdicts(outcomes); !slices.Equal(got, c.want) {
				t.Errorf("the outcomes are %v, want %v: %+v", got, c.want, outcomes)
			}
			held := map[string]string{}
			for _, r := range s.Records("Contact") {
				held[strings.ToLower(r.Fields["External_Id__c"])] = r.Fields["LastName"] + "|" + r.Fields["Description"]
			}
			if fmt.Sprint(held) != fmt.Sprint(c.after) {
				t.Errorf("the org holds %q, want %q", held, c.after)
			}
			checkParent(t, s, c.verb)
		})
	}
}

// TestBudget: work stops before the calls left to others are spent, says so with the figures, and makes no call.
func TestBudget(t *testing.T) {
	s, d := org(t, salesforcefake.Options{DailyLimit: 1000})
	s.SetUsage(948)
	upserted(t, d, contact("a", "LastName", "x")) // 949
	s.SetUsage(949)
	upserted(t, d, contact("a", "LastName", "x")) // 950: 5 % are left
	before := s.Counters().Calls
	batch := connect.Batch{Object: "Contact", Verb: connect.Upsert, Ops: []connect.Operation{contact("b", "LastName", "x")}}
	for _, try := range []func() error{
		func() error { _, err := d.Deliver(t.Context(), batch); return err },
		func() error { _, err := d.Begin(t.Context(), batch); return err },
	} {
		var call *connect.CallError
		if err := try(); !errors.As(err, &call) || call.Class != connect.Throttled || call.After < 14*time.Minute ||
			!strings.Contains(call.Message, "950 of the org's 1000") {
			t.Errorf("the call ended with %v", err)
		}
	}
	if n := s.Counters().Calls; n != before {
		t.Errorf("%d calls were made", n-before)
	}
	if err := d.budget.allow(time.Now().Add(fresh)); err != nil {
		t.Errorf("an old reading is still believed: %v", err)
	}
}

// TestDailyLimit: when the day's calls are used up the wait is long; too many at once is short.
func TestDailyLimit(t *testing.T) {
	s, d := org(t, salesforcefake.Options{DailyLimit: 1000})
	s.SetUsage(1000)
	_, err := d.Deliver(t.Context(), many(1))
	var call *connect.CallError
	if !errors.As(err, &call) || call.Class != connect.Throttled || call.After != dayWait || call.Code != "REQUEST_LIMIT_EXCEEDED" {
		t.Errorf("the call ended with %v", err)
	}
	s.SetUsage(0)
	d.budget = newBudget(5)
	s.Inject(salesforcefake.Fault{Kind: salesforcefake.LimitExceeded})
	_, err = d.Deliver(t.Context(), many(1))
	if !errors.As(err, &call) || call.Class != connect.Throttled || call.After != busyWait {
		t.Errorf("the call ended with %v, wait %v", err, call.After)
	}
}

func TestLimitInfo(t *testing.T) {
	for header, want := range map[string]string{
		"api-usage=18/5000": "18 of 5000 daily API calls used",
		"per-app-api-usage=17/250(appName=x); api-usage=18/5000": "18 of 5000 daily API calls used",
		"api-usage=1/0": "", "nonsense": "", "": "", "api-usage=-1/5": "",
	} {
		b := newBudget(5)
		b.note(http.Header{"Sforce-Limit-Info": {header}}, time.Now())
		if got := b.String(); got != want {
			t.Errorf("%q reads as %q, want %q", header, got, want)
		}
	}
}

// TestRowLock: a locked row is retried, its neighbours are taken.
func TestRowLock(t *testing.T) {
	s, d := org(t, salesforcefake.Options{})
	s.Lock("Contact", "c-000001", 1)
	batch := many(3)
	if got := verdicts(must(t, d, batch)); !slices.Equal(got, []connect.Verdict{yes, connect.Retry, yes}) {
		t.Errorf("the outcomes are %v", got)
	}
	if got := verdicts(must(t, d, batch)); !slices.Equal(got, []connect.Verdict{yes, yes, yes}) {
		t.Errorf("after the lock the outcomes are %v", got)
	}
}

// TestPartlyAnswered: when a later call of a batch is lost, the rows answered before keep their outcomes.
func TestPartlyAnswered(t *testing.T) {
	for kind, want := range map[salesforcefake.FaultKind]connect.Verdict{
		salesforcefake.DropAfter: connect.Unknown, salesforcefake.LimitExceeded: connect.Retry} {
		s, d := org(t, salesforcefake.Options{})
		person(s, "old")
		s.Inject(salesforcefake.Fault{Kind: salesforcefake.Slow}) // the first call is answered
		s.Inject(salesforcefake.Fault{Kind: kind})
		moved := contact("new", "LastName", "x")
		moved.PriorMatch = contact("old").Match
		outcomes := must(t, d, connect.Batch{Object: "Contact", Verb: connect.Upsert, Ops: []connect.Operation{contact("other", "LastName", "x"), moved}})
		if got := verdicts(outcomes); !slices.Equal(got, []connect.Verdict{want, yes}) {
			t.Errorf("%s: the outcomes are %v", kind, got)
		}
	}
}

// TestChainOfMoves: records that take over each other's old match values all move, whatever their order in the call.
func TestChainOfMoves(t *testing.T) {
	s, d := org(t, salesforcefake.Options{})
	batch := connect.Batch{Object: "Contact", Verb: connect.Upsert}
	for i := range 4 {
		s.Put("Contact", map[string]string{"External_Id__c": fmt.Sprint("e", i), "LastName": fmt.Sprint("n", i)})
		op := contact(fmt.Sprint("e", i+1))
		op.PriorMatch = contact(fmt.Sprint("e", i)).Match
		batch.Ops = append(batch.Ops, op)
	}
	if got := verdicts(must(t, d, batch)); !slices.Equal(got, []connect.Verdict{yes, yes, yes, yes}) {
		t.Errorf("the outcomes are %v", got)
	}
	for i, r := range s.Records("Contact") {
		if r.Fields["LastName"] != fmt.Sprint("n", i) || r.Fields["External_Id__c"] != fmt.Sprint("e", i+1) {
			t.Errorf("record %d holds %v", i, r.Fields)
		}
	}
}

// TestLookupsOfAnyText: match values of every kind are found again, however many: escapes, lengths, numbers.
func TestLookupsOfAnyText(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	marks := []rune(`'"\%_,;()&=+#/? ` + "\t\n" + `aé日😀`)
	s, d := org(t, salesforcefake.Options{})
	var ops []connect.Operation
	for i := range collectionRows {
		text := fmt.Sprintf("%03d", i)
		for range random.IntN(60) {
			text += string(marks[random.IntN(len(marks))])
		}
		ops = append(ops, contact(text+".", "LastName", fmt.Sprint(i)))
	}
	upserted(t, d, ops...)
	before := s.Counters().Queries
	for i := range ops {
		ops[i].Fields = model.Fields{{Name: "FirstName", Value: model.Text(fmt.Sprint(i))}}
	}
	for i, o := range must(t, d, connect.Batch{Object: "Contact", Verb: connect.Update, Ops: ops}) {
		if o.Verdict != yes {
			t.Fatalf("row %d is %+v", i, o)
		}
	}
	if n := s.Counters().Queries - before; n < 2 || n > 10 {
		t.Errorf("%d queries for %d rows: the address bound is not used well", n, len(ops))
	}
	for _, r := range s.Records("Contact") {
		if r.Fields["LastName"] != r.Fields["FirstName"] {
			t.Fatalf("another record was changed: %q and %q", r.Fields["LastName"], r.Fields["FirstName"])
		}
	}
}

// TestNumberAsExternalID: a number is written bare into queries, and 42.0 is 42.
func TestNumberAsExternalID(t *testing.T) {
	_, d := org(t, salesforcefake.Options{})
	op := connect.Operation{Match: model.Fields{{Name: "Customer_Number__c", Value: model.Integer(42)}}, Fields: model.Fields{{Name: "LastName", Value: model.Text("x")}}}
	upserted(t, d, op)
	for _, verb := range []connect.Verb{connect.Update, connect.Delete} {
		if o := must(t, d, connect.Batch{Object: "Contact", Verb: verb, Ops: []connect.Operation{op}}); o[0].Verdict != yes {
			t.Errorf("%v: the outcome is %+v", verb, o[0])
		}
	}
}

// TestAmbiguous: of two records with one match value none is changed.
func TestAmbiguous(t *testing.T) {
	s, d := org(t, salesforcefake.Options{})
	for range 2 {
		s.Put("Contact", map[string]string{"LastName": "twin", "Email": "twin@example.com"})
	}
	op := connect.Operation{Match: model.Fields{{Name: "Email", Value: model.Text("Twin@example.com")}}, Fields: model.Fields{{Name: "LastName", Value: model.Text("x")}}}
	for _, verb := range []connect.Verb{connect.Upsert, connect.Update, connect.Clear, connect.Delete} {
		o := must(t, d, connect.Batch{Object: "Contact", Verb: verb, Ops: []connect.Operation{op}})[0]
		if o.Verdict != no || o.Code != "DUPLICATE_EXTERNAL_ID" {
			t.Errorf("%v: the outcome is %+v", verb, o)
		}
	}
	for _, r := range s.Records("Contact") {
		if r.Fields["LastName"] != "twin" {
			t.Error("a record was changed")
		}
	}
}

// TestParentTakenAway: a null in a related record's external id takes the record from its parent, also where the object
// cannot be described.
func TestParentTakenAway(t *testing.T) {
	for _, described := range []bool{true, false} {
		s, d := org(t, salesforcefake.Options{})
		if !described {
			d.schemas.known["Contact"] = knownSchema{at: time.Now()}
		}
		s.Put("Account", map[string]string{"External_Id__c": "ACME", "Name": "Acme"})
		upserted(t, d, contact("a", "LastName", "x", "Account.External_Id__c", "ACME"))
		op := contact("a", "LastName", "x")
		op.Fields = append(model.Fields{{Name: "Account.External_Id__c"}}, op.Fields...)
		upserted(t, d, op)
		if id, still := s.Records("Contact")[0].Fields["AccountId"]; still {
			t.Errorf("described %v: the contact still belongs to %s", described, id)
		}
		if s.Records("Account")[0].Fields["External_Id__c"] != "ACME" {
			t.Errorf("described %v: the account lost its external id", described)
		}
	}
}

// TestInsertWithoutUnique: where Salesforce would take a second record, the connector looks first.
func TestInsertWithoutUnique(t *testing.T) {
	s, d := org(t, salesforcefake.Options{})
	op := connect.Operation{Match: model.Fields{{Name: "Legacy_Code__c", Value: model.Text("K-1")}}, Fields: model.Fields{{Name: "LastName", Value: model.Text("x")}}}
	for _, want := range []connect.Verdict{yes, exists} {
		if o := must(t, d, connect.Batch{Object: "Contact", Verb: connect.Insert, Ops: []connect.Operation{op}}); o[0].Verdict != want || o[0].RemoteID == "" {
			t.Errorf("the outcome is %+v, want %v", o[0], want)
		}
	}
	if n := len(s.Records("Contact")); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

// TestPagesAndFields: a list is paged through, and fields come back in their own kinds.
func TestPagesAndFields(t *testing.T) {
	_, d := org(t, salesforcefake.Options{PageSize: 7})
	batch := many(50)
	batch.Ops[3].Fields = append(batch.Ops[3].Fields, model.Field{Name: "Last_Order__c", Value: model.Value{Kind: model.Instant, Text: "2026-01-02T03:04:05Z"}},
		model.Field{Name: "Lifetime_Value__c", Value: model.Value{Kind: model.Decimal, Text: "19.95"}})
	batch.Ops[3].Fields.Sort()
	upserted(t, d, batch.Ops...)
	n := 0
	err := d.List(t.Context(), "Contact", []string{"External_Id__c", "Last_Order__c", "Lifetime_Value__c", "Active__c"}, func(f connect.Found) error {
		n++
		if v, _ := f.Fields.Get("External_Id__c"); v.Text != "c-000003" {
			return nil
		}
		want := model.Fields{{Name: "Active__c", Value: model.Boolean(false)}, {Name: "External_Id__c", Value: model.Text("c-000003")},
			{Name: "Last_Order__c", Value: model.Value{Kind: model.Instant, Text: "2026-01-02T03:04:05Z"}},
			{Name: "Lifetime_Value__c", Value: model.Value{Kind: model.Decimal, Text: "19.95"}}}
		if !f.Fields.Equal(want) {
			t.Errorf("the record is %+v, want %+v", f.Fields, want)
		}
		return nil
	})
	if err != nil || n != 50 {
		t.Errorf("%d records, %v", n, err)
	}
}

// TestDescribe: types, bounds, choices and related external ids are the vendor's.
func TestDescribe(t *testing.T) {
	_, d := org(t, salesforcefake.Options{})
	info, err := d.Describe(t.Context(), "Contact")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []connect.FieldInfo{
		{Name: "LastName", Title: "Last Name", Type: "string", Length: 80, Scale: -1, Required: true},
		{Name: "External_Id__c", Title: "External Id", Type: "string", Length: 255, Scale: -1, Unique: true},
		{Name: "Lifetime_Value__c", Title: "Lifetime Value", Type: "decimal", Scale: 2},
		{Name: "Last_Order__c", Title: "Last Order", Type: "timestamp", Scale: -1},
		{Name: "CreatedDate", Title: "Created Date", Type: "timestamp", Scale: -1, ReadOnly: true},
		{Name: "Active__c", Title: "Active", Type: "boolean", Scale: -1},
		{Name: "Interests__c", Title: "Interests", Type: "choices", Scale: -1, Choices: []string{"news", "offers", "events"}},
		{Name: "Account.External_Id__c", Title: "Account ID: External Id", Type: "string", Length: 255, Scale: -1},
	} {
		if got, _ := info.Field(want.Name); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %+v, want %+v", want.Name, got, want)
		}
	}
}

// TestLimitsChooseJobs: bulk jobs from bulk_above on.
func TestLimitsChooseJobs(t *testing.T) {
	_, d := org(t, salesforcefake.Options{})
	if l := d.Limits("Contact", connect.Upsert, 1999); l.Job || l.Rows != 200 {
		t.Errorf("below: %+v", l)
	}
	if l := d.Limits("Contact", connect.Upsert, 2000); !l.Job || l.Rows != 100_000 {
		t.Errorf("from: %+v", l)
	}
}
