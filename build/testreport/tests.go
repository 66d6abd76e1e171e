package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// event is a line of `go test -json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64 // seconds
}

// report is what the events say so far.
type report struct {
	out                     io.Writer
	output                  map[string][]string // of tests and packages that are not over, by name
	packages                []string            // a line each
	failures                []string
	skips                   []string
	blamed                  map[string]bool // packages with a test that failed
	passed, failed, skipped int
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[string][]string{}, blamed: map[string]bool{}}
}

// runTests runs the command and prints what came of it; failures come at once, the rest at the end.
func runTests(command []string) bool {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Println("test   ", err)
		return false
	}
	r := newReport(os.Stdout)
	r.read(events)
	err = cmd.Wait()
	return r.end(err)
}

func (r *report) read(events io.Reader) {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) != nil:
			fmt.Fprint(r.out, string(line))
		default:
			r.take(e)
		}
		if err != nil {
			return
		}
	}
}

func (r *report) take(e event) {
	name := strings.TrimSpace(e.Package + e.ImportPath + " " + e.Test)
	switch e.Action {
	case "output", "build-output":
		r.output[name] = append(r.output[name], e.Output)
		return
	case "pass", "fail", "skip", "build-fail":
	default:
		return
	}
	if e.Test == "" {
		r.takePackage(e, name)
	} else {
		r.takeTest(e, name)
	}
	delete(r.output, name)
}

func (r *report) takeTest(e event, name string) {
	switch e.Action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		r.blamed[e.Package] = true
		r.fail(name)
	case "skip":
		r.skipped++
		r.skips = append(r.skips, name+": "+reason(r.output[name]))
	}
}

// takePackage ends a package. Its own output matters only where no test of it explains the failure: it did not
// build, it ran out of time, it panicked.
func (r *report) takePackage(e event, name string) {
	short := strings.TrimPrefix(name, "github.com/freshet/freshet/")
	switch e.Action {
	case "build-fail":
		r.fail(name)
	case "fail":
		r.packages = append(r.packages, fmt.Sprintf("FAIL  %-36s %6.1f s", short, e.Elapsed))
		if !r.blamed[e.Package] {
			r.failed++
			r.fail(name)
			r.unfinished(name)
		}
	case "pass":
		r.packages = append(r.packages, fmt.Sprintf("ok    %-36s %6.1f s", short, e.Elapsed))
	}
}

// unfinished shows what the tests said that were still running when their package ended.
func (r *report) unfinished(name string) {
	for _, test := range slices.Sorted(maps.Keys(r.output)) {
		if strings.HasPrefix(test, name+" ") {
			r.fail(test)
			delete(r.output, test)
		}
	}
}

func (r *report) fail(name string) {
	text := "--- " + name + "\n" + strings.Join(r.output[name], "")
	r.failures = append(r.failures, name)
	fmt.Fprintln(r.out, strings.TrimRight(text, "\n"))
}

// reason is what a skipped test said, without the lines that go test frames it with.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "testscript.go:") {
			break // from here on a script's own log, environment and all
		}
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

func (r *report) end(err error) bool {
	slices.Sort(r.packages)
	slices.Sort(r.skips)
	for _, line := range r.packages {
		fmt.Fprintln(r.out, line)
	}
	for _, line := range r.skips {
		fmt.Fprintln(r.out, "skipped", line)
	}
	for _, name := range r.failures {
		fmt.Fprintln(r.out, "failed ", name)
	}
	if err != nil && r.failed == 0 {
		fmt.Fprintln(r.out, "go test ended with", err)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	return err == nil && r.failed == 0
}
