package format

import (
	"math"
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// The reach of DuckDB's types.
const (
	lastDay    = 2147483646 / 366 // days; far inside what DATE holds, and more than 16,000 years
	lastMicros = 9223372022399999999
	dayNanos   = int64(24 * time.Hour)
)

var kindOfBase = map[base]model.Kind{date: model.Date, clock: model.Time, zonedClock: model.String, timestamp: model.Timestamp,
	instant: model.Instant}

// toTime reads a whole number in the type's unit, or a text in ISO 8601. A zone is neither dropped nor made up.
func (t Type) toTime(v model.Value) (model.Value, *Problem) {
	switch v.Kind {
	case model.Int:
		n, err := strconv.ParseInt(v.Text, 10, 64)
		if err != nil {
			return t.misfit(v)
		}
		if t.Unit == "" && t.base != date || t.Unit == UTC || t.base == zonedClock {
			return v, &Problem{"format.no_unit", "the number says a time in an unknown unit: declare the column as " + t.Name +
				" from s, ms, us or ns"}
		}
		return t.count(n)
	case model.String, model.Date, model.Time, model.Timestamp, model.Instant:
		text, ok := t.isoText(v)
		if !ok {
			return t.misfit(v)
		}
		return model.Value{Kind: kindOfBase[t.base], Text: text}, nil
	}
	return t.misfit(v)
}

// perSecond is how many of a unit make a second.
func perSecond(u Unit) int64 {
	switch u {
	case Millis:
		return 1e3
	case Micros:
		return 1e6
	case Nanos:
		return 1e9
	}
	return 1
}

// count reads a number of units since midnight or since 1970.
func (t Type) count(n int64) (model.Value, *Problem) {
	per := perSecond(t.Unit)
	seconds, rest := floorDiv(n, per)
	nanos := rest * (1e9 / per)
	if t.base == date && (t.Unit == Days || t.Unit == "") {
		if n > lastDay || n < -lastDay {
			return t.misfit(model.Value{Kind: model.Int})
		}
		seconds, nanos = n*86400, 0
	}
	if t.base == clock {
		if seconds < 0 || seconds > 86400 || seconds == 86400 && nanos > 0 || !t.fits(nanos) {
			return t.misfit(model.Value{Kind: model.Int})
		}
		return model.Value{Kind: model.Time, Text: string(appendClock(nil, int(seconds), nanos))}, nil
	}
	text, ok := t.moment(seconds, nanos)
	if !ok {
		return t.misfit(model.Value{Kind: model.Int})
	}
	return model.Value{Kind: kindOfBase[t.base], Text: text}, nil
}

func floorDiv(n, by int64) (quotient, rest int64) {
	quotient, rest = n/by, n%by
	if rest < 0 {
		quotient, rest = quotient-1, rest+by
	}
	return quotient, rest
}

// fits says whether the type keeps so many nanoseconds.
func (t Type) fits(nanos int64) bool { return nanos%int64(math.Pow10(9-t.width)) == 0 }

// moment writes a point in time as a column of the type holds it.
func (t Type) moment(seconds, nanos int64) (string, bool) {
	if t.base == date {
		days, rest := floorDiv(seconds, 86400)
		if rest != 0 || nanos != 0 || days > lastDay || days < -lastDay {
			return "", false
		}
		return string(appendDay(make([]byte, 0, 10), seconds)), true
	}
	if !t.fits(nanos) || !t.reaches(seconds, nanos) {
		return "", false
	}
	_, inDay := floorDiv(seconds, 86400)
	dst := appendDay(make([]byte, 0, 32), seconds)
	dst = appendClock(append(dst, 'T'), int(inDay), nanos)
	if t.base == instant {
		dst = append(dst, 'Z')
	}
	return string(dst), true
}

func (t Type) reaches(seconds, nanos int64) bool {
	if t.width == 9 {
		return seconds < math.MaxInt64/int64(1e9) && seconds > math.MinInt64/int64(1e9)
	}
	return seconds < lastMicros/1_000_000 && seconds > -lastMicros/1_000_000
}

// appendDay writes a date; years that four digits cannot say are written as ISO 8601 extends them.
func appendDay(dst []byte, seconds int64) []byte {
	year, month, day := time.Unix(seconds, 0).UTC().Date()
	if year < 0 {
		dst, year = append(dst, '-'), -year
	} else if year > 9999 {
		dst = append(dst, '+')
	}
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), int(month), 2)
	return appendPadded(append(dst, '-'), day, 2)
}

func appendClock(dst []byte, seconds int, nanos int64) []byte {
	dst = appendPadded(dst, seconds/3600, 2)
	dst = appendPadded(append(dst, ':'), seconds/60%60, 2)
	dst = appendPadded(append(dst, ':'), seconds%60, 2)
	return appendFraction(dst, nanos)
}

// appendFraction writes as many digits as are needed.
func appendFraction(dst []byte, nanos int64) []byte {
	if nanos == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), int(nanos), 9)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendPadded(dst []byte, n, width int) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], int64(n), 10)
	for range width - len(text) {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// toSpan writes a number of units as an ISO 8601 duration in seconds.
func (t Type) toSpan(v model.Value) (model.Value, *Problem) {
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if v.Kind != model.Int || err != nil {
		return t.misfit(v)
	}
	per := perSecond(t.Unit)
	return model.Text(spanText(n/per, n%per*(1e9/per))), nil
}

// spanText writes a duration whose parts have the same sign.
func spanText(seconds, nanos int64) string {
	dst := []byte("PT")
	if seconds < 0 || nanos < 0 {
		dst, seconds, nanos = append(dst, '-'), -seconds, -nanos
	}
	dst = strconv.AppendUint(dst, uint64(seconds), 10)
	return string(append(appendFraction(dst, nanos), 'S'))
}
