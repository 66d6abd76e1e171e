package supervise

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/timetable"
)

// fakeRuns stands for runs: each takes as long as said, and ends as said.
type fakeRuns struct {
	mu     sync.Mutex
	takes  map[string]time.Duration
	ends   map[string]func(n int) Ended // by sync; n counts its runs from 1
	began  map[string][]time.Time
	start  time.Time
	passed map[string][]int // seconds from the start to the beginnings of a sync's runs
	now    map[string]int   // under way
	most   int              // under way at any time
	twice  string           // a sync that ran twice at a time
	clock  func() time.Time
}

func newFakeRuns() *fakeRuns {
	return &fakeRuns{takes: map[string]time.Duration{}, ends: map[string]func(int) Ended{}, began: map[string][]time.Time{},
		start: time.Now(), passed: map[string][]int{}, now: map[string]int{}, clock: time.Now}
}

func (f *fakeRuns) run(ctx context.Context, name string) Ended {
	f.mu.Lock()
	f.began[name] = append(f.began[name], f.clock().UTC().Round(0))
	f.passed[name] = append(f.passed[name], int(time.Since(f.start)/time.Second))
	n, takes, ends := len(f.began[name]), f.takes[name], f.ends[name]
	if f.now[name]++; f.now[name] > 1 {
		f.twice = name
	}
	under := 0
	for _, k := range f.now {
		under += k
	}
	f.most = max(f.most, under)
	f.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now[name]--
	if ends != nil {
		return ends(n)
	}
	return Ended{Status: run.OK}
}

// serve serves syncs for a while, within a bubble.
func serve(t *testing.T, f *fakeRuns, lasts time.Duration, all ...Scheduled) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	s := &Scheduler{Run: f.run, Now: f.clock}
	s.Add(all...)
	s.Serve(ctx)
	if f.twice != "" {
		t.Errorf("%s ran twice at a time", f.twice)
	}
}

func same(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: runs began after %v seconds, want %v", what, got, want)
	}
}

// TestAFirstRunDelaysNoHigherTier: while a run of a low tier goes on for an hour, and others of its tier wait, the tiers above
// run at their times.
func TestAFirstRunDelaysNoHigherTier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began := newFakeRuns(), time.Now()
		all := []Scheduled{{Sync: "minutely", Tier: timetable.Minutes, Table: timetable.Every(5 * time.Minute), Last: began},
			{Sync: "hourly", Tier: timetable.Hourly, Table: timetable.Every(30 * time.Minute), Last: began}}
		f.takes["minutely"], f.takes["hourly"] = time.Second, time.Minute
		for i := range 6 {
			name := fmt.Sprint("backfill", i)
			f.takes[name] = time.Hour
			all = append(all, Scheduled{Sync: name, Tier: timetable.Daily, Table: timetable.Every(24 * time.Hour)})
		}
		serve(t, f, 59*time.Minute, all...)
		same(t, "every 5 minutes", f.passed["minutely"], 300, 600, 900, 1200, 1500, 1800, 2100, 2400, 2700, 3000, 3300)
		same(t, "every half hour", f.passed["hourly"], 1800)
		same(t, "the first of those that take an hour", f.passed["backfill0"], 0)
		same(t, "the second", f.passed["backfill1"])
	})
}

// TestAFirstRunOfAHighTierLetsItsOwnGoOn: workers of lower tiers help while they have nothing to do.
func TestAFirstRunOfAHighTierLetsItsOwnGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began := newFakeRuns(), time.Now()
		f.takes["long"], f.takes["short"], f.takes["daily"] = time.Hour, time.Second, time.Second
		serve(t, f, 11*time.Minute, Scheduled{Sync: "long", Tier: timetable.Minutes, Table: timetable.Every(5 * time.Minute)},
			Scheduled{Sync: "short", Tier: timetable.Minutes, Table: timetable.Every(5 * time.Minute), Last: began},
			Scheduled{Sync: "daily", Tier: timetable.Daily, Table: timetable.Every(24 * time.Hour)})
		same(t, "a sync beside the long one", f.passed["short"], 300, 600)
		same(t, "a daily sync", f.passed["daily"], 0)
	})
}

