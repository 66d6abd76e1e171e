package supervise

import (
	"slices"
	"time"

	"github.com/freshet/freshet/sync/timetable"
)

// lanes are the workers that carry scheduled runs out: one for each tier. A worker takes what waits in its own tier; where
// nothing does, it helps the tiers above, never those below. So a long run of a low tier has one worker at most, and a
// higher tier always has one that no lower tier can take. Guarantee G36.
type lanes struct {
	busy map[timetable.Tier]string // by the worker's tier: the sync that it runs
}

// waiting is a run whose time has come.
type waiting struct {
	sync string
	tier timetable.Tier
	due  time.Time
}

// workers are the tiers that have one.
var workers = []timetable.Tier{timetable.Realtime, timetable.Minutes, timetable.Hourly, timetable.Daily}

// seat is a run that begins, and the worker that takes it.
type seat struct {
	sync   string
	worker timetable.Tier
}

// assign gives free workers to runs that wait: within a tier the one that has waited longest goes first.
func (l *lanes) assign(all []waiting) []seat {
	slices.SortStableFunc(all, func(a, b waiting) int { return a.due.Compare(b.due) })
	var begin []seat
	take := func(fits func(w waiting, worker timetable.Tier) bool) {
		for _, worker := range workers {
			if _, busy := l.busy[worker]; busy {
				continue
			}
			if i := most(all, worker, fits); i >= 0 {
				begin = append(begin, seat{all[i].sync, worker})
				l.take(worker, all[i].sync)
				all = slices.Delete(all, i, i+1)
			}
		}
	}
	take(func(w waiting, worker timetable.Tier) bool { return w.tier == worker })
	take(func(w waiting, worker timetable.Tier) bool { return w.tier < worker })
	return begin
}

// most finds the most urgent of those that fit, -1 where none does.
func most(all []waiting, worker timetable.Tier, fits func(waiting, timetable.Tier) bool) int {
	best := -1
	for i, w := range all {
		if fits(w, worker) && (best < 0 || w.tier < all[best].tier) {
			best = i
		}
	}
	return best
}

func (l *lanes) take(worker timetable.Tier, sync string) {
	if l.busy == nil {
		l.busy = map[timetable.Tier]string{}
	}
	l.busy[worker] = sync
}

func (l *lanes) free(worker timetable.Tier) { delete(l.busy, worker) }
