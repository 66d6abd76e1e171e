package httpcall

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxWait is the longest wait a destination can ask for: more is taken as this.
const MaxWait = 24 * time.Hour

// epochFrom is the smallest number read as a moment (seconds since 1970) and not as a span: 2001-09-09.
const epochFrom = 1e9

// RetryAfter reads how long to wait: Retry-After as seconds, decimals or any of the three HTTP dates, or else
// X-RateLimit-Reset (and RateLimit-Reset) as a moment in epoch seconds or a span in seconds. The wait is between 0
// and MaxWait; ok is false where nothing readable is there.
func RetryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	if wait, ok = span(h.Get("Retry-After"), now); ok {
		return wait, true
	}
	for _, name := range []string{"X-RateLimit-Reset", "RateLimit-Reset"} {
		if wait, ok = span(h.Get(name), now); ok {
			return wait, true
		}
	}
	return 0, false
}

func span(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(seconds, 0) { // ParseFloat gives an infinity for numbers too large
		date, err := http.ParseTime(text)
		if err != nil {
			return 0, false
		}
		return clamp(date.Sub(now).Seconds()), true
	}
	if math.IsNaN(seconds) || seconds < 0 || strings.ContainsAny(text, "xXpPnN_") {
		return 0, false // a negative wait, hexadecimal or a word such as "nan" is a mistake, not a wish
	}
	if seconds >= epochFrom && !math.IsInf(seconds, 0) {
		return clampEpoch(seconds, now), true
	}
	return clamp(seconds), true
}

// clampEpoch reads a large number as a moment, in seconds or milliseconds, where that lies near; else it is an absurd
// span.
func clampEpoch(number float64, now time.Time) time.Duration {
	const year = 366 * 24 * 3600
	for _, unit := range []float64{1, 1000} {
		if left := number/unit - float64(now.UnixMilli())/1000; math.Abs(left) < year {
			return clamp(left)
		}
	}
	return MaxWait
}

func clamp(seconds float64) time.Duration {
	if seconds >= MaxWait.Seconds() {
		return MaxWait
	}
	return time.Duration(max(0, seconds) * float64(time.Second))
}
