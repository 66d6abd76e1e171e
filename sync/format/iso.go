package format

import (
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// iso is a text in ISO 8601 taken apart.
type iso struct {
	hasDay, hasClock, hasZone bool
	days                      int64 // since 1970
	seconds                   int   // since midnight; 24:00:00 is a time of day
	nanos                     int64
	offset                    int // of the zone, in seconds
}

// isoText reads a text as a value of the type and writes it as the engine does.
func (t Type) isoText(v model.Value) (string, bool) {
	p, ok := parseISO(v.Text)
	if !ok {
		return "", false
	}
	if t.Unit == UTC && p.hasZone {
		if p.offset != 0 {
			return "", false
		}
		p.hasZone = false
	}
	switch t.base {
	case clock:
		ok = p.hasClock && !p.hasDay && !p.hasZone && t.fits(p.nanos)
		return string(appendClock(nil, p.seconds, p.nanos)), ok
	case zonedClock:
		ok = p.hasClock && !p.hasDay && p.hasZone && t.fits(p.nanos)
		return string(appendOffset(appendClock(nil, p.seconds, p.nanos), p.offset)), ok
	case date:
		p.hasZone = p.hasZone && (p.offset != 0 || p.hasClock) // Debezium's IsoDate ends in Z
		if !p.hasDay || p.hasZone || p.seconds != 0 || p.nanos != 0 {
			return "", false
		}
	case instant:
		if !p.hasDay || !p.hasClock || !p.hasZone || p.seconds == 86400 {
			return "", false
		}
	default:
		if !p.hasDay || p.hasZone || p.seconds == 86400 {
			return "", false
		}
	}
	return t.moment(p.days*86400+int64(p.seconds)-int64(p.offset), p.nanos)
}

func appendOffset(dst []byte, offset int) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = appendPadded(append(dst, sign), offset/3600, 2)
	dst = appendPadded(append(dst, ':'), offset/60%60, 2)
	if offset%60 != 0 {
		dst = appendPadded(append(dst, ':'), offset%60, 2)
	}
	return dst
}

// parseISO reads 2006-01-02, 15:04[:05[.999999999]], both with T or a space between, and a zone behind the time.
func parseISO(s string) (p iso, ok bool) {
	if day, rest, isDay := cutDay(s); isDay {
		p.days, p.hasDay = day, true
		switch {
		case rest == "":
			return p, true
		case rest == "Z":
			p.hasZone = true
			return p, true
		case rest[0] != 'T' && rest[0] != ' ' && rest[0] != 't':
			return p, false
		}
		s = rest[1:]
	}
	s, ok = p.cutClock(s)
	if !ok {
		return p, false
	}
	if s == "" {
		return p, true
	}
	p.hasZone = true
	p.offset, ok = zone(strings.TrimPrefix(s, " "))
	return p, ok
}

// cutDay reads a date of four digits, or of more with a sign.
func cutDay(s string) (days int64, rest string, ok bool) {
	signed := s != "" && (s[0] == '-' || s[0] == '+')
	body := s
	if signed {
		body = s[1:]
	}
	end := digitsEnd(body, 0)
	if end < 4 || end > 6 || !signed && end != 4 || len(body) < end+6 || body[end] != '-' || body[end+3] != '-' {
		return 0, "", false
	}
	year, month, day := atoi(body[:end]), atoi(body[end+1:end+3]), atoi(body[end+4:end+6])
	if year < 0 || month < 1 || day < 1 {
		return 0, "", false
	}
	if s[0] == '-' {
		year = -year
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if at.Month() != time.Month(month) || at.Day() != day {
		return 0, "", false
	}
	days, _ = floorDiv(at.Unix(), 86400)
	return days, body[end+6:], true
}

// atoi reads digits, -1 where there is anything else.
func atoi(s string) int {
	n := 0
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func (p *iso) cutClock(s string) (rest string, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return "", false
	}
	hour, minute, second := atoi(s[:2]), atoi(s[3:5]), 0
	s = s[5:]
	if len(s) >= 3 && s[0] == ':' {
		second, s = atoi(s[1:3]), s[3:]
		if s, ok = p.cutFraction(s); !ok {
			return "", false
		}
	}
	p.seconds, p.hasClock = hour*3600+minute*60+second, true
	if hour < 0 || minute < 0 || second < 0 || hour > 24 || minute > 59 || second > 59 || hour == 24 && (p.seconds > 86400 || p.nanos > 0) {
		return "", false
	}
	return s, true
}

// cutFraction keeps nine digits; others have to be zeros.
func (p *iso) cutFraction(s string) (rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return s, true
	}
	end := digitsEnd(s, 1)
	digits := s[1:end]
	if digits == "" || len(digits) > 9 && !zero(digits[9:]) {
		return "", false
	}
	digits = (digits + "000000000")[:9]
	p.nanos = int64(atoi(digits))
	return s[end:], true
}

// zone reads Z, +02, +02:00, +0200 and +02:00:00 as seconds.
func zone(s string) (offset int, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	if len(digits)%2 != 0 || len(digits) > 6 || len(digits) < 2 || len(s) > 9 {
		return 0, false
	}
	for unit := 3600; digits != ""; unit /= 60 {
		n := atoi(digits[:2])
		if n < 0 || n > 59 {
			return 0, false
		}
		offset, digits = offset+n*unit, digits[2:]
	}
	if offset > 18*3600 {
		return 0, false
	}
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}
