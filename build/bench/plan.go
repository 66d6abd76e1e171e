package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return spent{}, err
	}
	peak := watch(cmd.Process.Pid)
	err := cmd.Wait()
	s := spent{seconds: time.Since(began).Seconds(), out: out.Bytes(), peakMB: <-peak}
	if err != nil {
		return s, fmt.Errorf("running %s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, s.out)
	}
	s.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return s, nil
}

// watch follows a process's own peak of resident memory until it ends. What the system tells of an ended child also
// counts the moment before it became another program, when it was as large as this one.
func watch(pid int) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		var most int64
		for {
			mb, err := residentPeak(pid)
			if err != nil {
				peak <- most
				return
			}
			most = max(most, mb)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return peak
}

func residentPeak(pid int) (int64, error) { return statusMB(pid, "VmHWM:") }

// statusMB reads one of the sizes that Linux tells of a process.
func statusMB(pid int, name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		if kb, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
			return n / 1024, err
		}
	}
	return 0, fmt.Errorf("the process %d has no %s", pid, name)
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

// rawHash is an md5 of the same 20 columns, cut to 64 bits as the program's own, and as fast as DuckDB can.
func rawHash() string {
	parts := []string{"id", "amount"}
	for c := range columns {
		parts = append(parts, "c"+strconv.Itoa(c))
	}
	return "CAST(md5_number(concat_ws(chr(31), " + strings.Join(parts, ", ") + ")) >> 64 AS UBIGINT)"
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
	planned, err := firstCall(bin, dir, receiver, 1, false)
	if err != nil {
		return "", err
	}
	if err := warehouse(dir, "update people set c5 = c5 || '!' where id % 10 = 3"); err != nil {
		return "", err
	}
	if _, err := firstCall(bin, dir, receiver, 5, true); err != nil {
		return "", err
	}
	resumed, err := firstCall(bin, dir, receiver, 1, false)
	if err != nil {
		return "", err
	}
	idle, err := run(os.Args[0], "child", "idle", dir)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("## Starting and resting, 1,000,000 records in the ledger\n\n| | |\n|---|---|\n"+
		"| process start to first call, a run that was killed goes on | %.1f s |\n"+
		"| process start to first call, a new plan of 1,000,000 rows comes first | %.1f s |\n"+
		"| resident memory with the workspace and the ledger open, nothing running | %s MB |\n\n",
		resumed, planned, strings.TrimSpace(string(idle.out))), nil
}

// firstCall runs the sync and tells after how many seconds the receiver has had so many calls more; then the run is
// left to end, or killed.
func firstCall(bin, dir string, receiver *receiver, more int64, kill bool) (float64, error) {
	before, err := receiver.calls()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	cmd := exec.Command(bin, "-w", dir, "run", "people", "--json")
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	for time.Since(began) < time.Minute {
		now, err := receiver.calls()
		if err != nil {
			return 0, err
		}
		if now >= before+more {
			seconds := time.Since(began).Seconds()
			if kill {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				return seconds, nil
			}
			return seconds, cmd.Wait()
		}
		time.Sleep(5 * time.Millisecond)
	}
	return 0, errors.New("no call came within a minute")
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }
