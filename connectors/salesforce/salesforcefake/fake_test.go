package salesforcefake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestLongID: the three characters at the end of an id are the vendor's own.
func TestLongID(t *testing.T) {
	for short, long := range map[string]string{"001A000000Hcl6y": "001A000000Hcl6yIAB", "000000000000000": "000000000000000AAA"} {
		if got := longID(short); got != long {
			t.Errorf("%s becomes %s, want %s", short, got, long)
		}
	}
	seen := map[string]bool{}
	for n := range 20_000 {
		seen[newID("003", n)] = true
	}
	if len(seen) != 20_000 {
		t.Errorf("20,000 ids are %d different ones", len(seen))
	}
}

func TestCSV(t *testing.T) {
	rows := [][]string{{"A", "B", "C"}, {"", "a \"b\", c", "1\r\n2\n3"}, {"#N/A", " ", ""}}
	var out bytes.Buffer
	for _, r := range rows {
		writeRow(&out, r...)
	}
	got, err := readCSV(out.Bytes())
	if err != nil || !reflect.DeepEqual(got, rows) {
		t.Errorf("%q reads as %q, %v", out.String(), got, err)
	}
	plain, err := readCSV([]byte("A,B\n1,\n,2"))
	if want := [][]string{{"A", "B"}, {"1", ""}, {"", "2"}}; err != nil || !reflect.DeepEqual(plain, want) {
		t.Errorf("unquoted rows read as %q, %v", plain, err)
	}
	for _, bad := range []string{"\"open", "\"a\"b,c\n"} {
		if _, err := readCSV([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestSOQL(t *testing.T) {
	st, err := parse(`select Id, Account.Name FROM Contact WHERE Email IN ('it\'s', 'b\\') AND Orders__c = 3 and Phone != null ORDER BY Id LIMIT 5`)
	if err != nil {
		t.Fatal(err)
	}
	want := &statement{fields: []string{"Id", "Account.Name"}, object: "Contact", order: "Id", limit: 5, where: []condition{
		{field: "Email", values: []literal{{"it's", true}, {`b\`, true}}}, {field: "Orders__c", values: []literal{{"3", false}}},
		{field: "Phone", not: true, values: []literal{{"null", false}}}}}
	if !reflect.DeepEqual(st, want) {
		t.Errorf("the statement is %+v", st)
	}
	for _, bad := range []string{"", "SELECT", "SELECT Id FROM C WHERE", "SELECT Id FROM C WHERE a IN ('x'", `SELECT Id FROM C WHERE a = '\q'`, "SELECT Id FROM C extra"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// caller makes calls without any client of ours.
type caller struct {
	t *testing.T
	s *Server
}

func (c caller) do(method, path, body string) (int, string, http.Header) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.s.URL+"/services/data/v67.0/"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer fake-session")
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply.StatusCode, string(text), reply.Header
}

func newCaller(t *testing.T, o Options) caller {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return caller{t, s}
}

// TestRefusals: what the vendor refuses is refused with its codes, row by row or as a whole.
func TestRefusals(t *testing.T) {
	c := newCaller(t, Options{})
	row := func(fields string) string {
		return `{"records":[{"attributes":{"type":"Contact"},"External_Id__c":"x",` + fields + `}]}`
	}
	const upsert = "composite/sobjects/Contact/External_Id__c"
	for _, x := range []struct {
		method, path, body, code string
		status                   int
	}{
		{"PATCH", upsert, row(`"LastName":"a","Email":"no address"`), "INVALID_EMAIL_ADDRESS", 200},
		{"PATCH", upsert, row(`"LastName":"` + strings.Repeat("é", 81) + `"`), "STRING_TOO_LONG", 200},
		{"PATCH", upsert, row(`"LastName":"a","LeadSource":"Nowhere"`), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", 200},
		{"PATCH", upsert, row(`"LastName":"a","Orders__c":"many"`), "INVALID_TYPE_ON_FIELD_IN_RECORD", 200},
		{"PATCH", upsert, row(`"LastName":"a","CreatedDate":"2026-01-01T00:00:00Z"`), "INVALID_FIELD_FOR_INSERT_UPDATE", 200},
		{"PATCH", upsert, row(`"LastName":"a","Account":{"External_Id__c":"none"}`), "INVALID_FIELD", 200},
		{"PATCH", upsert, row(`"LastName":"a","id":"003000000000000AAA"`), "INVALID_FIELD", 200},
		{"PATCH", upsert, row(`"LastName":7`), "JSON_PARSER_ERROR", 400},
		{"PATCH", upsert, `{"records":[{"LastName":"a"}]}`, "INVALID_INPUT", 400},
		{"PATCH", upsert, `{`, "JSON_PARSER_ERROR", 400},
		{"PATCH", "composite/sobjects/Contact/LastName", row(`"LastName":"a"`), "NOT_FOUND", 404},
		{"PATCH", "composite/sobjects/Nonsense/Id", row(`"LastName":"a"`), "NOT_FOUND", 404},
		{"GET", "query?q=" + url.QueryEscape("SELECT Id FROM Contact WHERE Customer_Number__c = '1'"), "", "INVALID_FIELD", 400},
		{"GET", "query?q=" + url.QueryEscape("SELECT Id FROM Nonsense"), "", "INVALID_TYPE", 400},
		{"GET", "query?q=" + strings.Repeat("x", 17_000), "", "URI_TOO_LONG", 414},
		{"POST", "jobs/ingest", `{"object":"Nonsense","operation":"insert"}`, "INVALIDENTITY", 400},
		{"POST", "jobs/ingest", `{"object":"Contact","operation":"upsert","externalIdFieldName":"LastName"}`, "INVALIDJOB", 400},
		{"GET", "jobs/ingest/750000000000000AAA", "", "NOT_FOUND", 404},
	} {
		status, body, header := c.do(x.method, x.path, x.body)
		if status != x.status || !strings.Contains(body, `"`+x.code+`"`) {
			t.Errorf("%s %.60s answers %d %s, want %d %s", x.method, x.path, status, body, x.status, x.code)
		}
		if status != 414 && !strings.HasPrefix(header.Get("Sforce-Limit-Info"), "api-usage=") {
			t.Errorf("%s %.60s does not tell the use", x.method, x.path)
		}
	}
	if n := len(c.s.Records("Contact")); n != 0 {
		t.Errorf("%d records were made", n)
	}
}

// TestBin: what was deleted is gone for queries, is seen by queryAll, and can be restored.
func TestBin(t *testing.T) {
	c := newCaller(t, Options{})
	id := c.s.Put("Contact", map[string]string{"LastName": "a", "External_Id__c": "x"})
	count := func(kind string) (n int) {
		var q struct{ TotalSize int }
		_, body, _ := c.do("GET", kind+"?q="+url.QueryEscape("SELECT Id FROM Contact WHERE External_Id__c = 'X'"), "")
		if err := json.Unmarshal([]byte(body), &q); err != nil {
			t.Fatal(err)
		}
		return q.TotalSize
	}
	c.do("DELETE", "composite/sobjects?ids="+id, "")
	if count("query") != 0 || count("queryAll") != 1 || len(c.s.Bin("Contact")) != 1 {
		t.Error("a deleted record is not where it should be")
	}
	if err := c.s.Undelete("Contact", id); err != nil || count("query") != 1 {
		t.Errorf("the record is not restored: %v", err)
	}
}

// TestJobStates: a job goes through its states by itself, and refuses what does not fit its state.
func TestJobStates(t *testing.T) {
	c := newCaller(t, Options{JobStep: time.Millisecond})
	_, body, _ := c.do("POST", "jobs/ingest", `{"object":"Contact","operation":"insert"}`)
	var j job
	if err := json.Unmarshal([]byte(body), &j); err != nil || j.State != "Open" {
		t.Fatalf("the job is %s, %v", body, err)
	}
	path := "jobs/ingest/" + j.ID
	if status, _, _ := c.do("GET", path+"/unprocessedrecords", ""); status != 400 {
		t.Errorf("an open job tells what it did not process: %d", status)
	}
	c.s.HoldJobs(true)
	c.do("PUT", path+"/batches", "LastName\na\nb\n")
	for _, again := range []string{"open", "closed"} {
		if status, _, _ := c.do("PUT", path+"/batches", "LastName\nc\n"); status != 400 {
			t.Errorf("%s: data is taken twice: %d", again, status)
		}
		c.do("PATCH", path, `{"state":"UploadComplete"}`)
	}
	seen := ""
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline) && c.s.JobState(j.ID) != "JobComplete"; time.Sleep(time.Millisecond) {
		if seen = c.s.JobState(j.ID); seen == "InProgress" {
			c.s.HoldJobs(false)
		}
	}
	if _, body, _ = c.do("GET", path, ""); !strings.Contains(body, `"numberRecordsProcessed":2`) || seen != "InProgress" {
		t.Errorf("the job ends as %s after %s", body, seen)
	}
	if status, _, _ := c.do("PATCH", path, `{"state":"Aborted"}`); status != 400 {
		t.Errorf("a complete job is aborted: %d", status)
	}
	if status, _, _ := c.do("DELETE", path, ""); status != 204 || c.s.JobState(j.ID) != "" {
		t.Errorf("a complete job is not deleted: %d", status)
	}
}

// TestManyRecords: 20,000 records through collections are taken in the time of a test, by calls side by side.
func TestManyRecords(t *testing.T) {
	c := newCaller(t, Options{})
	work := make(chan int)
	done := make(chan struct{})
	for range 4 {
		go func() {
			for at := range work {
				var b strings.Builder
				for i := range maxRecords {
					fmt.Fprintf(&b, `,{"attributes":{"type":"Contact"},"External_Id__c":"%d","LastName":"n"}`, at*maxRecords+i)
				}
				c.do("PATCH", "composite/sobjects/Contact/External_Id__c", `{"records":[`+b.String()[1:]+`]}`)
			}
			done <- struct{}{}
		}()
	}
	for at := range 100 {
		work <- at
	}
	close(work)
	for range 4 {
		<-done
	}
	if n := len(c.s.Records("Contact")); n != 20_000 {
		t.Errorf("%d records, want 20,000", n)
	}
}
