package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/spf13/cobra"
)

// auditCommand tells who did what, and whether the log of it is whole.
func (a *app) auditCommand() *cobra.Command {
	limit, since := 50, ""
	var f control.ActFilter
	c := &cobra.Command{
		Use: "audit", Short: "Who has done what, and why", Args: needs(),
		Long: "Who has done what, and why, newest first. The log is only ever added to, and each entry holds the hash of the one before:\n" +
			"freshet audit verify finds what was changed since.",
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if f.Since, err = instant("--since", since); err != nil {
				return err
			}
			if limit < 1 {
				return usage("cli.bad_flag", "--limit is not a count of entries", "write --limit 50")
			}
			return a.serve(func(_ *config.Workspace, s *control.Service) error {
				list, err := s.Acts(c.Context(), f, limit)
				if err != nil {
					return err
				}
				return a.printOr(list, func() { a.showActs(list) })
			})
		},
	}
	c.Flags().StringVar(&since, "since", "", "only from this time on, such as 2026-03-01 or 2026-03-01T12:00:00Z")
	c.Flags().StringVar(&f.Sync, "sync", "", "only what was done to this sync")
	c.Flags().StringVar(&f.Actor, "by", "", "only what this person did")
	c.Flags().IntVar(&limit, "limit", limit, "entries to show")
	c.AddCommand(a.auditExportCommand(), a.auditVerifyCommand())
	return c
}

func (a *app) showActs(list wire.Acts) {
	if len(list.Acts) == 0 {
		fmt.Fprintln(a.out, "nothing of that kind was done")
		return
	}
	t := table{heads: []string{">number", "at", "who", "did", "to", "came to", "why"}}
	for _, act := range list.Acts {
		who := clean(act.Actor)
		if act.Via != "" {
			who += " (" + clean(act.Via) + ")"
		}
		came := act.Outcome
		if act.After != "" {
			came += ": " + shorter(act.After)
		}
		t.add(count(act.Number), moment(act.At), who, clean(act.Did), clean(act.Target), clean(came), clean(act.Why))
	}
	t.print(a.out, a.painter(a.outTerminal))
	if list.Next > 0 {
		fmt.Fprintln(a.out, "there are more: --limit shows them")
	}
}

// shorter leaves of a long reference what tells it from others.
func shorter(ref string) string {
	const most = 48
	if len(ref) <= most {
		return ref
	}
	return ref[:most] + "…"
}

// auditExportCommand writes the log out.
func (a *app) auditExportCommand() *cobra.Command {
	path := ""
	c := &cobra.Command{
		Use: "export", Short: "Write the whole audit log as JSON, an entry a line", Args: needs(),
		Long: "Write the whole audit log as JSON, an entry a line and oldest first, and tell its head. Keep the head where whoever can\n" +
			"write the data directory cannot: freshet audit verify --head HEAD finds out later whether the log was cut or rewritten.",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.serve(func(_ *config.Workspace, s *control.Service) error {
				to := io.Writer(a.out)
				if path != "" {
					f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
					if err != nil {
						return usage("cli.exists", "the file of --out cannot be made, or is there already", "name another file").At(path)
					}
					defer f.Close()
					to = f
				}
				head, err := s.ExportAudit(c.Context(), to)
				if err != nil || head == "" {
					return err
				}
				if path != "" && a.json {
					return a.printJSON(map[string]string{"file": path, "head": head})
				}
				fmt.Fprintf(a.err, "head %s\n", head)
				return nil
			})
		},
	}
	c.Flags().StringVar(&path, "out", "", "file to write to; standard output without it")
	return c
}

// auditVerifyCommand says whether the log is as it was written.
func (a *app) auditVerifyCommand() *cobra.Command {
	head := ""
	c := &cobra.Command{
		Use: "verify", Short: "Say whether the audit log is as it was written, and which entry is the first that is not", Args: needs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.serve(func(_ *config.Workspace, s *control.Service) error { return a.verifyAudit(c.Context(), s, head) })
		},
	}
	c.Flags().StringVar(&head, "head", "", "a head that an export told: the log must still hold it")
	return c
}

func (a *app) verifyAudit(ctx context.Context, s *control.Service, head string) error {
	found, err := s.VerifyAudit(ctx, head)
	if err != nil {
		return err
	}
	if !found.Intact {
		a.exit = fault.ExitErrors
	}
	return a.printOr(found, func() {
		if found.Broken > 0 {
			fmt.Fprintf(a.out, "the audit log is broken at entry %d: %s\n", found.Broken, found.Why)
		} else {
			fmt.Fprintf(a.out, "%s as they were written; head %s\n", counted(found.Entries, "entry", "entries"), cmp.Or(found.Head, "none"))
		}
		for _, n := range found.Gaps {
			fmt.Fprintf(a.out, "entry %d tells of a cut that was found then\n", n)
		}
	})
}
