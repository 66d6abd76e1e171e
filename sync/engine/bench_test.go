//go:build unix

package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wide is SQL for n rows of 20 columns.
func wide(n int64) string {
	columns := []string{"i AS id"}
	for c := range 10 {
		columns = append(columns, fmt.Sprintf("'text ' || (i * %d) AS t%d", c+1, c))
	}
	for c := range 3 {
		columns = append(columns, fmt.Sprintf("i * %d AS n%d", c+1, c))
	}
	for c := range 3 {
		columns = append(columns, fmt.Sprintf("CAST(i AS DECIMAL(18,2)) / 100 AS d%d", c))
	}
	columns = append(columns, "CAST(i AS DOUBLE) / 7 AS f0", "i % 2 = 0 AS b0", "TIMESTAMP '2024-01-01' + to_seconds(i) AS s0")
	return fmt.Sprintf("SELECT %s FROM range(%d) r(i)", strings.Join(columns, ", "), n)
}

// cpu is the processor time this process has used, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// peak is the most memory this process has had, in megabytes.
func peak() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Maxrss / 1024
}

// TestWideWalk walks and fetches FRESHET_WIDE rows of 20 columns and says how long each part took.
func TestWideWalk(t *testing.T) {
	n, err := strconv.ParseInt(os.Getenv("FRESHET_WIDE"), 10, 64)
	if err != nil {
		t.Skip("FRESHET_WIDE is not set")
	}
	path := t.TempDir() + "/wide.duckdb"
	e := opened(t, "ATTACH '"+path+"' AS wide", "CREATE TABLE wide.main.rows AS "+wide(n))
	began, used := time.Now(), cpu()
	lap := func(what string) {
		t.Logf("%-8s %6.2f s, %6.2f s of processor, %9.0f rows/s", what, time.Since(began).Seconds(), cpu()-used, float64(n)/time.Since(began).Seconds())
		began, used = time.Now(), cpu()
	}
	w, _ := walked(t, e, people("SELECT * FROM wide.rows", "id"), MatchCheck{})
	lap("walk")
	t.Logf("memory so far %d MB", peak())
	if os.Getenv("FRESHET_WALK_ONLY") != "" {
		for slice, err := w.Next(); len(slice) > 0 || err != nil; slice, err = w.Next() {
			if err != nil {
				t.Fatal(err)
			}
		}
		lap("next")
		t.Logf("peak memory %d MB", peak())
		return
	}
	entries := all(t, w)
	lap("next")
	if err := w.Want(entries); err != nil {
		t.Fatal(err)
	}
	lap("want")
	var got int64
	for {
		rows, err := w.Fetch()
		if err != nil {
			t.Fatal(err)
		}
		if got == 0 {
			lap("gather")
		}
		if len(rows) == 0 {
			break
		}
		got += int64(len(rows))
	}
	lap("fetch")
	t.Logf("peak memory %d MB", peak())
	if got != n {
		t.Errorf("fetched %d, want %d", got, n)
	}
}
