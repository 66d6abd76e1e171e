package feed

import (
	"context"
	"strconv"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// Release takes an event that was set aside in after all: as it came, or with another value in its place, which is kept beside
// what came. It keeps its place in the order, so a newer row of its key stays. Where it still cannot become a row nothing
// changes: fault feed.still_wrong. Where it would overtake an older one of its key that waits: fault feed.behind.
func (f *Feed) Release(ctx context.Context, a ledger.Aside, edited []byte, why string) error {
	event := a.Event
	if edited != nil {
		event.Value = edited
	}
	reading, err := f.Decoder.Read(&event)
	if err != nil {
		return err
	}
	if reading.Problem != nil {
		return stillWrong(a, *reading.Problem)
	}
	if truncates(reading) {
		return f.empty(ctx, a, why)
	}
	t := &taking{Feed: f, rows: map[model.Key]*ledger.FeedRow{}, moved: map[place]*partition{}}
	d := decoded{&event, a.Version, reading}
	if err := t.recall(ctx, []decoded{d}); err != nil {
		return err
	}
	if first, behind := t.back.before(&d); behind {
		return mustWait(a, first)
	}
	for i := range reading.Changes {
		t.change(&d, &reading.Changes[i])
	}
	if len(t.batch.Aside) > 0 {
		return stillWrong(a, window.Problem{Code: t.batch.Aside[0].Code, Message: t.batch.Aside[0].Message})
	}
	t.decide = func() error {
		return f.Ledger.Decide(context.WithoutCancel(ctx), f.state.Ref, a.N, ledger.AsideReleased, edited, why, &t.batch)
	}
	return t.both(ctx, t.compose())
}

func stillWrong(a ledger.Aside, p window.Problem) error {
	return fault.New(fault.Usage, "feed.still_wrong", "the event still cannot become a row: "+p.Message+" ("+p.Code+")").
		At("event " + strconv.FormatInt(a.N, 10)).Do("nothing was changed; correct the value, or drop the event with a reason")
}
