package control_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// TestAPlanIsForTheSyncAsItWas: a plan made for another object, mode or on_leave is refused. Guarantee G6.
func TestAPlanIsForTheSyncAsItWas(t *testing.T) {
	for _, change := range [][2]string{{"mode: upsert", "mode: update"}, {"mode: upsert", "mode: upsert\n    object: elsewhere"}, {"on_leave: clear", "on_leave: archive"}} {
		s := newShop(t, 10, "upsert", "clear")
		s.want(run.OK, "delivered=10 calls=1")
		s.exec("update customers set name = 'x'")
		file := filepath.Join(s.dir, "first.plan")
		s.plan(control.PlanOptions{Out: file})
		s.define(sub(s.yaml, change[0], change[1]))
		if _, err := s.run(control.RunOptions{PlanPath: file}); !fault.Is(err, "plan.moved") {
			t.Errorf("after %s a plan made before: %v", change[1], err)
		}
		if n := s.receiver.Counts().Calls; n != 1 {
			t.Errorf("%d calls were made", n-1)
		}
	}
}

// TestALostAttemptIsNotForgottenByAWait: the receiver applied a call and its answer was lost; it then asked to wait, and
// the source went back to what it was. Guarantee G21.
func TestALostAttemptIsNotForgottenByAWait(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.want(run.OK, "delivered=10 calls=1")
	s.exec("create table old as select * from customers")
	s.exec("update customers set name = 'new name'")
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.DropAfterApply})
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.Throttle, After: 2 * time.Second, Shape: "seconds"})
	report, err := s.run(control.RunOptions{Wait: time.Second})
	if err != nil || report.Unknown != 10 {
		t.Fatalf("%+v %v", report, err)
	}
	s.exec("delete from customers")
	s.exec("insert into customers from old")
	s.want(run.OK, "delivered=10 calls=1")
	s.receives(everything)
}
