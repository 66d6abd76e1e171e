package control_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/freshet/freshet/sync/run"
)

// TestRemovalsWaitWhileRowsCannotBeRead: a row that cannot be read may be any of those that seem to have left, so
// nothing is removed before it is mended. Guarantee G15.
func TestRemovalsWaitWhileRowsCannotBeRead(t *testing.T) {
	s := newShop(t, 0, "mirror", "")
	s.define(sub(sub(s.yaml, "warehouse: {type: duckdb, path: warehouse.duckdb}",
		`lake: {type: files, tables: {customers: "customers.csv"}}`), "warehouse.customers", "lake.customers"))
	const head = "id,email,name,plan,ltv\n1,a@example.com,Ann,pro,1.10\n"
	s.file(head + "2,b@example.com,Ben,pro,2.20\n3,c@example.com,Cem,pro,3.30\n")
	s.want(run.OK, "delivered=3 calls=1")
	s.file(head + "2,b@example.com,Ben,pro,2.20,one too many\n")
	s.want(run.Pending, "unchanged=1 quarantined=1 pending=2")
	if got := len(s.receiver.Records("customers")); got != 3 {
		t.Fatalf("the receiver holds %d records: some were removed while a row could not be read", got)
	}
	s.file(head + "2,b@example.com,Ben,pro,2.20\n")
	s.want(run.OK, "delivered=1 unchanged=2 calls=1")
	if _, there := s.receiver.Records("customers")["3"]; there {
		t.Error("once every row could be read, the record that left was not removed")
	}
}

func (s *shop) file(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "customers.csv"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}
