package hubspotfake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
)

func start(t *testing.T, options hubspotfake.Options) *hubspotfake.Server {
	t.Helper()
	fake, err := hubspotfake.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	return fake
}

func call(t *testing.T, fake *hubspotfake.Server, method, path, body string) (*http.Response, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, fake.URL()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer pat-fake")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	var parsed map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &parsed); err != nil {
			t.Fatalf("%s %s answered %q", method, path, text)
		}
	}
	return reply, parsed
}

func contacts(from, n int) string {
	var b bytes.Buffer
	b.WriteString(`{"inputs":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"idProperty":"email","id":"p%d@x.test","objectWriteTraceId":"%d","properties":{"firstname":"P","ltv":"1.50"}}`, from+i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

const upsertPath = "/crm/objects/2026-09/contacts/batch/upsert"

// TestTwentyThousandContacts: what the demo does, at once from four sides. It takes a second or two; the bound is for a busy machine.
func TestTwentyThousandContacts(t *testing.T) {
	const people, sides = 20_000, 4
	fake := start(t, hubspotfake.Options{})
	begun := time.Now()
	var group sync.WaitGroup
	for side := range sides {
		group.Go(func() {
			for from := side * people / sides; from < (side+1)*people/sides; from += 100 {
				if reply, _ := call(t, fake, http.MethodPost, upsertPath, contacts(from, 100)); reply.StatusCode != http.StatusOK {
					t.Errorf("a batch was answered %d", reply.StatusCode)
				}
			}
		})
	}
	group.Wait()
	took := time.Since(begun)
	t.Logf("%d contacts in %v", people, took)
	if n := len(fake.Records("contacts")); n != people || fake.Inputs() != people || took > 2*time.Minute {
		t.Fatalf("%d contacts stand after %d inputs and %v", n, fake.Inputs(), took)
	}
	seen, after := map[string]bool{}, ""
	for {
		_, page := call(t, fake, http.MethodGet, "/crm/objects/2026-09/contacts?limit=100&properties=email&after="+after, "")
		for _, r := range page["results"].([]any) {
			seen[r.(map[string]any)["id"].(string)] = true
		}
		paging, more := page["paging"].(map[string]any)
		if !more {
			break
		}
		after = paging["next"].(map[string]any)["after"].(string)
	}
	if len(seen) != people {
		t.Errorf("paging shows %d of %d contacts", len(seen), people)
	}
}

func TestRateLimitHeaders(t *testing.T) {
	fake := start(t, hubspotfake.Options{Calls: 2, Per: 300 * time.Millisecond, Daily: 4})
	get := func() (*http.Response, map[string]any) {
		return call(t, fake, http.MethodGet, "/account-info/2026-09/details", "")
	}
	first, _ := get()
	if h := first.Header; h.Get("X-HubSpot-RateLimit-Remaining") != "1" || h.Get("X-HubSpot-RateLimit-Max") != "2" ||
		h.Get("X-HubSpot-RateLimit-Daily-Remaining") != "3" {
		t.Errorf("the headers are %v", h)
	}
	get()
	third, body := get()
	if third.StatusCode != http.StatusTooManyRequests || body["policyName"] != "TEN_SECONDLY_ROLLING" || body["errorType"] != "RATE_LIMIT" {
		t.Errorf("the third call is %d %v", third.StatusCode, body)
	}
	time.Sleep(350 * time.Millisecond)
	get()
	get()
	time.Sleep(350 * time.Millisecond)
	if last, body := get(); last.StatusCode != http.StatusTooManyRequests || body["policyName"] != "DAILY" {
		t.Errorf("beyond the day's calls: %d %v", last.StatusCode, body)
	}
}

// TestRefusals: what HubSpot refuses about a call as a whole.
func TestRefusals(t *testing.T) {
	fake := start(t, hubspotfake.Options{})
	twice := `{"inputs":[{"idProperty":"email","id":"a@x.test","properties":{"firstname":"A"}},{"idProperty":"email","id":"A@x.test","properties":{"firstname":"B"}}]}`
	for name, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"101 inputs":        {http.MethodPost, upsertPath, contacts(0, 101), 400},
		"no inputs":         {http.MethodPost, upsertPath, `{"inputs":[]}`, 400},
		"one record twice":  {http.MethodPost, upsertPath, twice, 400},
		"numbers":           {http.MethodPost, upsertPath, `{"inputs":[{"idProperty":"email","id":"a@x.test","properties":{"ltv":1}}]}`, 400},
		"not unique":        {http.MethodPost, upsertPath, `{"inputs":[{"idProperty":"firstname","id":"a","properties":{"city":"x"}}]}`, 400},
		"untraced bad row":  {http.MethodPost, upsertPath, `{"inputs":[{"idProperty":"email","id":"a@x.test","properties":{"nonsense":"1"}}]}`, 400},
		"no such object":    {http.MethodPost, "/crm/objects/2026-09/nonsense/batch/upsert", contacts(0, 1), 400},
		"old path form":     {http.MethodPost, "/crm/2026-09/objects/contacts/batch/upsert", contacts(0, 1), 404},
		"version not there": {http.MethodPost, "/crm/objects/2031-03/contacts/batch/upsert", contacts(0, 1), 404},
		"wrong method":      {http.MethodGet, upsertPath, "", 404},
	} {
		reply, body := call(t, fake, test.method, test.path, test.body)
		if reply.StatusCode != test.status || body["status"] != "error" || body["correlationId"] == "" {
			t.Errorf("%s: %d %v, want %d", name, reply.StatusCode, body, test.status)
		}
	}
	if n := len(fake.Records("contacts")); n != 0 {
		t.Errorf("%d contacts were made by refused calls", n)
	}
}
