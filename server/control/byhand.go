package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
)

// runs are the runs that were asked for while the workspace is served: those that wait or are under way, and the last that ended.
type runs struct {
	mu      sync.Mutex
	list    []*byHand // oldest first
	stopped bool
	others  map[*context.CancelFunc]bool // end other work that was asked for
	working sync.WaitGroup
}

// runsKept is how many runs are remembered here; the ledger remembers those that began for ever.
const runsKept = 1000

// byHand is one run that was asked for.
type byHand struct {
	sync    string
	options RunOptions
	stop    context.CancelFunc
	done    chan struct{}

	// Guarded by the mutex of runs.
	state  wire.RunState
	report *run.Report
	err    error
}

// StartRun asks for a run of a sync and gives its id at once. Where the same is asked for again while it waits for its turn, it is
// the same run.
func (s *Service) StartRun(ctx context.Context, name string, o RunOptions, why string) (model.RunID, error) {
	if _, err := s.workspace.Sync(name); err != nil {
		return "", err
	}
	if o.Plan != "" {
		if _, err := run.PlanKept(s.workspace.DataDir, name, o.Plan); err != nil {
			return "", err
		}
	}
	d, err := s.begin(ctx, deedOf(o), "syncs."+name, why)
	if err != nil {
		return "", err
	}
	if err := s.approving(ctx, d, name, o); err != nil {
		return "", err
	}
	id, began, err := s.serving.runs.start(ctx, name, o, s.inTurn, d.ended)
	if !began {
		err = d.end(ledger.Done, string(id), err)
	}
	return id, err
}

// deedOf is what a run is called in the audit log.
func deedOf(o RunOptions) string {
	switch {
	case o.Approve != "":
		return "run.approve"
	case o.Plan != "" || o.PlanPath != "":
		return "run.plan"
	}
	return "run.start"
}

// inTurn is how a run is carried out.
type inTurn func(ctx context.Context, name string, o RunOptions, began func()) (run.Report, error)

// start begins a run, or finds the one that waits and is the same: began is false then. ended is called at its end.
func (r *runs) start(ctx context.Context, name string, o RunOptions, carryOut inTurn,
	ended func(run.Report, error) error) (id model.RunID, began bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return "", false, stopping()
	}
	for _, h := range r.list {
		same := h.options
		same.ID = o.ID
		if h.state == wire.Waiting && h.sync == name && same == o {
			return h.options.ID, false, nil
		}
	}
	o.ID = run.NewID()
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	h := &byHand{sync: name, options: o, stop: stop, done: make(chan struct{}), state: wire.Waiting}
	r.list = append(r.list, h)
	r.forget()
	r.working.Add(1)
	go func() {
		defer r.working.Done()
		defer stop()
		report, err := carryOut(ctx, name, o, func() { r.set(h, wire.Running, nil, nil) })
		err = ended(report, err)
		r.set(h, wire.Done, &report, err)
		close(h.done)
	}()
	return o.ID, true, nil
}

// beside has other work done that was asked for; it ends as runs do.
func (r *runs) beside(ctx context.Context, work func(context.Context)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return stopping()
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	if r.others == nil {
		r.others = map[*context.CancelFunc]bool{}
	}
	r.others[&stop] = true
	r.working.Go(func() {
		defer func() {
			stop()
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.others, &stop)
		}()
		work(ctx)
	})
	return nil
}

// forget lets the oldest runs go that have ended. The caller holds mu.
func (r *runs) forget() {
	for i := 0; i < len(r.list) && len(r.list) > runsKept; {
		if r.list[i].state == wire.Done {
			r.list = slices.Delete(r.list, i, i+1)
			continue
		}
		i++
	}
}

func (r *runs) set(h *byHand, state wire.RunState, report *run.Report, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h.state, h.report, h.err = state, report, err
}

func (r *runs) find(id model.RunID) *byHand {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.list, func(h *byHand) bool { return h.options.ID == id })
	if i < 0 {
		return nil
	}
	return r.list[i]
}

// stop ends every run as a signal does: calls in flight are finished, and the rest is kept for the next run. None is begun any
// more.
func (r *runs) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	for _, h := range r.list {
		h.stop()
	}
	for stop := range r.others {
		(*stop)()
	}
}

// end is stop, and waits until it has come to that.
func (r *runs) end() {
	r.stop()
	r.working.Wait()
}

// tell is a run as it stands.
func (r *runs) tell(h *byHand) wire.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := wire.Run{Run: h.options.ID, Sync: h.sync, State: h.state}
	if h.err != nil {
		out.Failed = wire.ProblemOf(fault.As(h.err))
	}
	if h.report != nil && (h.err == nil || h.report.Run != "") {
		out.Report = h.report
	}
	return out
}

// AwaitRun tells how a run stands: at its end, or when ctx ends.
func (s *Service) AwaitRun(ctx context.Context, id model.RunID) (wire.Run, error) {
	h := s.serving.runs.find(id)
	if h == nil {
		return s.pastRun(context.WithoutCancel(ctx), id)
	}
	select {
	case <-h.done:
	case <-ctx.Done():
	}
	return s.serving.runs.tell(h), nil
}

// pastRun is a run as the ledger has it.
func (s *Service) pastRun(ctx context.Context, id model.RunID) (wire.Run, error) {
	r, known, err := s.ledger.Run(ctx, id)
	if err != nil {
		return wire.Run{}, err
	}
	if !known {
		return wire.Run{}, fault.New(fault.Usage, "control.no_run", fmt.Sprintf("there is no run %s", id)).
			Do("a run that was held, or stopped before it began, is remembered only until the server is stopped, and one that made no call while it is among the newest 100 of its sync")
	}
	out := wire.Run{Run: r.ID, Sync: r.Sync, State: wire.Done}
	if r.Report == "" {
		out.State = wire.Running
		return out, nil
	}
	out.Report = &run.Report{}
	return out, json.Unmarshal([]byte(r.Report), out.Report)
}

// CancelRun stops a run as a signal does: calls in flight are finished, and the rest is kept for the next run.
func (s *Service) CancelRun(ctx context.Context, id model.RunID, why string) (wire.Run, error) {
	h := s.serving.runs.find(id)
	if h == nil {
		return s.pastRun(ctx, id)
	}
	if _, err := s.ledger.NoteAct(ctx, act(ctx, "run.cancel", "syncs."+h.sync+" "+string(id), why)); err != nil {
		return wire.Run{}, err
	}
	h.stop()
	return s.serving.runs.tell(h), nil
}
