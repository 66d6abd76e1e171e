package timetable

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		panic(err)
	}
	return t
}

// TestDowntimeIsMadeUpForOnce: whatever was missed, the next run is due at once, and the one after it in its turn.
func TestDowntimeIsMadeUpForOnce(t *testing.T) {
	berlin := zoneOf(t, "Europe/Berlin")
	for name, c := range map[string]struct {
		table      Timetable
		last, back string
		then       string
	}{
		"every 5 minutes":  {Every(5 * time.Minute), "2026-03-02 10:00:00", "2026-03-05 10:02:00", "2026-03-05 10:05:00"},
		"hourly":           {OfTier(Hourly, berlin), "2026-03-02 10:00:00", "2026-03-05 10:02:00", "2026-03-05 11:00:00"},
		"daily":            {OfTier(Daily, berlin), "2026-03-02 05:00:00", "2026-03-05 10:02:00", "2026-03-06 05:00:00"},
		"weekdays":         {At(cronOf(t, "0 6 * * 1-5"), berlin), "2026-03-06 05:00:00", "2026-03-09 10:02:00", "2026-03-10 05:00:00"},
		"over the 29th":    {At(cronOf(t, "0 6 * * *"), berlin), "2026-03-27 05:00:00", "2026-03-29 10:02:00", "2026-03-30 04:00:00"},
		"over the weekend": {Every(7 * 24 * time.Hour), "2026-03-02 00:00:00", "2026-03-20 10:02:00", "2026-03-23 00:00:00"},
	} {
		back := at(c.back)
		missed, ok := c.table.Next(at(c.last))
		if !ok || missed.After(back) {
			t.Errorf("%s: after the downtime nothing is due before %s", name, missed)
		}
		if then, _ := c.table.Next(back); !then.Equal(at(c.then)) {
			t.Errorf("%s: after the run that made up for it the next is at %s, want %s", name, then, c.then)
		}
	}
	if first, ok := Every(time.Hour).Next(time.Time{}); !ok || !first.IsZero() {
		t.Error("a sync that never ran is not due at once")
	}
	if _, ok := (Timetable{}).Next(time.Time{}); ok {
		t.Error("a sync without a schedule is due")
	}
}

// TestWeekendIsNoDowntime: what has not been missed is not made up for.
func TestWeekendIsNoDowntime(t *testing.T) {
	table := At(cronOf(t, "0 6 * * 1-5"), time.UTC)
	if begin, _ := table.Next(at("2026-03-06 06:00:00")); !begin.Equal(at("2026-03-09 06:00:00")) {
		t.Errorf("after Friday's run the next is at %s", begin)
	}
}

// TestRunsAreSpread: a sync is always put off by the same span, within its bound, and a thousand fill it evenly.
func TestRunsAreSpread(t *testing.T) {
	for name, c := range map[string]struct {
		table Timetable
		bound time.Duration
	}{
		"minutes": {OfTier(Minutes, nil), 30 * time.Second}, "hourly": {OfTier(Hourly, nil), 5 * time.Minute},
		"daily": {OfTier(Daily, time.UTC), 5 * time.Minute}, "every 10s": {Every(10 * time.Second), time.Second},
		"cron": {At(cronOf(t, "0 6 * * *"), time.UTC), 30 * time.Second},
	} {
		tenths := [10]int{}
		for i := range 1000 {
			sync := fmt.Sprint("sync", i)
			d := c.table.For("shop", sync).delay
			if d < 0 || d >= c.bound || d != c.table.For("shop", sync).delay {
				t.Fatalf("%s: %s is put off by %s, the bound is %s", name, sync, d, c.bound)
			}
			tenths[10*d/c.bound]++
		}
		for i, n := range tenths {
			if n < 60 || n > 140 {
				t.Errorf("%s: of 1,000 syncs %d are in tenth %d", name, n, i)
			}
		}
	}
	one, other := Every(time.Hour).For("shop", "a"), Every(time.Hour).For("bakery", "a")
	if one.delay == other.delay {
		t.Error("two workspaces put their syncs off by the same span")
	}
}

