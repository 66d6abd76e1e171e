package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/run"
)

// serve opens the workspace as one command would, and lets go of it again.
func (s *Story) serve(each func(*control.Service) error) error {
	ws, err := config.Load(s.Dir, connectors.All(), s.receivers.getenv)
	if err != nil {
		return err
	}
	service := control.New(ws, s.progress)
	return errors.Join(each(service), service.Close())
}

func (s *Story) progress(e control.Event) {
	switch {
	case e.Total > 0:
		s.screen.doing("%s  %s  %s of %s", e.Sync, e.Stage, number(e.Done), number(e.Total))
	case e.Done > 0:
		s.screen.doing("%s  %s  %s", e.Sync, e.Stage, number(e.Done))
	default:
		s.screen.doing("%s  %s", e.Sync, e.Stage)
	}
}

// reportWidths are the columns of a report line: sync, read, delivered, unchanged, calls, seconds.
var reportWidths = []int{20, -9, -10, -10, -7, -9}

func (s *Story) reportHeads() {
	s.screen.quiet("%s", columns(reportWidths, "sync", "read", "delivered", "unchanged", "calls", "time"))
}

// showReport shows a report with the time it took as one who waits sees it.
func (s *Story) showReport(r run.Report, took time.Duration) {
	s.screen.tell("%s", columns(reportWidths, r.Sync, number(r.Read), number(r.Delivered), number(r.Unchanged), number(r.Calls),
		seconds(took)))
}

// runs runs syncs one after the other. Each must end well and account for every row.
func (s *Story) runs(ctx context.Context, names ...string) (reports []run.Report, err error) {
	s.reportHeads()
	err = s.serve(func(service *control.Service) error {
		for _, name := range names {
			began := time.Now()
			r, err := service.Run(ctx, name, control.RunOptions{Wait: time.Minute})
			if err != nil {
				return err
			}
			s.showReport(r, time.Since(began))
			reports = append(reports, r)
			if err := sound(r); err != nil {
				return err
			}
		}
		return nil
	})
	return reports, err
}

// sound fails where a run did not end well.
func sound(r run.Report) error {
	if r.Status == run.OK && r.Unaccounted == 0 {
		return nil
	}
	message := fmt.Sprintf("the run of %s ended as %s, with %s unaccounted for", r.Sync, r.Status, counted(r.Unaccounted, "row", "rows"))
	for _, p := range r.Problems {
		message += "; " + p.Message
	}
	return failed(message, "look at it with: freshet status, freshet quarantine "+r.Sync)
}

func (s *Story) firstRuns(ctx context.Context) error {
	reports, err := s.runs(ctx, toCRM, toSales, toHook)
	s.Result.First = reports
	if err != nil {
		return err
	}
	if jobs := s.receivers.Salesforce.Counters().Jobs; jobs > 0 {
		s.screen.tell("Salesforce took its rows through %s.", counted(jobs, "bulk job", "bulk jobs"))
	}
	s.screen.tell("%s contacts, %s Contacts and %s records are at the receivers now.", number(len(s.receivers.HubSpot.Records("contacts"))),
		number(len(s.receivers.Salesforce.Records("Contact"))), number(len(s.receivers.Webhook.Records("customers"))))
	return nil
}

func (s *Story) dayPasses(ctx context.Context) error {
	for _, e := range expectations() {
		rows, err := s.expected(ctx, e)
		if err != nil {
			return err
		}
		s.before[e.sync] = rows
	}
	done, err := Change(ctx, s.warehouse(), s.o.Changes, s.o.Customers/leavers, daySeed)
	if err != nil {
		return err
	}
	s.Result.Updated, s.Result.Deleted = done.Updated, done.Deleted
	s.screen.tell("%s changed plan and spent more; %s left. What would a sync send now?", counted(done.Updated, "customer", "customers"), number(done.Deleted))
	s.screen.say("")
	s.typed("plan", toHook)
	err = s.serve(func(service *control.Service) error {
		var err error
		s.summary, err = service.Plan(ctx, toHook, control.PlanOptions{})
		return err
	})
	if err != nil {
		return err
	}
	s.Result.Planned = s.summary.Sends
	var text strings.Builder
	if err := plan.Render(&text, s.summary, plan.Options{Color: s.o.Color, Width: s.screen.width - 6}); err != nil {
		return err
	}
	s.screen.block(text.String())
	return nil
}

func (s *Story) others(ctx context.Context) error {
	jobs := s.receivers.Salesforce.Counters().Jobs
	reports, err := s.runs(ctx, toCRM, toSales)
	s.Result.Later = reports
	if err != nil {
		return err
	}
	if s.receivers.Salesforce.Counters().Jobs == jobs {
		s.screen.tell("So few rows go to Salesforce without a bulk job, in calls of up to 200.")
	}
	s.screen.say("")
	again, err := s.runs(ctx, toCRM, toSales, toHook)
	if err != nil {
		return err
	}
	for _, r := range again {
		if r.Calls != 0 || r.Delivered != 0 {
			return failed(fmt.Sprintf("%s sent %s although nothing had changed", r.Sync, counted(r.Delivered, "record", "records")),
				"compare the last two runs with: freshet trace "+r.Sync+" KEY")
		}
	}
	s.screen.tell("Nothing had changed, so nothing was sent.")
	return nil
}
