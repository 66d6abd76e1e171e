package audience

import (
	"strconv"
	"strings"
)

// NowVariable is the DuckDB variable with the moment of an evaluation, a TIMESTAMP WITH TIME ZONE. Whoever runs the SQL
// sets it in the same session: SET VARIABLE freshet_now = TIMESTAMPTZ '…'. Without it an evaluation that asks for the
// time fails: it must not find that nobody is a member.
const NowVariable = "freshet_now"

// now is SQL for the moment of the evaluation in microseconds since 1970. Inside the SQL all times are such numbers:
// adding and comparing them is exact, fast and knows no zone.
const now = "epoch_us(coalesce(CAST(getvariable('" + NowVariable + "') AS TIMESTAMPTZ), error('the variable " + NowVariable + " is not set')))"

// never stands for the time of what does not happen.
const never = ""

// name quotes an identifier for DuckDB.
func name(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// literal quotes a text for DuckDB, whose plain texts know no escapes but the doubled quote.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func number(n int64) string { return strconv.FormatInt(n, 10) }

// after is SQL for a time so much later, or, where by is negative, earlier.
func after(t string, by int64) string {
	switch {
	case by == 0:
		return t
	case by < 0:
		return "(" + t + " - " + number(-by) + ")"
	}
	return "(" + t + " + " + number(by) + ")"
}

// earliest is the first of several times in SQL, never where there is none; what is NULL does not happen.
func earliest(times ...string) string {
	var some []string
	for _, t := range times {
		if t != never {
			some = append(some, t)
		}
	}
	switch len(some) {
	case 0:
		return never
	case 1:
		return some[0]
	}
	return "least(" + strings.Join(some, ", ") + ")"
}

func orNull(t string) string {
	if t == never {
		return "NULL"
	}
	return t
}

const (
	hour          = int64(3_600_000_000)
	microsPerDay  = 24 * hour
	firstMicro    = int64(-62135596800000000) // 0001-01-01
	lastMicro     = int64(253402300799999999) // 9999-12-31T23:59:59.999999Z
	firstDay      = "DATE '0001-01-01'"
	lastDay       = "DATE '9999-12-31'"
	utc           = "UTC"
	rangeOfMicros = " BETWEEN -62135596800000000 AND 253402300799999999"
)

// midnight is SQL for the first moment of a day of the zone. Where the clocks go back over midnight it is the earlier of
// the two, where they skip it the first that there is.
func midnight(d, zone string) string {
	at := "(CAST(" + d + " AS TIMESTAMP) AT TIME ZONE " + literal(zone) + ")"
	if zone == utc {
		return "epoch_us(CAST(" + d + " AS TIMESTAMP))"
	}
	before := "(" + at + " - to_hours(1))"
	return "epoch_us(CASE WHEN CAST(" + before + " AT TIME ZONE " + literal(zone) + " AS DATE) >= " + d + " THEN " + before + " ELSE " + at + " END)"
}

// dayOf is SQL for the day of the zone that a time lies in.
func dayOf(t, zone string) string {
	if zone == utc {
		return "CAST(make_timestamp(" + t + ") AS DATE)"
	}
	return "CAST(make_timestamptz(" + t + ") AT TIME ZONE " + literal(zone) + " AS DATE)"
}
