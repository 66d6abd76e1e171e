package ledger

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/freshet/freshet/sync/fault"
)

// childJob names what this test binary does when a test starts it again as a process of its own.
const childJob = "FRESHET_LEDGER_TEST_JOB"

func TestMain(m *testing.M) {
	switch os.Getenv(childJob) {
	case "":
		os.Exit(m.Run())
	case "hold":
		holdForEver(os.Args[1])
	case "write":
		writeForEver(os.Args[1])
	}
	os.Exit(2)
}

func child(t *testing.T, job, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), childJob+"="+job)
	cmd.Stderr = os.Stderr
	t.Cleanup(func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
			_, _ = cmd.Process.Wait()
		}
	})
	return cmd
}

func holdForEver(dir string) {
	if _, err := Open(context.Background(), dir, "freshet run --all"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	fmt.Println("held")
	select {}
}

func opened(t testing.TB, dir string) *Ledger {
	t.Helper()
	l, err := Open(context.Background(), dir, "a test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// started is a ledger with the sync "people" in its first run, "run_1".
func started(t testing.TB, dir string) (*Ledger, SyncRef) {
	t.Helper()
	l := opened(t, dir)
	s, err := l.EnsureSync(t.Context(), "people")
	must(t, err)
	must(t, l.StartRun(t.Context(), Run{ID: "run_1", Ref: s.Ref, PlanHash: "sha256:1", PlanPath: "plans/1"}, s.Generation, `["id"]`))
	return l, s.Ref
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFault(t testing.TB, err error, code string) *fault.Fault {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("got %v, want %s", err, code)
	}
	return fault.As(err)
}
