package control

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
	"github.com/freshet/freshet/sync/timetable"
)

// scheduledWait is how long a scheduled run idles for retries: others want its worker, and the scheduler tries again.
const scheduledWait = 10 * time.Second

// timetableOf is when a sync runs, and how it ranks. For a sync of tier realtime it is for while it cannot be live.
func (s *Service) timetableOf(sync model.Sync) (timetable.Tier, timetable.Timetable) {
	zone, err := time.LoadLocation(sync.Zone)
	if err != nil {
		zone = time.UTC // it was checked when the workspace was read
	}
	tier := timetable.TierOf(sync.Tier)
	table := timetable.OfTier(tier, zone)
	if sync.Every > 0 {
		table = timetable.Every(sync.Every)
	}
	if cron, err := timetable.ParseCron(sync.Cron); err == nil {
		table = timetable.At(cron, zone)
	}
	if tier == timetable.ByHand {
		tier = table.Rank()
	}
	return tier, table.For(s.workspace.Name, sync.Name)
}

// newScheduler makes the scheduler of the syncs that are not live.
func (s *Service) newScheduler(ctx context.Context, live []model.Sync) (*supervise.Scheduler, error) {
	scheduler := &supervise.Scheduler{Run: s.runScheduled}
	last, err := s.ledger.LastWhole(ctx)
	if err != nil {
		return nil, err
	}
	for _, sync := range s.workspace.Syncs {
		if !slices.ContainsFunc(live, func(follows model.Sync) bool { return follows.Name == sync.Name }) {
			s.addTo(scheduler, sync, last[sync.Name])
		}
	}
	return scheduler, nil
}

// addTo lets a scheduler run a sync, from its last run on.
func (s *Service) addTo(scheduler *supervise.Scheduler, sync model.Sync, last ledger.Run) {
	tier, table := s.timetableOf(sync)
	if !table.Runs() {
		return
	}
	entry := supervise.Scheduled{Sync: sync.Name, Tier: tier, Table: table, Last: last.Started}
	if last.Status == ledger.Running {
		entry.Again = last.Started // it was stopped or killed in the middle
		var report run.Report
		if json.Unmarshal([]byte(last.Report), &report) == nil {
			if at, err := time.Parse(time.RFC3339, report.RetryAt); err == nil {
				entry.Again = at
			}
		}
	}
	scheduler.Add(entry)
}

// runScheduled carries one scheduled run out, once nobody else in this process works on the sync.
func (s *Service) runScheduled(ctx context.Context, name string) supervise.Ended {
	report, err := s.inTurn(ctx, name, RunOptions{Wait: scheduledWait}, func() {}) // nobody asked: it is in no log but that of runs
	if ctx.Err() != nil {
		return supervise.Ended{Status: run.Pending}
	}
	e := Event{Sync: name, Stage: "ran", Report: &report}
	if err != nil {
		report.Status = statusOf(err)
		e.Stage, e.Note, e.Report = string(report.Status), fault.As(err).Message, nil
	} else if report.Status == run.Held || report.Status == run.Failed {
		e.Stage = string(report.Status)
		if len(report.Problems) > 0 {
			e.Note = report.Problems[0].Message
		}
	}
	if s.serving.times.isNews(e, report, err) {
		s.progress(e)
	}
	ended := supervise.Ended{Status: report.Status, Progress: report.Delivered > 0}
	ended.RetryAt, _ = time.Parse(time.RFC3339, report.RetryAt)
	return ended
}

// neverLive says whether an error means that a sync cannot follow its feeds whatever comes.
func neverLive(err error) bool {
	return fault.Is(err, "model.not_live") || fault.Is(err, "audience.not_live")
}

// instead says how a sync runs that cannot be live.
func instead(table timetable.Timetable) string { return "; it runs whole instead, " + table.String() }

// fallBack lets a sync that cannot be live run by its timetable instead.
func (s *Service) fallBack(ctx context.Context, scheduler *supervise.Scheduler, sync model.Sync, why error) error {
	_, table := s.timetableOf(sync)
	s.serving.times.fellBack(sync.Name, why)
	s.health.follows(sync.Name, false)
	s.health.wellAgain(sync.Name)
	s.progress(Event{Sync: sync.Name, Stage: "not live", Note: fault.As(why).Message + instead(table)})
	state, err := s.ledger.EnsureSync(ctx, sync.Name)
	if err != nil {
		return err
	}
	if err := s.ledger.Unlive(ctx, state.Ref); err != nil {
		return err
	}
	last, err := s.ledger.LastWhole(ctx)
	if err == nil {
		s.addTo(scheduler, sync, last[sync.Name])
	}
	return err
}
