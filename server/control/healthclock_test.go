package control

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/freshness"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
)

// clocked is a workspace of one hourly and one live sync, under a clock on the wall that a test puts; feeds.carts answers.
func clocked() (s *Service, put func(time.Duration)) {
	ws := &config.Workspace{Name: "shop", Models: map[string]model.Model{"people": {Name: "people", UpdatedAt: "seen"}, "carts": {Name: "carts", Feeds: []string{"carts"}}},
		Feeds: map[string]model.Feed{"carts": {Name: "carts"}}, Syncs: []model.Sync{
			{Name: "people", Model: "people", Tier: "hourly", Zone: "UTC", Freshness: 90 * time.Minute, Success: 99},
			{Name: "carts", Model: "carts", Tier: "realtime", Zone: "UTC", Freshness: time.Minute, Success: 99}}}
	s = New(ws, nil)
	begun, jump := time.Now(), time.Duration(0)
	s.health.clock = clock{wall: func() time.Time { return time.Now().Round(0).Add(jump) }, start: begun.Round(0), elapsed: func() time.Duration { return time.Since(begun) }}
	s.health.follows("carts", true)
	return s, func(d time.Duration) { jump = d }
}

func (s *Service) says(name string) string {
	sync, _ := s.workspace.Sync(name)
	h := s.healthOf(sync)
	return fmt.Sprintf("%s, %.0f s", h.State, h.Age)
}

// TestLateThoughNothingRuns: a scheduler that has fallen silent, and a live sync whose source says nothing any more: both grow old by
// themselves, through being at risk, and nobody but the time has done anything. Guarantee G41.
func TestLateThoughNothingRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := clocked()
		people, _ := s.workspace.Sync("people")
		if got := s.says("people"); got != "unknown, 0 s" {
			t.Errorf("before the first run it is %s", got)
		}
		s.health.ran(people, s.health.clock.steady(), run.Report{Status: run.OK}, nil)
		s.health.answered("carts", answer{}, nil)
		s.health.waits(supervise.Waits{Sync: "carts", Seen: time.Now()})
		for _, step := range []struct {
			after         time.Duration
			people, carts string
		}{
			{0, "fresh, 0 s", "fresh, 0 s"},
			{10 * time.Second, "fresh, 10 s", "fresh, 0 s"}, // its source has answered lately
			{20 * time.Second, "fresh, 20 s", "at risk, 20 s"},
			{61 * time.Second, "fresh, 61 s", "late, 61 s"},
			{72 * time.Minute, "fresh, 4320 s", "late, 4320 s"},
			{73 * time.Minute, "at risk, 4380 s", "late, 4380 s"},
			{91 * time.Minute, "late, 5460 s", "late, 5460 s"},
		} {
			time.Sleep(step.after - time.Since(s.health.clock.start))
			if people, carts := s.says("people"), s.says("carts"); people != step.people || carts != step.carts {
				t.Errorf("after %v they are %s and %s, want %s and %s", step.after, people, carts, step.people, step.carts)
			}
		}
	})
}

