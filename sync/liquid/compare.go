package liquid

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// equal never fails: values of different kinds are different.
func equal(a, b value) bool {
	switch {
	case a.kind == emptyKind || b.kind == emptyKind:
		return a.isEmpty() || b.isEmpty() || a.kind == b.kind
	case a.kind == blankKind || b.kind == blankKind:
		return a.isBlank() && b.isBlank() || a.kind == blankKind && b.isBlank() || b.kind == blankKind && a.isBlank()
	case a.kind == timeKind || b.kind == timeKind:
		order, err := compareTimes(a, b)
		return err == nil && order == 0
	case a.kind != b.kind:
		return false
	}
	switch a.kind {
	case nilKind:
		return true
	case boolKind:
		return a.truth == b.truth
	case numberKind:
		x, errX := a.rat()
		y, errY := b.rat()
		return errX == nil && errY == nil && x.Cmp(y) == 0
	case listKind, mapKind:
		return string(a.appendJSON(nil)) == string(b.appendJSON(nil))
	default:
		return a.text == b.text
	}
}

// compare orders two values: numbers with numbers, texts with texts, dates with dates or with texts that are dates.
func compare(a, b value) (int, error) {
	switch {
	case a.kind == timeKind || b.kind == timeKind:
		return compareTimes(a, b)
	case a.kind == numberKind && b.kind == numberKind:
		x, err := a.rat()
		if err != nil {
			return 0, err
		}
		y, err := b.rat()
		if err != nil {
			return 0, err
		}
		return x.Cmp(y), nil
	case a.kind == textKind && b.kind == textKind:
		return cmp.Compare(a.text, b.text), nil
	}
	return 0, errors.New(kindNames[a.kind] + " and " + kindNames[b.kind] + " cannot be compared")
}

func compareTimes(a, b value) (int, error) {
	x, err := moment(a)
	if err != nil {
		return 0, err
	}
	y, err := moment(b)
	if err != nil {
		return 0, err
	}
	if x.zoned != y.zoned && !x.day && !y.day {
		return 0, errors.New("a timestamp without a zone and one with a zone cannot be compared")
	}
	return x.at.Compare(y.at), nil
}

// instant is a moment as a template knows it: a day, a timestamp without a zone, or one in UTC.
type instant struct {
	at    time.Time
	zoned bool
	day   bool
}

var layouts = [...]struct {
	layout string
	zoned  bool
	day    bool
}{
	{time.DateOnly, false, true},
	{"2006-01-02T15:04:05", false, false},
	{"2006-01-02 15:04:05", false, false},
	{"2006-01-02T15:04", false, false},
	{"2006-01-02 15:04", false, false},
	{time.RFC3339, true, false},
	{"2006-01-02 15:04:05Z07:00", true, false},
	{"2006-01-02 15:04:05 -0700", true, false},
	{"2006-01-02 15:04:05-07", true, false},
}

// moment reads a date or a timestamp. Texts are read where they are in one of the ISO 8601 forms above, and a whole
// number is seconds since 1970.
func moment(v value) (instant, error) {
	switch {
	case v.kind == timeKind || v.kind == textKind:
		s := strings.TrimSpace(v.text)
		for _, l := range layouts {
			if t, err := time.Parse(l.layout, s); err == nil {
				return instant{at: t.UTC(), zoned: l.zoned || v.source == model.Instant, day: l.day}, nil
			}
		}
	case v.kind == numberKind && v.integer:
		r, err := v.rat()
		if err == nil && r.Num().BitLen() < 40 {
			return instant{at: time.Unix(r.Num().Int64(), 0).UTC(), zoned: true}, nil
		}
	}
	return instant{}, errors.New(kindNames[v.kind] + " cannot be read as a date")
}

// contains is text in text, or value in list, or name in object.
func contains(in, what value) (bool, error) {
	switch in.kind {
	case nilKind:
		return false, nil
	case textKind:
		part, err := what.print()
		return what.kind != nilKind && strings.Contains(in.text, part), err
	case listKind:
		for _, item := range in.list {
			if equal(item, what) {
				return true, nil
			}
		}
		return false, nil
	case mapKind:
		_, ok := in.member(what.text)
		return ok, nil
	}
	return false, errors.New(kindNames[in.kind] + " cannot contain anything")
}

// member finds a part of an object by name.
func (v value) member(name string) (value, bool) {
	for i, n := range v.names {
		if n == name {
			return v.list[i], true
		}
	}
	return nothing, false
}
