package control_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// write puts a file into the workspace.
func (s *shop) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// watched is a service whose progress is told.
func (s *shop) watched(tell func(control.Event)) *control.Service {
	s.t.Helper()
	ws, err := config.Load(s.dir, drivers(), func(name string) (string, bool) { return hookSecret, name == "HOOK_SECRET" })
	if err != nil {
		s.t.Fatal(err)
	}
	return control.New(ws, tell)
}

// TestStoppingDrains: a run that is told to stop settles the calls under way, leaves nothing unknown, and the next run
// makes only the calls that were not made.
func TestStoppingDrains(t *testing.T) {
	s := newShop(t, 1000, "upsert", "")
	slow, err := webhookfake.Start("", webhookfake.Options{Secret: hookSecret, Latency: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	s.define(sub(s.yaml, s.receiver.URL(), slow.URL()))
	s.receiver = slow
	service := s.service()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for slow.Counts().Calls < 5 {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	report, err := service.Run(ctx, "customers", control.RunOptions{})
	service.Close()
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != run.Pending || report.Unknown != 0 || report.Delivered == 0 || report.Delivered == 1000 ||
		report.Delivered+report.Pending != 1000 || report.Unaccounted != 0 {
		t.Fatalf("%+v", report)
	}
	resumed, err := s.run(control.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !resumed.Resumed || resumed.Status != run.OK || resumed.Delivered != 1000 || resumed.Run != report.Run {
		t.Errorf("%+v", resumed)
	}
	if c := slow.Counts(); c.Repeats != 0 || c.Rows != 1000 {
		t.Errorf("stopped and resumed: %d records in %d calls, %d of them repeated", c.Rows, c.Calls, c.Repeats)
	}
	s.receives(everything)
}

// TestAMovedSourceEndsAStoppedRun: what was not sent yet is planned anew from the rows as they are now.
func TestAMovedSourceEndsAStoppedRun(t *testing.T) {
	s := newShop(t, 100, "mirror", "")
	s.want(run.OK, "delivered=100 calls=2")
	s.exec("update customers set name = 'first ' || id")
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.DropAfterApply})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for s.receiver.Counts().Calls < 3 {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	service := s.service()
	report, err := service.Run(ctx, "customers", control.RunOptions{})
	service.Close()
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != run.Pending || report.Unknown != 50 || report.Unaccounted != 0 {
		t.Fatalf("%+v", report)
	}
	s.exec("update customers set name = 'second ' || id where id % 2 = 0")
	s.exec("delete from customers where id < 10")
	report, err = s.run(control.RunOptions{})
	if err != nil || report.Resumed || report.Status != run.OK {
		t.Errorf("%+v %v", report, err)
	}
	s.receives(everything)
	s.want(run.OK, "unchanged=90")
}

// TestStatusTellsWhoIsAtIt: a run that was killed is not shown as running.
func TestStatusTellsWhoIsAtIt(t *testing.T) {
	s := newShop(t, 1000, "upsert", "")
	slow, err := webhookfake.Start("", webhookfake.Options{Secret: hookSecret, Latency: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	s.define(sub(s.yaml, s.receiver.URL(), slow.URL()))
	c := &crashes{shop: s}
	cmd := c.command()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for slow.Counts().Calls < 3 {
		time.Sleep(time.Millisecond)
	}
	if st := s.status(); !st.Running || st.Stopped {
		t.Errorf("while it runs: running %v, stopped %v", st.Running, st.Stopped)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if st := s.status(); st.Running || !st.Stopped {
		t.Errorf("after it was killed: running %v, stopped %v", st.Running, st.Stopped)
	}
}

// TestARefusalDoesNotForgetAnAttemptNobodySaw: the first attempt made the record and its answer was lost, the second is
// refused; when the row leaves, the record is removed all the same.
func TestARefusalDoesNotForgetAnAttemptNobodySaw(t *testing.T) {
	s := newShop(t, 1, "mirror", "")
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.DropAfterApply})
	if _, err := s.run(control.RunOptions{Wait: time.Nanosecond}); err != nil {
		t.Fatal(err)
	}
	s.exec("update customers set name = 'another'") // the run is given up, and the row is sent anew
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.PartialReject, Rows: []int{0}})
	s.want(run.Errors, "rejected=1 calls=1")
	s.exec("delete from customers")
	s.exec("insert into customers values (2, 'two@example.com', 'Two', 'pro', 1)")
	s.want(run.OK, "delivered=2 calls=2")
	s.receives(everything)
}

// TestManyRetriesAtOnce: calls that are due again while every place is taken wait their turn; none is forgotten.
func TestManyRetriesAtOnce(t *testing.T) {
	s := newShop(t, 2000, "upsert", "")
	for range 12 {
		s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.Throttle, After: time.Millisecond, Shape: "seconds"})
	}
	for range 4 {
		s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.DropAfterApply})
	}
	report, err := s.run(control.RunOptions{})
	if err != nil || report.Status != run.OK || report.Delivered != 2000 {
		t.Errorf("%+v %v", report, err)
	}
	s.receives(everything)
}

// TestStoppingBeforeThePlan: whatever a stop meets while rows are read and compared, the run says that it was stopped,
// sends nothing, is pending and never ok, and the next one does all of it.
func TestStoppingBeforeThePlan(t *testing.T) {
	for _, stage := range []string{"", "reading", "comparing", "planning"} {
		t.Run("at "+stage, func(t *testing.T) {
			s := newShop(t, 1000, "upsert", "")
			s.define(sub(s.yaml, "from warehouse.customers", "from warehouse.customers, lake.nobody"))
			s.write("lake.yaml", "sources: {lake: {type: files, tables: {nobody: nobody.csv}}}")
			s.write("nobody.csv", "n\n1\n")
			ctx, stop := context.WithCancel(t.Context())
			service := s.watched(func(e control.Event) {
				if e.Stage == stage {
					stop()
				}
			})
			if stage == "" {
				stop()
			}
			report, err := service.Run(ctx, "customers", control.RunOptions{})
			service.Close()
			if err != nil || report.Status != run.Pending || len(report.Problems) != 1 || report.Problems[0].Code != "control.stopped" {
				t.Errorf("%+v %v", report, err)
			}
			if n := s.receiver.Counts().Calls; n != 0 {
				t.Errorf("%d calls were made", n)
			}
			s.want(run.OK, "delivered=1000 calls=20")
		})
	}
}

// TestAStoppedLookSaysSo: a plan, a validation and a trace that are stopped have no half of a result.
func TestAStoppedLookSaysSo(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	service := s.service()
	defer service.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, planned := service.Plan(ctx, "customers", control.PlanOptions{})
	_, asked := service.Run(ctx, "customers", control.RunOptions{Approve: "12345678"})
	_, checked := service.Validate(ctx, false)
	_, traced := service.Trace(ctx, "customers", "1")
	for i, err := range []error{planned, asked, checked, traced} {
		if f := fault.As(err); f.Code != "control.stopped" || f.Kind != fault.Canceled || f.Suggestion == "" {
			t.Errorf("look %d: %v", i, err)
		}
	}
}
