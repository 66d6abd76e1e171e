package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"freshet": func() { os.Exit(Main()) }})
}

// TestScripts runs the program as a person would, one script of testdata after the other. Each has a receiver of its
// own, whose address is in HOOK_URL.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: receive, Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"exits": exits, "onejson": oneJSON, "keep": keep, "inject": inject, "holds": holds, "start": start,
		"crmholds": crmHolds, "crowd": crowd, "crmfield": crmField, "field": field, "calls": calls, "bring": bring, "work": work, "rest": rest, "spoil": spoil, "mark": mark, "same": same, "sqlfile": sqlFile, "hold": hold, "flip": flip, "rows": rows, "disk": disk,
		"event": event, "until": until, "arrives": arrives, "serving": serving,
	}, Condition: condition})
}

// condition knows what a script can be skipped for.
func condition(name string) (bool, error) {
	switch name {
	case "mounts":
		return mounts()
	case "realdata":
		_, here := realData()
		return here, nil
	default:
		return false, fmt.Errorf("there is no condition %s", name)
	}
}

// receiverKey finds a script's receiver.
type receiverKey struct{}

func receive(env *testscript.Env) error {
	s, err := webhookfake.Start("127.0.0.1:0", webhookfake.Options{})
	if err != nil {
		return err
	}
	env.Defer(s.Close)
	env.Values[receiverKey{}] = s
	env.Values[placesKey{}] = &places{hooks: []*webhookfake.Receiver{s.Receiver}}
	env.Values[markKey{}] = &marked{}
	env.Setenv("HOOK_URL", s.URL())
	trigger, err := filepath.Abs("../../../build/orchestrators/freshet_trigger.py")
	env.Setenv("TRIGGER", trigger)
	return err
}

func receiver(ts *testscript.TestScript) *webhookfake.Server {
	return ts.Value(receiverKey{}).(*webhookfake.Server)
}

// inject plans what goes wrong with the next call: inject partial-reject.
func inject(ts *testscript.TestScript, _ bool, args []string) {
	receiver(ts).Inject(webhookfake.Fault{Kind: webhookfake.Kind(args[0]), Rows: []int{0}})
}

// holds says how many records of an object the receiver has, and after how many calls: holds customers 5 1.
func holds(ts *testscript.TestScript, _ bool, args []string) {
	s := receiver(ts)
	if got := strconv.Itoa(len(s.Records(args[0]))); got != args[1] {
		ts.Fatalf("the receiver holds %s records, want %s", got, args[1])
	}
	if got := strconv.FormatInt(s.Counts().Calls, 10); got != args[2] {
		ts.Fatalf("%s calls were made, want %s", got, args[2])
	}
}
