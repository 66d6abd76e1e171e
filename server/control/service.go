package control

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	gosync "sync"
	"syscall"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/policy"
	"github.com/freshet/freshet/sync/run"
)

// Service answers for one workspace. It is used by one caller at a time or, once Open has taken the workspace, by many.
type Service struct {
	workspace *config.Workspace
	progress  func(Event)
	lanes     deliver.Lanes
	past      *history.Store
	ledger    *ledger.Ledger // nil until work that writes needs it
	turns     turns          // whose turn it is to work on a sync
	serving   *serving       // nil: nobody serves the workspace in this process
}

// New makes the service of a workspace; progress may be nil. Nothing is opened yet.
func New(ws *config.Workspace, progress func(Event)) *Service {
	if progress == nil {
		progress = func(Event) {}
	}
	return &Service{workspace: ws, progress: progress, past: history.New(filepath.Join(ws.DataDir, "history"))}
}

// Close lets go of the ledger and its lock.
func (s *Service) Close() error {
	if s.ledger == nil {
		return nil
	}
	l := s.ledger
	s.ledger = nil
	return l.Close()
}

// write opens the ledger for work that writes: one process at a time. Faults: ledger.locked and the storage's.
func (s *Service) write(ctx context.Context, command string) (*ledger.Ledger, error) {
	if s.ledger != nil {
		return s.ledger, nil
	}
	if err := s.makeDataDir(); err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, s.workspace.DataDir, command)
	if err != nil {
		return nil, err
	}
	s.ledger = l
	s.sweepScratch()
	return l, nil
}

// sweepScratch removes what processes that were killed left of their engines.
func (s *Service) sweepScratch() {
	dirs, _ := os.ReadDir(s.scratch())
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil || alive(pid) {
			continue
		}
		_ = os.RemoveAll(filepath.Join(s.scratch(), d.Name()))
	}
}

// alive says whether a process with this number runs; where that cannot be asked, yes.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

func (s *Service) scratch() string { return filepath.Join(s.workspace.DataDir, "scratch") }

// makeDataDir makes the data directory for its owner alone: it holds customers' data.
func (s *Service) makeDataDir() error {
	if err := os.MkdirAll(s.workspace.DataDir, 0o700); err != nil {
		return fault.New(fault.Storage, "control.data_dir", "the data directory cannot be made").At(s.workspace.DataDir).
			Do("check the rights of the folder above it, or set data_dir to another place").Because(err)
	}
	return nil
}

