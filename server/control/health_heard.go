package control

import (
	"cmp"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/freshness"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
)

// heard are the ears of one run of a sync that began to read its sources at a moment; zero: when it says that it began.
func (s *Service) heard(sync model.Sync, snapshot time.Time, all bool) *run.Heard {
	h := s.health
	return &run.Heard{
		Called: func(c run.Called) { h.metrics.Called(c.Destination, c.Result, c.Status, c.Waited, c.Took) },
		Confirmed: func(t run.Taken) {
			if snapshot.IsZero() || h.clock.since(t.Began).Before(snapshot) {
				h.confirmed(sync, t, h.clock.since(t.Began), all) // an earlier process made the plan
				return
			}
			h.confirmed(sync, t, snapshot, all)
		},
	}
}

// confirmed measures records that a whole run has brought to the destination. A record counts from its commit where the model has it;
// from the snapshot where it has none, or where the record goes for another reason than a commit: the first load, all rows sent
// anew, another mapping, a member of an audience that time alone brought in.
func (h *health) confirmed(sync model.Sync, t run.Taken, snapshot time.Time, all bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, now := h.of(sync.Name), h.clock.steady()
	anew := all || s.Until.IsZero() || s.Mapping != "" && s.Mapping != t.Mapping
	for _, r := range t.Records {
		began := snapshot
		if commit, ok := freshness.Moment(r.Version); ok && !anew {
			commit = h.clock.since(commit)
			enters := r.Kind == plan.Enter || r.Kind == plan.Return
			if !(enters && sync.Audience != "" && commit.Before(s.Until)) {
				began = commit
			}
		}
		h.measure(s, sync.Name, now, now.Sub(began))
	}
	s.seen.confirmed, s.mapping = now, t.Mapping
	h.changed[sync.Name] = true
}

// measure takes the age of one change. Guarantee G40. The caller holds mu.
func (h *health) measure(s *syncHealth, name string, now time.Time, age time.Duration) {
	age = max(0, age) // the source's clock goes ahead of ours
	s.Windows.Confirm(now, s.promise, age, 1)
	h.metrics.Confirmed(name, age)
}

// readsKept is how many runs the rows of a run are compared with.
const readsKept = 10

// ran takes the end of a whole run in.
func (h *health) ran(sync model.Sync, snapshot time.Time, report run.Report, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.of(sync.Name)
	s.seen.begun, s.stale = time.Time{}, true
	if err != nil {
		s.failed(err)
		return
	}
	h.count(s, sync, report)
	s.reported(report)
	complete := report.Pending == 0 && (report.Status == run.OK || report.Status == run.Errors)
	if complete && !report.Resumed && snapshot.After(s.Until) && s.live == nil {
		s.Until = snapshot
	}
	if complete {
		s.Mapping = cmp.Or(s.mapping, s.Mapping)
		s.Reads = append(s.Reads, report.Read)
		s.Reads = s.Reads[max(0, len(s.Reads)-readsKept-1):]
	}
	h.changed[sync.Name] = true
}

// begins notes that a run is under way.
func (h *health) begins(sync string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(sync).seen.begun = h.clock.steady()
}

// count adds what a report says beyond the last one of the same run. The caller holds mu.
func (h *health) count(s *syncHealth, sync model.Sync, report run.Report) {
	more := report
	if was := s.counted; was.Run != "" && was.Run == report.Run {
		more.Read, more.Delivered, more.Unchanged = more.Read-was.Read, more.Delivered-was.Delivered, more.Unchanged-was.Unchanged
		more.Superseded, more.Filtered, more.Suppressed = more.Superseded-was.Superseded, more.Filtered-was.Filtered, more.Suppressed-was.Suppressed
		more.Quarantined, more.Rejected, more.Unknown = more.Quarantined-was.Quarantined, more.Rejected-was.Rejected, more.Unknown-was.Unknown
	}
	s.counted = report
	s.Windows.Refuse(h.clock.steady(), uint64(max(0, more.Rejected)+max(0, more.Quarantined)))
	h.metrics.Counted(sync.Name, sync.Destination, more, report)
}