// TestTheClockOnTheWallIsPut: an hour forward and an hour back, and no state, no age and no window of burning changes.
func TestTheClockOnTheWallIsPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, put := clocked()
		people, _ := s.workspace.Sync("people")
		s.health.ran(people, s.health.clock.steady(), run.Report{Run: "run_1", Status: run.Errors, Read: 10, Delivered: 9, Rejected: 1}, nil)
		s.health.turned(model.Sync{Name: "carts"}, supervise.Turned{Sync: "carts", Ages: []time.Duration{time.Second}})
		s.health.answered("carts", answer{}, nil)
		s.health.waits(supervise.Waits{Sync: "carts", Seen: time.Now(), Keys: 1, Oldest: time.Now().Add(-30 * time.Second)})
		time.Sleep(10 * time.Second)
		for _, jump := range []time.Duration{0, time.Hour, -time.Hour, 0} {
			put(jump)
			h := s.healthOf(people)
			if got := s.says("people"); got != "at risk, 10 s" || h.Burn1h != h.Burn6h || h.Burn1h < 99 {
				t.Errorf("put by %v: %s, burning %v and %v", jump, got, h.Burn1h, h.Burn6h)
			}
			if got := s.says("carts"); got != "fresh, 40 s" {
				t.Errorf("put by %v the live sync is %s", jump, got)
			}
			commit := s.health.clock.wall().Add(-30 * time.Second) // as a source beside us writes it down
			s.health.waits(supervise.Waits{Sync: "carts", Seen: time.Now(), Keys: 1, Oldest: commit})
			if got := s.says("carts"); got != "fresh, 30 s" {
				t.Errorf("put by %v the live sync is %s after the next word of it", jump, got)
			}
			s.health.waits(supervise.Waits{Sync: "carts", Seen: time.Now(), Keys: 1, Oldest: commit.Add(-10 * time.Second)})
			if h := s.healthOf(s.workspace.Syncs[1]); h.Measured != 1 {
				t.Errorf("put by %v it has measured %d", jump, h.Measured)
			}
		}
		put(time.Hour)
		s.health.turned(model.Sync{Name: "carts"}, supervise.Turned{Sync: "carts", Ages: []time.Duration{time.Second}})
		put(-time.Hour)
		s.health.turned(model.Sync{Name: "carts"}, supervise.Turned{Sync: "carts", Ages: []time.Duration{time.Second}})
		if hour := s.health.syncs["carts"].Windows.Last(s.health.clock.steady(), time.Hour); hour.Confirmed != 3 || len(s.health.syncs["carts"].Windows.Fine) > 2 {
			t.Errorf("of three changes in a minute the last hour has %+v", hour)
		}
	})
}

// TestWhereTimesComeFrom: what a change is measured from, case by case. Guarantee G40.
func TestWhereTimesComeFrom(t *testing.T) {
	for name, c := range map[string]struct {
		audience, version, mapping string
		first, all                 bool
		kind                       plan.Kind
		want                       time.Duration
	}{
		"a change":                    {"", "1999-12-31 23:00:00", "m", false, false, plan.Change, time.Hour},
		"a row that was loaded late":  {"", "1999-12-31 20:00:00", "m", false, false, plan.Enter, 4 * time.Hour},
		"refused before":              {"a", "1999-12-31 20:00:00", "m", false, false, plan.Again, 4 * time.Hour},
		"no moment":                   {"", "17", "m", false, false, plan.Change, time.Minute},
		"the first load":              {"", "1999-12-31 23:00:00", "m", true, false, plan.Enter, time.Minute},
		"all rows anew":               {"", "1999-12-31 23:00:00", "m", false, true, plan.Change, time.Minute},
		"another mapping":             {"", "1999-12-31 23:00:00", "n", false, false, plan.Change, time.Minute},
		"time brings a member in":     {"a", "1999-12-31 20:00:00", "m", false, false, plan.Enter, time.Minute},
		"a commit brings a member in": {"a", "1999-12-31 23:00:00", "m", false, false, plan.Enter, time.Hour},
		"a clock that goes ahead":     {"", "2000-01-01 05:00:00", "m", false, false, plan.Change, 0},
	} {
		synctest.Test(t, func(t *testing.T) { // the bubble's clock begins with the year 2000
			s, _ := clocked()
			sync := model.Sync{Name: "people", Audience: c.audience}
			st := s.health.of("people")
			if !c.first {
				st.Until, st.Mapping = time.Now().Add(-2*time.Hour), "m"
			}
			s.health.confirmed(sync, run.Taken{Mapping: c.mapping, Records: []run.Confirmed{{Kind: c.kind, Version: c.version}}}, time.Now().Add(-time.Minute), c.all)
			six := st.Windows.Last(time.Now(), time.Hour)
			var want freshness.Histogram
			want.Add(c.want, 1)
			got, _ := six.Ages.Quantile(1)
			if near, _ := want.Quantile(1); got != near {
				t.Errorf("%s: measured as %v, want %v", name, got, c.want)
			}
		})
	}
}
