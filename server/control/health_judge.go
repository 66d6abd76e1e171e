package control

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/freshet/freshet/server/metrics"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/freshness"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
)

// healthOf is how fresh a sync is now.
func (s *Service) healthOf(sync model.Sync) *wire.Health {
	next, planned := time.Time{}, false
	served := s.serving != nil && s.Ready()
	if served {
		next, planned = s.serving.times.scheduler.Next(sync.Name)
	}
	from, limit, feeds := s.from(sync), s.limitOf(sync), s.feedsOf(s.carries(sync))
	h := s.health
	h.mu.Lock()
	defer h.mu.Unlock()
	st, now := h.of(sync.Name), h.clock.steady()
	st.limit = limit
	h.move(st, feeds, now)
	facts := freshness.Facts{Limit: limit, Needs: st.seen.needs, Held: cmp.Or(st.seen.plan, st.seen.held), Trouble: st.seen.trouble}
	if st.seen.source != "" {
		facts.Trouble = st.seen.source
	}
	h.byFeeds(&facts, feeds, now)
	facts.Waits = h.waitsFor(st, served, planned, next, now)
	seen := st.seen
	if name := h.emptyFeed(feeds); name != "" && st.live != nil && !st.live.heard {
		facts.Never, facts.Needs, facts.Trouble = "feeds."+name+" has had no event yet", "", ""
		seen.needs, seen.trouble = "", ""
	} else if st.Until.IsZero() {
		facts.Never = "nothing has been confirmed yet: " + cmp.Or(facts.Waits, "it never ran")
	} else {
		facts.Age = max(0, now.Sub(st.Until))
	}
	out := &wire.Health{Limit: seconds(limit), Promise: sync.Freshness > 0, From: from, Age: seconds(facts.Age)}
	st.measured(now, out)
	if !st.Until.IsZero() {
		out.Until = st.Until.UTC().Format(time.RFC3339)
	}
	hour, six := st.Windows.Last(now, time.Hour), st.Windows.Last(now, 6*time.Hour)
	facts.Burning, facts.Burn = (sync.Freshness > 0 || sync.Success > 0) && st.promise.Burning(hour.Tally, six.Tally), out.Burn1h
	state, reason := freshness.Judge(facts)
	out.State, out.Reason = string(state), reason
	if st.State == state && !st.Since.IsZero() {
		out.Since = st.Since.UTC().Format(time.RFC3339)
	}
	out.Layers = h.layers(seen, st.Until.IsZero(), feeds, now)
	return out
}

// move puts the moment before which everything of a live sync was confirmed to where it is now. The caller holds mu.
func (h *health) move(st *syncHealth, feeds []string, now time.Time) {
	l := st.live
	if l == nil || !l.heard || l.owed {
		return
	}
	until := now
	if !l.oldest.IsZero() && l.oldest.Before(until) {
		until = l.oldest
	}
	for _, a := range l.came {
		if a.oldest.Before(until) {
			until = a.oldest
		}
	}
	for _, name := range feeds {
		f := h.feeds[name]
		if f == nil {
			continue
		}
		if at := f.until(now); at.Before(until) {
			until = at
		}
	}
	if !until.IsZero() {
		st.Until = until
	}
}

// emptyFeed is a feed that has had no event yet, so that its columns may not be known. The caller holds mu.
func (h *health) emptyFeed(feeds []string) string {
	for _, name := range feeds {
		if f := h.feeds[name]; f != nil && f.empty {
			return name
		}
	}
	return ""
}

// byFeeds adds what the feeds of a sync say. The caller holds mu.
func (h *health) byFeeds(facts *freshness.Facts, feeds []string, now time.Time) {
	for _, name := range feeds {
		f := h.feeds[name]
		switch {
		case f == nil:
		case f.paused != "" && f.person:
			facts.Paused = "feeds." + name + " is paused: " + f.paused
		case f.paused != "":
			facts.Needs = "feeds." + name + " is paused: " + f.paused
		default:
			if says := f.says(name, now); says != "" {
				facts.Trouble = says
			}
		}
	}
}

// waitsFor says why nothing moves, as far as that can be told. The caller holds mu.
func (h *health) waitsFor(st *syncHealth, served, planned bool, next, now time.Time) string {
	switch {
	case !st.seen.begun.IsZero():
		return "a run is under way since " + freshness.Span(now.Sub(st.seen.begun))
	case !served:
		return "no server is running"
	case st.live != nil && !st.live.heard:
		return "it is being brought up to date, or waits for its turn"
	case st.live != nil && st.live.keys > 0:
		return fmt.Sprintf("%d records wait for the destination", st.live.keys)
	case planned && !next.IsZero() && now.After(next):
		return "its run is due since " + freshness.Span(now.Sub(next)) + " and has not begun"
	}
	return ""
}