// TestAClockPutBack: within one span of the timetable nothing runs twice; a longer way back silences nothing.
func TestAClockPutBack(t *testing.T) {
	for name, c := range map[string]struct {
		table           Timetable
		last, now, next string
	}{
		"minutes, an hour back": {Every(5 * time.Minute), "2026-03-02 12:00:00", "2026-03-02 11:00:10", "2026-03-02 11:05:00"},
		"hourly, an hour back":  {Every(time.Hour), "2026-03-02 12:00:10", "2026-03-02 11:00:10", "2026-03-02 12:00:00"},
		"hourly, a bit back":    {Every(time.Hour), "2026-03-02 12:00:10", "2026-03-02 11:59:00", "2026-03-02 13:00:00"},
		"daily, an hour back":   {At(cronOf(t, "0 6 * * *"), time.UTC), "2026-03-02 06:00:00", "2026-03-02 05:00:10", "2026-03-03 06:00:00"},
		"daily, a year back":    {At(cronOf(t, "0 6 * * *"), time.UTC), "2027-03-02 06:00:00", "2026-03-02 05:00:10", "2026-03-02 06:00:00"},
		"forward":               {Every(time.Hour), "2026-03-02 12:00:10", "2026-03-02 13:10:10", "2026-03-02 13:00:00"},
	} {
		if next, _ := c.table.Next(c.table.Trust(at(c.last), at(c.now))); !next.Equal(at(c.next)) {
			t.Errorf("%s: the next run is at %s, want %s", name, next, c.next)
		}
	}
}

// TestBadCron: what is wrong with cron fields is told field by field, with a way out.
func TestBadCron(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "there are 0 fields, not five",
		"* *":                    "there are 2 fields, not five",
		"0 0 6 * * *":            "leave the first one out",
		"0 25 * * *":             `"25" is no hour; the hour is 0 to 23`,
		"60 6 * * *":             `"60" is no minute`,
		"0 6 32 * *":             `"32" is no day of the month`,
		"0 6 * 13 *":             `"13" is no month`,
		"0 6 * * mn":             "did you mean mon?",
		"0 6 * * 7":              "0 (Sunday) to 6",
		"0 6 , * *":              `"," is no day of the month`,
		"0 6 30 2 *":             "it would never come",
		"@dayly":                 "did you mean @daily?",
		"@every 5m":              "write every: 15m",
		"TZ=Europe/Berlin":       "write zone:",
		"CRON_TZ=UTC 0 6 * * *":  "write zone:",
		"*/0 * * * *":            `"*/0" is no minute`,
		"0 6 * * 1-5 # weekdays": "there are 7 fields",
	} {
		_, err := ParseCron(text)
		var bad *BadCron
		if !errors.As(err, &bad) {
			t.Errorf("%q is taken: %v", text, err)
			continue
		}
		if said := bad.Message + "; " + bad.Suggestion; !strings.Contains(said, want) {
			t.Errorf("%q: %s\nwant %s", text, said, want)
		}
	}
	for _, good := range []string{"0 6 * * *", "@hourly", " */15 9-17 * * mon-fri ", "0 0 29 2 *", "0,30 * * * ?"} {
		if _, err := ParseCron(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// TestRanks: a schedule of a person's own belongs to a tier by how often it runs.
func TestRanks(t *testing.T) {
	for text, want := range map[string]Tier{"*/15 * * * *": Minutes, "0,30 6 * * *": Minutes, "0 * * * *": Hourly, "0 6,18 * * *": Hourly,
		"0 6 * * *": Daily, "0 6 1 * *": Daily, "@hourly": Hourly, "@weekly": Daily} {
		if got := At(cronOf(t, text), time.UTC).Rank(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for span, want := range map[time.Duration]Tier{time.Second: Minutes, 59 * time.Minute: Minutes, time.Hour: Hourly, 23 * time.Hour: Hourly,
		24 * time.Hour: Daily, 200 * time.Hour: Daily} {
		if got := Every(span).Rank(); got != want {
			t.Errorf("every %s is %s, want %s", span, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for want, table := range map[string]Timetable{"every 15m": Every(15 * time.Minute), "every 7d": Every(168 * time.Hour), "every 1h30m": Every(90 * time.Minute),
		"every 1h": Every(time.Hour), "every 10s": Every(10 * time.Second), "0 6 * * * in Europe/Berlin": OfTier(Daily, zoneOf(t, "Europe/Berlin")), "by hand": {}} {
		if got := table.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	table := At(cronOf(b, "0 6 * * 1-5"), zoneOf(b, "Europe/Berlin")).For("shop", "a")
	last := at("2026-03-06 05:00:00")
	for b.Loop() {
		_, _ = table.Next(last)
	}
}
