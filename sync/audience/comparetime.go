package audience

import "fmt"

// compareTime makes the condition of a test of a time x, in microseconds.
func compareTime(x string, t Test, zone string) (is, due string) {
	switch t.Cmp {
	case Last, Next, BeforeLast, AfterNext:
		span, _ := ParseSpan(t.Values[0].Text)
		s := relative(x, t.Cmp, span.micros())
		return s.inside(), s.next()
	case Anniversary:
		return anniversary(x, zone)
	}
	moments := make([]moment, len(t.Values))
	for i, v := range t.Values {
		moments[i], _ = parseMoment(v.Text)
	}
	return fixed(x, t.Cmp, moments, zone), never
}

// relative is when a time x passes a test that looks back or ahead from now.
func relative(x string, c Cmp, span int64) stay {
	switch c {
	case Last:
		return stay{enter: x, leave: after(x, span)}
	case Next:
		return stay{enter: after(x, -span), leave: x}
	case BeforeLast:
		return stay{enter: after(x, span)}
	}
	return stay{enter: number(firstMicro), leave: after(x, -span)} // AfterNext
}

// fixed compares with moments that do not move: a day stands for all of it.
func fixed(x string, c Cmp, m []moment, zone string) string {
	from, to := m[0].start(zone), m[0].end(zone)
	switch c {
	case Lt, Before:
		return x + " < " + from
	case Le:
		return x + " < " + to
	case Gt, After:
		return x + " >= " + to
	case Ge:
		return x + " >= " + from
	case Between:
		return "(" + x + " >= " + from + " AND " + x + " < " + m[1].end(zone) + ")"
	}
	one := ""
	for _, each := range m {
		if one != "" {
			one += " OR "
		}
		one += "(" + x + " >= " + each.start(zone) + " AND " + x + " < " + each.end(zone) + ")"
	}
	if c == Ne || c == NotIn {
		return "NOT (" + one + ")"
	}
	return "(" + one + ")"
}

// anniversary: the day of now has the month and day of x, in a later year. Who was born on 29 February has it on the
// 28th in other years.
func anniversary(x, zone string) (is, due string) {
	d, today := dayOf(x, zone), dayOf(now, zone)
	in := func(year string) string {
		return fmt.Sprintf("(CASE WHEN month(%[1]s) = 2 AND day(%[1]s) = 29 THEN last_day(make_date(%[2]s, 2, 1)) ELSE make_date(%[2]s, month(%[1]s), day(%[1]s)) END)", d, year)
	}
	year := "year(" + today + ")"
	this := in(year)
	is = fmt.Sprintf("(%s = %s AND %s > year(%s))", this, today, year, d)
	next := fmt.Sprintf("CASE WHEN %s = %s THEN %s + 1 WHEN %s > %s THEN %s ELSE %s END", this, today, today, this, today, this, in(year+" + 1"))
	return is, "CASE WHEN " + x + " IS NOT NULL THEN " + midnight("CAST("+next+" AS DATE)", zone) + " END"
}
