package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

func TestNumbersAreExact(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -12345: "-12,345",
		9007199254740993: "9,007,199,254,740,993"} {
		if got := count(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestNothingSteersTheTerminal(t *testing.T) {
	if got := clean("a\x1b[2Jb\x07c\u009bd\ne"); strings.ContainsAny(got, "\x1b\x07\u009b\n") || !strings.Contains(got, "[2Jb") {
		t.Errorf("%q is printed", got)
	}
	if got := clean("Zoë 美 👍"); got != "Zoë 美 👍" {
		t.Errorf("good text is changed to %q", got)
	}
}

func quiet() (*app, *bytes.Buffer, *bytes.Buffer) {
	var out, err bytes.Buffer
	return &app{out: &out, err: &err, workspace: ".", getenv: func(string) (string, bool) { return "", false }}, &out, &err
}

func TestEveryRowOfAReportIsShown(t *testing.T) {
	a, out, _ := quiet()
	a.showReport(a.out, run.Report{Sync: "s", Status: run.Errors, Read: 10012, Delivered: 10000, Unchanged: 1, Superseded: 2, Filtered: 3,
		Suppressed: 1, Quarantined: 2, Rejected: 1, Pending: 2, Unknown: 1, Calls: 1,
		Problems: []run.Problem{{Code: "x", Message: "the e-mail is not one", Suggestion: "correct it", Count: 1}}})
	for _, want := range []string{"read         10,012", "delivered    10,000", "superseded        2", "quarantined       2", "pending           2",
		"the outcome of 1 nobody could see", "1 call in", "1 row: the e-mail is not one", "→ correct it", "freshet quarantine s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not show %q:\n%s", want, out)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for status, want := range map[run.Status]int{run.OK: 0, run.Errors: 1, run.Held: 3, run.Pending: 4, run.Failed: 5, "odd": 5} {
		if got := exitOf(status); got != want {
			t.Errorf("%s ends with %d, want %d", status, got, want)
		}
	}
}

func TestProgressIsForTerminals(t *testing.T) {
	a, out, err := quiet()
	e := control.Event{Sync: "s", Stage: "sending", Done: 1200, Total: 4800}
	a.newProgress().event(e)
	if out.Len()+err.Len() > 0 {
		t.Errorf("progress is written into a pipe: %q", err)
	}
	a.errTerminal = true
	p := a.newProgress()
	p.event(e)
	if _, problem := p.before(out).Write(nil); problem != nil {
		t.Error(problem)
	}
	if !strings.Contains(err.String(), "s  sending  1,200 of 4,800 (25 %)") || !strings.HasSuffix(err.String(), "\r\x1b[K") || out.Len() > 0 {
		t.Errorf("the terminal shows %q", err)
	}
}

func TestVerboseTellsCauses(t *testing.T) {
	inner := fault.New(fault.Storage, "ledger.full", "no space is left")
	outer := fault.New(fault.Storage, "run.stopped", "the run stopped").Do("free some space").Because(inner)
	a, _, err := quiet()
	if code := a.fail(outer); code != fault.ExitFailed || strings.Contains(err.String(), "no space") {
		t.Errorf("exit %d: %s", code, err)
	}
	a.verbose = true
	a.fail(outer)
	if !strings.Contains(err.String(), "because no space is left") {
		t.Errorf("verbose says %s", err)
	}
}
