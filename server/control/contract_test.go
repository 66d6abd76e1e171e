package control_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

const shopContract = `apiVersion: v3.1.0
kind: DataContract
id: customers
version: 1.0.0
status: active
schema:
  - name: customers
    properties:
      - {name: id, primaryKey: true, logicalType: integer}
      - {name: email, required: true, logicalType: string, logicalTypeOptions: {format: email}}
      - {name: score, logicalType: number, logicalTypeOptions: {maximum: 100}}
      - {name: ltv, physicalType: "decimal(12,2)", quality: [{metric: nullValues, mustBeLessThan: 20, unit: percent}]}
`

// contracted makes a shop of 10 customers with a contract, and a column, score, that the sync does not send.
func contracted(t *testing.T, mode string) *shop {
	t.Helper()
	s := newShop(t, 10, mode, "")
	s.exec("alter table customers add column score integer default 50")
	s.yaml = sub(sub(s.yaml, "plan, ltv from", "plan, ltv, score from"), "    key: id", "    key: id\n    contract: customers.odcs.yaml")
	s.define(s.yaml)
	s.agree(shopContract)
	return s
}

func (s *shop) agree(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "customers.odcs.yaml"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// TestARowThatBreaksItsContract is set aside, whichever column breaks it, and goes once it is right. Guarantee G5.
func TestARowThatBreaksItsContract(t *testing.T) {
	s := contracted(t, "mirror")
	s.exec("update customers set email = 'nobody' where id = 3")
	s.want(run.Errors, "delivered=9 quarantined=1 calls=1")
	s.exec("update customers set score = 101 where id = 4")
	s.want(run.Errors, "unchanged=8 quarantined=2")
	s.exec("update customers set name = 'New', score = 101 where id = 5")
	s.want(run.Errors, "unchanged=7 quarantined=3")
	if got := s.receiver.Records("customers")["5"].Fields["name"]; got == "New" {
		t.Error("a row that breaks its contract was sent")
	}
	s.exec("update customers set email = 'three@example.com', score = 100")
	s.want(run.OK, "delivered=10 calls=1")
	s.want(run.OK, "unchanged=10")
}

// TestANewContractJudgesEveryRow, those that have not changed among them; taking it away sends nothing anew.
func TestANewContractJudgesEveryRow(t *testing.T) {
	s := contracted(t, "upsert")
	s.want(run.OK, "delivered=10 calls=1")
	s.agree(strings.Replace(shopContract, "maximum: 100", "maximum: 10", 1))
	s.want(run.Errors, "quarantined=10")
	s.define(sub(s.yaml, "    contract: customers.odcs.yaml\n", ""))
	s.want(run.OK, "unchanged=10")
}

func TestAPlanWhoseRowsBreakTheContractTogetherIsHeld(t *testing.T) {
	s := contracted(t, "upsert")
	s.exec("update customers set ltv = null where id < 2")
	held, err := s.run(control.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if held.Status != run.Held || len(held.Problems) != 1 || held.Problems[0].Code != "guard.contract" ||
		!strings.Contains(held.Problems[0].Message, "nulls in ltv must be below 20%: 2 of 10") || s.receiver.Counts().Calls != 0 {
		t.Fatalf("%+v", held)
	}
	s.exec("update customers set ltv = 1 where id = 0")
	s.want(run.OK, "delivered=10 calls=1")
}

func TestAWiderColumnHoldsNothing(t *testing.T) {
	s := contracted(t, "upsert")
	s.want(run.OK, "delivered=10 calls=1")
	s.exec("alter table customers alter ltv type decimal(20,2)")
	s.exec("alter table customers alter score type bigint")
	s.want(run.OK, "unchanged=10")
}

// TestAColumnThatLeavesItsContract holds the sync that sends it once it has run, and is told by validate in any case.
func TestAColumnThatLeavesItsContract(t *testing.T) {
	s := contracted(t, "upsert")
	s.want(run.OK, "delivered=10 calls=1")
	s.exec("alter table customers alter ltv type varchar")
	_, err := s.run(control.RunOptions{})
	if f := fault.As(err); f.Code != "contract.column_type" || f.Kind != fault.Held || f.Where != "customers.odcs.yaml:12:9" {
		t.Errorf("%+v", f)
	}
	s.exec("alter table customers alter ltv type decimal(12,2)")
	s.exec("alter table customers drop column score")
	s.define(sub(s.yaml, ", score from", " from"))
	s.want(run.OK, "unchanged=10") // the sync does not send it
	service := s.service()
	defer service.Close()
	findings, err := service.Validate(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, f := range findings {
		told = append(told, f.Level+" "+f.Fault.Code)
	}
	if got := strings.Join(told, ", "); got != strings.Repeat("warning policy.unreviewed, ", 5)+"ok ok, error contract.column_missing" {
		t.Errorf("%s", got)
	}
}
