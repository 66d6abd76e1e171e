package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/client"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/run"
)

// desk is who is asked: the workspace itself or, where a server has it, that server. Both answer alike.
type desk interface {
	looks
	decides
	steers
	tells
	Run(ctx context.Context, sync string, o control.RunOptions) (run.Report, error)
	Replay(ctx context.Context, feed string, o control.ReplayOptions) (control.Replay, error)
}

// looks tells how things stand.
type looks interface {
	Status(ctx context.Context) ([]wire.SyncStatus, error)
	FeedStatuses(ctx context.Context) ([]wire.FeedStatus, error)
	Quarantine(ctx context.Context, sync string, limit int) (wire.QuarantineList, error)
}

// tells knows who is told when the state of a sync changes.
type tells interface {
	Alerts(ctx context.Context) (wire.AlertList, error)
	TestAlert(ctx context.Context, name string) (wire.AlertTested, error)
}

// decides deals with events that were set aside.
type decides interface {
	FeedAside(ctx context.Context, feed string, after int64, limit int) (wire.FeedAsides, error)
	ShowAside(ctx context.Context, feed string, number int64) (wire.FeedAside, error)
	Release(ctx context.Context, feed string, number int64, edited []byte, why string) (wire.Released, error)
	Drop(ctx context.Context, feed string, number int64, why string) error
}

// steers stops feeds and lets them go on.
type steers interface {
	PauseFeed(ctx context.Context, feed, why string) error
	ResumeFeed(ctx context.Context, feed string, accept bool) error
}

// ask opens the workspace for one command, or finds the server that has it.
func (a *app) ask(ctx context.Context, each func(context.Context, *config.Workspace, desk) error) error {
	ws, err := a.loadTold()
	if err != nil {
		return err
	}
	ctx = control.WithActor(ctx, control.Actor{Name: auth.Owner()})
	if ledger.InUse(ws.DataDir) {
		if server, found := client.Find(ctx, ws.DataDir, ws.Name); found {
			return a.shown(func(p *progress) error { return each(ctx, ws, &served{server, p, ws.DataDir}) })
		}
	}
	return a.serveLoaded(ws, func(ws *config.Workspace, s *control.Service) error { return each(ctx, ws, s) })
}

// served is a server as a desk.
type served struct {
	*client.Client
	progress *progress
	dataDir  string
}

// Run has the server run a sync, and waits for it. Where ctx ends first the run is stopped as one of our own would be.
func (s *served) Run(ctx context.Context, sync string, o control.RunOptions) (run.Report, error) {
	if o.PlanPath != "" { // the server takes no paths: it is told the plan's hash
		hash, err := run.KeepPlan(s.dataDir, o.PlanPath)
		if err != nil {
			return run.Report{}, err
		}
		o.Plan = hash
	}
	got, err := s.StartRun(ctx, sync, wire.StartRun{Full: o.Full, Approve: o.Approve, Plan: o.Plan, Retry: o.Wait.Seconds()})
	if err != nil {
		return run.Report{}, err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if s.progress.to != nil {
		go s.Events(watching, func(e wire.Event) {
			if e.Sync == sync && e.Report == nil {
				s.progress.event(control.Event{Sync: e.Sync, Stage: e.Stage, Done: e.Done, Total: e.Total, Note: e.Note})
			}
		})
	}
	got, err = s.await(ctx, got)
	if err != nil {
		return run.Report{}, err
	}
	var report run.Report
	if got.Report != nil {
		report = *got.Report
	}
	if got.Failed != nil {
		return report, got.Failed.Fault()
	}
	return report, nil
}

// Replay has the server replay a feed, and waits for it. What was asked for goes on where ctx ends first.
func (s *served) Replay(ctx context.Context, feed string, o control.ReplayOptions) (control.Replay, error) {
	asked, err := s.StartReplay(ctx, feed, wire.StartReplay{From: moment3339(o.From), To: moment3339(o.To), Definition: o.Definition, Apply: o.Apply})
	if err != nil {
		return control.Replay{}, err
	}
	got, err := s.AwaitReplay(ctx, asked.Replay)
	if err != nil {
		return control.Replay{}, err
	}
	out := control.Replay{Feed: got.Feed, Version: got.Version, Events: got.Events, Aside: got.Aside, Rows: got.Rows, Reports: got.Reports,
		Applied: got.Applied}
	for _, text := range got.Plans {
		var p plan.Summary
		if err := json.Unmarshal(text, &p); err != nil {
			return out, err
		}
		out.Plans = append(out.Plans, p)
	}
	if got.Failed != nil {
		return out, got.Failed.Fault()
	}
	return out, nil
}

// moment3339 writes a time, "" where there is none.
func moment3339(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}

// stopWithin is how long the calls in flight of a run may take once it was stopped.
const stopWithin = 10 * time.Minute

func (s *served) await(ctx context.Context, r wire.Run) (wire.Run, error) {
	done, err := s.AwaitRun(ctx, r.Run)
	if ctx.Err() == nil {
		return done, err
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := s.CancelRun(ending, r.Run, "the command that asked for it was stopped"); err != nil {
		return r, err
	}
	return s.AwaitRun(ending, r.Run)
}
