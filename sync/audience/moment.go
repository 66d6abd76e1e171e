package audience

import (
	"errors"
	"strings"
	"time"
)

// moment is a point of time as people write it: a day of the zone, a time in the zone, or a time with its own zone.
type moment struct {
	at    time.Time
	isDay bool
	local bool // no zone was written
}

var errMoment = errors.New("not a day or a time")

var momentForms = []struct {
	layout       string
	isDay, local bool
}{
	{"2006-01-02", true, true},
	{"2006-01-02T15:04:05.999999999", false, true}, {"2006-01-02 15:04:05.999999999", false, true},
	{"2006-01-02T15:04", false, true}, {"2006-01-02 15:04", false, true},
	{"2006-01-02T15:04:05.999999999Z07:00", false, false}, {"2006-01-02 15:04:05.999999999Z07:00", false, false},
}

// parseMoment reads a day or a time between the years 1 and 9999. What is finer than a microsecond is cut off.
func parseMoment(text string) (moment, error) {
	for _, f := range momentForms {
		at, err := time.Parse(f.layout, text)
		if err != nil {
			continue
		}
		at = at.UTC().Truncate(time.Microsecond)
		if at.Year() < 1 || at.Year() > 9999 {
			return moment{}, errMoment
		}
		return moment{at: at, isDay: f.isDay, local: f.local}, nil
	}
	return moment{}, errMoment
}

// start is SQL for the moment, or the beginning of its day, in microseconds.
func (m moment) start(zone string) string {
	if m.isDay {
		return midnight("DATE '"+m.at.Format(time.DateOnly)+"'", zone)
	}
	if m.local && zone != "UTC" {
		return "epoch_us(TIMESTAMP '" + m.text() + "' AT TIME ZONE " + literal(zone) + ")"
	}
	return number(m.at.UnixMicro())
}

// end is SQL for the first microsecond after the moment, or after its day.
func (m moment) end(zone string) string {
	if m.isDay {
		return midnight("DATE '"+m.at.AddDate(0, 0, 1).Format(time.DateOnly)+"'", zone)
	}
	return "(" + m.start(zone) + " + 1)"
}

func (m moment) text() string {
	return strings.TrimSuffix(m.at.Format("2006-01-02 15:04:05.000000"), ".000000")
}
