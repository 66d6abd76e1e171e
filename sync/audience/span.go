package audience

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time; a day is 24 hours of it.
type Span time.Duration

// The longer units.
const (
	day  = Span(24 * time.Hour)
	week = 7 * day
)

var errSpan = errors.New("not a span of time")

// ParseSpan reads "30m", "1h30m", "7d" or "2w": more than nothing, at most 100 years, in whole microseconds.
func ParseSpan(text string) (Span, error) {
	s, err := parseSpan(text)
	if err != nil || s <= 0 || s > 36500*day || s%Span(time.Microsecond) != 0 {
		return 0, errSpan
	}
	return s, nil
}

func parseSpan(text string) (Span, error) {
	for unit, length := range map[string]Span{"d": day, "w": week} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(number, 10, 16)
			return Span(n) * length, err
		}
	}
	d, err := time.ParseDuration(text)
	return Span(d), err
}

// String is the shortest text that ParseSpan reads back.
func (s Span) String() string {
	switch {
	case s > 0 && s%week == 0:
		return strconv.FormatInt(int64(s/week), 10) + "w"
	case s > 0 && s%day == 0:
		return strconv.FormatInt(int64(s/day), 10) + "d"
	}
	text := time.Duration(s).String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

func (s Span) micros() int64 { return time.Duration(s).Microseconds() }

// days is how many whole days the span has.
func (s Span) days() int64 { return int64(s / day) }
