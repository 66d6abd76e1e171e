package duckdbsource

import (
	"os"
	"os/exec"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
)

// TestAReadingKeepsItsHold: the end of one reading of a file does not open it to writers while another reading goes on.
// The system takes all of a process's locks on a file when the process closes it anywhere.
func TestAReadingKeepsItsHold(t *testing.T) {
	s := healthy(t)
	first, closeFirst := reading(t, s)
	_, closeSecond := reading(t, s)
	closeSecond()
	if anotherWrites(s.Text("path")) {
		t.Error("another process can write a file that is being read")
	}
	again := mustOpen(t, s)
	if err := first.Attach(t.Context(), "again", again.(connect.Relational)); err != nil {
		t.Error("a file that is being read cannot be read:", err)
	}
	closeFirst()
	_ = again.Close()
	if !anotherWrites(s.Text("path")) {
		t.Error("nobody reads the file any more, and another process cannot write it")
	}
}

func mustOpen(t *testing.T, s connect.Settings) connect.Source {
	src, err := Driver().Source(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// reading attaches the file in an engine of its own, until the function it gives is called.
func reading(t *testing.T, s connect.Settings) (*engine.Engine, func()) {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	src := mustOpen(t, s)
	if err := e.Attach(t.Context(), "warehouse", src.(connect.Relational)); err != nil {
		t.Fatal(err)
	}
	return e, func() {
		_ = e.Close()
		_ = src.Close()
	}
}

// anotherWrites says whether another process can open the file for writing now.
func anotherWrites(path string) bool {
	cmd := exec.Command(os.Args[0], "-test.run=^TestHolder$")
	cmd.Env = append(os.Environ(), "FRESHET_HOLD="+path)
	return cmd.Run() == nil
}
