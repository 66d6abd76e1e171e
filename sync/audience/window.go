package audience

import "fmt"

// stay says in SQL when a row counts: from enter on, until just before leave. Both are microseconds and may be NULL
// where the row has no time.
type stay struct {
	enter string
	leave string // never where it stays for good
	keep  string // a condition that does not depend on now; "" where there is none
	since string // rows whose time is not after this can neither count nor begin to; "" where there is no such bound
}

// stayOf is when a row with time t is in the window. Every window gives one unbroken stay; that is what makes the due
// time exact.
func stayOf(t string, w Window, zone string) stay {
	switch {
	case w.Last > 0 && w.Align == Days:
		n := w.Last.days()
		return stay{enter: t, leave: midnight(fmt.Sprintf("(%s + %d)", dayOf(t, zone), n), zone), since: before(n + 2)}
	case w.Last > 0 && w.Align == Weeks:
		d := dayOf(t, zone)
		n := w.Last.days()
		return stay{enter: t, leave: midnight(fmt.Sprintf("(%s - CAST(isodow(%s) AS INTEGER) + 1 + %d)", d, d, n), zone), since: before(n + 9)}
	case w.Last > 0:
		return stay{enter: t, leave: after(t, w.Last.micros()), since: after(now, -w.Last.micros())}
	case w.Ago[0] > 0:
		return stay{enter: after(t, w.Ago[1].micros()), leave: after(t, w.Ago[0].micros()), since: after(now, -w.Ago[0].micros())}
	}
	return fixedStay(t, w, zone)
}

// before is SQL for the moment so many days ago.
func before(days int64) string { return after(now, -days*microsPerDay) }

func fixedStay(t string, w Window, zone string) stay {
	s := stay{enter: t}
	if from, err := parseMoment(w.From); err == nil {
		s.keep = t + " >= " + from.start(zone)
		s.since = after(from.start(zone), -1)
	}
	if to, err := parseMoment(w.To); err == nil {
		end := to.start(zone)
		if to.isDay {
			end = to.end(zone)
		}
		s.keep = and(s.keep, t+" < "+end)
	}
	return s
}

// inside is SQL for "the row counts now", NULL where it has no time.
func (s stay) inside() string {
	if s.leave == never {
		return s.enter + " <= " + now
	}
	return s.enter + " <= " + now + " AND " + s.leave + " > " + now
}

// next is SQL for the later moment at which the row begins or ends to count; NULL where there is none.
func (s stay) next() string {
	if s.leave == never {
		return "CASE WHEN " + s.enter + " > " + now + " THEN " + s.enter + " END"
	}
	return "CASE WHEN " + s.enter + " > " + now + " THEN " + s.enter + " WHEN " + s.leave + " > " + now + " THEN " + s.leave + " END"
}

// and joins two conditions, either of which may be "".
func and(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + " AND " + b
}
