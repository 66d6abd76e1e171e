package liquid

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// date formats a date or timestamp as strftime does. Nothing and "" stay as they are, so that default works after it.
// There is no "now": equal rows make equal payloads, whenever they are rendered.
func date(in value, args []value) (value, error) {
	if in.kind == nilKind || in.kind == textKind && in.text == "" {
		return in, nil
	}
	if in.kind == textKind && (in.text == "now" || in.text == "today") {
		return nothing, errors.New("a template has no clock: select the date in the model's SQL")
	}
	m, err := moment(in)
	if err != nil {
		return nothing, err
	}
	format, err := args[0].print()
	if err != nil {
		return nothing, err
	}
	s, err := strftime(m, format)
	return text(s), err
}

func strftime(m instant, format string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		flag := byte(0)
		for i++; i < len(format) && strings.IndexByte("-0_^:", format[i]) >= 0; i++ {
			flag = format[i]
		}
		if i == len(format) {
			return "", errors.New("a date format ends in the middle of a %")
		}
		s, err := directive(m, flag, format[i])
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		if b.Len() > maxOutput {
			return "", errors.New("the text gets too long")
		}
	}
	return b.String(), nil
}

// named are directives that are one of Go's own layouts.
var named = map[byte]string{
	'B': "January", 'b': "Jan", 'h': "Jan", 'A': "Monday", 'a': "Mon", 'p': "PM", 'P': "pm",
	'F': "2006-01-02", 'T': "15:04:05", 'X': "15:04:05", 'R': "15:04", 'D': "01/02/06", 'x': "01/02/06",
	'r': "03:04:05 PM", 'c': "Mon Jan _2 15:04:05 2006", 'L': "000", 'N': "000000000",
}

func directive(m instant, flag, d byte) (string, error) {
	t := m.at
	if layout, ok := named[d]; ok {
		s := ""
		switch d {
		case 'L', 'N':
			s = t.Format("." + layout)[1:]
		default:
			s = t.Format(layout)
		}
		if flag == '^' {
			s = strings.ToUpper(s)
		}
		return s, nil
	}
	if n, width, pad, ok := numeric(t, d); ok {
		return padded(n, width, pad, flag), nil
	}
	switch d {
	case '%':
		return "%", nil
	case 'n':
		return "\n", nil
	case 't':
		return "\t", nil
	case 's', 'z', 'Z':
		return zone(m, flag, d)
	}
	return "", errors.New("the date format %" + strconv.QuoteRune(rune(d)) + " is not known")
}

// zone answers only where the moment is one: a timestamp without a zone has no seconds since 1970.
func zone(m instant, flag, d byte) (string, error) {
	switch {
	case !m.zoned:
		return "", errors.New("%" + string(d) + " needs a timestamp with a zone")
	case d == 's':
		return strconv.FormatInt(m.at.Unix(), 10), nil
	case d == 'Z':
		return "UTC", nil
	case flag == ':':
		return "+00:00", nil
	default:
		return "+0000", nil
	}
}

func numeric(t time.Time, d byte) (n, width int, pad byte, ok bool) {
	year, week := t.ISOWeek()
	switch d {
	case 'Y':
		return t.Year(), 4, '0', true
	case 'C':
		return t.Year() / 100, 2, '0', true
	case 'y':
		return t.Year() % 100, 2, '0', true
	case 'm':
		return int(t.Month()), 2, '0', true
	case 'd':
		return t.Day(), 2, '0', true
	case 'e':
		return t.Day(), 2, ' ', true
	case 'j':
		return t.YearDay(), 3, '0', true
	case 'H':
		return t.Hour(), 2, '0', true
	case 'k':
		return t.Hour(), 2, ' ', true
	case 'I':
		return (t.Hour()+11)%12 + 1, 2, '0', true
	case 'l':
		return (t.Hour()+11)%12 + 1, 2, ' ', true
	case 'M':
		return t.Minute(), 2, '0', true
	case 'S':
		return t.Second(), 2, '0', true
	case 'u':
		return (int(t.Weekday())+6)%7 + 1, 1, '0', true
	case 'w':
		return int(t.Weekday()), 1, '0', true
	case 'G':
		return year, 4, '0', true
	case 'V':
		return week, 2, '0', true
	case 'U':
		return (t.YearDay() + 6 - int(t.Weekday())) / 7, 2, '0', true
	case 'W':
		return (t.YearDay() + 6 - (int(t.Weekday())+6)%7) / 7, 2, '0', true
	}
	return 0, 0, 0, false
}

func padded(n, width int, pad, flag byte) string {
	switch flag {
	case '-':
		return strconv.Itoa(n)
	case '_':
		pad = ' '
	case '0':
		pad = '0'
	}
	if pad == ' ' {
		return fmt.Sprintf("%*d", width, n)
	}
	return fmt.Sprintf("%0*d", width, n)
}
