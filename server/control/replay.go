package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	gosync "sync"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/run"
)

// ReplayOptions steer Replay.
type ReplayOptions struct {
	From, To   time.Time // which events, by their own time; zero: no limit
	Definition int64     // the version of the feed's definition to decode by; 0: the present one
	Apply      bool      // keep the rows and send what differs; else only show it
	Why        string    // the reason, for the audit log
}

// Replay is what a feed's raw events make of its table now, and of the syncs that read it.
type Replay struct {
	Feed    string         `json:"feed"`
	Version int64          `json:"definition"`
	Events  int64          `json:"events"`
	Aside   int64          `json:"aside"` // events that cannot become rows
	Rows    int64          `json:"rows"`  // rows of the table that come out otherwise
	Plans   []plan.Summary `json:"plans,omitempty"`
	Reports []run.Report   `json:"reports,omitempty"`
	Applied bool           `json:"applied"`
}

// Replay rebuilds a feed's table from its raw history and shows, sync by sync, what would be sent because of it; with Apply
// the rows are kept and it is sent. It works while the workspace is served, too: the feed then takes nothing in while its rows are made.
func (s *Service) Replay(ctx context.Context, name string, o ReplayOptions) (Replay, error) {
	out := Replay{Feed: name}
	if _, ok := s.workspace.Feeds[name]; !ok {
		return out, s.unknownFeed(name)
	}
	if _, err := s.write(ctx, "freshet replay "+name); err != nil {
		return out, err
	}
	if !o.Apply {
		return out, s.showReplay(ctx, name, o, &out)
	}
	d, err := s.begin(ctx, "feed.replay.apply", "feeds."+name, o.Why)
	if err != nil {
		return out, err
	}
	err = s.applyReplay(ctx, name, o, &out)
	return out, d.end(ledger.Done, fmt.Sprintf("definition %d, %d rows", out.Version, out.Rows), err)
}

