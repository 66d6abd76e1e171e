package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/freshet/freshet/server/api"
	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/server"
	"github.com/freshet/freshet/server/wire"
	"github.com/spf13/cobra"
)

func (a *app) serveCommand() *cobra.Command {
	var o server.Options
	c := &cobra.Command{
		Use: "serve", Short: "Take feeds in, keep syncs of tier realtime in step with them and run the others at their times", Args: needs(),
		Long: "Take feeds in, keep syncs of tier realtime in step with them and run the others at their times, until it is stopped.\n\n" +
			"It tells once a second what has happened; with --json one JSON object on each line.\n\n" +
			"The API answers under /api, its description under /docs. Other commands find the server by the file server.json in the\n" +
			"data directory, which holds its address and a token and can be read by you alone.\n\n" +
			"To stay small it collects garbage sooner than is usual, as with GOGC=75; GOGC in its environment says otherwise.",
		RunE: func(c *cobra.Command, _ []string) error {
			ws, err := a.loadTold()
			if err != nil {
				return err
			}
			a.spareMemory()
			return a.serveWorkspace(c.Context(), ws, o)
		},
	}
	c.Flags().StringVar(&o.Listen, "listen", "", "address and port of the API; port 0 is any that is free (default "+server.DefaultListen+", or a free port)")
	c.Flags().BoolVar(&o.Remote, "remote", false, "with --listen: other machines may reach it; it has no TLS of its own, so put a proxy before it")
	c.Flags().StringSliceVar(&o.Hosts, "host", nil, "a name under which the server is called, besides those of this machine")
	return c
}

// spareMemory has garbage collected sooner than is usual, when there is three quarters as much of it as of what is in use: events that come fast leave much of it,
// and a server stays for long. Whoever has set GOGC knows better.
func (a *app) spareMemory() {
	if _, set := a.getenv("GOGC"); !set {
		debug.SetGCPercent(75)
	}
}

// serveWorkspace serves until ctx ends.
func (a *app) serveWorkspace(ctx context.Context, ws *config.Workspace, o server.Options) error {
	listening, err := server.Listen(o)
	if err != nil {
		return err
	}
	d, events := newDigest(a.out, a.json), api.NewEvents(time.Now())
	s := control.New(ws, func(e control.Event) { d.event(e); events.Put(e) })
	defer s.Close()
	if err := s.Open(ctx); err != nil {
		return errors.Join(err, listening.Close())
	}
	local, token := auth.NewLocal()
	until, ending := context.WithCancel(context.WithoutCancel(ctx))
	defer ending()
	about := wire.About{Workspace: ws.Name, Version: thisBuild().Version, Since: time.Now().UTC().Format(time.RFC3339)}
	answers := api.New(api.Parts{Service: s, Events: events, Who: auth.NewGate(local, s).Who, About: about, Until: until})
	listening.Start(answers, s.Metrics(), func() bool { return ctx.Err() == nil && s.Ready() }, a.err, ending)
	if err := listening.Announce(ws.DataDir, token); err != nil {
		return errors.Join(err, listening.Stop())
	}
	d.event(control.Event{Stage: "listening", Note: listening.URL()})
	stop := d.start()
	defer stop()
	return errors.Join(s.Serve(ctx), listening.Stop())
}

// digest gathers what happens and tells it once a second.
type digest struct {
	out  io.Writer
	json bool

	mu    sync.Mutex
	order []string
	lines map[string]*line
}

