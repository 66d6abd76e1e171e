package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/server/wire"
	"github.com/rogpeppe/go-internal/testscript"
)

// event writes an event into a topic of the script's broker: event shop.carts '{"cart_id":1}'.
func event(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(placesOf(ts).kafka.Write(context.Background(), kafkafake.Record{Topic: args[0], Value: []byte(args[1])}))
}

// until repeats a command until its output matches: until '"total":2' freshet quarantine carts --json.
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	for range 200 {
		if ts.Exec(args[1], args[2:]...) == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%v never said %q", args[1:], args[0])
}

// arrives waits until a record's field is so at the first receiver: arrives carts 1 total 10.50.
func arrives(ts *testscript.TestScript, _ bool, args []string) {
	var got string
	for range 400 {
		if got = placesOf(ts).hooks[0].Records(args[0])[args[1]].Fields[args[2]]; got == args[3] {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("%s of %s %s is %q, want %q", args[2], args[0], args[1], got, args[3])
}

// serving starts freshet serve and waits until it is ready; the process is killed with the script, or by its end: serving, serving stop,
// serving kill.
func serving(ts *testscript.TestScript, _ bool, args []string) {
	p := placesOf(ts)
	if len(args) > 0 {
		if args[0] == "kill" {
			ts.Check(p.serving.Process.Kill())
			_ = p.serving.Wait()
			return
		}
		ts.Check(p.serving.Process.Signal(os.Interrupt))
		ts.Check(p.serving.Wait())
		return
	}
	program, err := exec.LookPath("freshet")
	ts.Check(err)
	p.serving = exec.Command(program, "serve", "--listen", "127.0.0.1:0")
	p.serving.Dir = ts.MkAbs(".")
	ts.Check(p.serving.Start())
	process := p.serving.Process
	ts.Defer(func() { _ = process.Kill() })
	for range 400 {
		text, err := os.ReadFile(filepath.Join(ts.MkAbs(".freshet"), wire.DiscoveryFile))
		var d wire.Discovery
		if err == nil && json.Unmarshal(text, &d) == nil && d.PID == process.Pid {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("the server never left word of itself: %s", strings.Join(args, " "))
}