// applyReplay keeps the rows and sends what differs.
func (s *Service) applyReplay(ctx context.Context, name string, o ReplayOptions, out *Replay) error {
	if err := s.keepReplay(ctx, name, o, out); err != nil {
		return err
	}
	out.Applied = true
	var errs []error
	for _, sync := range s.readersOf(name) {
		report, err := s.sendReplayed(ctx, sync)
		if err == nil {
			out.Reports = append(out.Reports, report)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// showReplay plans what would be sent, and keeps nothing. Sources are attached once the events were read.
func (s *Service) showReplay(ctx context.Context, name string, o ReplayOptions, out *Replay) error {
	if s.serving != nil {
		if err := s.ask(ctx, name, func(ctx context.Context, f *openedFeed) error { return f.Flush(ctx) }); err != nil {
			return err
		}
	}
	syncs := s.readersOf(name)
	models := modelsOfSyncs(s, syncs)
	e, shut, err := s.engineWith(ctx, models, func(connect.Source) bool { return false })
	if err != nil {
		return err
	}
	var attached []func() error
	defer func() {
		shut()
		for _, done := range attached {
			_ = done()
		}
	}()
	replayed, closeFeed, err := s.replay(ctx, e, name, o, out)
	if err != nil {
		return err
	}
	defer closeFeed()
	if err := replayed.Show(ctx); err != nil {
		return err
	}
	if attached, err = s.attachAll(ctx, e, models, func(connect.Source) bool { return true }); err != nil {
		return err
	}
	if err := s.showOthers(ctx, e, name, syncs); err != nil {
		return err
	}
	return s.plansOf(ctx, e, syncs, out)
}

// keepReplay makes the rows anew and keeps them. Where the workspace is served it is done by the goroutine that has the feed.
func (s *Service) keepReplay(ctx context.Context, name string, o ReplayOptions, out *Replay) error {
	if s.serving == nil {
		return s.keepReplayBy(ctx, name, o, out, (*feed.Replayed).Keep)
	}
	var found Replay
	err := s.ask(ctx, name, func(asked context.Context, f *openedFeed) error {
		mine := Replay{Feed: name}
		if err := f.Flush(asked); err != nil {
			return err
		}
		err := s.keepReplayBy(ctx, name, o, &mine, func(replayed *feed.Replayed, _ context.Context) error {
			err := replayed.KeepBy(asked, f.Feed)
			if err == nil && replayed.Rekeyed() {
				f.paused, f.trouble = false, nil
				s.progress(Event{Feed: name, Stage: "resumed"})
			}
			return err
		})
		if err == nil {
			found = mine
		}
		return err
	})
	if err == nil {
		*out = found
		s.serving.news.Tell()
	}
	return err
}

func (s *Service) keepReplayBy(ctx context.Context, name string, o ReplayOptions, out *Replay, keep func(*feed.Replayed, context.Context) error) error {
	e, shut, err := s.engineOf(ctx, nil)
	if err != nil {
		return err
	}
	defer shut()
	replayed, closeFeed, err := s.replay(ctx, e, name, o, out)
	if err != nil {
		return err
	}
	defer closeFeed()
	return keep(replayed, ctx)
}

// sendReplayed runs a sync whole over the rows that were kept, once nobody else works on it.
func (s *Service) sendReplayed(ctx context.Context, sync model.Sync) (run.Report, error) {
	turn, err := s.turns.take(ctx, sync.Name)
	if err != nil {
		return run.Report{}, err
	}
	defer turn.give()
	m, e, shut, err := s.carried(ctx, sync, s.engine)
	if err != nil {
		return run.Report{}, err
	}
	shut = gosync.OnceFunc(shut)
	defer shut()
	job := run.Job{Sync: sync, Model: m, Engine: e, Contract: s.workspace.Contracts[sync.Model]}
	closeDestination, err := s.openDestination(ctx, &job)
	if err != nil {
		return run.Report{}, err
	}
	defer closeDestination()
	return s.runner(sync.Name).Run(ctx, job, run.Options{Planned: shut})
}

// replay decodes the raw events.
func (s *Service) replay(ctx context.Context, e *engine.Engine, name string, o ReplayOptions, out *Replay) (*feed.Replayed, func(), error) {
	f, err := s.openFeedUnder(ctx, e, name, o.Definition)
	if err != nil {
		return nil, nil, err
	}
	shut := func() { _ = f.Close() }
	if f.Rekeying() && !(o.From.IsZero() && o.To.IsZero()) {
		shut()
		return nil, nil, fault.New(fault.Usage, "feed.whole_replay", "the key of the feed "+name+" has changed: its rows are named anew from all of its events").
			Do("leave --from and --to away")
	}
	out.Version = f.State().Version
	if o.Definition > 0 {
		out.Version = o.Definition
	}
	replayed, err := f.Replay(ctx, func(use func([]model.Event) error) error {
		return s.history().Raw(name).Read(ctx, history.Range{From: o.From, To: o.To}, func(events []model.Event) error {
			s.progress(Event{Feed: name, Stage: "replaying", Done: out.Events})
			out.Events += int64(len(events))
			return use(events)
		})
	})
	if err == nil {
		out.Events, out.Aside, out.Rows = replayed.Events, replayed.Aside, int64(len(replayed.Changed))
	}
	if err != nil {
		shut()
		return nil, nil, err
	}
	return replayed, shut, nil
}

// showOthers makes the other feeds and the models that the syncs read.
func (s *Service) showOthers(ctx context.Context, e *engine.Engine, name string, syncs []model.Sync) error {
	var others []string
	for _, sync := range syncs {
		others = append(others, s.feedsOf(s.carries(sync))...)
	}
	slices.Sort(others)
	others = slices.DeleteFunc(slices.Compact(others), func(other string) bool { return other == name })
	if err := s.showFeeds(ctx, e, others); err != nil {
		return err
	}
	for _, sync := range syncs {
		if err := s.define(ctx, e, s.modelsOf(s.carries(sync))); err != nil {
			return err
		}
	}
	return nil
}

// plansOf plans every sync.
func (s *Service) plansOf(ctx context.Context, e *engine.Engine, syncs []model.Sync, out *Replay) error {
	var errs []error
	for _, sync := range syncs {
		errs = append(errs, s.planOf(ctx, e, sync, out))
	}
	return errors.Join(errs...)
}

func (s *Service) planOf(ctx context.Context, e *engine.Engine, sync model.Sync, out *Replay) error {
	m, err := s.modelOf(ctx, e, sync)
	if err != nil {
		return err
	}
	job := run.Job{Sync: sync, Model: m, Engine: e, Contract: s.workspace.Contracts[sync.Model]}
	shut, err := s.openDestination(ctx, &job)
	if err != nil {
		return err
	}
	defer shut()
	file, err := s.runner(sync.Name).Plan(ctx, job, run.PlanOptions{})
	if err != nil {
		return err
	}
	defer file.Close()
	out.Plans = append(out.Plans, file.Summary())
	return nil
}

// readersOf are the syncs whose model reads a feed.
func (s *Service) readersOf(name string) []model.Sync {
	var syncs []model.Sync
	for _, sync := range s.workspace.Syncs {
		if slices.Contains(s.feedsOf(s.carries(sync)), name) {
			syncs = append(syncs, sync)
		}
	}
	return syncs
}

func modelsOfSyncs(s *Service, syncs []model.Sync) []model.Model {
	var models []model.Model
	for _, sync := range syncs {
		models = append(models, s.carries(sync))
	}
	return models
}

func (s *Service) unknownFeed(name string) error { return unknown("feed", name, s.workspace.Feeds) }

// unknown says that the workspace has nothing of a kind by that name, and which is the nearest.
func unknown[V any](kind, name string, all map[string]V) error {
	f := fault.New(fault.Usage, "config.unknown_"+kind, "there is no "+kind+" named "+name)
	if near := fault.Nearest(name, slices.Sorted(maps.Keys(all))); near != "" {
		return f.Do("did you mean " + near + "?")
	}
	return f.Do("name one of the workspace's " + kind + "s")
}
