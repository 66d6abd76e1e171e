package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/spf13/cobra"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Where every sync stands", Args: needs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.ask(c.Context(), func(ctx context.Context, _ *config.Workspace, d desk) error {
				list, err := d.Status(ctx)
				if err != nil {
					return err
				}
				feeds, err := d.FeedStatuses(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(struct {
						Served bool                 `json:"served"` // a server is running
						Syncs  []control.SyncStatus `json:"syncs"`
						Feeds  []control.FeedStatus `json:"feeds,omitempty"`
					}{isServed(d), slices.Concat([]control.SyncStatus{}, list), feeds})
				}
				a.showStatus(list, isServed(d))
				a.showFeeds(feeds)
				return nil
			})
		},
	}
}

// isServed says whether a server answers for the workspace.
func isServed(d desk) bool {
	_, is := d.(*served)
	return is
}

func (a *app) showStatus(list []control.SyncStatus, served bool) {
	if len(list) == 0 {
		fmt.Fprintln(a.out, "The workspace has no syncs yet.\n→ add one under syncs: and check it with "+a.do("validate"))
		return
	}
	t := table{heads: []string{"sync", "destination", ">synced", ">rejected", ">unknown", ">left", ">set aside", "runs", "last run", "next run", ""}}
	for _, s := range list {
		to := s.Destination
		if s.Object != "" {
			to += " " + s.Object
		}
		r := s.Records
		t.add(s.Sync, to, count(r["synced"]), count(r["rejected"]), count(r["unknown"]), count(r["left"]), count(s.Quarantined),
			clean(s.Schedule), lastRun(s), nextRun(s, served), state(s))
	}
	t.print(a.out, a.painter(a.outTerminal))
	if !served && slices.ContainsFunc(list, byItself) {
		fmt.Fprintf(a.out, "\nNo server is running, so no sync runs by itself.\n→ %s runs them at their times\n", a.do("serve"))
	}
	for _, s := range list {
		if s.NotLive != "" {
			fmt.Fprintf(a.out, "\n%s cannot be live: %s; it runs whole instead, %s\n", s.Sync, clean(s.NotLive), clean(s.Schedule))
		}
		if s.Waits != nil {
			fmt.Fprintf(a.out, "\n%s waits: %s (%s)\n", s.Sync, clean(s.Waits.Detail), s.Waits.Code)
		}
		if s.Held != nil {
			fmt.Fprintf(a.out, "\n%s is held since %s: %s\n→ if that is meant: %s\n", s.Sync, moment(s.Held.Since),
				clean(strings.Join(s.Held.Why, "; ")), a.do("run", s.Sync, "--approve", s.Held.Plan))
		}
		if s.BlockedTill != "" {
			fmt.Fprintf(a.out, "\n%s waits until %s: %s\n", s.Destination, moment(s.BlockedTill), clean(s.BlockedWhy))
		}
	}
	a.statusNext(list)
}

func lastRun(s control.SyncStatus) string {
	if s.LastRunAt == "" {
		return "never"
	}
	return moment(s.LastRunAt)
}

// byItself says whether a sync runs without being asked to, while it is served.
func byItself(s control.SyncStatus) bool { return s.Schedule != "" && s.Schedule != "by hand" }

func nextRun(s control.SyncStatus, served bool) string {
	switch {
	case !byItself(s):
		return ""
	case !served:
		return "when served"
	case s.NextRunAt == "" && s.Schedule == "live":
		return "with the next change"
	case s.NextRunAt == "":
		return ""
	default:
		return moment(s.NextRunAt)
	}
}

func state(s control.SyncStatus) string {
	switch {
	case s.Running:
		return "running"
	case s.Stopped && s.LastRun == nil:
		return "stopped in the middle"
	case s.Held != nil:
		return "held"
	case s.LastRun != nil:
		return string(s.LastRun.Status)
	default:
		return ""
	}
}

func (a *app) statusNext(list []control.SyncStatus) {
	for _, s := range list {
		switch {
		case s.LastRunAt == "":
			fmt.Fprintf(a.out, "\n→ %s shows what its first run would send\n", a.do("plan", s.Sync))
			return
		case s.Records["rejected"]+s.Quarantined > 0:
			fmt.Fprintf(a.out, "\n→ %s shows the rows that did not arrive, and why\n", a.do("quarantine", s.Sync))
			return
		}
	}
}
