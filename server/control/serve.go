package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
)

// Serve takes the feeds in and keeps every sync of tier realtime in step with them, until ctx ends. What is under way then is
// brought to its end.
func (s *Service) Serve(ctx context.Context) error {
	if err := s.Open(ctx); err != nil {
		return err
	}
	defer s.serving.close()
	err := s.serveOpened(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // stopped while it was starting: that is no failure
	}
	return err
}

func (s *Service) serveOpened(ctx context.Context) error {
	live := s.liveSyncs()
	models := make([]model.Model, len(live))
	for i, sync := range live {
		models[i] = s.carries(sync)
	}
	e, shut, err := s.engineWith(ctx, models, func(source connect.Source) bool { return !exclusive(source) })
	if err != nil {
		return err
	}
	defer shut()
	if s.serving.beside, err = s.newBeside(ctx, e, models); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, s.serving.runs.stop)()
	feeds, err := s.startFeeds(ctx, e)
	defer func() {
		s.serving.close() // nobody attends to the mailboxes any more, and runs that wait for an answer hear it
		s.serving.runs.end()
		for _, f := range feeds {
			_ = errors.Join(f.Flush(context.WithoutCancel(ctx)), f.Close())
		}
	}()
	if ctx.Err() != nil {
		return nil // it was stopped before it had begun
	}
	if err != nil {
		return err
	}
	if err := s.forgetLive(ctx, live); err != nil {
		return err
	}
	scheduler, err := s.newScheduler(ctx, live)
	if err != nil {
		return err
	}
	return s.work(ctx, e, feeds, live, scheduler)
}

// forgetLive lets go of syncs that are live no longer: changes are not to be kept for them.
func (s *Service) forgetLive(ctx context.Context, live []model.Sync) error {
	was, err := s.ledger.LiveSyncs(ctx)
	for name, ref := range was {
		if !slices.ContainsFunc(live, func(sync model.Sync) bool { return sync.Name == name }) {
			err = errors.Join(err, s.ledger.Unlive(ctx, ref))
		}
	}
	return err
}

// liveSyncs are the syncs that follow feeds: tier realtime over a model or an audience that reads one.
func (s *Service) liveSyncs() []model.Sync {
	var live []model.Sync
	for _, sync := range s.workspace.Syncs {
		if sync.Tier == "realtime" && len(s.feedsOf(s.carries(sync))) > 0 {
			live = append(live, sync)
		}
	}
	return live
}

// startFeeds opens every feed and takes in what its topics hold, so that live syncs begin with the present. A feed that is paused,
// or whose source cannot be reached, keeps no other from its work: its table is as the ledger has it.
func (s *Service) startFeeds(ctx context.Context, e *engine.Engine) (map[string]*openedFeed, error) {
	feeds := map[string]*openedFeed{}
	for name := range s.workspace.Feeds {
		f, err := s.openFeed(ctx, e, name)
		if err != nil {
			return feeds, err
		}
		feeds[name] = f
		f.serving, f.decoder.patience = true, servingPatience
		if s.start(ctx, f) {
			if err := s.toEnd(ctx, f); err != nil {
				s.stumble(ctx, f, err)
			}
		}
	}
	return feeds, ctx.Err()
}

// servingPatience is how long a feed that is followed waits for a schema before it goes on with events that need none.
const servingPatience = 50 * time.Millisecond

// start begins to read a feed; false: it is paused, or cannot be read now.
func (s *Service) start(ctx context.Context, f *openedFeed) bool {
	err := f.Start(ctx, s.group(f.name))
	if err != nil {
		s.stumble(ctx, f, err)
	}
	f.started = err == nil
	if f.started {
		f.trouble = nil
		s.serving.news.Tell() // of what had waited behind others
	}
	return f.started
}

// stumble tells why a feed does not go on, and lets go of its stream: it starts again from what the ledger has.
func (s *Service) stumble(ctx context.Context, f *openedFeed, err error) {
	if ctx.Err() != nil {
		return
	}
	_ = f.Feed.Close()
	f.started, f.paused, f.trouble = false, fault.As(err).Kind == fault.Held, err // a person decides
	stage := "failed"
	if f.paused {
		stage = "paused"
	}
	s.progress(Event{Feed: f.name, Stage: stage, Note: fault.As(err).Message})
}

