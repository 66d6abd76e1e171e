package httpcall_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

func TestStandardClassifiesEveryStatus(t *testing.T) {
	want := map[int]connect.Class{
		301: connect.Gone, 302: connect.Lost, 303: connect.Lost, 307: connect.Gone, 308: connect.Gone,
		400: connect.Refused, 401: connect.Unauthorized, 402: connect.Forbidden, 403: connect.Forbidden,
		404: connect.Gone, 405: connect.Gone, 407: connect.NotSent, 408: connect.Lost, 409: connect.Refused,
		410: connect.Gone, 413: connect.TooLarge, 422: connect.Refused, 425: connect.Throttled,
		429: connect.Throttled, 451: connect.Forbidden, 500: connect.Lost, 502: connect.Lost,
		503: connect.Lost, 504: connect.Lost, 599: connect.Lost, 777: connect.Lost,
	}
	for status, class := range want {
		got := httpcall.Standard(&httpcall.Reply{Status: status, Header: http.Header{"X-Request-Id": {"abc"}}})
		if got == nil || got.Class != class || got.Status != status || got.RequestID != "abc" || got.Message == "" {
			t.Errorf("%d is %+v, want class %v with status, request id and message", status, got, class)
		}
	}
	for _, status := range []int{200, 201, 202, 204, 207} {
		if got := httpcall.Standard(&httpcall.Reply{Status: status}); got != nil {
			t.Errorf("%d is %v, want nil", status, got)
		}
	}
}

func TestStandardKeepsTheWait(t *testing.T) {
	for status, header := range map[int]string{429: "Retry-After", 503: "Retry-After", 425: "X-Ratelimit-Reset"} {
		got := httpcall.Standard(&httpcall.Reply{Status: status, Header: http.Header{header: {"17"}}})
		if got.After != 17*time.Second {
			t.Errorf("%d with %s waits %v, want 17s", status, header, got.After)
		}
	}
	got := httpcall.Standard(&httpcall.Reply{Status: 500, Header: http.Header{"X-Ratelimit-Reset": {"3000"}}})
	if got.After != 0 {
		t.Errorf("a failure waits %v for the end of a rate window", got.After)
	}
}

func TestJSONKeepsEveryDigit(t *testing.T) {
	var v map[string]any
	body := []byte(`{"id":9007199254740993,"price":19.90}` + "\n")
	if err := httpcall.JSON(&httpcall.Reply{Body: body}, &v); err != nil {
		t.Fatal(err)
	}
	if v["id"] != json.Number("9007199254740993") || v["price"] != json.Number("19.90") {
		t.Errorf("got %v", v)
	}
}

func TestJSONRefusesWhatIsNone(t *testing.T) {
	for _, c := range []struct{ name, kind, body, code, says string }{
		{"page", "text/html; charset=utf-8", "<html>sign in, secret-71</html>", "reply.not_json", "text/html"},
		{"nothing", "application/json", "  ", "reply.not_json", "empty"},
		{"broken off", "application/json", `{"results":[{"key":"secret-71"`, "reply.not_json", "broken"},
		{"two values", "application/json", `{} {}`, "reply.not_json", "broken"},
		{"bytes", "", "\x00\xff", "reply.not_json", "no known type"},
		{"another shape", "application/json", `["secret-71"]`, "reply.unexpected", "shape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v struct{ Results []string }
			err := httpcall.JSON(&httpcall.Reply{Status: 200, Header: http.Header{"Content-Type": {c.kind}}, Body: []byte(c.body)}, &v)
			var call *connect.CallError
			if !errors.As(err, &call) || call.Class != connect.Lost || call.Code != c.code || !strings.Contains(call.Message, c.says) {
				t.Errorf("got %v, want lost, %s, saying %q", err, c.code, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "secret-71") {
				t.Error("the body is quoted")
			}
		})
	}
}
