package control

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/metrics"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/freshness"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// clock tells the time twice: as the clock on the wall shows it, and as it goes forward steadily from when we began, whatever
// somebody does to that clock. What we measure ourselves is by the second; what came from elsewhere is compared by the first.
type clock struct {
	wall    func() time.Time
	start   time.Time
	elapsed func() time.Duration
}

func newClock() clock {
	start := time.Now()
	return clock{wall: time.Now, start: start.Round(0), elapsed: func() time.Duration { return time.Since(start) }}
}

func (c clock) steady() time.Time { return c.start.Add(c.elapsed()) }

// since is a moment that a source wrote down, as the steady clock has it.
func (c clock) since(wall time.Time) time.Time { return c.steady().Add(-c.wall().Sub(wall)) }

// health knows how fresh every sync of a workspace is. Its methods may be called from many goroutines.
type health struct {
	clock   clock
	metrics *metrics.Metrics

	mu      sync.Mutex
	loaded  bool
	syncs   map[string]*syncHealth
	feeds   map[string]*feedHealth
	changed map[string]bool // syncs of which something is not kept yet
}

// syncHealth is what is known of one sync.
type syncHealth struct {
	kept
	limit   time.Duration
	promise freshness.Promise
	seen    lastSeen
	live    *liveHealth // nil: it is not live
	counted model.Report
	mapping string    // of the run under way
	stale   bool      // what the ledger has of it was not looked at since something happened
	looked  time.Time // when it was
}

// kept is what outlives the process.
type kept struct {
	Windows freshness.Windows `json:"windows"`
	Until   time.Time         `json:"until,omitzero"` // every change committed before it was confirmed or refused
	Mapping string            `json:"mapping,omitempty"`
	State   freshness.State   `json:"state,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
	Reads   []int64           `json:"reads,omitempty"`  // rows that the last whole runs have read, oldest first
	Firing  map[string]firing `json:"firing,omitempty"` // what was told and is not over, by alert and kind
}

// firing is one thing that was told and is not over.
type firing struct {
	Is    string    `json:"is"`
	Since time.Time `json:"since"`
}

// lastSeen is what happened to a sync last.
type lastSeen struct {
	needs, trouble string // why it cannot go on without a person, or is in trouble
	held           string // why it is held, where no plan of it waits
	plan           string // why its plan is held
	source         string // what was wrong with its source
	setAside       int64  // rows
	pending        int64
	refused        int64
	unaccounted    int64
	ran            bool      // a run has ended in this process
	confirmed      time.Time // when something was
	begun          time.Time // zero: no run is under way
}

// liveHealth is what a live sync waits for.
type liveHealth struct {
	heard  bool // it is at work
	oldest time.Time
	keys   int
	owed   bool
	came   []arrival // changes that it has not looked at yet
}

// arrival is the earliest commit among changes that came at a moment.
type arrival struct{ at, oldest time.Time }

// feedHealth is what is known of one feed.
type feedHealth struct {
	heard    time.Time // when its source answered last
	caughtUp time.Time // when nothing was left to take in
	lag      int64
	watches  map[string]*freshness.Watch
	course   freshness.Course
	where    string // the partition that gets on worst
	paused   string
	person   bool // a person has paused it
	trouble  string
	refused  string    // what its source answered instead of where its topics end
	empty    bool      // it has had no event yet
	took     time.Time // when events came last
	aside    int64
}

// newHealth knows the syncs and feeds of a workspace, and nothing of them yet.
func newHealth(ws *config.Workspace) *health {
	h := &health{clock: newClock(), metrics: metrics.New(), syncs: map[string]*syncHealth{}, feeds: map[string]*feedHealth{}, changed: map[string]bool{}}
	for _, sync := range ws.Syncs {
		h.syncs[sync.Name] = &syncHealth{promise: freshness.Promise{Freshness: sync.Freshness, Success: sync.Success}, stale: true}
		h.metrics.Knows(sync.Name, sync.Destination)
	}
	for name := range ws.Feeds {
		h.feeds[name] = &feedHealth{watches: map[string]*freshness.Watch{}}
	}
	return h
}

// load takes up what an earlier process has kept. What cannot be read is begun anew: it is a measure, and no truth.
func (h *health) load(all map[string]ledger.Health) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.steady()
	for name, was := range all {
		s, known := h.syncs[name]
		var k kept
		if !known || json.Unmarshal([]byte(was.Body), &k) != nil {
			continue
		}
		k.Windows.Rebase(now)
		if k.Until.After(now) { // the clock was put back
			k.Until = now
		}
		s.kept = k
	}
	h.loaded = true
}

// of finds a sync; the caller holds mu.
func (h *health) of(name string) *syncHealth {
	s := h.syncs[name]
	if s == nil {
		s = &syncHealth{stale: true}
		h.syncs[name] = s
	}
	return s
}

// from says where the times of a sync's changes come from.
func (s *Service) from(sync model.Sync) string {
	switch {
	case sync.Tier == "realtime" && len(s.feedsOf(s.carries(sync))) > 0 && (s.serving == nil || s.serving.times.whyNotLive(sync.Name) == ""):
		return "feed"
	case s.workspace.Models[sync.Model].UpdatedAt != "":
		return "updated_at"
	default:
		return "snapshot"
	}
}

// limitOf is how old changes may be: as was promised, or else as follows from when the sync runs.
func (s *Service) limitOf(sync model.Sync) time.Duration {
	if sync.Freshness > 0 {
		return sync.Freshness
	}
	if s.from(sync) == "feed" {
		return leastLimit
	}
	_, table := s.timetableOf(sync)
	if gap := table.Gap(s.health.clock.steady()); gap > 0 {
		return max(gap+gap/2, leastLimit)
	}
	return 0
}

// leastLimit is the limit of what promises nothing, at least.
const leastLimit = time.Minute

// needsPerson says of a failure whether it cannot go on without a person: credentials, rights, definitions, or a decision.
func needsPerson(code string, kind fault.Kind) bool {
	switch code {
	case "destination.unauthorized", "destination.forbidden", "destination.gone":
		return true
	}
	return kind == fault.Usage || kind == fault.Held || kind == fault.Moved || kind == fault.Denied
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// quantile is a share's span in seconds, nil where there is none.
func quantile(h *freshness.Histogram, share float64) *float64 {
	d, ok := h.Quantile(share)
	if !ok {
		return nil
	}
	s := seconds(d)
	return &s
}

// measured fills in what the windows say.
func (s *syncHealth) measured(now time.Time, out *wire.Health) {
	hour, six, month := s.Windows.Last(now, time.Hour), s.Windows.Last(now, 6*time.Hour), s.Windows.Month(now)
	out.Measured, out.Objective = six.Confirmed, s.promise.Objective()
	out.P50, out.P95, out.P99 = quantile(&six.Ages, 0.5), quantile(&six.Ages, 0.95), quantile(&six.Ages, 0.99)
	if share, ok := six.Share(); ok {
		out.Success = &share
	}
	out.Burn1h, out.Burn6h = s.promise.Burn(hour.Tally), s.promise.Burn(six.Tally)
	if _, ok := month.Share(); ok {
		left := s.promise.Left(month)
		out.Budget = &left
	}
}