// TestLowTiersAreNotStarved: however much waits above, the worker of a tier takes its own first.
func TestLowTiersAreNotStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began := newFakeRuns(), time.Now()
		var all []Scheduled
		for i := range 50 {
			name := fmt.Sprint("busy", i)
			f.takes[name] = 10 * time.Second
			all = append(all, Scheduled{Sync: name, Tier: timetable.Minutes, Table: timetable.Every(10 * time.Second)})
		}
		all = append(all, Scheduled{Sync: "daily", Tier: timetable.Daily, Table: timetable.Every(24 * time.Hour), Last: began.Add(-23*time.Hour - 58*time.Minute)})
		serve(t, f, 10*time.Minute, all...)
		if got := f.passed["daily"]; len(got) != 1 || got[0] > 130 {
			t.Errorf("the daily sync ran after %v seconds", got)
		}
		least, most := 1000, 0
		for i := range 50 {
			n := len(f.passed[fmt.Sprint("busy", i)])
			least, most = min(least, n), max(most, n)
		}
		if most-least > 1 {
			t.Errorf("of syncs with the same timetable one ran %d times, another %d times", least, most)
		}
		if f.most != 3 {
			t.Errorf("%d runs were under way at a time", f.most)
		}
	})
}

// TestAfterThreeDaysDown: every sync makes up for what it missed with one run, and then goes on in time.
func TestAfterThreeDaysDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		berlin, _ := time.LoadLocation("Europe/Berlin")
		six, _ := timetable.ParseCron("0 6 * * *")
		f, began := newFakeRuns(), time.Now() // midnight UTC, 1 January 2000
		down := began.Add(-72 * time.Hour)
		serve(t, f, 6*time.Hour+time.Minute, Scheduled{Sync: "minutely", Tier: timetable.Minutes, Table: timetable.Every(2 * time.Hour), Last: down},
			Scheduled{Sync: "daily", Tier: timetable.Daily, Table: timetable.At(six, berlin), Last: down},
			Scheduled{Sync: "done", Tier: timetable.Daily, Table: timetable.At(six, berlin), Last: began.Add(-19 * time.Hour)})
		same(t, "every 2 hours", f.passed["minutely"], 0, 7200, 14400, 21600)
		same(t, "daily at 6", f.passed["daily"], 0, 5*3600)
		same(t, "daily at 6, not missed", f.passed["done"], 5*3600)
	})
}

// TestARunThatTakesLong: what the timetable called for meanwhile is one run.
func TestARunThatTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeRuns()
		f.ends["long"] = func(n int) Ended {
			f.takes["long"] = time.Second
			return Ended{Status: run.OK}
		}
		f.takes["long"] = 23 * time.Minute
		serve(t, f, 31*time.Minute, Scheduled{Sync: "long", Tier: timetable.Minutes, Table: timetable.Every(5 * time.Minute)})
		same(t, "after 23 minutes", f.passed["long"], 0, 23*60, 25*60, 30*60)
	})
}

// TestFailuresAreTriedAgain: with growing pauses, at most five times before the timetable's next time, never before the
// destination's; and what is held waits for it.
func TestFailuresAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began := newFakeRuns(), time.Now()
		failing := func(s run.Status) func(int) Ended { return func(int) Ended { return Ended{Status: s} } }
		f.ends["failing"], f.ends["held"], f.ends["errors"] = failing(run.Failed), failing(run.Held), failing(run.Errors)
		f.ends["once"] = func(n int) Ended { return Ended{Status: []run.Status{run.Failed, run.OK}[min(n-1, 1)]} }
		f.ends["told"] = func(n int) Ended { return Ended{Status: run.Pending, RetryAt: began.Add(1000 * time.Second)} }
		f.ends["moves"] = func(n int) Ended { return Ended{Status: run.Pending, Progress: true} }
		f.ends["often"] = failing(run.Failed)
		var all []Scheduled
		for _, name := range []string{"failing", "held", "errors", "once", "told"} {
			all = append(all, Scheduled{Sync: name, Tier: timetable.Hourly, Table: timetable.Every(time.Hour)})
		}
		all = append(all, Scheduled{Sync: "often", Tier: timetable.Minutes, Table: timetable.Every(time.Second)})
		serve(t, f, 61*time.Minute, all...)
		same(t, "failing", f.passed["failing"], 0, 15, 45, 105, 225, 465, 3600)
		same(t, "held", f.passed["held"], 0, 3600)
		same(t, "rows refused", f.passed["errors"], 0, 3600)
		same(t, "failed once", f.passed["once"], 0, 15, 3600)
		if got := f.passed["told"]; got[1] != 1000 {
			t.Errorf("asked to wait for 1000 seconds it ran after %v", got)
		}
		same(t, "failing every second", f.passed["often"][:7], 0, 15, 45, 105, 225, 465, 705)
	})
}

