package main

import (
	"context"
	"fmt"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/spf13/cobra"
)

func (a *app) quarantineCommand() *cobra.Command {
	limit := 50
	var flags asideFlags
	c := &cobra.Command{
		Use: "quarantine SYNC", Short: "The rows that were set aside or refused, and why; of a feed, the events", Args: a.sync(),
		RunE: func(c *cobra.Command, args []string) error {
			if limit < 1 {
				return usage("cli.bad_flag", "--limit is not a count of rows", "write --limit 50")
			}
			return a.ask(c.Context(), func(ctx context.Context, ws *config.Workspace, d desk) error {
				if _, isFeed := ws.Feeds[args[0]]; isFeed {
					return a.feedQuarantine(ctx, d, args[0], limit, &flags)
				}
				list, err := d.Quarantine(ctx, args[0], limit)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(list)
				}
				a.showQuarantine(list)
				return nil
			})
		},
	}
	flags.add(c)
	c.Flags().IntVar(&limit, "limit", limit, "rows to show of each kind")
	return c
}

func (a *app) showQuarantine(list control.QuarantineList) {
	if list.Total == 0 && list.Refusal == 0 {
		fmt.Fprintf(a.out, "%s  nothing is set aside and nothing was refused\n", list.Sync)
		return
	}
	paint := a.painter(a.outTerminal)
	if list.Total > 0 {
		fmt.Fprintf(a.out, "%s  %s set aside before sending\n", paint(bold, list.Sync), counted(list.Total, "row", "rows"))
		shown := int64(0)
		t := table{heads: []string{"  key", "stage", "code", "where", "why", ">rows"}}
		for _, i := range list.Aside {
			shown += i.Count
			t.add("  "+clean(string(i.Key)), i.Stage, i.Code, clean(i.Where), clean(i.Message), count(i.Count))
		}
		t.print(a.out, paint)
		a.more(list.Total, shown)
	}
	if list.Refusal > 0 {
		fmt.Fprintf(a.out, "%s  %s refused by the destination; each run tries again\n", paint(bold, list.Sync), counted(list.Refusal, "record", "records"))
		t := table{heads: []string{"  key", "code", ">times", "last", "why"}}
		for _, r := range list.Refused {
			t.add("  "+clean(r.Key), clean(r.Code), count(int64(r.Attempts)), moment(r.At), clean(r.Message))
		}
		t.print(a.out, paint)
		a.more(list.Refusal, int64(len(list.Refused)))
	}
	fmt.Fprintf(a.out, "→ %s tells the life of one of them\n", a.do("trace", list.Sync, "KEY"))
}

func (a *app) more(total, shown int64) {
	if rest := total - shown; rest > 0 {
		fmt.Fprintf(a.out, "  and %s more: --limit shows them\n", count(rest))
	}
}
