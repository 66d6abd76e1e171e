package webhook_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/connect"
)

var (
	yes, no     = connect.Accepted, connect.Rejected
	unknown     = connect.Unknown
	again, gone = connect.Retry, connect.Missing
)

// TestRepliesOf2xx sends records "42", "7" and the composite key ["eu","1"].
func TestRepliesOf2xx(t *testing.T) {
	const plain, page, data = "text/plain; charset=utf-8", "text/html", "application/json"
	for _, c := range []struct {
		name, kind, body string
		want             []connect.Verdict // nil: lost
	}{
		{"nothing", "", "", []connect.Verdict{yes, yes, yes}},
		{"white space", plain, " \r\n", []connect.Verdict{yes, yes, yes}},
		{"ok", plain, "OK\n", []connect.Verdict{yes, yes, yes}},
		{"accepted", plain, "Accepted.", []connect.Verdict{yes, yes, yes}},
		{"another word", plain, "queue full", nil},
		{"ok as a page", page, "ok", nil},
		{"page", page, "<html>sign in</html>", nil},
		{"empty object", data, "{}", []connect.Verdict{yes, yes, yes}},
		{"object with an id", data, `{"status":"success","id":"r1"}`, []connect.Verdict{yes, yes, yes}},
		{"object with an error", data, `{"error":"quota"}`, nil},
		{"object with errors", data, `{"errors":[{"message":"x"}]}`, nil},
		{"object without errors", data, `{"errors":[],"error":null}`, []connect.Verdict{yes, yes, yes}},
		{"not ok", data, `{"ok":false}`, nil},
		{"no success", data, `{"success": false}`, nil},
		{"null", data, "null", nil},
		{"list", data, "[]", nil},
		{"number", data, "1", nil},
		{"broken off", data, `{"results":[{"key":"42","status":"ok"}`, nil},
		{"trailing text", data, `{} <b>`, nil},
		{"results of another shape", data, `{"results":"ok"}`, nil},
		{"no results", data, `{"results":[]}`, []connect.Verdict{unknown, unknown, unknown}},
		{"null results", data, `{"results":null}`, []connect.Verdict{unknown, unknown, unknown}},
		{"any order", data, `{"results":[{"key":"[\"eu\",\"1\"]","status":"ok"},{"key":"7","status":"error"},{"key":"42","status":"retry"}]}`,
			[]connect.Verdict{again, no, yes}},
		{"keys of other types", data, `{"results":[{"key":42,"status":"ok"},{"key":["eu", "1"],"status":"ok"},{"key":7,"status":"missing"}]}`,
			[]connect.Verdict{yes, gone, yes}},
		{"left out", data, `{"results":[{"key":"42","status":"ok"}]}`, []connect.Verdict{yes, unknown, unknown}},
		{"unknown status", data, `{"results":[{"key":"42","status":"fine"},{"key":"7"},{"key":"[\"eu\",\"1\"]","status":"OK"}]}`,
			[]connect.Verdict{unknown, unknown, unknown}},
		{"contradiction", data, `{"results":[{"key":"42","status":"ok"},{"key":"42","status":"error"},{"key":"42","status":"ok"},{"key":"7","status":"ok"},{"key":"7","status":"ok"}]}`,
			[]connect.Verdict{unknown, yes, unknown}},
		{"keys nobody sent", data, `{"results":[{"key":"99","status":"error"},{"key":"42","status":"ok","code":12,"id":5}]}`,
			[]connect.Verdict{yes, unknown, unknown}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := replying(t, 200, c.kind, c.body)
			got, err := opened(t, settings(url)).Deliver(t.Context(), batch(connect.Upsert,
				connect.Operation{Key: "42"}, connect.Operation{Key: "7"}, connect.Operation{Key: `["eu","1"]`}))
			if c.want == nil {
				isClass(t, err, connect.Lost)
				return
			}
			verdicts := make([]connect.Verdict, len(got))
			for i, o := range got {
				verdicts[i] = o.Verdict
			}
			if err != nil || !slices.Equal(verdicts, c.want) {
				t.Errorf("got %v %v, want %v", verdicts, err, c.want)
			}
		})
	}
}

func isClass(t *testing.T, err error, want connect.Class) {
	t.Helper()
	var call *connect.CallError
	if !errors.As(err, &call) || call.Class != want || call.Message == "" {
		t.Errorf("got %v, want a call that is %v, with a message", err, want)
	}
}

func TestOutcomesCarryWhatTheReceiverSays(t *testing.T) {
	url, _ := replying(t, 207, "application/json", `{"results":[{"key":"1","status":"error","message":"no such plan","code":"E7","id":"r-1"}]}`)
	got, err := opened(t, settings(url)).Deliver(t.Context(), batch(connect.Upsert, connect.Operation{Key: "1"}))
	if err != nil || got[0] != (connect.Outcome{Verdict: no, Message: "no such plan", Code: "E7", RemoteID: "r-1"}) {
		t.Errorf("got %+v %v", got, err)
	}
}

func TestOtherStatuses(t *testing.T) {
	for _, c := range []struct {
		status, attempt int
		want            connect.Class
	}{
		{302, 1, connect.Lost}, {308, 1, connect.Gone}, {400, 1, connect.Refused}, {401, 1, connect.Unauthorized}, {404, 1, connect.Gone},
		{409, 1, connect.Refused}, {409, 2, connect.Lost}, {410, 1, connect.Gone}, {413, 1, connect.TooLarge},
		{422, 2, connect.Refused}, {429, 1, connect.Throttled}, {503, 1, connect.Lost},
	} {
		url, _ := replying(t, c.status, "application/json", `{"results":[{"key":"1","status":"ok"}]}`)
		b := batch(connect.Upsert, connect.Operation{Key: "1"})
		b.Attempt = c.attempt
		got, err := opened(t, settings(url)).Deliver(t.Context(), b)
		if got != nil {
			t.Errorf("%d gave outcomes", c.status)
		}
		isClass(t, err, c.want)
	}
}

func TestTheFakeAppliesACallOnce(t *testing.T) {
	fake, err := webhookfake.Start("", webhookfake.Options{Secret: secret, Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	d := opened(t, settings(fake.URL()))
	b := batch(connect.Upsert, connect.Operation{Key: "1", Version: "5", Fields: fields("a", "new")})
	for range 3 {
		if _, err := d.Deliver(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if got := fake.Counts(); got.Rows != 1 || got.Repeats != 2 || got.Calls != 3 {
		t.Errorf("got %+v, want one row applied and two repeats", got)
	}
	b.Ops[0].Fields = fields("a", "other")
	_, err = d.Deliver(t.Context(), b)
	isClass(t, err, connect.Refused) // the same id with another body
	b.ID, b.Ops[0].Version, b.Ops[0].Fields = "call_02", "4", fields("a", "old")
	if _, err := d.Deliver(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := fake.Records("people_to_hook")["1"].Fields["a"]; got != "new" || fake.Counts().Stale != 1 {
		t.Errorf("an older version made it %q", got)
	}
}
