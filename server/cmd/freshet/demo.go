package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/freshet/freshet/server/demo"
	"github.com/freshet/freshet/sync/fault"
	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	var o demo.Options
	var stay bool
	c := &cobra.Command{
		Use: "demo", Short: "Tell the whole story with a made-up shop: sync, plan, kill, resume, prove", Args: needs(),
		Long: "Tell the whole story with a made-up shop and receivers on this machine: first syncs, a plan, a run that is killed and\n" +
			"taken up again, and a proof that every record arrived once. Nothing leaves this machine.\n\n" +
			"Exit codes: 0 everything holds, 5 something does not, and the demonstration says what.",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.demoOptions(&o); err != nil {
				return err
			}
			return a.demo(c.Context(), o, stay)
		},
	}
	c.Flags().StringVar(&o.Dir, "keep", "", "new folder for the workspace, which is kept; without it a temporary one is removed")
	c.Flags().BoolVar(&stay, "stay", false, "leave everything up until Ctrl-C, to try commands on it")
	c.Flags().IntVar(&o.Customers, "customers", demo.Customers, "how many customers the shop has")
	c.Flags().Float64Var(&o.Changes, "changes", demo.Changes, "share of the customers that change on the second day, 0 to 1")
	return c
}

// demoOptions fills in where the story is told and how this program is started once more.
func (a *app) demoOptions(o *demo.Options) error {
	const fewest = 100
	switch {
	case o.Customers < fewest || o.Customers > 10_000_000:
		return usage("cli.bad_flag", "--customers is not between 100 and 10,000,000", "leave it out for 20,000")
	case !(o.Changes > 0 && o.Changes <= 1):
		return usage("cli.bad_flag", "--changes is not above 0 and at most 1", "leave it out for 0.01")
	case a.workspace != ".":
		return usage("cli.bad_flag", "the demonstration has a workspace of its own", "leave out -w; --keep DIR names a folder for it")
	}
	program, err := os.Executable()
	if err != nil {
		return fault.New(fault.Internal, "cli.executable", "this program cannot find its own file").Because(err)
	}
	o.Command = func(ctx context.Context, args ...string) *exec.Cmd { return exec.CommandContext(ctx, program, args...) }
	if o.Program = os.Args[0]; strings.ContainsRune(o.Program, filepath.Separator) {
		o.Program = program // so that it works from every folder
	}
	o.Out, o.Terminal, o.Color, o.Width = a.out, a.outTerminal, a.colored(a.outTerminal), a.width
	if a.json {
		o.Out, o.Terminal, o.Color = io.Discard, false, false
	}
	return nil
}

func (a *app) demo(ctx context.Context, o demo.Options, stay bool) (err error) {
	s, err := demo.Begin(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Tell(ctx); err != nil {
		return &partial{err: err, report: s.Result}
	}
	s.End(stay)
	if a.json {
		err = a.printJSON(s.Result)
	}
	if stay && err == nil {
		a.done.Store(true) // a signal ends the waiting and cuts nothing short
		<-ctx.Done()
	}
	return err
}
