package control_test

import (
	"testing"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
)

func TestFirstRunThenNothingThenOnlyWhatChanged(t *testing.T) {
	s := newShop(t, 1000, "upsert", "")
	s.want(run.OK, "delivered=1000 calls=20")
	s.receives(everything)
	s.want(run.OK, "unchanged=1000")
	s.exec("update customers set ltv = 99.90 where id % 100 = 0")
	s.exec("insert into customers values (5000, 'new@example.com', 'Ng ữ', 'pro', 1)")
	s.want(run.OK, "delivered=11 unchanged=990 calls=1")
	s.receives(everything)
}

func TestMirrorRemovesWhatLeft(t *testing.T) {
	s := newShop(t, 300, "mirror", "")
	s.want(run.OK, "delivered=300 calls=6")
	s.exec("delete from customers where id < 20")
	s.exec("update customers set name = 'changed' where id = 200")
	s.want(run.OK, "delivered=21 unchanged=279 calls=2")
	s.receives(everything)
	s.want(run.OK, "unchanged=280")
	s.exec("insert into customers values (3, 'back@example.com', 'Back', 'pro', 1)")
	s.want(run.OK, "delivered=1 unchanged=280 calls=1")
	s.receives(everything)
}

func TestKeepLeavesTheRecordAndKnowsItWhenItComesBack(t *testing.T) {
	s := newShop(t, 100, "upsert", "keep")
	s.want(run.OK, "delivered=100 calls=2")
	s.exec("create table gone as select * from customers where id < 10")
	s.exec("delete from customers where id < 10")
	s.want(run.OK, "unchanged=90")
	s.receives(`select id::varchar, email, name, plan, ltv::varchar from (from customers union all from gone)`)
	s.exec("insert into customers from gone")
	s.want(run.OK, "unchanged=100")
	s.want(run.OK, "unchanged=100")
}

func TestRejectedRowsAreTriedOnEveryRun(t *testing.T) {
	s := newShop(t, 100, "upsert", "")
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.PartialReject, Rows: []int{3, 7}})
	s.want(run.Errors, "delivered=98 rejected=2 calls=2")
	s.want(run.OK, "delivered=2 unchanged=98 calls=1")
	s.receives(everything)
}

func TestAPoisonRowIsFoundByHalving(t *testing.T) {
	s := newShop(t, 100, "upsert", "")
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.WholeBatchRefused, Rows: []int{11}})
	report, err := s.run(control.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != run.Errors || report.Delivered != 99 || report.Rejected != 1 || report.Unaccounted != 0 {
		t.Fatalf("%+v", report)
	}
	if report.Calls > 16 {
		t.Errorf("finding one row of 50 took %d calls", report.Calls)
	}
}
