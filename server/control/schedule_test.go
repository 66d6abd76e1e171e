package control_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// TestAScheduledSyncFollowsTheWarehouse: a row that is changed between two runs, while the workspace is served, arrives.
func TestAScheduledSyncFollowsTheWarehouse(t *testing.T) {
	s := newShop(t, 20, "upsert", "keep")
	_, stop := s.serve("schedule: {every: 1s}")
	s.arrives(20)
	s.between(`insert into customers values (1000, 'new@example.com', 'New', 'pro', 1.00)`)
	s.arrives(21)
	stop()
	s.receives(everything)
}

// TestASyncThatCannotBeLiveRunsBySchedule: it is of tier realtime, and its SQL cannot be followed; what changes arrives all the
// same, by its schedule. Guarantee G30.
func TestASyncThatCannotBeLiveRunsBySchedule(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "where total > 0", "where total > 0 order by total desc limit 3", 1)
	s.yaml = strings.Replace(s.yaml, "tier: realtime", "tier: realtime\n    schedule: {every: 1s}", 1)
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	stop := s.serve()
	defer stop()
	if e := s.event("not live"); !strings.HasSuffix(e.Note, "; it runs whole instead, every 1s") {
		t.Errorf("it was told as %q", e.Note)
	}
	s.want(map[int]int{1: 10, 2: 20, 3: 30})
	s.write(map[int]int{2: 25, 4: 40})
	s.want(map[int]int{2: 25, 3: 30, 4: 40})
	s.write(map[int]int{3: -1})
	s.want(map[int]int{1: 10, 2: 25, 4: 40})
}

// event waits for the next event of a stage.
func (s *stream) event(stage string) control.Event {
	s.t.Helper()
	return eventOf(s.t, s.events, stage)
}

func eventOf(t testing.TB, events chan control.Event, stage string) control.Event {
	t.Helper()
	for patience := time.After(10 * time.Second); ; {
		select {
		case e := <-events:
			if e.Stage == stage {
				return e
			}
		case <-patience:
			t.Fatalf("there was no event of the stage %q", stage)
		}
	}
}

// TestServingKilledInAScheduledRun: killed with SIGKILL in the middle of a scheduled run, and killed again while it goes on,
// the next start goes on with that very run at once: every row arrives, and only what was in flight is sent twice.
// Guarantees G1, G3, G37.
func TestServingKilledInAScheduledRun(t *testing.T) {
	const rows = 2000
	s := newShopOf(t, rows, "upsert", "keep", webhookfake.Options{Secret: hookSecret, Latency: 100 * time.Millisecond})
	s.define(strings.Replace(s.yaml, "on_leave: keep", "schedule: {every: 1h}", 1)) // nothing but the kill makes it run again
	s.killedWith(400)
	open := s.openRun()
	s.killedWith(1000)
	if again := s.openRun(); again != open {
		t.Errorf("the run %s was begun beside the run %s", again, open)
	}
	events, stop := s.serve("schedule: {every: 1h}")
	s.arrives(rows)
	if e := eventOf(t, events, "ran"); e.Report.Run != open || !e.Report.Resumed || e.Report.Unaccounted != 0 {
		t.Errorf("after the kills: %+v, want the run %s, resumed", *e.Report, open)
	}
	stop()
	s.receives(everything)
	if again := s.receiver.Counts().Repeats; again > 2*inFlight {
		t.Errorf("%d calls were repeated after 2 kills; at most the %d in flight at each may be", again, inFlight)
	}
}

// killedWith serves in a process of its own and kills it once so many records have arrived.
func (s *shop) killedWith(n int) {
	s.t.Helper()
	cmd := freshet(s.t, s.dir, "serve", "--listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for begun := time.Now(); len(s.receiver.Records("customers")) < n && time.Since(begun) < 20*time.Second; {
		time.Sleep(time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// openRun is the one run that has not ended.
func (s *shop) openRun() (id model.RunID) {
	s.t.Helper()
	r, err := ledger.OpenReader(context.Background(), filepath.Join(s.dir, ".freshet"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	state, _, err := r.Sync(context.Background(), "customers")
	if err != nil {
		s.t.Fatal(err)
	}
	open, err := r.OpenRuns(context.Background(), state.Ref)
	if err != nil || len(open) != 1 {
		s.t.Fatalf("%d runs are open, want the one that was killed (%v)", len(open), err)
	}
	return open[0].ID
}

// serve serves with another schedule until the function it gives is called.
func (s *shop) serve(schedule string) (events chan control.Event, stop func()) {
	s.t.Helper()
	s.define(strings.Replace(s.yaml, "on_leave: keep", schedule, 1))
	ws, err := config.Load(s.dir, drivers(), func(name string) (string, bool) { return hookSecret, name == "HOOK_SECRET" })
	if err != nil {
		s.t.Fatal(err)
	}
	events = make(chan control.Event, 10_000)
	service := control.New(ws, func(e control.Event) {
		select {
		case events <- e:
		default:
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx) }()
	return events, func() {
		s.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("serving ended with: %v", err)
		}
		if err := service.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// arrives waits until the receiver holds so many records.
func (s *shop) arrives(n int) {
	s.t.Helper()
	for range 800 {
		if len(s.receiver.Records("customers")) == n {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Errorf("the receiver holds %d records, want %d", len(s.receiver.Records("customers")), n)
}

// between changes the warehouse while nobody reads it: a run that reads it keeps writers out.
func (s *shop) between(query string) {
	s.t.Helper()
	var err error
	for range 400 {
		var db *sql.DB
		if db, err = sql.Open("duckdb", filepath.Join(s.dir, "warehouse.duckdb")); err == nil {
			_, err = db.Exec(query)
			_ = db.Close()
		}
		if err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal(err)
}

// TestAHeldScheduleIsToldOnce: at every time of the timetable the source is looked at, for it may have been mended; that the run
// is held is told when it begins to be, and not again at each of them. What it held goes on by itself.
func TestAHeldScheduleIsToldOnce(t *testing.T) {
	s := newShop(t, 20, "mirror", "keep")
	s.yaml = strings.Replace(s.yaml, "max_leaves: 100%", "max_leaves: 10%", 1)
	events, stop := s.serve("schedule: {every: 1s}")
	defer stop()
	s.arrives(20)
	s.between(`delete from customers where id < 10`)
	eventOf(t, events, "held")
	looks := 0
	for over := time.After(4 * time.Second); over != nil; {
		select {
		case e := <-events:
			if e.Stage == "held" {
				t.Errorf("it was told again: %s", e.Note)
			}
			if e.Stage == "reading" {
				looks++
			}
		case <-over:
			over = nil
		}
	}
	if looks < 2 {
		t.Errorf("the source was looked at %d times in 4 seconds", looks)
	}
	s.between(`insert into customers select i, 'back@example.com', 'Back', 'pro', 1.00 from range(10) t(i)`)
	if e := eventOf(t, events, "ran"); e.Report.Delivered != 10 {
		t.Errorf("after the source was mended: %+v", *e.Report)
	}
	s.between(`delete from customers where id < 10`)
	eventOf(t, events, "held")
}
