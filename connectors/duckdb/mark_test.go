package duckdbsource

import (
	"os"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// TestTheMarkTellsChanges: the mark of a file stays while it is only read, the log that a killed writer has left included, and changes
// with every write and with another file in its place. A file that is not there is named.
func TestTheMarkTellsChanges(t *testing.T) {
	s := healthy(t)
	path := s.Text("path")
	mark := func() string {
		t.Helper()
		m, err := mustOpen(t, s).(connect.Exclusive).Mark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	last := mark()
	step := func(what string, changes bool) {
		t.Helper()
		now := mark()
		if (now != last) != changes {
			t.Errorf("%s: the mark was %q and is %q", what, last, now)
		}
		last = now
	}
	read := func() { _, done := reading(t, s); done() }
	read()
	step("read", false)
	_ = write(t, path, "INSERT INTO customers VALUES (9, 'x')").Close()
	step("written", true)
	_, kill := hold(t, path, true)
	kill()
	step("written by a process that was killed", true)
	read()
	step("read with the log that was left", false)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if _, err := mustOpen(t, s).(connect.Exclusive).Mark(t.Context()); !fault.Is(err, "duckdb.missing") {
		t.Errorf("no file: %v", err)
	}
	shop(t, path)
	step("another file in its place", true)
}
