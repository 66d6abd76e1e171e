package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs a command that must end with a given exit code: exits 2 freshet plan x.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	quietOutput(ts, args[2:], got != 0)
}

// oneJSON checks that a file (stdout) is one JSON value and nothing else, and that a path in it has a value:
// onejson stdout error.code config.absent.
func oneJSON(ts *testscript.TestScript, negated bool, args []string) {
	var v any
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	d.UseNumber()
	ts.Check(d.Decode(&v))
	if d.More() {
		ts.Fatalf("more than one JSON value")
	}
	if len(args) == 1 {
		return
	}
	got := "absent"
	if found, ok := dig(v, strings.Split(args[1], ".")); ok {
		got = fmt.Sprint(found)
	}
	if (got == args[2]) == negated {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
}

// keep puts a member of the JSON value in a file into a variable: keep stdout hash HASH.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	found, ok := dig(v, strings.Split(args[1], "."))
	if !ok {
		ts.Fatalf("there is no %s", args[1])
	}
	ts.Setenv(args[2], fmt.Sprint(found))
}

func dig(v any, path []string) (any, bool) {
	if len(path) == 0 {
		return v, true
	}
	switch in := v.(type) {
	case map[string]any:
		inner, ok := in[path[0]]
		if !ok {
			return nil, false
		}
		return dig(inner, path[1:])
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(in) {
			return nil, false
		}
		return dig(in[i], path[1:])
	}
	return nil, false
}
