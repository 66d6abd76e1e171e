package ledger

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

const crashWorkers, crashRows = 4, 7

// writeForEver settles calls from several goroutines and prints the number of each only when Settle has returned.
func writeForEver(dir string) {
	ctx := context.Background()
	die := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
	}
	l, err := Open(ctx, dir, "a writer")
	die(err)
	s, err := l.EnsureSync(ctx, "people")
	die(err)
	run := model.RunID(fmt.Sprintf("run_%d", os.Getpid()))
	if open, err := l.OpenRun(ctx, s.Ref); err == nil && open != nil {
		run = open.ID
	} else {
		die(l.StartRun(ctx, Run{ID: run, Ref: s.Ref}, s.Generation, ""))
	}
	fmt.Println("held")
	var printing sync.Mutex
	for w := range crashWorkers {
		go func() {
			for i := 0; ; i++ {
				call := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				die(l.Intend(ctx, Call{ID: model.CallID("call_" + call), Run: run}))
				die(l.Settle(ctx, s.Ref, Call{ID: model.CallID("call_" + call)}, crashSettlements(call, run)))
				printing.Lock()
				fmt.Println(call)
				printing.Unlock()
			}
		}()
	}
	select {}
}

func crashSettlements(call string, run model.RunID) []Settlement {
	list := make([]Settlement, crashRows)
	for i := range list {
		list[i] = Settlement{Key: model.Key(call + "/" + strconv.Itoa(i)), State: model.Synced, Shape: 1, RowHash: uint64(i),
			Accepted: true, Payload: []byte(`{"call":"` + call + `"}`), PayloadHash: uint64(i), Run: run, At: time.Now()}
	}
	return list
}

// TestAcknowledgedWritesSurviveKilling: after SIGKILL in the middle of writing, everything that was acknowledged is
// there, a call is there with all of its records or none, and the counters are right.
func TestAcknowledgedWritesSurviveKilling(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var acknowledged []string
	for range 20 {
		acknowledged = append(acknowledged, killedWriter(t, dir, time.Duration(random.IntN(40_000))*time.Microsecond)...)
		checkSurvivors(t, dir, acknowledged)
	}
	if len(acknowledged) < 100 {
		t.Errorf("only %d calls were acknowledged: the test proves little", len(acknowledged))
	}
}

// killedWriter lets a writer work for a while and returns what it acknowledged.
func killedWriter(t *testing.T, dir string, after time.Duration) (acknowledged []string) {
	t.Helper()
	cmd := child(t, "write", dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewReader(out)
	if first, err := lines.ReadString('\n'); first != "held\n" {
		t.Fatalf("the writer said %q, %v", first, err)
	}
	time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	rest, err := io.ReadAll(lines)
	must(t, err)
	_ = cmd.Wait()
	for len(rest) > 0 {
		n := 0
		for n < len(rest) && rest[n] != '\n' {
			n++
		}
		if n == len(rest) {
			break // torn by the kill
		}
		acknowledged = append(acknowledged, string(rest[:n]))
		rest = rest[n+1:]
	}
	return acknowledged
}

func checkSurvivors(t *testing.T, dir string, acknowledged []string) {
	t.Helper()
	r, err := OpenReader(t.Context(), dir) // reading must work on what a killed process left, before anyone repairs it
	must(t, err)
	must(t, r.Close())
	l := opened(t, dir)
	defer l.Close()
	s, _, err := l.Sync(t.Context(), "people")
	must(t, err)
	perCall := map[string]int{}
	all := walked(t, l.Reader, s.Ref)
	for _, p := range all {
		perCall[filepath.Dir(string(p.Key))]++
	}
	for _, call := range acknowledged {
		if perCall[call] == 0 {
			t.Fatalf("call %s was acknowledged and is gone", call)
		}
	}
	for call, n := range perCall {
		if n != crashRows {
			t.Fatalf("call %s is there with %d of %d records", call, n, crashRows)
		}
	}
	counts, err := l.Counts(t.Context(), s.Ref)
	if must(t, err); counts[model.Synced] != int64(len(all)) {
		t.Fatalf("counted %d, there are %d", counts[model.Synced], len(all))
	}
}

// TestTornLogOpensAtACommittedPrefix: the write-ahead log cut at any byte, as after a power loss, gives a ledger that
// ends after one of the commits.
func TestTornLogOpensAtACommittedPrefix(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	source := t.TempDir()
	l, ref := started(t, source)
	const calls = 40
	for i := range calls {
		id := fmt.Sprintf("%04d", i)
		must(t, l.Intend(t.Context(), Call{ID: model.CallID(id), Run: "run_1"}))
		must(t, l.Settle(t.Context(), ref, Call{ID: model.CallID(id)}, crashSettlements(id, "run_1")))
	}
	file, log := copyOf(t, source, fileName), copyOf(t, source, fileName+"-wal")
	for range 30 {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, fileName), file, 0o644))
		must(t, os.WriteFile(filepath.Join(dir, fileName+"-wal"), log[:random.IntN(len(log)+1)], 0o644))
		must(t, os.WriteFile(filepath.Join(dir, "lock"), []byte("{}"), 0o644))
		checkPrefix(t, dir, ref)
	}
}

func checkPrefix(t *testing.T, dir string, ref SyncRef) {
	t.Helper()
	l, err := Open(context.Background(), dir, "a test")
	must(t, err)
	defer l.Close()
	all := walked(t, l.Reader, ref)
	if len(all)%crashRows != 0 {
		t.Fatalf("%d records: a commit is there in part", len(all))
	}
	for i, p := range all {
		if want := fmt.Sprintf("%04d/%d", i/crashRows, i%crashRows); string(p.Key) != want {
			t.Fatalf("record %d is %s, want %s: a commit in the middle is missing", i, p.Key, want)
		}
	}
	counts, err := l.Counts(t.Context(), ref)
	if must(t, err); counts[model.Synced] != int64(len(all)) {
		t.Fatalf("counted %d, there are %d", counts[model.Synced], len(all))
	}
}

func copyOf(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	must(t, err)
	return content
}
