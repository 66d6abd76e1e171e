package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
	"github.com/spf13/cobra"
)

func (a *app) traceCommand() *cobra.Command {
	return &cobra.Command{
		Use: "trace SYNC KEY", Short: "The life of one record: source row, what was sent, what came back, where it stands", Args: a.sync("KEY"),
		Long: "The life of one record: its row in the source, every payload that was sent, what came back, and where it stands.\n\n" +
			"A key of several columns is written as a JSON list: freshet trace orders '[\"eu\",\"42\"]'",
		RunE: func(c *cobra.Command, args []string) error {
			return a.serve(func(_ *config.Workspace, s *control.Service) error {
				t, err := s.Trace(c.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(t)
				}
				a.showTrace(t)
				return nil
			})
		},
	}
}

func (a *app) showTrace(t control.Trace) {
	paint := a.painter(a.outTerminal)
	fmt.Fprintf(a.out, "%s  record %s  %s\n", paint(bold, t.Sync), clean(t.Key), t.State)
	a.showSource(t.Source)
	for _, e := range t.Events {
		a.showEvent(e)
	}
	for _, item := range t.Aside {
		fmt.Fprintf(a.out, "\n%s  %s\n", paint(yellow, "set aside"), clean(item.Message))
		fmt.Fprintf(a.out, "  %s %s\n", item.Code, clean(item.Where))
	}
	a.showNow(t.Now)
	if t.Now == nil && len(t.Events) == 0 && (t.Source == nil || !t.Source.Present) {
		fmt.Fprintln(a.out, "\n→ the key is the text of the model's key column; a key of several columns is a JSON list")
	}
}

func (a *app) showSource(s *control.TraceSource) {
	paint := a.painter(a.outTerminal)
	switch {
	case s == nil:
	case s.Error != "":
		fmt.Fprintf(a.out, "\n%s  the source cannot be read: %s\n", paint(yellow, "source"), clean(s.Error))
	case !s.Present:
		fmt.Fprintf(a.out, "\n%s  no row with this key is in the model now\n", paint(dim, "source"))
	default:
		fmt.Fprintf(a.out, "\n%s\n", paint(dim, "source row now"))
		for _, name := range slices.Sorted(maps.Keys(s.Columns)) {
			text := paint(dim, "null")
			if value := s.Columns[name]; value != nil {
				text = clean(*value)
			}
			fmt.Fprintf(a.out, "  %s: %s\n", clean(name), text)
		}
	}
}

func (a *app) showEvent(e control.TraceEvent) {
	paint := a.painter(a.outTerminal)
	fmt.Fprintf(a.out, "\n%s  %s %s\n", paint(dim, moment(e.At)), e.Verb, paint(verdictColor(e.Verdict), e.Verdict))
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(a.out, "  %-8s %s\n", name, clean(text))
		}
	}
	sent := "sent"
	if e.Verdict == run.Planned {
		sent = "to send"
	}
	line("cause", e.Cause)
	line("before", oneLine(e.Before))
	line(sent, oneLine(e.Sent))
	line("effect", e.Effect)
	line("code", e.Code)
	line("answer", e.Message)
	line("request", e.RequestID)
	line("run", strings.TrimSpace(string(e.Run)+"  "+string(e.Call)))
}

func verdictColor(v string) color {
	switch v {
	case "accepted":
		return green
	case "rejected":
		return red
	default:
		return yellow
	}
}

// oneLine writes JSON compactly, and leaves alone what is none.
func oneLine(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

func (a *app) showNow(n *control.TraceNow) {
	if n == nil {
		return
	}
	paint := a.painter(a.outTerminal)
	fmt.Fprintf(a.out, "\n%s  since %s\n", paint(dim, "at the destination"), moment(n.Since))
	if n.Payload != "" {
		fmt.Fprintf(a.out, "  %s\n", clean(oneLine(n.Payload)))
	}
	if n.RemoteID != "" {
		fmt.Fprintf(a.out, "  its id there is %s\n", clean(n.RemoteID))
	}
	switch n.Origin {
	case "made":
		fmt.Fprintln(a.out, "  Freshet made it")
	case "matched":
		fmt.Fprintln(a.out, "  it was there before Freshet")
	}
	if n.Code != "" || n.Message != "" {
		fmt.Fprintf(a.out, "  last refused: %s %s\n", clean(n.Code), clean(n.Message))
	}
}