// work runs one goroutine a feed, one a live sync, and one that tidies.
func (s *Service) work(ctx context.Context, e *engine.Engine, feeds map[string]*openedFeed, syncs []model.Sync, scheduler *supervise.Scheduler) error {
	g, ctx := errgroup.WithContext(ctx)
	news := s.serving.news
	s.serving.feeds, s.serving.times.scheduler = feeds, scheduler
	close(s.serving.ready)
	for _, f := range feeds {
		g.Go(func() error { return s.follow(ctx, f, news) })
	}
	for _, sync := range syncs {
		g.Go(func() error { return s.live(ctx, e, feeds, sync, news, scheduler) })
	}
	g.Go(func() error { scheduler.Serve(ctx); return nil })
	g.Go(func() error { return s.tidy(ctx, syncs) })
	g.Go(func() error { return s.serving.beside.watch(ctx) })
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// follow takes one feed in until ctx ends, and does between two steps what is asked of it. One that has paused waits for a person;
// one that failed is tried again.
func (s *Service) follow(ctx context.Context, f *openedFeed, news *supervise.News) error {
	pause := patience
	for f.attend(ctx, 0); ctx.Err() == nil; f.attend(ctx, 0) {
		if f.paused {
			f.attend(ctx, -1)
			continue
		}
		if !f.started && !s.start(ctx, f) {
			f.attend(ctx, pause)
			pause = min(2*pause, longestPatience)
			continue
		}
		taken, err := f.Step(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			s.stumble(ctx, f, err)
			continue
		}
		pause = patience
		s.tookIn(ctx, f, taken, news)
	}
	return nil
}

// tookIn tells what a step of a feed came to.
func (s *Service) tookIn(ctx context.Context, f *openedFeed, taken feed.Taken, news *supervise.News) {
	if taken.Changed > 0 {
		news.Tell()
	}
	if taken.Why != f.why {
		if f.why = taken.Why; f.why != "" {
			s.progress(Event{Feed: f.name, Stage: "waiting", Note: "events wait: " + f.why})
		}
	}
	if taken.Events > 0 {
		s.progress(Event{Feed: f.name, Stage: "taken in", Done: int64(taken.Events), Aside: int64(taken.Aside)})
	}
	for _, note := range taken.Warned {
		s.progress(Event{Feed: f.name, Stage: "warning", Note: note})
	}
	if taken.Paused != "" {
		_ = s.halt(ctx, f, taken.Paused) // what the archive did not take is read again
	}
}

// live keeps one sync live, but for the times when other work on the sync has its turn. While it cannot be, as before the first
// event has shown what columns there are, it is tried again with every news.
func (s *Service) live(ctx context.Context, e *engine.Engine, feeds map[string]*openedFeed, sync model.Sync, news *supervise.News, scheduler *supervise.Scheduler) error {
	heard, said := news.Listen(), ""
	for {
		turn, err := s.turns.take(ctx, sync.Name)
		if err != nil {
			return nil
		}
		began := time.Now()
		live, shut, err := s.openLiveUnlessWanted(ctx, turn, e, feeds, sync)
		if err == nil {
			s.serving.beside.waiting(sync.Name, nil)
			s.keepLive(ctx, turn, live, heard)
			shut()
			turn.give()
			continue
		}
		if neverLive(err) && ctx.Err() == nil {
			turn.give()
			return s.fallBack(ctx, scheduler, sync, err)
		}
		rest := s.restAfter(sync, err, time.Since(began))
		if note := fault.As(err).Message; note != said && ctx.Err() == nil && !turn.isWanted() {
			s.progress(Event{Sync: sync.Name, Stage: "not live", Note: note})
			said = note
		}
		s.unopened(ctx, turn, sync, heard, rest)
		turn.give()
	}
}

// openLiveUnlessWanted is openLive, but that copying tables gives way to other work on the sync.
func (s *Service) openLiveUnlessWanted(ctx context.Context, turn *turn, e *engine.Engine, feeds map[string]*openedFeed, sync model.Sync) (*supervise.Live, func(), error) {
	ours, done := turn.unwanted(ctx)
	defer done()
	if err := s.serving.beside.prepare(ours, feeds, sync); err != nil {
		return nil, nil, err
	}
	return s.openLive(ctx, e, feeds, sync)
}

// openLive prepares one live sync.
func (s *Service) openLive(ctx context.Context, e *engine.Engine, feeds map[string]*openedFeed, sync model.Sync) (*supervise.Live, func(), error) {
	bind := func(ctx context.Context) (model.Model, *engine.Scope, error) { return s.serving.beside.bind(ctx, sync) }
	m, scope, err := bind(ctx)
	if err != nil {
		return nil, nil, err
	}
	job := run.Job{Sync: sync, Model: m, Engine: e, Contract: s.workspace.Contracts[sync.Model]}
	shut, err := s.openDestination(ctx, &job)
	if err != nil {
		return nil, nil, err
	}
	live := &supervise.Live{Runner: s.runner(sync.Name), Job: job, Scope: scope,
		Bind: bind, Beside: func() string { return s.serving.beside.shown(sync.Name) },
		Feeds: map[string]supervise.Table{}, Tell: s.turned}
	for _, reached := range scope.Feeds {
		for name, f := range feeds {
			if strings.EqualFold(name, reached.Feed) {
				live.Feeds[name] = func() (ledger.FeedRef, engine.FeedTable) { return f.State().Ref, f.Table() }
			}
		}
	}
	if err := live.Open(ctx, s.madeBy(m, sync)); err != nil {
		shut()
		return nil, nil, err
	}
	return live, shut, nil
}

// madeBy is what the records of a live sync are made by: another text means that every row is looked at first.
func (s *Service) madeBy(m model.Model, sync model.Sync) string {
	text := fmt.Sprintf("%+v|%+v|%s", m.SQL, sync.Fields, sync.Mode)
	for _, used := range s.modelsOf(m) {
		text += "|" + used.SQL
	}
	for _, name := range s.feedsOf(s.carries(sync)) {
		f := s.workspace.Feeds[name]
		text += fmt.Sprintf("|%s %s %v %v", f.Format, f.SQL, f.Key, f.Columns)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// keepLive turns whenever there is news, and when a key's time has come, until other work wants the sync. A sync that is held
// waits for such work: a run that a person has approved.
func (s *Service) keepLive(ctx context.Context, turn *turn, live *supervise.Live, heard <-chan struct{}) {
	defer func() { _ = live.Close(ctx) }()
	ours, done := turn.unwanted(ctx)
	defer done()
	pause := patience
	for ours.Err() == nil {
		more, err := live.Turn(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && fault.As(err).Kind == fault.Held:
			s.progress(Event{Sync: live.Job.Sync.Name, Stage: "held", Note: fault.As(err).Message})
			s.keepHeld(ours, live, heard)
			return
		case err != nil:
			s.progress(Event{Sync: live.Job.Sync.Name, Stage: "failed", Note: fault.As(err).Message})
			s.sleep(ours, pause)
			pause = min(2*pause, longestPatience)
			continue
		}
		pause = patience
		if !more {
			s.await(ours, live, heard)
		}
	}
}

// keepHeld takes in what changes while a sync is held, and sends nothing of it, until other work wants the sync: so the changes
// need not be kept for it, and cost the other syncs nothing.
func (s *Service) keepHeld(ctx context.Context, live *supervise.Live, heard <-chan struct{}) {
	for ctx.Err() == nil && !live.Moved() { // where a table beside the feeds has changed, what held it may be mended
		more, err := live.Collect(ctx)
		switch {
		case err != nil && ctx.Err() == nil && fault.As(err).Kind != fault.Held: // what was under way may end as it began: held
			s.progress(Event{Sync: live.Job.Sync.Name, Stage: "failed", Note: fault.As(err).Message})
			s.sleep(ctx, patience)
		case err == nil && !more:
			live.Wait(ctx, heard, nil)
		}
	}
}

// patience is how long a live sync rests after something failed: at first, and at most.
const (
	patience        = time.Second
	longestPatience = 30 * time.Second
)

func (s *Service) sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// await sleeps until there is news, a plan under way has ended, or a time has come.
func (s *Service) await(ctx context.Context, live *supervise.Live, heard <-chan struct{}) {
	due, err := live.NextDue(ctx)
	if err != nil || ctx.Err() != nil {
		return
	}
	var alarm <-chan time.Time
	if !due.IsZero() {
		timer := time.NewTimer(max(time.Until(due), time.Millisecond))
		defer timer.Stop()
		alarm = timer.C
	}
	live.Wait(ctx, heard, alarm)
}

func (s *Service) turned(t supervise.Turned) {
	e := Event{Sync: t.Sync, Stage: "live", Report: &t.Report, Ages: t.Ages}
	if t.Err != nil {
		e.Note = fault.As(t.Err).Message
	}
	s.progress(e)
}

// tidyEvery is how often what live work leaves behind is put away, and keepEvery how often raw events are looked through.
const (
	tidyEvery = 10 * time.Second
	keepEvery = 10 * time.Minute
)

// tidy archives live runs together and forgets changes that everybody has seen.
func (s *Service) tidy(ctx context.Context, syncs []model.Sync) error {
	ticks, looks := time.NewTicker(tidyEvery), time.NewTicker(keepEvery)
	defer ticks.Stop()
	defer looks.Stop()
	for {
		stopping := false
		select {
		case <-looks.C:
			if err := s.retain(ctx); err != nil {
				return err
			}
		case <-ticks.C:
		case <-ctx.Done():
			stopping = true
		}
		work := context.WithoutCancel(ctx)
		err := s.ledger.PruneChanges(work)
		for _, sync := range syncs {
			err = errors.Join(err, s.runner(sync.Name).ArchiveLive(work, sync.Name))
		}
		if err != nil || stopping {
			return err
		}
	}
}

// retain looks through the raw events of every feed.
func (s *Service) retain(ctx context.Context) error {
	var errs []error
	for name := range s.workspace.Feeds {
		errs = append(errs, s.keepLong(ctx, name))
	}
	return errors.Join(errs...)
}
