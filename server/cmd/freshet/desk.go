package main

import (
	"context"
	"time"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/client"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/run"
)

// desk is who is asked: the workspace itself or, where a server has it, that server. Both answer alike.
type desk interface {
	looks
	decides
	steers
	Run(ctx context.Context, sync string, o control.RunOptions) (run.Report, error)
}

// looks tells how things stand.
type looks interface {
	Status(ctx context.Context) ([]wire.SyncStatus, error)
	FeedStatuses(ctx context.Context) ([]wire.FeedStatus, error)
	Quarantine(ctx context.Context, sync string, limit int) (wire.QuarantineList, error)
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
			return a.shown(func(p *progress) error { return each(ctx, ws, &served{server, p}) })
		}
	}
	return a.serveLoaded(ws, func(ws *config.Workspace, s *control.Service) error { return each(ctx, ws, s) })
}

// served is a server as a desk.
type served struct {
	*client.Client
	progress *progress
}

// Run has the server run a sync, and waits for it. Where ctx ends first the run is stopped as one of our own would be.
func (s *served) Run(ctx context.Context, sync string, o control.RunOptions) (run.Report, error) {
	if o.PlanPath != "" {
		return run.Report{}, usage("cli.plan_served", "a plan in a file cannot be carried out while freshet serve has the workspace",
			"stop freshet serve first or, where a guard holds the plan, approve it: "+"freshet run "+sync+" --approve HASH")
	}
	got, err := s.StartRun(ctx, sync, wire.StartRun{Full: o.Full, Approve: o.Approve, Retry: o.Wait.Seconds()})
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
