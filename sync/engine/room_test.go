package engine

import (
	"testing"

	"github.com/freshet/freshet/sync/fault"
)

// TestDiskFull: a walk that has no room for its scratch files says so, and the engine goes on.
func TestDiskFull(t *testing.T) {
	e, err := Open(t.Context(), Options{Dir: t.TempDir(), MemoryMB: 64, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.db.ExecContext(t.Context(), "SET max_temp_directory_size = '1MiB'"); err != nil {
		t.Fatal(err)
	}
	m := people("SELECT md5(CAST(i AS VARCHAR)) || md5(CAST(i + 1 AS VARCHAR)) AS id FROM range(2000000) r(i)", "id")
	d, err := e.Describe(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Walk(t.Context(), m, d.Columns, MatchCheck{})
	if f := fault.As(err); f.Code != "engine.disk_full" || f.Kind != fault.Storage || f.Suggestion == "" {
		t.Errorf("got %v", err)
	}
	if w, _ := walked(t, e, people("SELECT 1 AS id", "id"), MatchCheck{}); w.Rows() != 1 {
		t.Error("the engine does not work any more")
	}
}
