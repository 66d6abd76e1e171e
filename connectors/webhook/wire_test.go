package webhook_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/freshet/freshet/connectors/webhook"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// seen is one call as a receiver sees it.
type seen struct {
	header http.Header
	body   []byte
}

// replying starts a receiver that answers every call alike and keeps what it saw.
func replying(t *testing.T, status int, kind, body string) (url string, calls *[]seen) {
	t.Helper()
	calls = new([]seen)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		*calls = append(*calls, seen{r.Header.Clone(), got})
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

func opened(t *testing.T, s connect.Settings) connect.Destination {
	t.Helper()
	d, err := webhook.Driver().Destination(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func batch(verb connect.Verb, ops ...connect.Operation) connect.Batch {
	return connect.Batch{ID: "call_01", Sync: "people_to_hook", Verb: verb, Attempt: 1, Ops: ops}
}

func fields(pairs ...string) model.Fields {
	var out model.Fields
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, model.Field{Name: pairs[i], Value: model.Text(pairs[i+1])})
	}
	return out
}

func TestTheBodyIsAsDocumented(t *testing.T) {
	ada := connect.Operation{Key: "42", Version: "7", Fields: model.Fields{
		{Name: "address.city", Value: model.Text("Graz")}, {Name: "id", Value: model.Value{Kind: model.Int, Text: "9007199254740993"}},
		{Name: "name", Value: model.Text("Zoë \"Z\" 👩‍👧")}, {Name: "plan"}}}
	moved := connect.Operation{Key: `["eu","1"]`, Match: fields("email", "new@example.test"),
		PriorMatch: fields("email", "old@example.test"), Fields: fields("a", "1")}
	inObject := batch(connect.Delete, connect.Operation{Key: "42"})
	inObject.Object = "people"
	for _, c := range []struct {
		name string
		give connect.Batch
		want string
	}{
		{"upsert", batch(connect.Upsert, ada), `{"sync":"people_to_hook","batch":"call_01","records":[{"op":"upsert","key":"42","version":"7",` +
			`"fields":{"address":{"city":"Graz"},"id":9007199254740993,"name":"Zoë \"Z\" 👩‍👧","plan":null}}]}`},
		{"match", batch(connect.Update, moved), `{"sync":"people_to_hook","batch":"call_01","records":[{"op":"update","key":"[\"eu\",\"1\"]",` +
			`"match":{"email":"new@example.test"},"prior_match":{"email":"old@example.test"},"fields":{"a":"1"}}]}`},
		{"insert", batch(connect.Insert, connect.Operation{Key: "1"}, connect.Operation{Key: "2"}), `{"sync":"people_to_hook","batch":"call_01",` +
			`"records":[{"op":"insert","key":"1","fields":{}},{"op":"insert","key":"2","fields":{}}]}`},
		{"clear", batch(connect.Clear, connect.Operation{Key: "42", Fields: model.Fields{{Name: "plan"}}}),
			`{"sync":"people_to_hook","batch":"call_01","records":[{"op":"leave","leave":"clear","key":"42","fields":{"plan":null}}]}`},
		{"delete", inObject, `{"sync":"people_to_hook","batch":"call_01","object":"people","records":[{"op":"leave","leave":"delete","key":"42"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, calls := replying(t, 204, "", "")
			if _, err := opened(t, settings(url)).Deliver(t.Context(), c.give); err != nil {
				t.Fatal(err)
			}
			if got := string((*calls)[0].body); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !json.Valid((*calls)[0].body) {
				t.Error("it is not JSON")
			}
		})
	}
}

// TestAnIndependentVerifierTakesTheSignature checks against the library that the convention's authors publish.
func TestAnIndependentVerifierTakesTheSignature(t *testing.T) {
	for name, text := range map[string]string{"whsec": secret, "plain text": "just a pass phrase"} {
		t.Run(name, func(t *testing.T) {
			oracle, err := standard.NewWebhook(text)
			if !strings.HasPrefix(text, "whsec_") {
				oracle, err = standard.NewWebhookRaw([]byte(text))
			}
			if err != nil {
				t.Fatal(err)
			}
			url, calls := replying(t, 204, "", "")
			s := settings(url)
			s.Secrets["secret"] = connect.NewSecret(text)
			if _, err := opened(t, s).Deliver(t.Context(), batch(connect.Upsert, connect.Operation{Key: "ä", Fields: fields("a", "é")})); err != nil {
				t.Fatal(err)
			}
			call := (*calls)[0]
			if err := oracle.Verify(call.body, call.header); err != nil {
				t.Errorf("the vendor's verifier: %v", err)
			}
			if err := oracle.Verify(append(call.body, ' '), call.header); err == nil {
				t.Error("a changed body is taken: the check proves nothing")
			}
		})
	}
}

func TestTheFakeVerifiesAsTheIndependentSignerSigns(t *testing.T) {
	key := []byte("just a pass phrase")
	oracle, err := standard.NewWebhookRaw(key)
	if err != nil {
		t.Fatal(err)
	}
	now, body := time.Now(), []byte(`{"a":1}`)
	signed := func(id string, at time.Time) http.Header {
		signature, err := oracle.Sign(id, at, body)
		if err != nil {
			t.Fatal(err)
		}
		return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)},
			"Webhook-Signature": {"v1,AAAA " + signature}}
	}
	if err := webhookfake.Verify(key, signed("m1", now), body, now, time.Minute); err != nil {
		t.Errorf("a good signature: %v", err)
	}
	wrongID := signed("m1", now)
	wrongID.Set("Webhook-Id", "m2")
	unsigned := signed("m1", now)
	unsigned.Del("Webhook-Signature")
	for name, h := range map[string]http.Header{"another id": wrongID, "none": unsigned, "dotted id": signed("m.1", now),
		"too old": signed("m1", now.Add(-2*time.Minute)), "too new": signed("m1", now.Add(2*time.Minute))} {
		if err := webhookfake.Verify(key, h, body, now, time.Minute); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := webhookfake.Verify([]byte("another"), signed("m1", now), body, now, time.Minute); err == nil {
		t.Error("a signature of another secret is taken")
	}
}

func TestARetryKeepsItsID(t *testing.T) {
	url, calls := replying(t, 500, "", "")
	d := opened(t, settings(url))
	b := batch(connect.Upsert, connect.Operation{Key: "1"})
	for b.Attempt = 1; b.Attempt <= 2; b.Attempt++ {
		if _, err := d.Deliver(t.Context(), b); err == nil {
			t.Fatal("a 500 is a success")
		}
	}
	for i, call := range *calls {
		if id := call.header.Get("Webhook-Id"); id != "call_01" || call.header.Get("Idempotency-Key") != id {
			t.Errorf("call %d has id %q and key %q", i, id, call.header.Get("Idempotency-Key"))
		}
		if call.header.Get("Authorization") != bearerToken {
			t.Errorf("call %d lacks the header of the settings", i)
		}
	}
	if len(*calls) != 2 {
		t.Errorf("%d calls, want 2: one for each Deliver", len(*calls))
	}
}

func TestWithoutASecretNothingIsSigned(t *testing.T) {
	url, calls := replying(t, 204, "", "")
	s := settings(url)
	s.Secrets = nil
	if _, err := opened(t, s).Deliver(t.Context(), batch(connect.Upsert, connect.Operation{Key: "1"})); err != nil {
		t.Fatal(err)
	}
	h := (*calls)[0].header
	if h.Get("Webhook-Signature") != "" || h.Get("Webhook-Id") == "" || h.Get("Webhook-Timestamp") == "" {
		t.Errorf("got %v", h)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	change := func(edit func(*connect.Settings)) connect.Settings {
		s := settings("http://127.0.0.1:1/")
		edit(&s)
		return s
	}
	header := func(name string, value any) connect.Settings {
		return change(func(s *connect.Settings) { s.Maps["headers"] = map[string]any{name: value} })
	}
	for _, c := range []struct {
		name, code string
		give       connect.Settings
	}{
		{"no scheme", "webhook.bad_url", settings("example.test/secret-path")},
		{"another scheme", "webhook.bad_url", settings("ftp://example.test/secret-path")},
		{"broken secret", "webhook.bad_secret", change(func(s *connect.Settings) { s.Secrets["secret"] = connect.NewSecret("whsec_secret-path%") })},
		{"empty secret", "webhook.bad_secret", change(func(s *connect.Settings) { s.Secrets["secret"] = connect.NewSecret("whsec_") })},
		{"line break in a header", "webhook.bad_header", header("X-Token", "secret-path\n")},
		{"nested header", "webhook.bad_header", header("X-Token", map[string]any{"a": "secret-path"})},
		{"bad name", "webhook.bad_header", header("X Token", "secret-path")},
		{"our own header", "webhook.bad_header", header("webhook-signature", "secret-path")},
		{"no authority", "httpcall.ca_file", change(func(s *connect.Settings) { s.Values["ca_file"] = "/nonexistent/ca.pem" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := webhook.Driver().Destination(t.Context(), c.give)
			if !fault.Is(err, c.code) {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if f := fault.As(err); f.Suggestion == "" || strings.Contains(err.Error()+f.Suggestion, "secret-path") {
				t.Errorf("no suggestion, or the value is quoted: %v", err)
			}
		})
	}
}

func TestLimitsComeFromTheSettings(t *testing.T) {
	s := settings("http://127.0.0.1:1/")
	for name, value := range map[string]string{"batch_size": "50", "batch_bytes": "9000", "concurrency": "2", "rate": "5"} {
		s.Values[name] = value
	}
	got := opened(t, s).(connect.Limiter).Limits("any", connect.Upsert, 1)
	got.Overhead = 0
	want := connect.Limits{Rows: 50, Bytes: 9000, Concurrency: 2, Calls: 5, Per: time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMoreRecordsThanSetAreRefused(t *testing.T) {
	url, calls := replying(t, 204, "", "")
	s := settings(url)
	s.Values["batch_size"] = "1"
	_, err := opened(t, s).Deliver(t.Context(), batch(connect.Upsert, connect.Operation{Key: "1"}, connect.Operation{Key: "2"}))
	isClass(t, err, connect.TooLarge)
	if len(*calls) != 0 {
		t.Errorf("%d calls were made", len(*calls))
	}
}

// TestOverheadIsEnough: the bytes the engine reckons with are never fewer than those of the body.
func TestOverheadIsEnough(t *testing.T) {
	url, calls := replying(t, 204, "", "")
	d := opened(t, settings(url))
	overhead := d.(connect.Limiter).Limits("", connect.Upsert, 1).Overhead
	reckoned := 0
	var ops []connect.Operation
	for i := range 100 {
		op := connect.Operation{Key: model.Key(strconv.Itoa(i)), Version: "18446744073709551615", Match: fields("m", "v"), PriorMatch: fields("m", "w"),
			Fields: fields("a.b", "x", "a.c", "y")}
		reckoned += overhead + len(op.Key) + len(op.Match.AppendFlat(nil)) + len(op.Fields.AppendFlat(nil))
		ops = append(ops, op)
	}
	if _, err := d.Deliver(t.Context(), batch(connect.Archive, ops...)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Deliver(t.Context(), batch(connect.Upsert, ops...)); err != nil {
		t.Fatal(err)
	}
	for _, call := range *calls {
		if len(call.body) > reckoned {
			t.Errorf("the body has %d bytes, reckoned were %d", len(call.body), reckoned)
		}
	}
}

func TestATimeoutIsLost(t *testing.T) {
	fake, err := webhookfake.Start("", webhookfake.Options{Latency: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	s := settings(fake.URL())
	s.Secrets, s.Values["timeout"] = nil, "200ms"
	_, err = opened(t, s).Deliver(t.Context(), batch(connect.Upsert, connect.Operation{Key: "1"}))
	var call *connect.CallError
	if !errors.As(err, &call) || call.Class != connect.Lost || call.Code != "timeout" {
		t.Errorf("got %v, want lost by timeout", err)
	}
}
