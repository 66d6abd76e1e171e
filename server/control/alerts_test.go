package control_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
)

// pager takes alerts, or refuses them.
type pager struct {
	*httptest.Server
	mu      sync.Mutex
	refuses bool
	tries   int
	told    []wire.AlertNote
}

func newPager(t *testing.T) *pager {
	t.Helper()
	p := &pager{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tries++
		var note wire.AlertNote
		if p.refuses || json.Unmarshal(text, &note) != nil || note.ID != r.Header.Get("Webhook-Id") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		p.told = append(p.told, note)
	}))
	t.Cleanup(p.Close)
	return p
}

// heard waits until so many alerts were told, and a moment for more; it writes each as its type, state and whether it is over.
func (p *pager) heard(t *testing.T, n int) (all []string) {
	t.Helper()
	for range 600 {
		p.mu.Lock()
		enough := len(p.told) >= n
		p.mu.Unlock()
		if enough {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, note := range p.told {
		all = append(all, fmt.Sprintf("%s %s %v", note.Type, note.State, note.Recovered))
	}
	return all
}

func (p *pager) refuse(refuses bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = refuses
}

func (p *pager) tried() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries
}

// TestAlertsOncePerChange: being late is told once, however long it lasts, and being well again once. Guarantee G42.
func TestAlertsOncePerChange(t *testing.T) {
	s, p := newStream(t, webhookfake.Options{}), newPager(t)
	s.yaml += "    slo: {freshness: 3s}\nalerts:\n  ops: {type: webhook, url: \"" + p.URL + "\", on: {states: [late]}}\n"
	s.write(map[int]int{1: 10})
	service := s.served()
	s.want(map[int]int{1: 10})
	healthUntil(t, service, "carts", 15*time.Second, func(h *wire.Health) bool { return h.State == "fresh" })
	for range 50 {
		s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.ServerError, Code: 503})
	}
	s.write(map[int]int{2: 20})
	if got := p.heard(t, 1); len(got) != 1 || got[0] != "sync.state late false" {
		t.Errorf("told was %v", got)
	}
	s.receiver.Heal()
	if got := p.heard(t, 2); len(got) != 2 || !strings.HasPrefix(got[1], "sync.state ") || !strings.HasSuffix(got[1], " true") {
		t.Errorf("told was %v", got)
	}
	s.want(map[int]int{1: 10, 2: 20})
}

// TestAnAlertOutlivesTheProcess: what nobody took before the server was stopped is told after the next start, under the id it had, and
// what was told is not told again. Guarantee G42.
func TestAnAlertOutlivesTheProcess(t *testing.T) {
	s, p := newShop(t, 5, "upsert", "keep"), newPager(t)
	p.refuse(true)
	s.yaml = strings.Replace(s.yaml, "max_leaves: 100%", "max_leaves: 100%, min_rows: 100", 1) + "alerts:\n  ops: {type: webhook, url: \"" + p.URL + "\"}\n"
	_, stop := s.serve("schedule: {every: 1s}")
	for range 400 {
		if p.tried() > 0 {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	stop()
	if p.tried() == 0 {
		t.Fatal("nobody tried to tell it")
	}
	p.refuse(false)
	_, stop = s.serve("schedule: {every: 1s}")
	if got := p.heard(t, 1); len(got) != 1 || got[0] != "sync.state held false" {
		t.Errorf("told was %v", got)
	}
	stop()
	_, stop = s.serve("schedule: {every: 1s}")
	if got := p.heard(t, 1); len(got) != 1 {
		t.Errorf("it was told again: %v", got)
	}
	stop()
}

// TestThresholds: the share that failed, the number of rows, and the depth of the quarantine are each told once.
func TestThresholds(t *testing.T) {
	s, p := newShop(t, 20, "upsert", "keep"), newPager(t)
	s.yaml += "alerts:\n  ops: {type: webhook, url: \"" + p.URL + "\", on: {states: [], failed: 5%, rows: 50%, quarantine: 1}}\n"
	_, stop := s.serve("schedule: {every: 1s}")
	defer stop()
	s.arrives(20)
	time.Sleep(4 * time.Second) // four runs to compare with
	s.between(`insert into customers select 1, 'x', 'y', 'pro', 1 from range(40)`)
	got := strings.Join(p.heard(t, 3), "; ")
	for _, want := range []string{"sync.failed", "sync.rows", "sync.quarantine"} {
		if strings.Count(got, want+" ") != 1 {
			t.Errorf("%s was not told once: %s", want, got)
		}
	}
}

// TestTryingAnAlert: a test is told at once, and one that is not taken, or that there is not, says so.
func TestTryingAnAlert(t *testing.T) {
	s, p := newShop(t, 5, "upsert", "keep"), newPager(t)
	s.define(s.yaml + "alerts:\n  ops: {type: webhook, url: \"" + p.URL + "\"}\n")
	service := s.service()
	defer service.Close()
	told, err := service.TestAlert(control.WithActor(context.Background(), control.Actor{Name: "alice"}), "ops")
	if err != nil || len(p.told) != 1 || p.told[0].ID != told.ID || p.told[0].Type != "test" || !strings.Contains(p.told[0].Says, "alice") {
		t.Errorf("%v: %+v", err, p.told)
	}
	p.refuse(true)
	if _, err := service.TestAlert(context.Background(), "ops"); !fault.Is(err, "alert.not_told") {
		t.Errorf("refused: %v", err)
	}
	if _, err := service.TestAlert(context.Background(), "opps"); !fault.Is(err, "config.unknown_alert") || !strings.Contains(fault.As(err).Suggestion, "ops") {
		t.Errorf("misspelt: %v", err)
	}
}
