package control

import (
	"sync"
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
)

// times are what serving knows of when syncs run.
type times struct {
	scheduler *supervise.Scheduler // set before the workspace is ready

	mu      sync.Mutex
	notLive map[string]string // why a sync of tier realtime runs whole, by its name
	held    map[string]string // what held a sync's last scheduled run, by its name
}

func (t *times) fellBack(sync string, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.notLive == nil {
		t.notLive = map[string]string{}
	}
	t.notLive[sync] = fault.As(why).Message
}

// whyNotLive is why a sync has fallen back to its timetable, "" where it has not.
func (t *times) whyNotLive(sync string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.notLive[sync]
}

// isNews says whether a scheduled run is to be told of. One that is held for the reason that held the last one is not: the source
// is looked at again at every time of the timetable, and a person has been told.
func (t *times) isNews(e Event, report run.Report, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if report.Status != run.Held {
		delete(t.held, e.Sync)
		return true
	}
	why := e.Note
	if err == nil { // the guards, not the numbers in their words, which change with every row
		why = ""
		for _, p := range report.Problems {
			why += p.Code + " "
		}
	}
	if t.held == nil {
		t.held = map[string]string{}
	}
	was, known := t.held[e.Sync]
	t.held[e.Sync] = why
	return !known || was != why
}

// timesOf says in words when a sync runs and, while the workspace is served, when it runs next.
func (s *Service) timesOf(sync model.Sync, st *SyncStatus) {
	_, table := s.timetableOf(sync)
	st.Tier, st.Schedule = sync.Tier, table.String()
	mayFollow := sync.Tier == "realtime" && len(s.feedsOf(s.carries(sync))) > 0
	served := s.serving != nil && s.Ready()
	switch {
	case sync.Tier == "realtime" && !mayFollow:
		st.NotLive = readsNoFeed
	case mayFollow && served:
		if st.NotLive = s.serving.times.whyNotLive(sync.Name); st.NotLive == "" {
			st.Schedule = "live"
		}
	case mayFollow:
		st.Schedule = "live, or " + table.String() + " where it cannot be"
	}
	if !served {
		return
	}
	if why := s.serving.beside.whyWaits(sync.Name); why != nil && st.NotLive == "" {
		st.Waits = wire.ProblemOf(fault.As(why))
	}
	if next, ok := s.serving.times.scheduler.Next(sync.Name); ok {
		if now := time.Now(); next.Before(now) {
			next = now // it is due, and waits for a worker at most
		}
		st.NextRunAt = next.UTC().Format(time.RFC3339)
	}
}

// readsNoFeed is why a sync of tier realtime over warehouse tables alone cannot be live.
const readsNoFeed = "it is of tier realtime and reads no feed"