// read opens the ledger for looking, beside whoever works on it; nil where nothing has run yet.
func (s *Service) read(ctx context.Context) (*ledger.Reader, func(), error) {
	if s.ledger != nil {
		return s.ledger.Reader, func() {}, nil
	}
	r, err := ledger.OpenReader(ctx, s.workspace.DataDir)
	if fault.Is(err, "ledger.absent") {
		return nil, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return r, func() { _ = r.Close() }, nil
}

func (s *Service) history() *history.Store { return s.past }

// runner makes a runner that reports as the named sync.
func (s *Service) runner(name string) *run.Runner {
	return &run.Runner{Ledger: s.ledger, History: s.history(), Lanes: &s.lanes, Dir: s.workspace.DataDir,
		Tell: func(stage string, done, total int64) {
			s.progress(Event{Sync: name, Stage: stage, Done: done, Total: total})
		}}
}

// open prepares a sync: its sources attached to an engine, its destination opened. The returned function closes both.
func (s *Service) open(ctx context.Context, name string) (run.Job, func(), error) {
	job, sources, destination, err := s.openBoth(ctx, name)
	return job, func() { destination(); sources() }, err
}

// openBoth is open for work that lets go of the sources, and of the engine, before it lets go of the destination. Each function may
// be called again.
func (s *Service) openBoth(ctx context.Context, name string) (job run.Job, closeSources, closeDestination func(), err error) {
	sync, err := s.workspace.Sync(name)
	if err != nil {
		return run.Job{}, nil, nil, err
	}
	s.progress(Event{Sync: name, Stage: "reading"})
	m, e, shut, err := s.carried(ctx, sync, s.fresh)
	if err != nil {
		return run.Job{}, nil, nil, err
	}
	job = run.Job{Sync: sync, Model: m, Contract: s.workspace.Contracts[sync.Model], Engine: e}
	closeDestination, err = s.openDestination(ctx, &job)
	if err != nil {
		shut()
		return run.Job{}, nil, nil, err
	}
	return job, gosync.OnceFunc(shut), gosync.OnceFunc(closeDestination), nil
}

func (s *Service) openDestination(ctx context.Context, job *run.Job) (func(), error) {
	endpoint := s.workspace.Destinations[job.Sync.Destination]
	to, err := endpoint.Driver.Destination(ctx, endpoint.Settings)
	if err != nil {
		return nil, err
	}
	job.Destination = to
	job.Object = objectOf(endpoint.Driver.Spec, job.Sync.Object)
	job.Account = account(endpoint)
	job.Terms = policy.Terms{Destination: endpoint.Name, Purposes: endpoint.Purposes, Unreviewed: s.workspace.Unreviewed}
	return func() { _ = to.Close() }, nil
}

// objectOf finds the object's description, the one for any name where it has none of its own.
func objectOf(spec connect.Spec, name string) connect.Object {
	var open connect.Object
	for _, o := range spec.Objects {
		if o.Name == name {
			return o
		}
		if o.Name == "*" {
			open = o
		}
	}
	return open
}

// fresh is engine with everything in the feeds' tables that their topics hold now, where this process may take it in.
func (s *Service) fresh(ctx context.Context, m model.Model) (*engine.Engine, func(), error) {
	feeds := s.feedsOf(m)
	if len(feeds) == 0 || s.ledger == nil {
		return s.engine(ctx, m)
	}
	if s.serving != nil {
		if err := s.caughtUp(ctx, feeds); err != nil {
			return nil, nil, err
		}
		return s.engine(ctx, m)
	}
	e, shut, err := s.engineOf(ctx, []model.Model{m})
	if err != nil {
		return nil, nil, err
	}
	if err = s.catchUp(ctx, e, feeds); err == nil {
		err = s.define(ctx, e, s.modelsOf(m))
	}
	if err != nil {
		shut()
		return nil, nil, err
	}
	return e, shut, nil
}

// engine opens an engine with the sources, feeds and models that a model reads.
func (s *Service) engine(ctx context.Context, m model.Model) (*engine.Engine, func(), error) {
	e, shut, err := s.engineOf(ctx, []model.Model{m})
	if err != nil {
		return nil, nil, err
	}
	if err := s.showFeeds(ctx, e, s.feedsOf(m)); err != nil {
		shut()
		return nil, nil, err
	}
	if err := s.define(ctx, e, s.modelsOf(m)); err != nil {
		shut()
		return nil, nil, err
	}
	return e, shut, nil
}

// define makes models readable by others; each comes after those it reads.
func (s *Service) define(ctx context.Context, e *engine.Engine, models []model.Model) error {
	for _, used := range models {
		if err := e.Define(ctx, used); err != nil {
			return err
		}
	}
	return nil
}

// engineOf opens an engine with the sources that models read. Their feeds, and the models they use, are not there yet.
func (s *Service) engineOf(ctx context.Context, models []model.Model) (*engine.Engine, func(), error) {
	return s.engineWith(ctx, models, func(connect.Source) bool { return true })
}

// engineWith is engineOf with some of the sources alone.
func (s *Service) engineWith(ctx context.Context, models []model.Model, with func(connect.Source) bool) (*engine.Engine, func(), error) {
	if err := s.makeDataDir(); err != nil {
		return nil, nil, err
	}
	scratch := filepath.Join(s.scratch(), strconv.Itoa(os.Getpid()))
	e, err := engine.Open(ctx, engine.Options{Dir: scratch})
	if err != nil {
		return nil, nil, err
	}
	closers := []func() error{e.Close} // before the sources: what keeps writers out of a file goes last
	closeAll := func() {
		for _, shut := range closers {
			_ = shut()
		}
		_ = os.Remove(scratch)
	}
	attached, err := s.attachAll(ctx, e, models, with)
	closers = append(closers, attached...)
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	return e, closeAll, nil
}

// attachAll attaches sources that models read, and gives what closes them once the engine is closed.
func (s *Service) attachAll(ctx context.Context, e *engine.Engine, models []model.Model, with func(connect.Source) bool) (closers []func() error, err error) {
	all := s.sqlOf(models)
	for _, name := range s.sourcesOf(all) {
		source, err := s.attach(ctx, e, s.workspace.Sources[name], namedIn(all), with)
		if source != nil {
			closers = append(closers, source.Close)
		}
		if err != nil {
			return closers, err
		}
	}
	return closers, nil
}

func (s *Service) attach(ctx context.Context, e *engine.Engine, endpoint config.Endpoint, reads func(table string) bool, with func(connect.Source) bool) (connect.Source, error) {
	source, err := endpoint.Driver.Source(ctx, endpoint.Settings)
	if err != nil {
		return nil, err
	}
	relational, ok := source.(connect.Relational)
	if !ok || !with(source) {
		return source, nil // a stream has no tables: it is read by a feed, or its name is only a word in this SQL
	}
	if narrow, can := source.(connect.Narrow); can {
		narrow.Only(reads)
	}
	return source, e.Attach(ctx, endpoint.Name, relational)
}