// TestWorkLeftBeforeARestart: what the last process left is taken up before the timetable's time.
func TestWorkLeftBeforeARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began := newFakeRuns(), time.Now()
		serve(t, f, 61*time.Minute, Scheduled{Sync: "crashed", Tier: timetable.Hourly, Table: timetable.Every(time.Hour), Last: began, Again: began},
			Scheduled{Sync: "later", Tier: timetable.Hourly, Table: timetable.Every(time.Hour), Last: began, Again: began.Add(20 * time.Minute)},
			Scheduled{Sync: "quiet", Tier: timetable.Hourly, Table: timetable.Every(time.Hour), Last: began})
		same(t, "crashed", f.passed["crashed"], 0, 3600)
		same(t, "to be tried later", f.passed["later"], 1200, 3600)
		same(t, "nothing left", f.passed["quiet"], 3600)
	})
}

// TestNightsOfTheClockChange: a job at 02:30 runs once in the night without that time and once in the night that has it twice.
func TestNightsOfTheClockChange(t *testing.T) {
	for _, c := range []struct{ zone, cron, now, want string }{
		{"Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", "29T01:00 30T00:30"},
		{"Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", "25T00:30 26T01:30"},
		{"America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z", "08T07:00 09T06:30"},
		{"America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", "01T05:30 02T06:30"},
		{"Australia/Lord_Howe", "15 2 * * *", "2026-10-03T06:00:00Z", "03T15:30 04T15:15"},
		{"Australia/Lord_Howe", "45 1 * * *", "2026-04-04T06:00:00Z", "04T14:45 05T15:15"},
	} {
		synctest.Test(t, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			start, _ := time.Parse(time.RFC3339, c.now)
			spec, _ := timetable.ParseCron(c.cron)
			f := newFakeRuns()
			ahead := start.Sub(time.Now())
			f.clock = func() time.Time { return time.Now().Add(ahead) }
			serve(t, f, 44*time.Hour, Scheduled{Sync: "nightly", Tier: timetable.Daily, Table: timetable.At(spec, zone), Last: start})
			var got []string
			for _, at := range f.began["nightly"] {
				got = append(got, at.Add(time.Second).Format("02T15:04"))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s in %s: %v, want %s", c.cron, c.zone, got, c.want)
			}
		})
	}
}

// TestAClockThatIsPut: by an hour forward or back, in the middle of it. Nothing is silent for longer than it would be, and
// what is daily runs once. Times are those that have passed, whatever the clock says.
func TestAClockThatIsPut(t *testing.T) {
	for by, want := range map[time.Duration][3][]int{
		time.Hour:  {{600, 1200, 1800, 2400, 3000, 3600, 3900, 4200, 4800, 5400}, {1800}, {3900}},
		-time.Hour: {{600, 1200, 1800, 2400, 3000, 3600, 4200, 4800, 5400}, {1800}, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			f, began := newFakeRuns(), time.Now()
			start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
			f.clock = func() time.Time {
				ahead := start.Sub(began)
				if time.Since(began) >= 3890*time.Second {
					ahead += by
				}
				return time.Now().Add(ahead)
			}
			daily := func(text string) timetable.Timetable {
				c, _ := timetable.ParseCron(text)
				return timetable.At(c, time.UTC)
			}
			serve(t, f, 99*time.Minute, Scheduled{Sync: "often", Tier: timetable.Minutes, Table: timetable.Every(10 * time.Minute), Last: start},
				Scheduled{Sync: "before", Tier: timetable.Daily, Table: daily("30 6 * * *"), Last: start},
				Scheduled{Sync: "jumped", Tier: timetable.Daily, Table: daily("30 7 * * *"), Last: start})
			for i, name := range []string{"often", "before", "jumped"} {
				same(t, fmt.Sprintf("%s, put by %s", name, by), f.passed[name], want[i]...)
			}
		})
	}
}

// TestSchedulingCostsLittle: a thousand small syncs, each run every 10 seconds by a run that does nothing: what scheduling itself takes
// of one core.
func TestSchedulingCostsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 10 seconds")
	}
	var mu sync.Mutex
	runs := 0
	s := &Scheduler{Run: func(context.Context, string) Ended {
		mu.Lock()
		runs++
		mu.Unlock()
		return Ended{Status: run.OK}
	}}
	for i := range 1000 {
		name := fmt.Sprint("sync", i)
		s.Add(Scheduled{Sync: name, Tier: timetable.Minutes, Table: timetable.Every(5*time.Second).For("shop", name), Last: time.Now()})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	before := processorTime(t)
	s.Serve(ctx)
	share := float64(processorTime(t)-before) / float64(10*time.Second)
	t.Logf("%d runs in 10 seconds took %.2f %% of a core", runs, 100*share)
	if runs < 1500 || share > 0.05*slower {
		t.Errorf("%d runs in 10 seconds took %.2f %% of a core", runs, 100*share)
	}
}

// processorTime is what this process has used of its cores.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Skip(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
