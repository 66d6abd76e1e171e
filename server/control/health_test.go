package control_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
)

// stopwatch is a receiver that takes its time, and notes when it has answered.
type stopwatch struct {
	*httptest.Server
	mu       sync.Mutex
	answered []time.Time
}

func newStopwatch(t *testing.T, takes time.Duration) *stopwatch {
	t.Helper()
	w := &stopwatch{}
	receiver, err := webhookfake.New(webhookfake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		time.Sleep(takes)
		receiver.ServeHTTP(rw, r)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.answered = append(w.answered, time.Now())
	}))
	t.Cleanup(w.Close)
	return w
}

// last waits until so many calls were answered, and gives the time of the last.
func (w *stopwatch) last(t *testing.T, calls int) time.Time {
	t.Helper()
	for range 600 {
		w.mu.Lock()
		n := len(w.answered)
		at := time.Time{}
		if n > 0 {
			at = w.answered[n-1]
		}
		w.mu.Unlock()
		if n >= calls {
			return at
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("there were never %d calls", calls)
	return time.Time{}
}

// health asks how fresh a sync is until that is so.
func healthUntil(t *testing.T, service *control.Service, sync string, within time.Duration, so func(*wire.Health) bool) *wire.Health {
	t.Helper()
	var st control.SyncStatus
	for begun := time.Now(); time.Since(begun) < within; time.Sleep(20 * time.Millisecond) {
		var err error
		if st, err = service.StatusOf(context.Background(), sync); err != nil {
			t.Fatal(err)
		}
		if so(st.Health) {
			return st.Health
		}
	}
	t.Fatalf("after %v it is still %+v", within, *st.Health)
	return nil
}

func near(a, b float64) bool { return math.Abs(a-b) < 1 }

// TestFreshnessAgreesWithAStopwatch: from the commit that an event names to the receiver's answer, as a clock beside us takes it; and
// the age of a change that is still on its way. Guarantee G40.
func TestFreshnessAgreesWithAStopwatch(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	w := newStopwatch(t, 1500*time.Millisecond)
	s.yaml = strings.Replace(s.yaml, s.receiver.URL(), w.URL, 1) + "    slo: {freshness: 4s, success: 99.5%}\n"
	service := s.served()
	healthUntil(t, service, "carts", 10*time.Second, func(h *wire.Health) bool { return h.State == "unknown" && strings.Contains(h.Reason, "no event") })
	s.put(`{"after":{"cart_id":9,"customer":"c","total":-1},"op":"c","source":{"ts_ms":1}}`)
	healthUntil(t, service, "carts", 20*time.Second, func(h *wire.Health) bool { return h.State == "fresh" && h.From == "feed" && h.Promise })
	commit := time.Now().Add(-2 * time.Second)
	s.put(fmt.Sprintf(`{"after":{"cart_id":1,"customer":"c","total":10},"op":"c","source":{"ts_ms":%d}}`, commit.UnixMilli()))
	time.Sleep(700 * time.Millisecond)
	st, err := service.StatusOf(context.Background(), "carts")
	if age := time.Since(commit).Seconds(); err != nil || !near(st.Health.Age, age) {
		t.Errorf("on its way its age is told as %v s, and is %v s", st.Health.Age, age)
	}
	took := w.last(t, 1).Sub(commit).Seconds()
	h := healthUntil(t, service, "carts", 5*time.Second, func(h *wire.Health) bool { return h.Measured == 1 && h.Age < 1 })
	if h.P50 == nil || !near(*h.P50, took) || !near(*h.P99, took) {
		t.Errorf("it took %v s, and is told as %v", took, *h.P50)
	}
	if h.Success == nil || *h.Success != 1 || h.Burn1h != 0 {
		t.Errorf("a change within the promise: %+v", h)
	}
	late := time.Now().Add(-5 * time.Second)
	s.put(fmt.Sprintf(`{"after":{"cart_id":2,"customer":"c","total":10},"op":"c","source":{"ts_ms":%d}}`, late.UnixMilli()))
	healthUntil(t, service, "carts", 5*time.Second, func(h *wire.Health) bool { return h.State == "late" && h.Reason != "" })
	h = healthUntil(t, service, "carts", 10*time.Second, func(h *wire.Health) bool { return h.Measured == 2 })
	if *h.Success != 0.5 || math.Abs(h.Burn1h-100) > 0.01 || h.State != "at risk" || *h.Budget > -98 {
		t.Errorf("one of two was late: %+v, success %v", h, *h.Success)
	}
}

// TestFreshnessOfAWarehouse: from the model's updated_at to the receiver's answer; without one from the beginning of the run; and a
// first load from there, however old its rows are. Guarantee G40.
func TestFreshnessOfAWarehouse(t *testing.T) {
	for from, declared := range map[string]string{"updated_at": "key: id\n    updated_at: seen", "snapshot": "key: id"} {
		t.Run(from, func(t *testing.T) {
			s := newShop(t, 5, "upsert", "keep")
			w := newStopwatch(t, 300*time.Millisecond)
			s.exec(`alter table customers add column seen timestamp; update customers set seen = '2020-01-01 00:00:00'`)
			s.yaml = strings.NewReplacer(s.receiver.URL(), w.URL, "key: id", declared, "name, plan, ltv from", "name, plan, ltv, seen from").Replace(s.yaml)
			s.define(s.yaml)
			service := s.served("schedule: {every: 2s}")
			w.last(t, 1)
			h := healthUntil(t, service, "customers", 5*time.Second, func(h *wire.Health) bool { return h.Measured == 5 })
			if h.From != from || h.P99 == nil || *h.P99 > 3 {
				t.Errorf("the first load is measured from %s, as %v s", h.From, *h.P99)
			}
			commit := time.Now().UTC()
			s.between(fmt.Sprintf(`insert into customers values (1000, 'new@example.com', 'New', 'pro', 1.00, '%s')`,
				commit.Format("2006-01-02 15:04:05.000000")))
			took := w.last(t, 2).Sub(commit).Seconds()
			h = healthUntil(t, service, "customers", 5*time.Second, func(h *wire.Health) bool { return h.Measured == 6 })
			if from == "updated_at" && !near(*h.P99, took) {
				t.Errorf("it took %v s, and is told as %v s", took, *h.P99)
			}
			if *h.P99 > took+0.2 {
				t.Errorf("it took %v s, and is told as more: %v s", took, *h.P99)
			}
		})
	}
}

// served serves a shop for the length of a test.
func (s *shop) served(schedule string) *control.Service {
	s.t.Helper()
	s.define(strings.Replace(s.yaml, "on_leave: keep", schedule, 1))
	service := s.service()
	if err := service.Open(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
		if err := service.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return service
}

// TestADeadSourceIsNoticed within 30 seconds, though nothing runs and nothing fails; and it is over once the source is back.
// Guarantee G41.
func TestADeadSourceIsNoticed(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	kafka, err := kafkafake.Start(kafkafake.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	if err := kafka.Create("shop.carts", 3, nil); err != nil {
		t.Fatal(err)
	}
	s.yaml = strings.Replace(s.yaml, s.kafka.Addresses()[0], kafka.Addresses()[0], 1) + "    slo: {freshness: 5m}\n"
	s.kafka.Close()
	s.kafka = kafka
	s.write(map[int]int{1: 10})
	service := s.served()
	s.want(map[int]int{1: 10})
	healthUntil(t, service, "carts", 15*time.Second, func(h *wire.Health) bool { return h.State == "fresh" })
	s.kafka.Stop()
	h := healthUntil(t, service, "carts", 30*time.Second, func(h *wire.Health) bool { return h.State == "at risk" && h.Layers[0].State == "late" })
	if h.Layers[0].Layer != "source" || h.Reason == "" {
		t.Errorf("%+v", h)
	}
	if err := s.kafka.Begin(); err != nil {
		t.Fatal(err)
	}
	healthUntil(t, service, "carts", 60*time.Second, func(h *wire.Health) bool { return h.State == "fresh" })
}

// TestMeasuresOutliveTheProcess: what was measured is there after the next start, and the age goes on while nobody serves.
func TestMeasuresOutliveTheProcess(t *testing.T) {
	s := newShop(t, 5, "upsert", "keep")
	s.define(strings.Replace(s.yaml, "on_leave: keep", "slo: {freshness: 2s}", 1))
	first := s.service()
	if _, err := first.Run(context.Background(), "customers", control.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	again := s.service()
	h := healthUntil(t, again, "customers", 10*time.Second, func(h *wire.Health) bool { return h.State == "late" })
	if h.Measured != 5 || h.P50 == nil || h.Until == "" || !strings.Contains(h.Reason, "no server is running") {
		t.Errorf("%+v", h)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWordsForWhatAPersonMustDo: a held plan, a paused feed and a wrong token each say so.
func TestWordsForWhatAPersonMustDo(t *testing.T) {
	s := newShop(t, 5, "upsert", "keep")
	s.define(strings.Replace(s.yaml, "max_leaves: 100%", "max_leaves: 100%, min_rows: 100", 1))
	service := s.service()
	if _, err := service.Run(context.Background(), "customers", control.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	h := healthUntil(t, service, "customers", time.Second, func(h *wire.Health) bool { return h.State == "held" })
	if !strings.Contains(h.Reason, "100") {
		t.Errorf("held: %q", h.Reason)
	}
	if err := service.Close(); err != nil {
		t.Fatal(err)
	}
	s = newShopOf(t, 5, "upsert", "keep", webhookfake.Options{Headers: map[string]string{"X-Key": "another"}})
	service = s.service()
	_, _ = service.Run(context.Background(), "customers", control.RunOptions{})
	h = healthUntil(t, service, "customers", time.Second, func(h *wire.Health) bool { return h.State == "action needed" })
	if h.Layers[3].Layer != "activation" || h.Layers[3].State != "action needed" {
		t.Errorf("%+v", h.Layers)
	}
	if err := service.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAPausedFeedSaysSo, and its sync with it.
func TestAPausedFeedSaysSo(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10})
	service := s.served()
	healthUntil(t, service, "carts", 15*time.Second, func(h *wire.Health) bool { return h.State == "fresh" })
	if err := service.PauseFeed(control.WithActor(context.Background(), control.Actor{Name: "alice"}), "carts", "it is being mended"); err != nil {
		t.Fatal(err)
	}
	h := healthUntil(t, service, "carts", 10*time.Second, func(h *wire.Health) bool { return h.State == "paused" })
	if !strings.Contains(h.Reason, "it is being mended") {
		t.Errorf("%q", h.Reason)
	}
}