// line is what one feed or sync has come to since it was told last. Its JSON names are stable.
type line struct {
	At        string  `json:"at"`
	Feed      string  `json:"feed,omitempty"`
	Sync      string  `json:"sync,omitempty"`
	Stage     string  `json:"stage"`
	Note      string  `json:"note,omitempty"`
	Events    int64   `json:"events,omitempty"`
	Aside     int64   `json:"aside,omitempty"`
	Turns     int64   `json:"turns,omitempty"`
	Delivered int64   `json:"delivered,omitempty"`
	Removed   int64   `json:"removed,omitempty"`
	Rejected  int64   `json:"rejected,omitempty"`
	Pending   int64   `json:"pending,omitempty"`
	Calls     int64   `json:"calls,omitempty"`
	P50       float64 `json:"p50_ms,omitempty"` // from commit in the source to confirmation by the destination
	P99       float64 `json:"p99_ms,omitempty"`

	ages []time.Duration
}

func newDigest(out io.Writer, asJSON bool) *digest {
	return &digest{out: out, json: asJSON, lines: map[string]*line{}}
}

// event takes one event in.
func (d *digest) event(e control.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := e.Feed + "\x00" + e.Sync + "\x00" + e.Stage
	if e.Note != "" {
		key += "\x00" + e.Note
	}
	l := d.lines[key]
	if l == nil {
		l = &line{Feed: e.Feed, Sync: e.Sync, Stage: e.Stage, Note: e.Note}
		d.lines[key] = l
		d.order = append(d.order, key)
	}
	if e.Stage == "taken in" {
		l.Events += e.Done
		l.Aside += e.Aside
	}
	if r := e.Report; r != nil {
		l.Turns++
		l.Delivered += r.Delivered
		l.Removed += r.Removed
		l.Rejected += r.Rejected + r.Quarantined
		l.Pending = r.Pending
		l.Calls += r.Calls
		l.ages = append(l.ages, e.Ages...)
	}
}

// start tells every second; the function it gives tells the rest and stops.
func (d *digest) start() (stop func()) {
	ticks := time.NewTicker(time.Second)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticks.C:
				d.tell()
			case <-done:
				d.tell()
				return
			}
		}
	}()
	return func() {
		ticks.Stop()
		close(done)
		<-ended
	}
}

func (d *digest) tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range d.order {
		l := d.lines[key]
		l.At = time.Now().UTC().Format(time.RFC3339)
		l.P50, l.P99 = percentile(l.ages, 50), percentile(l.ages, 99)
		if d.json {
			text, _ := json.Marshal(l)
			fmt.Fprintf(d.out, "%s\n", text)
			continue
		}
		fmt.Fprintln(d.out, l.text())
	}
	d.order, d.lines = nil, map[string]*line{}
}

// percentile is in milliseconds; ages are sorted in place.
func percentile(ages []time.Duration, p int) float64 {
	if len(ages) == 0 {
		return 0
	}
	slices.Sort(ages)
	at := min(len(ages)-1, len(ages)*p/100)
	return float64(ages[at].Microseconds()) / 1000
}

func (l *line) text() string {
	who := cmp.Or(l.Sync, "server")
	if l.Feed != "" {
		who = "feeds." + l.Feed
	}
	text := time.Now().Format("15:04:05") + "  " + who + "  "
	switch {
	case l.Stage == "taken in":
		text += fmt.Sprintf("%d events taken in", l.Events)
		if l.Aside > 0 {
			text += fmt.Sprintf(", %d set aside", l.Aside)
		}
	case l.Stage == "live" || l.Stage == "ran":
		text += fmt.Sprintf("%d delivered in %d calls", l.Delivered, l.Calls)
		if l.Removed > 0 {
			text += fmt.Sprintf(", %d of them removals", l.Removed)
		}
		if l.Rejected > 0 {
			text += fmt.Sprintf(", %d refused", l.Rejected)
		}
		if l.Pending > 0 {
			text += fmt.Sprintf(", %d pending", l.Pending)
		}
		if len(l.ages) > 0 {
			text += fmt.Sprintf("; commit to confirmation %.0f ms (half), %.0f ms (99 %%)", l.P50, l.P99)
		}
	default:
		text += l.Stage
	}
	if l.Note != "" {
		text += ": " + clean(l.Note)
	}
	return text
}
