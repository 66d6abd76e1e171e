package timetable

import "time"

// period is the time between two changes of a zone's clock. A zero from or to has no end.
type period struct {
	from, to time.Time
	off      time.Duration // of its clock from UTC
}

func periodAt(t time.Time, zone *time.Location) period {
	local := t.In(zone)
	from, to := local.ZoneBounds()
	_, seconds := local.Zone()
	return period{from, to, time.Duration(seconds) * time.Second}
}

// wall is what the period's clock shows at t, kept as that time in UTC: there no hour is missing and none comes twice.
func (p period) wall(t time.Time) time.Time { return t.UTC().Add(p.off) }

// repeated is the end of what the clock shows for a second time when the period begins; zero where it was not put back.
func (p period) repeated(zone *time.Location) (end time.Time) {
	if p.from.IsZero() {
		return end
	}
	if before := periodAt(p.from.Add(-1), zone); before.off > p.off {
		return before.wall(p.from)
	}
	return end
}

// next is the first moment after t at which the clock of the zone shows a time of the cron fields; zero where none does.
//
// Where the clock is put forward, a time that it jumps over comes at the moment of the jump. Where it is put back, a time of
// day that it shows twice counts once, the first time; fields with every hour go on as time passes, so that no hour is
// without them. Guarantee G34.
func (c Cron) next(t time.Time, zone *time.Location) time.Time {
	const changes = 200 // no zone has put its clock so often within the years that cron fields look ahead
	p := periodAt(t, zone)
	for range changes {
		shown := c.shown(p, t, zone)
		if shown.IsZero() {
			return shown
		}
		if found := shown.Add(-p.off); p.to.IsZero() || found.Before(p.to) {
			return found
		}
		after := periodAt(p.to, zone)
		if shown.Before(after.wall(p.to)) {
			return p.to.UTC()
		}
		p = after
	}
	return time.Time{}
}

// shown is the first time of the fields that the clock of a period would show after t, were it never put again.
func (c Cron) shown(p period, t time.Time, zone *time.Location) time.Time {
	if t.Before(p.from) {
		t = p.from.Add(-1)
	}
	shown := c.spec.Next(p.wall(t))
	if again := p.repeated(zone); !c.everyHour() && !shown.IsZero() && shown.Before(again) {
		return c.spec.Next(again.Add(-1))
	}
	return shown
}
