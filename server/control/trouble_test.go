package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

func TestRowsWithoutAGoodKeyAreSetAsideAndTheOthersGo(t *testing.T) {
	s := newShop(t, 100, "mirror", "")
	s.want(run.OK, "delivered=100 calls=2")
	s.exec("insert into customers values (null, 'a@example.com', 'No key', 'pro', 1), (7, 'b@example.com', 'Twice', 'pro', 1)")
	s.exec("update customers set ltv = 0 where id = 8")
	report := s.want(run.Errors, "delivered=1 unchanged=98 quarantined=3 calls=1")
	if len(report.Problems) != 2 {
		t.Errorf("problems %+v", report.Problems)
	}
	if got := s.receiver.Records("customers")["7"].Fields["name"]; got != "Zoë O'Brien 7" {
		t.Errorf("a record whose key is doubled in the model was changed or removed: %q", got)
	}
	list := s.quarantine()
	if list.Total != 3 || len(list.Aside) != 2 {
		t.Errorf("quarantine %+v", list)
	}
	s.exec("delete from customers where id is null or name = 'Twice'")
	s.want(run.OK, "unchanged=100")
	if list := s.quarantine(); list.Total != 0 {
		t.Errorf("mended rows are still set aside: %+v", list)
	}
}

func (s *shop) quarantine() control.QuarantineList {
	s.t.Helper()
	service := s.service()
	defer service.Close()
	list, err := service.Quarantine(s.t.Context(), "customers", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func TestABrokenTemplateSendsNothingElse(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.define(sub(s.yaml, `{{ plan | upcase }}`, `{{ ltv | divided_by: 0 }}`))
	s.want(run.Errors, "quarantined=10")
	if n := s.receiver.Counts().Calls; n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestNaNIsSetAside(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.exec("create table scores as select id, case when id = 3 then 'nan'::double else 0.5 end as score from customers")
	s.define(sub(sub(s.yaml, "select id, email, name, plan, ltv from warehouse.customers",
		"select c.*, score from warehouse.customers c join warehouse.scores using (id)"), "email: email", "score: score"))
	s.want(run.Errors, "delivered=9 quarantined=1 calls=1")
}

func TestARenamedColumnHoldsOnlyTheSyncsThatUseIt(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	other := "\n  slim:\n    model: customers_slim\n    destination: hook\n    object: slim\n    fields: {email: email}\n"
	s.define(sub(s.yaml, "destinations:", "  customers_slim: {sql: \"select id, email from warehouse.customers\", key: id}\ndestinations:") + other)
	service := s.service()
	_, err := service.RunAll(t.Context(), control.RunOptions{})
	service.Close()
	if err != nil {
		t.Fatal(err)
	}
	calls := s.receiver.Counts().Calls
	s.exec("alter table customers rename column ltv to lifetime_value")
	s.exec("update customers set email = 'x' || email")
	service = s.service()
	defer service.Close()
	reports, err := service.RunAll(t.Context(), control.RunOptions{})
	if !fault.Is(err, "model.drift") {
		t.Errorf("the error is %v", err)
	}
	if reports[0].Status != run.Held || reports[1].Status != run.OK || reports[1].Delivered != 10 {
		t.Errorf("reports %+v", reports)
	}
	if s.receiver.Counts().Calls != calls+1 {
		t.Error("the sync with the lost column made calls")
	}
}

func TestARetypedColumnWaitsForApproval(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.want(run.OK, "delivered=10 calls=1")
	s.exec("alter table customers alter ltv type double")
	held, err := s.run(control.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if held.Status != run.Held || len(held.Problems) != 1 || held.Problems[0].Code != "guard.column_types" {
		t.Fatalf("%+v", held)
	}
	if _, err := s.run(control.RunOptions{Approve: held.Plan}); err != nil {
		t.Fatal(err)
	}
	report, err := s.run(control.RunOptions{})
	if err != nil || report.Status != run.OK {
		t.Errorf("after the approval: %+v %v", report, err)
	}
}

func TestTheDestinationsWaitIsKeptOverARestart(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.Throttle, After: time.Hour, Shape: "seconds"})
	report, err := s.run(control.RunOptions{Wait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(report, run.Pending, "pending=10 calls=1")
	at, err := time.Parse(time.RFC3339, report.RetryAt)
	if err != nil || time.Until(at) < 59*time.Minute {
		t.Errorf("to be tried again at %q", report.RetryAt)
	}
	calls := s.receiver.Counts().Calls
	if report, err = s.run(control.RunOptions{Wait: time.Millisecond}); err != nil || report.Status != run.Pending || !report.Resumed {
		t.Errorf("%+v %v", report, err)
	}
	if s.receiver.Counts().Calls != calls {
		t.Error("a new process called before the hour was over")
	}
	status := s.status()
	if status.BlockedTill == "" || status.LastRun == nil || status.LastRun.Status != run.Pending {
		t.Errorf("status %+v", status)
	}
}

func (s *shop) status() control.SyncStatus {
	s.t.Helper()
	service := s.service()
	defer service.Close()
	list, err := service.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return list[0]
}

func TestRefusedCredentialsChangeNothing(t *testing.T) {
	s := newShop(t, 100, "upsert", "")
	yaml := s.yaml
	s.define(sub(yaml, `secret: "${HOOK_SECRET}"`, `timeout: 5s`)) // unsigned: the receiver turns it away
	report, err := s.run(control.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != run.Failed || report.Pending != 100 || report.Unaccounted != 0 {
		t.Errorf("%+v", report)
	}
	if len(report.Problems) == 0 || report.Problems[0].Code != "destination.unauthorized" || report.Problems[0].Suggestion == "" {
		t.Errorf("problems %+v", report.Problems)
	}
	s.define(yaml)
	report, err = s.run(control.RunOptions{})
	if err != nil || report.Delivered != 100 {
		t.Errorf("with good credentials: %+v %v", report, err)
	}
	s.receives(everything)
}

func TestADeadDestinationLeavesTheWorkPending(t *testing.T) {
	s := newShop(t, 100, "upsert", "")
	s.receiver.Close()
	report, err := s.run(control.RunOptions{Wait: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != run.Pending || report.Pending != 100 || report.Unknown != 0 || report.Unaccounted != 0 {
		t.Errorf("%+v", report)
	}
}

func TestASecondProcessIsToldWhoWorks(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	first := s.service()
	defer first.Close()
	if _, err := first.Run(t.Context(), "customers", control.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	second := s.service()
	defer second.Close()
	began := time.Now()
	_, err := second.Run(t.Context(), "customers", control.RunOptions{})
	if !fault.Is(err, "ledger.locked") || !strings.Contains(err.Error(), "freshet run customers") {
		t.Errorf("the second process is told: %v", err)
	}
	if time.Since(began) > time.Second {
		t.Errorf("it took %s to say so", time.Since(began))
	}
	if _, err := second.Plan(t.Context(), "customers", control.PlanOptions{}); err != nil {
		t.Errorf("planning beside a run: %v", err)
	}
	if _, err := second.Status(t.Context()); err != nil {
		t.Errorf("looking beside a run: %v", err)
	}
}

func TestTraceTellsARecordsLife(t *testing.T) {
	s := newShop(t, 10, "upsert", "")
	s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.PartialReject, Rows: []int{3}})
	s.want(run.Errors, "delivered=9 rejected=1 calls=1")
	key := refusedKey(t, s)
	s.want(run.OK, "delivered=1 unchanged=9 calls=1")
	service := s.service()
	defer service.Close()
	trace, err := service.Trace(t.Context(), "customers", key)
	if err != nil {
		t.Fatal(err)
	}
	if trace.State != "synced" || trace.Source == nil || !trace.Source.Present || *trace.Source.Columns["email"] != "user"+key+"@example.com" {
		t.Errorf("trace %+v %+v", trace, trace.Source)
	}
	if len(trace.Events) != 2 || trace.Events[0].Verdict != "rejected" || trace.Events[1].Verdict != "accepted" ||
		trace.Events[1].Cause != "refused before" || !strings.Contains(trace.Events[1].Sent, "user"+key+"@example.com") {
		t.Errorf("events %+v", trace.Events)
	}
	if strings.Contains(trace.Events[0].Message, "@example.com") {
		t.Errorf("the destination's message quotes the row: %s", trace.Events[0].Message)
	}
}

// TestTraceTellsWhatIsPlanned: what a run is still to send is there, as it will travel, and a null is no empty text.
func TestTraceTellsWhatIsPlanned(t *testing.T) {
	s := newShop(t, 1000, "upsert", "")
	s.exec("update customers set name = null, email = '' where id = 999")
	for range 20 {
		s.receiver.Inject(webhookfake.Fault{Kind: webhookfake.Throttle, After: time.Hour, Shape: "seconds"})
	}
	if report, err := s.run(control.RunOptions{Wait: time.Millisecond}); err != nil || report.Status != run.Pending {
		t.Fatalf("%+v %v", report, err)
	}
	service := s.service()
	defer service.Close()
	trace, err := service.Trace(t.Context(), "customers", "999")
	if err != nil || len(trace.Events) != 1 {
		t.Fatalf("%+v %v", trace, err)
	}
	e := trace.Events[0]
	if e.Verdict != "planned" || e.Verb != "upsert" || e.Cause == "" || e.Run == "" || e.Call != "" ||
		e.Sent != `{"email":"","money":{"ltv":1098.90},"name":null,"plan":"PRO"}` {
		t.Errorf("%+v", e)
	}
	if name, email := trace.Source.Columns["name"], trace.Source.Columns["email"]; name != nil || email == nil || *email != "" {
		t.Errorf("%v %v", name, email)
	}
}

func refusedKey(t *testing.T, s *shop) string {
	t.Helper()
	list := s.quarantine()
	if len(list.Refused) != 1 || list.Refused[0].Attempts != 1 {
		t.Fatalf("refused %+v", list.Refused)
	}
	return list.Refused[0].Key
}
