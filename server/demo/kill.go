package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/run"
)

const (
	taken     = 2                      // calls with writes that are answered before the run is killed, after all removals
	unhurried = 120 * time.Millisecond // how long the receiver takes for each call
	never     = 25 * time.Second       // how long it would take for those after them: it is killed long before
	patience  = time.Minute            // for the calls to come
	gathering = 300 * time.Millisecond // for the other calls the run makes at once to come, too
)

// line writes a command line of this program for the story's workspace.
func (s *Story) line(words ...string) string {
	return s.o.Program + " -w " + s.Dir + " " + strings.Join(words, " ")
}

// command is this program in a process of its own, in the workspace.
func (s *Story) command(ctx context.Context, words ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := s.o.Command(ctx, words...)
	cmd.Dir = s.Dir
	cmd.Env = append(cmd.Environ(), s.receivers.environment()...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// show runs this program in a process of its own and shows what it prints.
func (s *Story) show(ctx context.Context, words ...string) error {
	s.typed(words...)
	cmd, out := s.command(ctx, words...)
	err := cmd.Run()
	s.screen.block(out.String())
	if err != nil {
		return failed("freshet "+words[0]+" did not end well: "+err.Error(), "run it again by hand: "+s.line(words...))
	}
	return nil
}

// typed shows a command as somebody would type it in the workspace's folder.
func (s *Story) typed(words ...string) { s.screen.typed("freshet " + strings.Join(words, " ")) }

// killed runs the sync in a process of its own and kills that when some calls are answered and some are not.
func (s *Story) killed(ctx context.Context) error {
	removals, writes := s.calls()
	if writes <= taken {
		return failed("the plan sends too little for a run to have a middle", "try it with more customers or more changes")
	}
	answered := removals + taken
	before := s.receivers.Webhook.Counts()
	s.applied = before.Rows
	s.stage(answered)
	defer s.receivers.Webhook.Heal()
	s.typed("run", toHook)
	cmd, out := s.command(ctx, "run", toHook)
	if err := cmd.Start(); err != nil {
		return failed("this program cannot be started once more: "+err.Error(), "check that its file is still there")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	if err := s.until(ctx, before.Calls+answered+1, ended); err != nil {
		_ = cmd.Process.Kill()
		<-ended
		s.screen.block(out.String())
		return err
	}
	_ = cmd.Process.Kill()
	<-ended
	if code := cmd.ProcessState.ExitCode(); code != -1 {
		return failed("the run ended before it could be killed", "try again: this machine may be very busy")
	}
	s.Result.Seen = s.receivers.Webhook.Counts().Calls - before.Calls
	s.unanswered = s.Result.Seen - answered
	s.screen.tell("Killed with SIGKILL when %s had reached the receiver, of %s planned.", counted(s.Result.Seen, "call", "calls"), number(removals+writes))
	s.screen.tell("What became of those under way, the process never learned.")
	s.screen.say("")
	return s.show(ctx, "status")
}

// calls is how many calls the plan makes for its removals, which go first, and how many for what it writes.
func (s *Story) calls() (removals, writes int64) {
	leaving := []string{connect.Clear.String(), connect.Archive.String(), connect.Delete.String()}
	for _, v := range s.summary.Verbs {
		n := (v.Steps + hookRows - 1) / hookRows
		if slices.Contains(leaving, v.Verb) {
			removals += n
		} else {
			writes += n
		}
	}
	return removals, writes
}

// stage tells the receiver to answer some calls, and to take forever for those after them.
func (s *Story) stage(answered int64) {
	for range answered {
		s.receivers.Webhook.Inject(webhookfake.Fault{Kind: webhookfake.SlowReply, After: unhurried})
	}
	for range s.summary.Calls {
		s.receivers.Webhook.Inject(webhookfake.Fault{Kind: webhookfake.SlowReply, After: never})
	}
}

// until waits for the receiver's calls.
func (s *Story) until(ctx context.Context, calls int64, ended <-chan struct{}) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			return failed("the run that was to be killed ended by itself", "see what it says above")
		case <-late:
			return failed("the run that was to be killed made too few calls within "+patience.String(), "try again: this machine may be very busy")
		case <-tick.C:
			now := s.receivers.Webhook.Counts().Calls
			s.screen.doing("running in a process of its own: %s still to come before it is killed", counted(max(0, calls-now), "call", "calls"))
			if now >= calls {
				time.Sleep(gathering)
				return nil
			}
		}
	}
}

// takenUp runs the same command again and looks at what was repeated.
func (s *Story) takenUp(ctx context.Context) error {
	before := s.receivers.Webhook.Counts()
	s.typed("run", toHook)
	if err := s.again(ctx); err != nil {
		return err
	}
	now := s.receivers.Webhook.Counts()
	s.Result.Repeated = now.Repeats - before.Repeats
	s.screen.tell("Taken up where the run before it stopped.")
	them := "them"
	if s.Result.Repeated == 1 {
		them = "it"
	}
	s.screen.tell("%s repeated under the same name; the receiver ignored %s.", was(s.Result.Repeated), them)
	if s.Result.Repeated == 0 {
		return failed("the calls that were under way did not come again under their names", "look at it with: "+s.line("status"))
	}
	if s.Result.Repeated <= s.unanswered {
		s.screen.tell("No call that had been answered was sent again.")
	}
	if got := now.Rows - s.applied; got != s.summary.Sends {
		return failed("the plan had "+counted(s.summary.Sends, "change", "changes")+", and the receiver applied "+number(got),
			"this must not happen: please report it")
	}
	s.screen.tell("%s planned, %s applied: each of them once.", counted(s.summary.Sends, "change was", "changes were"), number(now.Rows-s.applied))
	return nil
}

func was(n int64) string { return counted(n, "call was", "calls were") }

// again runs the sync in a process of its own, which must take up the run that was killed.
func (s *Story) again(ctx context.Context) error {
	cmd, out := s.command(ctx, "run", toHook, "--json")
	began := time.Now()
	ran := cmd.Run()
	var r run.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.Run == "" {
		s.screen.block(out.String())
		return failed(fmt.Sprintf("the run made no report (%v)", ran), "run it again by hand: "+s.line("run", toHook))
	}
	s.Result.Resumed = &r
	s.reportHeads()
	s.showReport(r, time.Since(began))
	if !r.Resumed {
		return failed("the run began anew instead of taking up the one before it", "look at it with: "+s.line("status"))
	}
	return sound(r)
}

// trace shows the life of a record that the killed run was about.
func (s *Story) trace(ctx context.Context) error {
	if len(s.summary.Samples) == 0 {
		return failed("the plan has no samples", "look at it with: "+s.line("plan", toHook))
	}
	key := s.summary.Samples[0].Key
	for _, sample := range s.summary.Samples {
		if sample.Kind.String() == "change" {
			key = sample.Key
			break
		}
	}
	return s.show(ctx, "trace", toHook, string(key))
}
