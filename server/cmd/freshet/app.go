package main

import (
	"context"
	"io"
	"strings"
	"sync/atomic"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/spf13/cobra"
)

// app is one call of the command line.
type app struct {
	out, err                 io.Writer
	getenv                   func(string) (string, bool)
	outTerminal, errTerminal bool
	width                    int // columns of the terminal, 0 where there is none
	done                     atomic.Bool

	workspace string
	json      bool
	verbose   bool
	noColor   bool
	exit      int
}

// run carries out one command line. The exit codes are fault.Exit….
func (a *app) run(ctx context.Context, args []string) int {
	defer a.done.Store(true)
	root := a.root()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		if root.PersistentFlags().Lookup("json").Changed || asksJSON(args) {
			a.json = true // a mistake before the flags were all read
		}
		return a.fail(err)
	}
	return a.exit
}

func asksJSON(args []string) bool {
	for _, arg := range args {
		if arg == "--" {
			return false
		}
		if arg == "--json" {
			return true
		}
	}
	return false
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "freshet",
		Short:         "Carry customer data from your warehouse into the tools that act on it",
		SilenceErrors: true, SilenceUsage: true,
		Args:              cobra.ArbitraryArgs,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return filled(c, "workspace", "plan", "approve", "out") },
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		},
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVarP(&a.workspace, "workspace", "w", ".", "folder of the workspace, or its one file")
	flags.BoolVar(&a.json, "json", false, "print exactly one JSON value, for programs")
	flags.BoolVar(&a.verbose, "verbose", false, "say more: the causes of errors")
	flags.BoolVar(&a.noColor, "no-color", false, "no colours")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return badFlag(c, err)
	})
	root.AddCommand(a.commands()...)
	root.SetHelpCommand(helpCommand(root))
	return root
}

// helpCommand is cobra's, but for words that are no command: those are told as everywhere else.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{Use: "help [command]", Short: "Help about any command", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, args[0])
			}
			return c.Help()
		}}
}

// commands lists every command. A command is one function in a file of its name.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{a.initCommand(), a.validateCommand(), a.classifyCommand(), a.planCommand(), a.runCommand(), a.statusCommand(),
		a.traceCommand(), a.quarantineCommand(), a.alertsCommand(), a.replayCommand(), a.feedCommand(), a.auditCommand(), a.tokenCommand(),
		a.serveCommand(), a.demoCommand(), a.versionCommand()}
}

// do writes a command line of this program for this workspace, for people to type next.
func (a *app) do(words ...string) string {
	line := "freshet "
	if a.workspace != "." {
		line += "-w " + a.workspace + " "
	}
	return line + strings.Join(words, " ")
}

func usage(code, message, suggestion string) *fault.Fault {
	return fault.New(fault.Usage, code, message).Do(suggestion)
}

func unknownCommand(c *cobra.Command, word string) error {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	suggestion := "it can be " + strings.Join(names, ", ")
	if near := fault.Nearest(word, names); near != "" {
		suggestion = "did you mean freshet " + near + "?"
	}
	return usage("cli.unknown_command", "there is no command "+word, suggestion)
}

// needs says which arguments a command takes, by the names its help gives them.
func needs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		message := "this command takes " + strings.Join(names, " and ")
		if len(names) == 0 {
			message = "this command takes no arguments"
		}
		return usage("cli.arguments", message, "write "+c.UseLine())
	}
}

// load reads the workspace.
func (a *app) load() (*config.Workspace, error) {
	return config.Load(a.workspace, connectors.All(), a.getenv)
}

// loadTold is load; what the workspace warns of goes to standard error.
func (a *app) loadTold() (*config.Workspace, error) {
	ws, err := a.load()
	if err != nil {
		return nil, err
	}
	for i := range ws.Warnings {
		a.warn(&ws.Warnings[i])
	}
	return ws, nil
}

// serve opens the workspace for one command, whoever else has it.
func (a *app) serve(each func(*config.Workspace, *control.Service) error) error {
	ws, err := a.loadTold()
	if err != nil {
		return err
	}
	return a.serveLoaded(ws, each)
}

func (a *app) serveLoaded(ws *config.Workspace, each func(*config.Workspace, *control.Service) error) error {
	return a.shown(func(p *progress) (err error) {
		s := control.New(ws, p.event)
		defer func() {
			if closing := s.Close(); err == nil {
				err = closing
			}
		}()
		return each(ws, s)
	})
}

// shown does something with its progress on the terminal.
func (a *app) shown(each func(*progress) error) error {
	p := a.newProgress()
	out := a.out
	a.out = p.before(out)
	defer func() {
		p.clear()
		a.out = out
	}()
	return each(p)
}