// reported takes in how a run, or a turn of a live sync, has ended.
func (s *syncHealth) reported(report run.Report) {
	was := s.seen
	s.seen = lastSeen{ran: true, plan: was.plan, confirmed: was.confirmed, begun: was.begun, setAside: report.Quarantined, pending: report.Pending,
		refused: report.Rejected, unaccounted: report.Unaccounted}
	if len(report.Problems) == 0 {
		return
	}
	first := report.Problems[0]
	switch {
	case report.Status == run.Held && !strings.HasPrefix(first.Code, "guard."): // a guard's plan is found where it waits
		s.seen.held = first.Message
	case report.Status == run.Failed && needsPerson(first.Code, fault.Destination):
		s.seen.needs = first.Message
	case report.Status == run.Failed || report.Status == run.Pending:
		s.seen.trouble = first.Message
	}
}

// failed takes in why a run did not come to its end.
func (s *syncHealth) failed(err error) {
	f := fault.As(err)
	s.seen.needs, s.seen.trouble, s.seen.source = "", "", ""
	if f.Kind == fault.Source {
		s.seen.source = f.Message
	}
	if f.Kind == fault.Canceled || f.Kind == fault.Busy {
		return
	}
	if needsPerson(f.Code, f.Kind) {
		s.seen.needs = f.Message
		return
	}
	s.seen.trouble = f.Message
}

// troubled takes in why a live sync does not go on.
func (h *health) troubled(sync string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.of(sync)
	s.failed(err)
	if f := fault.As(err); f.Kind == fault.Held {
		s.seen.held, s.seen.needs = f.Message, ""
	}
}

// turned takes in what a turn of a live sync came to.
func (h *health) turned(sync model.Sync, t supervise.Turned) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, now := h.of(sync.Name), h.clock.steady()
	for _, age := range t.Ages {
		h.measure(s, sync.Name, now, age)
	}
	if len(t.Ages) > 0 || t.Report.Delivered > 0 {
		s.seen.confirmed = now
	}
	s.stale = true
	if t.Err != nil {
		s.failed(t.Err)
		return
	}
	h.count(s, sync, t.Report)
	s.reported(t.Report)
	h.changed[sync.Name] = true
}

// follows says that a sync is live from here on, or no longer.
func (h *health) follows(sync string, is bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.of(sync)
	if !is {
		s.live = nil
		return
	}
	if s.live == nil {
		s.live = &liveHealth{}
	}
}

// resting says that a live sync is not at work, for other work has its turn or it failed.
func (h *health) resting(sync string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.of(sync).live; l != nil {
		l.heard = false
	}
}

// waits takes in what a live sync waits for.
func (h *health) waits(w supervise.Waits) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.of(w.Sync).live
	if l == nil {
		return
	}
	l.heard, l.keys, l.owed, l.oldest = true, w.Keys, w.Owed, time.Time{}
	if !w.Oldest.IsZero() {
		l.oldest = h.clock.since(w.Oldest)
	}
	kept := l.came[:0]
	for _, a := range l.came {
		if !a.at.Before(w.Seen) {
			kept = append(kept, a)
		}
	}
	l.came = kept
}

// mostArrivals bounds how many arrivals are told apart while a live sync looks at none.
const mostArrivals = 1000

// arrived takes in that changes have come to a feed that live syncs follow.
func (h *health) arrived(feed string, syncs []string, oldest time.Time, changed int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.clock.wall()
	if f := h.feeds[feed]; f != nil {
		f.took = h.clock.steady()
	}
	if changed == 0 || oldest.IsZero() {
		return
	}
	commit := h.clock.since(oldest)
	for _, name := range syncs {
		l := h.of(name).live
		if l == nil {
			continue
		}
		if n := len(l.came); n == mostArrivals {
			last := &l.came[n-1]
			last.at = at
			if commit.Before(last.oldest) {
				last.oldest = commit
			}
			continue
		}
		l.came = append(l.came, arrival{at, commit})
	}
}

// wellAgain forgets what was wrong with a sync that goes on in another way.
func (h *health) wellAgain(sync string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.of(sync)
	s.seen.needs, s.seen.trouble, s.seen.held, s.seen.source = "", "", "", ""
}
