package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/wire"
	"github.com/spf13/cobra"
)

func (a *app) alertsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "alerts", Short: "Who is told when the state of a sync changes", Args: needs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.ask(c.Context(), func(ctx context.Context, _ *config.Workspace, d desk) error {
				list, err := d.Alerts(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(list)
				}
				a.showAlerts(list)
				return nil
			})
		},
	}
	c.AddCommand(a.testAlertCommand())
	return c
}

func (a *app) testAlertCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test NAME", Short: "Tell a test, at once", Args: needs("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.ask(c.Context(), func(ctx context.Context, _ *config.Workspace, d desk) error {
				told, err := d.TestAlert(ctx, args[0])
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(told)
				}
				fmt.Fprintf(a.out, "%s was told, under the id %s\n", told.Alert, told.ID)
				return nil
			})
		},
	}
}

func (a *app) showAlerts(list wire.AlertList) {
	if len(list.Alerts) == 0 {
		fmt.Fprintln(a.out, "The workspace has no alerts yet.\n→ add one under alerts: (docs/ALERTS.md) and try it with "+a.do("alerts", "test", "NAME"))
		return
	}
	t := table{heads: []string{"alert", "type", "syncs", "states", ">waiting"}}
	for _, one := range list.Alerts {
		syncs := strings.Join(one.Syncs, ", ")
		if syncs == "" {
			syncs = "all"
		}
		t.add(one.Alert, one.Type, syncs, strings.Join(one.States, ", "), count(int64(one.Waiting)))
	}
	t.print(a.out, a.painter(a.outTerminal))
}
