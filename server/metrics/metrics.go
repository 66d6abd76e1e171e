// Package metrics is what Prometheus reads of a server. Labels are names that people gave to syncs, destinations and feeds, and words
// of a fixed list: never a key, a value or an address.
//
// It must not know where numbers come from.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/freshet/freshet/sync/model"
)

// Metrics are those of one server.
type Metrics struct {
	registry *prometheus.Registry

	received, outcomes, unknown, attempts, waited  *prometheus.CounterVec
	freshness, took                                *prometheus.HistogramVec
	commit                                         prometheus.Histogram
	pending, unaccounted, watermark, burn, budget  *prometheus.GaugeVec
	aside, state, age, lag, breaker, silent, limit *prometheus.GaugeVec
	alerts                                         *prometheus.CounterVec
}

// spans are the buckets of freshness: from a hundredth of a second to a day.
var spans = []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400}

// New makes metrics without any values yet.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.received = m.counter("records_received_total", "Rows that runs have read.", "sync")
	m.outcomes = m.counter("records_outcome_total", "What became of rows that were read.", "sync", "destination", "outcome")
	m.unknown = m.counter("unknown_outcome_total", "Records whose outcome nobody could see.", "sync")
	m.attempts = m.counter("delivery_attempts_total", "Calls that were made.", "destination", "result", "http_status_class")
	m.waited = m.counter("rate_limit_wait_seconds_total", "How long calls have waited for their turn.", "destination")
	m.alerts = m.counter("alerts_total", "Alerts that were told, or given up.", "alert", "result")
	m.freshness = m.histogram("freshness_seconds", "From commit in the source to confirmation by the destination.", spans, "sync")
	m.took = m.histogram("delivery_duration_seconds", "How long calls have taken.", prometheus.ExponentialBuckets(0.005, 2, 14), "destination")
	m.commit = prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "freshet", Name: "ledger_commit_duration_seconds",
		Help: "How long transactions of the ledger have taken until they were durable.", Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 12)})
	m.registry.MustRegister(m.commit)
	m.pending = m.gauge("records_pending", "Records that are still to be sent.", "sync")
	m.unaccounted = m.gauge("records_unaccounted", "Rows that the last run has read and that ended nowhere: 0, or it is a bug.", "sync")
	m.watermark = m.gauge("freshness_watermark_timestamp_seconds", "Every change committed before this moment was confirmed or refused.", "sync")
	m.age = m.gauge("freshness_age_seconds", "How old changes may be that the destination does not have yet.", "sync")
	m.limit = m.gauge("freshness_limit_seconds", "How old they may be at most.", "sync")
	m.burn = m.gauge("sla_burn_rate", "How fast the error budget goes.", "sync", "window")
	m.budget = m.gauge("sla_budget_left_ratio", "Share of the error budget of 30 days that is left.", "sync")
	m.aside = m.gauge("quarantine_records", "Rows that are set aside.", "sync")
	m.state = m.gauge("sync_state", "1 for the state that a sync is in.", "sync", "state")
	m.lag = m.gauge("kafka_consumer_lag_records", "Events that were not taken in yet.", "feed")
	m.silent = m.gauge("source_silent_seconds", "For how long the source of a feed has not answered.", "feed")
	m.breaker = m.gauge("breaker_state", "1 while calls are kept from a destination that does not answer.", "destination")
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "freshet", Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "freshet", Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "freshet", Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

// Handler answers with everything.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Counted adds what a run, or a part of it, came to; the numbers are those since it was counted last.
func (m *Metrics) Counted(sync, destination string, more, now model.Report) {
	add := func(outcome string, n int64) {
		m.outcomes.WithLabelValues(sync, destination, outcome).Add(float64(max(0, n)))
	}
	m.received.WithLabelValues(sync).Add(float64(max(0, more.Read)))
	add("delivered", more.Delivered)
	add("unchanged", more.Unchanged)
	add("superseded", more.Superseded)
	add("filtered", more.Filtered)
	add("suppressed", more.Suppressed)
	add("quarantined", more.Quarantined)
	add("rejected", more.Rejected)
	m.unknown.WithLabelValues(sync).Add(float64(max(0, more.Unknown)))
	m.unaccounted.WithLabelValues(sync).Set(float64(now.Unaccounted))
}

// Knows says that there is a sync: what counts begins with 0, so that the first of each is seen as one more.
func (m *Metrics) Knows(sync, destination string) {
	m.Counted(sync, destination, model.Report{}, model.Report{})
	m.freshness.WithLabelValues(sync)
	m.attempts.WithLabelValues(destination, "ok", "2xx")
	m.waited.WithLabelValues(destination)
	m.took.WithLabelValues(destination)
}

// Confirmed takes the age of one change.
func (m *Metrics) Confirmed(sync string, age time.Duration) {
	m.freshness.WithLabelValues(sync).Observe(age.Seconds())
}

// Called takes one call.
func (m *Metrics) Called(destination, result string, status int, waited, took time.Duration) {
	class := "none"
	switch {
	case status >= 100 && status < 600:
		class = strconv.Itoa(status/100) + "xx"
	case result == "ok":
		class = "2xx"
	}
	m.attempts.WithLabelValues(destination, result, class).Inc()
	m.waited.WithLabelValues(destination).Add(waited.Seconds())
	m.took.WithLabelValues(destination).Observe(took.Seconds())
}

// Committed takes how long a transaction of the ledger took.
func (m *Metrics) Committed(took time.Duration) { m.commit.Observe(took.Seconds()) }

// Told takes what became of an alert: told or given up.
func (m *Metrics) Told(alert, result string) { m.alerts.WithLabelValues(alert, result).Inc() }

// Sync is how a sync stands.
type Sync struct {
	Name, State       string
	Until             time.Time // zero: not known
	Age, Limit        time.Duration
	Burn1h, Burn6h    float64
	Budget            float64
	Pending, SetAside int64
	Unaccounted       int64
}

// Stands takes how a sync stands; states are all there are.
func (m *Metrics) Stands(s Sync, states []string) {
	for _, state := range states {
		is := 0.0
		if state == s.State {
			is = 1
		}
		m.state.WithLabelValues(s.Name, state).Set(is)
	}
	if !s.Until.IsZero() { // a sync that never ran has none: 0 would be a moment
		m.watermark.WithLabelValues(s.Name).Set(float64(s.Until.UnixMilli()) / 1000)
		m.age.WithLabelValues(s.Name).Set(s.Age.Seconds())
	}
	m.limit.WithLabelValues(s.Name).Set(s.Limit.Seconds())
	m.burn.WithLabelValues(s.Name, "1h").Set(s.Burn1h)
	m.burn.WithLabelValues(s.Name, "6h").Set(s.Burn6h)
	m.budget.WithLabelValues(s.Name).Set(s.Budget)
	m.pending.WithLabelValues(s.Name).Set(float64(s.Pending))
	m.aside.WithLabelValues(s.Name).Set(float64(s.SetAside))
	m.unaccounted.WithLabelValues(s.Name).Set(float64(s.Unaccounted))
}

// Feed takes how far a feed is behind, and for how long its source has not answered.
func (m *Metrics) Feed(name string, lag int64, silent time.Duration) {
	m.lag.WithLabelValues(name).Set(float64(lag))
	m.silent.WithLabelValues(name).Set(silent.Seconds())
}

// Breaker takes whether calls are kept from a destination.
func (m *Metrics) Breaker(destination string, open bool) {
	state := 0.0
	if open {
		state = 1
	}
	m.breaker.WithLabelValues(destination).Set(state)
}
