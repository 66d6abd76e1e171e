package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// spent is what a child process took.
type spent struct {
	seconds float64
	cpu     float64 // seconds of processor time
	peakMB  int64
	out     []byte
}

// run runs a program to its end.
func run(name string, args ...string) (spent, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	s := spent{seconds: time.Since(began).Seconds(), out: out}
	if err != nil {
		return s, fmt.Errorf("running %s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peakMB = usage.Maxrss / 1024
		s.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	return s, nil
}

// planning measures a plan of n rows of which 1 % changed beside the same full outer join in raw DuckDB.
func planning(bin string, n int) (string, error) {
	receiver, err := startReceiver("lean")
	if err != nil {
		return "", err
	}
	defer receiver.stop()
	dir, err := workspace(n, receiver.url, 500)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := rememberRaw(dir); err != nil {
		return "", err
	}
	note("%d rows: the first sync", n)
	first, err := run(bin, "-w", dir, "run", "people", "--json")
	if err != nil {
		return "", err
	}
	if err := warehouse(dir, changeSQL); err != nil {
		return "", err
	}
	ours, raw, err := inTurn(3, func() (spent, error) { return run(bin, "-w", dir, "plan", "people", "--json") },
		func() (spent, error) { return run(os.Args[0], "child", "raw", dir) })
	if err != nil {
		return "", err
	}
	if err := plannedRight(ours.out, n); err != nil {
		return "", err
	}
	page := fmt.Sprintf("## A plan of %s rows × 20 columns, 1 %% changed\n\n"+
		"| | seconds | processor seconds | peak memory |\n|---|---|---|---|\n| `freshet plan`, whole process | %.1f | %.1f | %d MB |\n"+
		"| the same full outer join of (key, hash) in raw DuckDB | %.1f | %.1f | %d MB |\n| ratio | %.2f | %.2f | |\n"+
		"| first sync of all rows (`freshet run`), whole process | %.1f | %.1f | %d MB |\n\n",
		thousands(n), ours.seconds, ours.cpu, ours.peakMB, raw.seconds, raw.cpu, raw.peakMB,
		ours.seconds/raw.seconds, ours.cpu/raw.cpu, first.seconds, first.cpu, first.peakMB)
	if n > 2_000_000 {
		return page, nil
	}
	more, err := starting(bin, dir, receiver)
	return page + more, err
}

// plannedRight makes sure that what was timed is what was asked for.
func plannedRight(out []byte, n int) error {
	var s struct{ Change, Unchanged int }
	if err := json.Unmarshal(out, &s); err != nil {
		return err
	}
	if s.Change != n/100 || s.Unchanged != n-n/100 {
		return fmt.Errorf("the plan has %d changed and %d unchanged rows of %d", s.Change, s.Unchanged, n)
	}
	return nil
}

// inTurn runs a and b n times each, in turn, and gives the median of each by time.
func inTurn(n int, a, b func() (spent, error)) (spent, spent, error) {
	var as, bs []spent
	for range n {
		x, err := a()
		if err != nil {
			return x, x, err
		}
		y, err := b()
		if err != nil {
			return x, y, err
		}
		as, bs = append(as, x), append(bs, y)
	}
	return median(as), median(bs), nil
}

func median(all []spent) spent {
	slices.SortFunc(all, func(a, b spent) int {
		if a.seconds < b.seconds {
			return -1
		}
		return 1
	})
	return all[len(all)/2]
}

// rawHash is an md5 of the same 20 columns, cut to 64 bits as the program's own.
func rawHash() string {
	parts := []string{"id", "amount"}
	for c := range columns {
		parts = append(parts, "c"+strconv.Itoa(c))
	}
	return "md5_number_lower(concat_ws(chr(31), " + strings.Join(parts, ", ") + "))"
}

// rememberRaw keeps (key, hash) of every row in a DuckDB file: the state that the raw join compares with.
func rememberRaw(dir string) error {
	return warehouseAttached(dir, "create table state.known as select id::varchar as key, "+rawHash()+" as h from people")
}

func warehouseAttached(dir, query string) error {
	db, err := sql.Open("duckdb", filepath.Join(dir, "warehouse.duckdb"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec("attach '" + filepath.Join(dir, "state.duckdb") + "' as state; " + query)
	return err
}

// raw is the child that joins in DuckDB, with the program's own memory limit.
func raw(dir string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec("set memory_limit = '512MiB'; set temp_directory = '" + dir + "/raw-tmp'; attach '" + dir +
		"/warehouse.duckdb' as w (read_only); attach '" + dir + "/state.duckdb' as s (read_only)")
	if err != nil {
		return err
	}
	var n int
	return db.QueryRow("select count(*) from (select id::varchar as key, " + rawHash() + " as h from w.people) a " +
		"full outer join s.known b on a.key = b.key where a.h is distinct from b.h").Scan(&n)
}

// starting measures how soon the first call comes where a million records are known, and what an idle process takes.
func starting(bin, dir string, receiver *receiver) (string, error) {
	if _, err := run(bin, "-w", dir, "run", "people", "--json"); err != nil {
		return "", err
	}
	if err := warehouse(dir, "update people set c3 = 'one' where id = 4"); err != nil {
		return "", err
	}
	calls, err := receiver.calls()
	if err != nil {
		return "", err
	}
	began := time.Now()
	cmd := exec.Command(bin, "-w", dir, "run", "people", "--json")
	if err := cmd.Start(); err != nil {
		return "", err
	}
	var first float64
	for first == 0 && time.Since(began) < time.Minute {
		time.Sleep(5 * time.Millisecond)
		if now, _ := receiver.calls(); now > calls {
			first = time.Since(began).Seconds()
		}
	}
	if err := cmd.Wait(); err != nil {
		return "", err
	}
	idle, err := run(os.Args[0], "child", "idle", dir)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("## Starting and resting\n\n| | |\n|---|---|\n"+
		"| process start to first call, 1 row changed of 1,000,000 known | %.1f s |\n"+
		"| resident memory with the workspace and the ledger open, nothing running | %s MB |\n\n", first, strings.TrimSpace(string(idle.out))), nil
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }
