package server_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// scraped is what /metrics answers, and the names in it.
func (s *shop) scraped() (string, []string) {
	s.t.Helper()
	a := s.ask("GET", "/metrics", "", nil)
	if a.status != 200 {
		s.t.Fatalf("/metrics answers %d", a.status)
	}
	var names []string
	for _, found := range regexp.MustCompile(`(?m)^(freshet_[a-z0-9_]+)`).FindAllSubmatch(a.body, -1) {
		names = append(names, string(found[1]))
	}
	return string(a.body), names
}

// TestMetrics: every number that the reference names is there, what was delivered is counted, and nothing of the data is in it.
func TestMetrics(t *testing.T) {
	s := newShop(t)
	s.asideAndRun()
	s.until(func() bool {
		text, _ := s.scraped()
		return strings.Contains(text, `freshet_sync_state{state="fresh",sync="carts"} 1`)
	})
	text, names := s.scraped()
	for _, want := range []string{"freshet_records_received_total", "freshet_records_outcome_total", "freshet_records_pending", "freshet_records_unaccounted",
		"freshet_freshness_seconds_bucket", "freshet_freshness_watermark_timestamp_seconds", "freshet_delivery_attempts_total", "freshet_delivery_duration_seconds_count",
		"freshet_unknown_outcome_total", "freshet_breaker_state", "freshet_rate_limit_wait_seconds_total", "freshet_quarantine_records",
		"freshet_ledger_commit_duration_seconds_sum", "freshet_kafka_consumer_lag_records", "freshet_sla_burn_rate"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, line := range []string{`freshet_records_outcome_total{destination="hook",outcome="delivered",sync="carts"} 1`, `freshet_records_unaccounted{sync="carts"} 0`,
		`freshet_delivery_attempts_total{destination="hook",http_status_class="2xx",result="ok"} 1`, `freshet_kafka_consumer_lag_records{feed="carts"} 0`} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %s in\n%s", line, text)
		}
	}
	if strings.Contains(text, canary) || strings.Contains(text, s.found.Token) || strings.Contains(text, "127.0.0.1") {
		t.Error("data, a secret or an address stands in the metrics")
	}
	known := map[string]bool{"sync": true, "destination": true, "feed": true, "outcome": true, "result": true, "http_status_class": true,
		"window": true, "state": true, "alert": true, "le": true}
	for _, label := range regexp.MustCompile(`(?m)^freshet_[^{\n]*\{([^}]*)\}`).FindAllStringSubmatch(text, -1) {
		for _, one := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(label[1], -1) {
			if !known[one[1]] {
				t.Errorf("there is a label %s: its values may be without number, or data", one[1])
			}
		}
	}
}

// TestRulesAndDashboardNameWhatThereIs: both can be read, and every metric that they name is one of /metrics.
func TestRulesAndDashboardNameWhatThereIs(t *testing.T) {
	s := newShop(t)
	s.asideAndRun()
	s.until(func() bool { text, _ := s.scraped(); return strings.Contains(text, "freshet_freshness_age_seconds{") })
	_, names := s.scraped()
	names = append(names, "freshet_alerts_total") // it is there once the first alert was told
	rules, err := os.ReadFile("../../build/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(rules))
	decoder.KnownFields(true)
	if err := decoder.Decode(&read); err != nil || len(read.Groups) != 1 || len(read.Groups[0].Rules) < 10 {
		t.Fatalf("%v: %+v", err, read)
	}
	for _, r := range read.Groups[0].Rules {
		if r.Alert == "" || r.Expr == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
			t.Errorf("%+v is not whole", r)
		}
		named(t, r.Alert, r.Expr, names)
	}
	board, err := os.ReadFile("../../build/grafana/freshet.json")
	if err != nil {
		t.Fatal(err)
	}
	var shown struct {
		Title, UID string
		Panels     []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(board, &shown); err != nil || shown.UID == "" || len(shown.Panels) < 10 {
		t.Fatalf("%v: %d panels", err, len(shown.Panels))
	}
	for _, p := range shown.Panels {
		for _, target := range p.Targets {
			named(t, p.Title, target.Expr, names)
		}
	}
}

// named checks that an expression names metrics that there are, and that its brackets close.
func named(t *testing.T, what, expr string, names []string) {
	t.Helper()
	found := regexp.MustCompile(`freshet_[a-z0-9_]+`).FindAllString(expr, -1)
	if len(found) == 0 {
		t.Errorf("%s names no metric of ours: %s", what, expr)
	}
	for _, name := range found {
		if !slices.Contains(names, name) {
			t.Errorf("%s names %s, which is not in /metrics", what, name)
		}
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
			t.Errorf("%s does not close its %s: %s", what, pair, expr)
		}
	}
}

// TestAChangeOfStateIsAnEvent: whoever listens hears it, with how the sync stands.
func TestAChangeOfStateIsAnEvent(t *testing.T) {
	s := newShop(t)
	s.until(func() bool {
		return bytes.Contains(s.ask("GET", "/api/syncs/carts", "", s.token()).body, []byte(`"state":"fresh"`))
	})
	s.lines("", `"health":{"state":"paused","reason":"feeds.carts is paused: x"`, func() {
		s.ask("POST", "/api/feeds/carts/pause", `{"why":"x"}`, s.token())
	})
}
