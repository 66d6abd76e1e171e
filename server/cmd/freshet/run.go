package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
	"github.com/spf13/cobra"
)

// defaultWait lets a run outlast a short outage; waits double, so a destination that stays away ends the run in about
// twice this time.
const defaultWait = 30 * time.Second

func (a *app) runCommand() *cobra.Command {
	var o control.RunOptions
	var all bool
	c := &cobra.Command{
		Use: "run SYNC | --all", Short: "Bring a destination up to date", Args: a.syncOrAll(&all),
		Long: "Bring a destination up to date: plan, send, and keep every outcome.\n\n" +
			"Exit codes: 0 ok, 1 some rows were rejected or quarantined, 2 bad usage or configuration, 3 held by a guard,\n" +
			"4 work is durable and will be retried, 5 failed.",
		RunE: func(c *cobra.Command, args []string) error {
			if o.PlanPath != "" && o.Approve != "" || all && o.PlanPath+o.Approve != "" {
				return usage("cli.bad_flag", "--plan, --approve and --all do not go together", "keep one of them")
			}
			if o.Wait < 0 {
				return usage("cli.bad_flag", "--wait is less than nothing", "write --wait 0s to wait for no retry")
			}
			o.Wait = max(o.Wait, time.Nanosecond) // to control, zero means its own default
			return a.ask(c.Context(), func(ctx context.Context, ws *config.Workspace, d desk) error {
				if all {
					return a.runAll(ctx, ws, d, o)
				}
				return a.runOne(ctx, d, args[0], o)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "run every sync, in the order of the files")
	c.Flags().StringVar(&o.PlanPath, "plan", "", "carry out exactly this plan file, or refuse because the source moved")
	c.Flags().StringVar(&o.Approve, "approve", "", "hash of a held plan: carry out exactly that plan")
	c.Flags().BoolVar(&o.Full, "full", false, "send every row again, whatever was sent before")
	c.Flags().DurationVar(&o.Wait, "wait", defaultWait, "longest wait for a retry; one that is due later ends the run as pending. 0 waits for none")
	return c
}

func (a *app) runOne(ctx context.Context, s desk, sync string, o control.RunOptions) error {
	report, err := s.Run(ctx, sync, o)
	if err != nil {
		if report.Run == "" {
			return err
		}
		return &partial{err: err, report: report}
	}
	a.exit = exitOf(report.Status)
	if a.json {
		return a.printJSON(report)
	}
	a.showReport(a.out, report)
	return nil
}

func (a *app) runAll(ctx context.Context, ws *config.Workspace, s desk, o control.RunOptions) error {
	reports, err := control.RunAll(ws, func(name string) (run.Report, error) { return s.Run(ctx, name, o) })
	for _, r := range reports {
		a.exit = max(a.exit, exitOf(r.Status))
	}
	for _, f := range config.Faults(err) {
		a.exit = max(a.exit, f.Kind.Exit())
	}
	if a.json {
		if reports == nil {
			reports = []run.Report{}
		}
		return a.printJSON(reports)
	}
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		a.showReport(a.out, r)
	}
	return nil
}

func exitOf(s run.Status) int {
	switch s {
	case run.OK:
		return fault.ExitOK
	case run.Errors:
		return fault.ExitErrors
	case run.Held:
		return fault.ExitHeld
	case run.Pending:
		return fault.ExitPending
	default:
		return fault.ExitFailed
	}
}

var statusWords = map[run.Status]string{
	run.OK: "done", run.Errors: "done, but some rows did not arrive", run.Pending: "not finished: the rest is kept and will be tried again",
	run.Held: "held: nothing was sent", run.Failed: "failed",
}

var statusColors = map[run.Status]color{run.OK: green, run.Errors: yellow, run.Pending: yellow, run.Held: yellow, run.Failed: red}

// showReport tells what a run did: every row that was read is in one of the lines.
func (a *app) showReport(w io.Writer, r run.Report) {
	paint := a.painter(a.outTerminal)
	fmt.Fprintf(w, "%s  %s\n", paint(bold, r.Sync), paint(statusColors[r.Status], statusWords[r.Status]))
	if r.Resumed {
		fmt.Fprintln(w, "  taken up where the run before it stopped")
	}
	t := table{heads: []string{"  rows", ">"}}
	t.add("  read", count(r.Read))
	for _, line := range []struct {
		name string
		n    int64
	}{{"delivered", r.Delivered}, {"unchanged", r.Unchanged}, {"superseded", r.Superseded}, {"filtered", r.Filtered},
		{"suppressed", r.Suppressed}, {"quarantined", r.Quarantined}, {"rejected", r.Rejected}, {"pending", r.Pending},
		{"unaccounted", r.Unaccounted}} {
		if line.n != 0 || line.name == "delivered" || line.name == "unchanged" {
			t.add("  "+line.name, count(line.n))
		}
	}
	t.print(w, paint)
	if r.Unknown > 0 {
		fmt.Fprintf(w, "  of those pending, the outcome of %s nobody could see\n", count(r.Unknown))
	}
	fmt.Fprintf(w, "  %s in %s", counted(r.Calls, "call", "calls"), seconds(r.Seconds))
	if r.Run != "" {
		fmt.Fprintf(w, "  %s", paint(dim, string(r.Run)))
	}
	fmt.Fprintln(w)
	for _, p := range r.Problems {
		if r.Status == run.Held && strings.HasPrefix(p.Code, "guard.") {
			p.Suggestion = "" // the same for every guard: told once, at the end
		}
		showProblem(w, p)
	}
	a.next(w, r)
}

func showProblem(w io.Writer, p run.Problem) {
	if p.Count > 0 {
		fmt.Fprintf(w, "  %s: %s\n", counted(p.Count, "row", "rows"), clean(p.Message))
	} else {
		fmt.Fprintf(w, "  %s\n", clean(p.Message))
	}
	if p.Where != "" {
		fmt.Fprintf(w, "    at %s\n", clean(p.Where))
	}
	if p.Suggestion != "" {
		fmt.Fprintf(w, "    → %s\n", clean(p.Suggestion))
	}
}

// next says what to type next, where that is not told by a problem.
func (a *app) next(w io.Writer, r run.Report) {
	switch r.Status {
	case run.Held:
		if r.Plan != "" {
			fmt.Fprintf(w, "→ if that is meant: %s\n", a.do("run", r.Sync, "--approve", r.Plan))
		}
	case run.Errors:
		fmt.Fprintf(w, "→ %s shows which rows, and why\n", a.do("quarantine", r.Sync))
	case run.Pending:
		if r.RetryAt != "" {
			fmt.Fprintf(w, "→ %s takes it up again, from %s on\n", a.do("run", r.Sync), moment(r.RetryAt))
		} else {
			fmt.Fprintf(w, "→ %s takes it up again\n", a.do("run", r.Sync))
		}
	}
}
