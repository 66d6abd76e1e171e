package timetable

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func cronOf(t testing.TB, text string) Cron {
	t.Helper()
	c, err := ParseCron(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

// TestDaysOfTheClockChange: what is scheduled in the night in which a clock is put forward or back, as instants in UTC.
func TestDaysOfTheClockChange(t *testing.T) {
	for _, c := range []struct{ name, zone, cron, from, want string }{
		{"02:30 does not exist", "Europe/Berlin", "30 2 * * *", "2026-03-27T12:00:00Z", "03-28 01:30, 03-29 01:00, 03-30 00:30"},
		{"02:30 is there twice", "Europe/Berlin", "30 2 * * *", "2026-10-23T12:00:00Z", "10-24 00:30, 10-25 00:30, 10-26 01:30"},
		{"03:00 is when the jump ends", "Europe/Berlin", "0 3 * * *", "2026-03-28T12:00:00Z", "03-29 01:00, 03-30 01:00"},
		{"02:00 and 03:00 are one", "Europe/Berlin", "0 2,3 * * *", "2026-03-28T12:00:00Z", "03-29 01:00, 03-30 00:00, 03-30 01:00"},
		{"the morning stays the morning", "Europe/Berlin", "0 6 * * *", "2026-03-27T12:00:00Z", "03-28 05:00, 03-29 04:00, 03-30 04:00"},
		{"half hours go on", "Europe/Berlin", "*/30 * * * *", "2026-10-24T23:50:00Z", "10-25 00:00, 10-25 00:30, 10-25 01:00, 10-25 01:30, 10-25 02:00"},
		{"hours go on", "Europe/Berlin", "30 * * * *", "2026-03-29T00:00:00Z", "03-29 00:30, 03-29 01:00, 03-29 01:30, 03-29 02:30"},
		{"New York, forward", "America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z", "03-08 07:00, 03-09 06:30"},
		{"New York, back", "America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", "11-01 05:30, 11-02 06:30"},
		{"New York, from between the two", "America/New_York", "30 1 * * *", "2026-11-01T05:45:00Z", "11-02 06:30"},
		{"Lord Howe, half an hour forward", "Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00:00Z", "10-03 15:30, 10-04 15:15"},
		{"Lord Howe, half an hour back", "Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00:00Z", "04-04 14:45, 04-05 15:15"},
		{"Lord Howe, every quarter", "Australia/Lord_Howe", "*/15 * * * *", "2026-04-04T14:20:00Z",
			"04-04 14:30, 04-04 14:45, 04-04 15:00, 04-04 15:15, 04-04 15:30"},
		{"weekdays", "Europe/Berlin", "0 6 * * 1-5", "2026-03-27T12:00:00Z", "03-30 04:00, 03-31 04:00"},
		{"a day that a country left out", "Pacific/Apia", "0 12 * * *", "2011-12-29T00:00:00Z", "12-29 22:00, 12-30 10:00, 12-30 22:00"},
	} {
		at, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		got, n := "", len(c.want)
		for len(got) < n {
			at = cronOf(t, c.cron).next(at, zoneOf(t, c.zone))
			if got != "" {
				got += ", "
			}
			got += at.Format("01-02 15:04")
		}
		if got != c.want {
			t.Errorf("%s: %s in %s\n got %s\nwant %s", c.name, c.cron, c.zone, got, c.want)
		}
	}
}

// TestEveryMinuteAgrees holds random fields against a walk over every minute around the changes of a clock.
func TestEveryMinuteAgrees(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FRESHET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("FRESHET_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"}
	for range 150 {
		zone := zoneOf(t, zones[r.IntN(len(zones))])
		text := fmt.Sprintf("%s %s * * %s", randomField(r, 60), randomField(r, 6), []string{"*", "*", "0", "6,0"}[r.IntN(4)])
		from := time.Date(2010+r.IntN(15), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		if _, to := from.In(zone).ZoneBounds(); !to.IsZero() && r.IntN(4) > 0 {
			from = to.Add(-time.Duration(r.IntN(40*60)) * time.Minute).UTC()
		}
		want := walked(cronOf(t, text), from, from.Add(72*time.Hour), zone)
		var got []time.Time
		for at := cronOf(t, text).next(from, zone); at.Before(from.Add(72*time.Hour)) && !at.IsZero(); at = cronOf(t, text).next(at, zone) {
			got = append(got, at)
		}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("%s in %s from %s:\n got %v\nwant %v", text, zone, from, got, want)
		}
	}
}

func randomField(r *rand.Rand, n int) string {
	switch r.IntN(3) {
	case 0:
		return "*"
	case 1:
		return fmt.Sprint(r.IntN(n))
	default:
		return fmt.Sprintf("%d,%d", r.IntN(n), r.IntN(n))
	}
}

// walked finds the times by looking at the clock in every minute.
func walked(c Cron, from, to time.Time, zone *time.Location) []time.Time {
	shows := func(w time.Time) bool { return c.spec.Next(w.Add(-time.Second)).Equal(w) }
	var found []time.Time
	seen := map[time.Time]bool{}
	var before time.Time
	for at := from.Add(-26 * time.Hour).Truncate(time.Minute); at.Before(to); at = at.Add(time.Minute) {
		l := at.In(zone)
		w := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
		hit := shows(w) && (c.everyHour() || !seen[w])
		for skipped := before.Add(time.Minute); !before.IsZero() && skipped.Before(w); skipped = skipped.Add(time.Minute) {
			hit = hit || shows(skipped)
		}
		if hit && at.After(from) {
			found = append(found, at)
		}
		seen[w], before = true, w
	}
	return found
}
