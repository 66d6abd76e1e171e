package httpcall_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/httpcall"
)

func TestRetryAfterReadsEveryForm(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	later := now.Add(90 * time.Second)
	for _, c := range []struct {
		name, header, value string
		want                time.Duration
		ok                  bool
	}{
		{"seconds", "Retry-After", "120", 2 * time.Minute, true},
		{"seconds with space", "Retry-After", " 7 ", 7 * time.Second, true},
		{"zero", "Retry-After", "0", 0, true},
		{"decimals", "Retry-After", "1.5", 1500 * time.Millisecond, true},
		{"date, IMF", "Retry-After", later.Format(http.TimeFormat), 90 * time.Second, true},
		{"date, RFC 850", "Retry-After", later.Format("Monday, 02-Jan-06 15:04:05 GMT"), 90 * time.Second, true},
		{"date, asctime", "Retry-After", later.Format(time.ANSIC), 90 * time.Second, true},
		{"past date", "Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), 0, true},
		{"far date", "Retry-After", now.AddDate(3, 0, 0).Format(http.TimeFormat), 24 * time.Hour, true},
		{"a day", "Retry-After", "86400", 24 * time.Hour, true},
		{"absurd", "Retry-After", "9300000000", 24 * time.Hour, true},
		{"overflows 64 bits", "Retry-After", "99999999999999999999999999", 24 * time.Hour, true},
		{"overflows a float", "Retry-After", "1e400", 24 * time.Hour, true},
		{"negative", "Retry-After", "-5", 0, false},
		{"negative overflow", "Retry-After", "-1e400", 0, false},
		{"word", "Retry-After", "soon", 0, false},
		{"nan", "Retry-After", "NaN", 0, false},
		{"infinity", "Retry-After", "inf", 0, false},
		{"hexadecimal", "Retry-After", "0x10", 0, false},
		{"empty", "Retry-After", "", 0, false},
		{"reset, epoch seconds", "X-RateLimit-Reset", "1795348890", 90 * time.Second, true},
		{"reset, epoch milliseconds", "X-RateLimit-Reset", "1795348890000", 90 * time.Second, true},
		{"reset, span", "X-RateLimit-Reset", "30", 30 * time.Second, true},
		{"reset, past", "X-RateLimit-Reset", "1795348700", 0, true},
		{"reset of the draft standard", "RateLimit-Reset", "12", 12 * time.Second, true},
		{"another header", "X-Wait", "12", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := httpcall.RetryAfter(http.Header{http.CanonicalHeaderKey(c.header): {c.value}}, now)
			if got != c.want || ok != c.ok {
				t.Errorf("%s: %q is %v %v, want %v %v", c.header, c.value, got, ok, c.want, c.ok)
			}
		})
	}
}

func TestRetryAfterComesBeforeReset(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	h := http.Header{"Retry-After": {"3"}, "X-Ratelimit-Reset": {"900"}}
	if got, ok := httpcall.RetryAfter(h, now); got != 3*time.Second || !ok {
		t.Errorf("got %v %v, want 3s", got, ok)
	}
	h.Set("Retry-After", "soon")
	if got, ok := httpcall.RetryAfter(h, now); got != 900*time.Second || !ok {
		t.Errorf("unreadable Retry-After: got %v %v, want 15m", got, ok)
	}
}
