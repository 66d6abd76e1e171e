// Command freshet is Freshet's command line: init, validate, plan, run, status, trace and quarantine of one workspace.
//
// It reads flags, asks server/control, and prints: text for people, or with --json exactly one JSON value on standard
// output. It must not know how anything is planned, sent or stored.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

func main() { os.Exit(Main()) }

// Main runs the command line of this process and gives its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{out: os.Stdout, err: os.Stderr, getenv: os.LookupEnv,
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())), errTerminal: term.IsTerminal(int(os.Stderr.Fd())), width: width()}
	go a.drain(ctx, stop)
	return a.run(ctx, os.Args[1:])
}

// drain gives a second signal its usual meaning once the first has been heard: the process ends at once.
func (a *app) drain(ctx context.Context, stop func()) {
	<-ctx.Done()
	stop()
	if a.errTerminal && !a.done.Load() {
		fmt.Fprintln(a.err, "\nstopping: calls in flight are finished first; press Ctrl-C again to stop at once")
	}
}

func width() int {
	w, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return w
}
