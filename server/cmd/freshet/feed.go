package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/spf13/cobra"
)

// asideFlags are what can be decided about an event that a feed has set aside.
type asideFlags struct {
	show, release, drop int64
	retry               bool
	value, why          string
}

func (f *asideFlags) add(c *cobra.Command) {
	c.Flags().Int64Var(&f.show, "show", 0, "of a feed: show the event of this number as it came")
	c.Flags().Int64Var(&f.release, "release", 0, "of a feed: take the event of this number in after all")
	c.Flags().StringVar(&f.value, "value", "", "with --release: file with the value to put in the event's place")
	c.Flags().BoolVar(&f.retry, "retry", false, "of a feed: try every event that waits once more")
	c.Flags().Int64Var(&f.drop, "drop", 0, "of a feed: let the event of this number go")
	c.Flags().StringVar(&f.why, "why", "", "the reason, with --release or --drop")
}

// feedQuarantine lists what a feed has set aside, or does what the flags say about it.
func (a *app) feedQuarantine(ctx context.Context, s decides, feed string, limit int, f *asideFlags) error {
	switch {
	case f.show > 0:
		event, err := s.ShowAside(ctx, feed, f.show)
		if err != nil {
			return err
		}
		return a.printOr(event, func() { a.showAside(event) })
	case f.drop > 0:
		if err := s.Drop(ctx, feed, f.drop, f.why); err != nil {
			return err
		}
		return a.printOr(map[string]any{"feed": feed, "dropped": f.drop}, func() { fmt.Fprintf(a.out, "event %d is dropped\n", f.drop) })
	case f.release > 0 || f.retry:
		edited, err := readValue(f.value)
		if err != nil {
			return err
		}
		out, err := s.Release(ctx, feed, f.release, edited, f.why)
		if err != nil {
			return err
		}
		if out.Still > 0 {
			a.exit = fault.ExitErrors
		}
		return a.printOr(out, func() {
			fmt.Fprintf(a.out, "%s taken in; %s still cannot become rows\n", counted(out.Released, "event", "events"), count(out.Still))
		})
	}
	list, err := s.FeedAside(ctx, feed, 0, limit)
	if err != nil {
		return err
	}
	return a.printOr(list, func() { a.showAsides(list) })
}

func readValue(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	value, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("cli.unreadable", "the file of --value cannot be read", "check its path")
	}
	return value, nil
}

// printOr prints JSON where it was asked for, else what show writes.
func (a *app) printOr(v any, show func()) error {
	if a.json {
		return a.printJSON(v)
	}
	show()
	return nil
}

func (a *app) showAsides(list control.FeedAsides) {
	if list.Paused != "" {
		fmt.Fprintf(a.out, "feeds.%s is paused: %s\n→ %s lets it go on\n", list.Feed, clean(list.Paused), a.do("feed", list.Feed, "--resume"))
	}
	if list.Total == 0 {
		fmt.Fprintf(a.out, "feeds.%s  nothing is set aside\n", list.Feed)
		return
	}
	paint := a.painter(a.outTerminal)
	fmt.Fprintf(a.out, "%s  %s set aside as they came\n", paint(bold, "feeds."+list.Feed), counted(list.Total, "event", "events"))
	if list.Behind > 0 {
		fmt.Fprintf(a.out, "  %s of them behind an older one of their key: they follow once that one is decided about\n", count(list.Behind))
	}
	t := table{heads: []string{">  number", "topic", ">partition", ">offset", "key", "why", "code"}}
	for _, e := range list.Events {
		t.add(count(e.Number), clean(e.Topic), count(int64(e.Partition)), count(e.Offset), clean(e.Key), clean(e.Message), e.Code)
	}
	t.print(a.out, paint)
	a.more(list.Total, int64(len(list.Events)))
	fmt.Fprintf(a.out, "→ %s shows one; --release takes it in, --drop lets it go\n", a.do("quarantine", list.Feed, "--show NUMBER"))
}

func (a *app) showAside(e control.FeedAside) {
	fmt.Fprintf(a.out, "event %d of %s, partition %d, offset %d: %s (%s)\n", e.Number, clean(e.Topic), e.Partition, e.Offset, clean(e.Message), e.Code)
	if e.KeepsBack != "" {
		fmt.Fprintf(a.out, "keeps back  %s\n", clean(e.KeepsBack))
	}
	if e.EventKey != nil {
		fmt.Fprintf(a.out, "key    %s\n", clean(*e.EventKey))
	}
	if e.Value != nil {
		fmt.Fprintf(a.out, "value  %s\n", clean(*e.Value))
	}
}