// layers say how each part of the way stands. The caller holds mu.
func (h *health) layers(seen lastSeen, never bool, feeds []string, now time.Time) []wire.Layer {
	source, transport := wire.Layer{Layer: "source", State: string(freshness.Fresh)}, wire.Layer{Layer: "transport", State: string(freshness.Fresh)}
	if seen.source != "" {
		source.State, source.Says = string(freshness.AtRisk), seen.source
	}
	if len(feeds) == 0 && !seen.ran {
		source.State, source.Says = string(freshness.Unknown), "not known before its next run"
	}
	aside := int64(0)
	for _, name := range feeds {
		f := h.feeds[name]
		if f == nil {
			continue
		}
		aside += f.aside
		transport.Lag += f.lag
		if !f.heard.IsZero() {
			source.LastAt = f.heard.UTC().Format(time.RFC3339)
		}
		if !f.took.IsZero() {
			transport.LastAt = f.took.UTC().Format(time.RFC3339)
		}
		switch {
		case f.paused != "" && f.person:
			transport.State, transport.Says = string(freshness.Paused), f.paused
		case f.paused != "":
			transport.State, transport.Says = string(freshness.ActionNeeded), f.paused
		case f.trouble != "" || f.silence(now) >= silentAfter:
			source.State, source.Says = string(freshness.Late), f.says(name, now)
		case f.heard.IsZero():
			source.State, source.Says = string(freshness.Unknown), "feeds."+name+" was not asked yet"
		case f.course >= freshness.Stalled:
			transport.State, transport.Says = string(freshness.Late), f.says(name, now)
		case f.course == freshness.Behind:
			transport.State, transport.Says = string(freshness.AtRisk), f.says(name, now)
		}
	}
	return []wire.Layer{source, transport, transformLayer(seen, aside), activationLayer(seen, never)}
}

func transformLayer(seen lastSeen, aside int64) wire.Layer {
	l := wire.Layer{Layer: "transform", State: string(freshness.Fresh), Aside: seen.setAside + aside}
	if l.Aside > 0 {
		l.State, l.Says = string(freshness.AtRisk), fmt.Sprintf("%d rows or events are set aside", l.Aside)
	}
	return l
}

func activationLayer(seen lastSeen, never bool) wire.Layer {
	l := wire.Layer{Layer: "activation", State: string(freshness.Fresh)}
	if !seen.confirmed.IsZero() {
		l.LastAt = seen.confirmed.UTC().Format(time.RFC3339)
	}
	switch {
	case seen.needs != "":
		l.State, l.Says = string(freshness.ActionNeeded), seen.needs
	case seen.plan != "" || seen.held != "":
		l.State, l.Says = string(freshness.Held), cmp.Or(seen.plan, seen.held)
	case seen.trouble != "":
		l.State, l.Says = string(freshness.AtRisk), seen.trouble
	case seen.refused > 0:
		l.State, l.Says = string(freshness.AtRisk), fmt.Sprintf("%d records were refused", seen.refused)
	case never:
		l.State = string(freshness.Unknown)
	}
	return l
}

// lookAgain is how often what the ledger has of a sync is looked at, where nothing happens; after something happened it is at once.
const lookAgain = time.Minute

// look takes in what the ledger knows of a sync: held plans, rows set aside, how its last run ended.
func (s *Service) look(ctx context.Context, r *ledger.Reader, sync model.Sync) error {
	h := s.health
	h.mu.Lock()
	st, now := h.of(sync.Name), h.clock.steady()
	due := st.stale || now.Sub(st.looked) >= lookAgain
	st.stale = false
	if due {
		st.looked = now
	}
	h.mu.Unlock()
	if !due || r == nil {
		return nil
	}
	state, known, err := r.Sync(ctx, sync.Name)
	if err != nil || !known {
		return err
	}
	_, aside, err := r.Quarantined(ctx, state.Ref, 1)
	if err != nil {
		return err
	}
	held, waits := run.Waiting(s.workspace.DataDir, sync.Name, state.Generation)
	var last SyncStatus
	err = s.lastRun(ctx, r, state.Ref, &last)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !st.seen.ran && last.LastRun != nil {
		st.reported(*last.LastRun)
		st.seen.ran = false
	}
	st.seen.setAside, st.seen.plan = aside, ""
	if waits && len(held.Why) > 0 {
		st.seen.plan = held.Why[0]
	}
	return err
}

// gauges are how a sync stands, for Prometheus.
func (h *health) gauges(sync model.Sync, now *wire.Health) {
	h.mu.Lock()
	st := h.of(sync.Name)
	g := metrics.Sync{Name: sync.Name, State: now.State, Until: st.Until, Age: time.Duration(now.Age * float64(time.Second)),
		Limit: st.limit, Burn1h: now.Burn1h, Burn6h: now.Burn6h, Budget: 1, Pending: st.seen.pending, SetAside: st.seen.setAside, Unaccounted: st.seen.unaccounted}
	if l := st.live; l != nil {
		g.Pending = int64(l.keys)
	}
	h.mu.Unlock()
	if now.Budget != nil {
		g.Budget = *now.Budget
	}
	states := make([]string, 0, 7)
	for _, state := range freshness.States() {
		states = append(states, string(state))
	}
	h.metrics.Stands(g, states)
}
