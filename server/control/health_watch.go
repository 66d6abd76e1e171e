package control

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/freshness"
	"github.com/freshet/freshet/sync/ledger"
)

// How often every sync is judged, and how often what was measured is kept.
const (
	judgeEvery = time.Second
	keepHealth = 30 * time.Second
)

// Metrics answers Prometheus.
func (s *Service) Metrics() http.Handler { return s.health.metrics.Handler() }

// loadHealth takes up what was kept.
func (s *Service) loadHealth(ctx context.Context, r *ledger.Reader) error {
	s.health.mu.Lock()
	loaded := s.health.loaded
	s.health.mu.Unlock()
	if loaded || r == nil {
		return nil
	}
	all, err := r.Health(ctx)
	if err == nil {
		s.health.load(all)
	}
	return err
}

// watch judges every sync again and again until ctx ends, whether anything runs or not, and keeps what was measured. Guarantee G41.
func (s *Service) watch(ctx context.Context) error {
	ticks := time.NewTicker(judgeEvery)
	defer ticks.Stop()
	kept := s.health.clock.steady()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return s.keepHealth(context.WithoutCancel(ctx), nil)
		}
		changed, alerts, err := s.judgeAll(ctx)
		now := s.health.clock.steady()
		if err == nil && (changed || len(alerts) > 0 || now.Sub(kept) >= keepHealth) {
			kept = now
			err = s.keepHealth(context.WithoutCancel(ctx), alerts)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		if len(alerts) > 0 {
			s.teller.poke()
		}
	}
}

// judgeAll judges every sync, tells of those whose state is another one, and gives the alerts that are due.
func (s *Service) judgeAll(ctx context.Context) (changed bool, alerts []ledger.Alert, err error) {
	for _, sync := range s.workspace.Syncs {
		if err := s.look(ctx, s.ledger.Reader, sync); err != nil {
			return changed, nil, err
		}
		now := s.healthOf(sync)
		if s.health.becomes(sync.Name, now) {
			changed = true
			s.progress(Event{Sync: sync.Name, Stage: "health", Note: noteOf(now), Health: now})
		}
		alerts = append(alerts, s.alertsOf(sync, now)...)
		s.health.gauges(sync, now)
	}
	s.feedGauges()
	return changed, alerts, nil
}

// noteOf says a state in a line.
func noteOf(h *wire.Health) string {
	if h.Reason == "" {
		return h.State
	}
	return h.State + ": " + h.Reason
}

// becomes notes the state that a sync is in; true: it is another one.
func (h *health) becomes(sync string, now *wire.Health) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.of(sync)
	st.Reason = now.Reason
	if st.State == freshness.State(now.State) {
		return false
	}
	st.State, st.Since = freshness.State(now.State), h.clock.steady()
	now.Since = st.Since.UTC().Format(time.RFC3339)
	h.changed[sync] = true
	return true
}

func (s *Service) feedGauges() {
	h := s.health
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.steady()
	for name, f := range h.feeds {
		h.metrics.Feed(name, f.lag, f.silence(now))
	}
	for name, endpoint := range s.workspace.Destinations {
		if lane, known := s.lanes.Find(account(endpoint)); known {
			h.metrics.Breaker(name, lane.Open(time.Now()))
		} else {
			h.metrics.Breaker(name, false)
		}
	}
}

// keepHealth makes what was measured durable, with what is to be told of it.
func (s *Service) keepHealth(ctx context.Context, alerts []ledger.Alert) error {
	h := s.health
	h.mu.Lock()
	at := h.clock.steady()
	var all []ledger.Health
	for name, st := range h.syncs {
		if !h.changed[name] && st.live == nil {
			continue
		}
		st.Windows.Forget(at)
		body, err := json.Marshal(st.kept)
		if err != nil {
			h.mu.Unlock()
			return err
		}
		all = append(all, ledger.Health{Sync: name, At: at, Body: string(body)})
	}
	clear(h.changed)
	h.mu.Unlock()
	if len(all)+len(alerts) == 0 {
		return nil
	}
	return s.ledger.KeepHealth(ctx, all, alerts)
}