// feedCommand pauses a feed and lets it go on.
func (a *app) feedCommand() *cobra.Command {
	var pause, resume, accept bool
	var why string
	c := &cobra.Command{
		Use: "feed FEED", Short: "Pause a feed, or let it go on", Args: needs("FEED"),
		RunE: func(c *cobra.Command, args []string) error {
			if pause == resume {
				return usage("cli.arguments", "a feed is paused or let go on", "write --pause --why REASON, or --resume")
			}
			return a.ask(c.Context(), func(ctx context.Context, _ *config.Workspace, d desk) error {
				if pause {
					return d.PauseFeed(ctx, args[0], why)
				}
				return d.ResumeFeed(ctx, args[0], accept)
			})
		},
	}
	c.Flags().BoolVar(&pause, "pause", false, "stop taking the feed in")
	c.Flags().BoolVar(&resume, "resume", false, "go on taking it in")
	c.Flags().BoolVar(&accept, "accept", false, "with --resume: what is missing of its stream may stay missing, and its place in the group be taken over")
	c.Flags().StringVar(&why, "why", "", "the reason, with --pause")
	return c
}

// replayCommand rebuilds a feed's table from its raw history.
func (a *app) replayCommand() *cobra.Command {
	var from, to string
	var o control.ReplayOptions
	c := &cobra.Command{
		Use: "replay FEED", Short: "Rebuild a feed's table from its raw events, show what would be sent, and send it", Args: needs("FEED"),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if o.From, err = instant("--from", from); err != nil {
				return err
			}
			if o.To, err = instant("--to", to); err != nil {
				return err
			}
			return a.ask(c.Context(), func(ctx context.Context, _ *config.Workspace, d desk) error {
				out, err := d.Replay(ctx, args[0], o)
				if err != nil {
					return err
				}
				for _, r := range out.Reports {
					a.exit = max(a.exit, exitOf(r.Status))
				}
				return a.printOr(out, func() { a.showReplay(out) })
			})
		},
	}
	c.Flags().StringVar(&from, "from", "", "only events from this time on, such as 2026-03-01 or 2026-03-01T12:00:00Z")
	c.Flags().StringVar(&to, "to", "", "only events before this time")
	c.Flags().Int64Var(&o.Definition, "definition", 0, "decode by this version of the feed's definition; the present one without it")
	c.Flags().BoolVar(&o.Apply, "apply", false, "keep the rows and send what differs; without it nothing is kept or sent")
	return c
}

func instant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usage("cli.bad_flag", flag+" is not a time", "write it as 2026-03-01 or 2026-03-01T12:00:00Z")
}

func (a *app) showReplay(out control.Replay) {
	fmt.Fprintf(a.out, "feeds.%s  %s replayed under definition %d: %s of its table come out otherwise\n", out.Feed,
		counted(out.Events, "event", "events"), out.Version, counted(out.Rows, "row", "rows"))
	if out.Aside > 0 {
		fmt.Fprintf(a.out, "  %s cannot become rows\n", counted(out.Aside, "event", "events"))
	}
	for _, p := range out.Plans {
		fmt.Fprintln(a.out)
		_ = a.showPlan(p, control.PlanOptions{}, true)
	}
	for _, r := range out.Reports {
		fmt.Fprintln(a.out)
		a.showReport(a.out, r)
	}
	if !out.Applied {
		fmt.Fprintf(a.out, "\n→ nothing was kept or sent; %s does it\n", a.do("replay", out.Feed, "--apply"))
	}
}

// showFeeds tells where the feeds stand, and what keeping their events costs.
func (a *app) showFeeds(list []control.FeedStatus) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(a.out)
	t := table{heads: []string{"feed", ">rows", ">events", ">late", ">set aside", ">kept", ">on the disk", "since", ""}}
	for _, f := range list {
		state := ""
		if f.Paused != "" {
			state = "paused: " + clean(f.Paused)
		}
		if f.Behind > 0 {
			state = strings.TrimPrefix(state+"; ", "; ") + count(f.Behind) + " wait behind others"
		}
		since := ""
		if f.Oldest != "" {
			since = moment(f.Oldest)
		}
		t.add("feeds."+f.Feed, count(f.Rows), count(f.Seen), count(f.Late), count(f.Aside), count(f.Kept), size(f.KeptSize), since, state)
	}
	t.print(a.out, a.painter(a.outTerminal))
	for _, f := range list {
		for _, w := range f.Warnings {
			fmt.Fprintf(a.out, "\nfeeds.%s  since %s %s", f.Feed, moment(w.Since), clean(w.Message))
			if w.Events > 0 {
				fmt.Fprintf(a.out, "; up to %s wait", counted(w.Events, "event", "events"))
			}
			fmt.Fprintf(a.out, " (%s)\n", w.Code)
		}
	}
}

// size writes bytes as people do.
func size(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
