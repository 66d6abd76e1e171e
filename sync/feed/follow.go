package feed

import (
	"context"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// followedAtOnce is how many events that waited behind others are taken in together.
const followedAtOnce = 500

// followed is why an event is taken in that waited behind another.
const followed = "what it waited behind was decided about"

// Follow takes in, in order, the events that wait behind none any more. One that cannot become a row goes on waiting for a reason
// of its own, and what came after it waits behind it. Each batch is one transaction, so a crash in between leaves the rest waiting
// for the next Follow; a feed does it when it starts. Guarantee G39.
func (f *Feed) Follow(ctx context.Context) (taken int64, err error) {
	if n, err := f.Ledger.CountBehind(ctx, f.state.Ref); err != nil || n == 0 {
		return 0, err
	}
	holds, err := f.Ledger.AllHolds(ctx, f.state.Ref)
	if err != nil {
		return 0, err
	}
	w := &following{Feed: f, back: keptBack{}}
	for len(holds) > 0 {
		var numbers []int64
		if numbers, holds = w.free(holds); len(numbers) == 0 {
			continue
		}
		n, err := w.takeIn(ctx, numbers)
		if taken += n; err != nil {
			return taken, err
		}
	}
	return taken, nil
}

// following walks the events that wait, in their order.
type following struct {
	*Feed
	back keptBack // by what those that go on waiting keep back
}

// free finds the next events that nothing keeps back, and what is left to be looked at.
func (w *following) free(holds []ledger.Hold) (numbers []int64, rest []ledger.Hold) {
	for len(holds) > 0 && len(numbers) < followedAtOnce {
		n, keys, version := holds[0].N, []ledger.HoldKey(nil), holds[0].Version
		behind := holds[0].Behind
		for len(holds) > 0 && holds[0].N == n {
			keys, holds = append(keys, holds[0].Key), holds[1:]
		}
		if !behind {
			w.back.add(keys, version)
			continue
		}
		numbers = append(numbers, n)
	}
	return numbers, holds
}

// takeIn takes events in together, but for those that something older keeps back.
func (w *following) takeIn(ctx context.Context, numbers []int64) (taken int64, err error) {
	t := &taking{Feed: w.Feed, rows: map[model.Key]*ledger.FeedRow{}, moved: map[place]*partition{}, ended: map[model.Key]bool{}}
	asides, list, err := w.read(ctx, numbers)
	if err == nil {
		err = t.recall(ctx, list)
	}
	if err != nil {
		return 0, err
	}
	t.back = nil // w.back says it here
	var decided []ledger.Followed
	for i := range list {
		if outcome, now := w.one(t, asides[i], &list[i]); now {
			decided = append(decided, outcome)
			if outcome.Code == "" {
				taken++
			}
		}
	}
	if len(decided) == 0 {
		return 0, nil
	}
	t.batch.Aside = nil
	t.decide = func() error {
		return w.Ledger.Follow(context.WithoutCancel(ctx), w.state.Ref, decided, followed, &t.batch)
	}
	err = t.both(ctx, t.compose())
	if fault.Is(err, "ledger.not_held") {
		return 0, nil // somebody has decided about one meanwhile; what that lets go follows it
	}
	return taken, err
}

// read decodes events that wait.
func (w *following) read(ctx context.Context, numbers []int64) (asides []ledger.Aside, list []decoded, err error) {
	for _, n := range numbers {
		a, found, err := w.Ledger.AsideByNumber(ctx, w.state.Ref, n)
		if err != nil {
			return nil, nil, err
		}
		if !found || a.State != ledger.AsideHeld {
			continue
		}
		event := a.Event
		reading, err := w.Decoder.Read(&event)
		if err != nil {
			return nil, nil, err
		}
		asides, list = append(asides, a), append(list, decoded{&event, a.Version, reading})
	}
	return asides, list, nil
}

// one applies one event; false: it goes on waiting behind another.
func (w *following) one(t *taking, a ledger.Aside, d *decoded) (out ledger.Followed, now bool) {
	out.N = a.N
	if w.def.HoldNewer {
		if _, behind := w.back.before(d); behind {
			w.back.add(rowHolds(d), a.Version)
			return out, false
		}
	}
	problem := d.reading.Problem
	if before := len(t.batch.Aside); problem == nil {
		for i := range d.reading.Changes {
			t.change(d, &d.reading.Changes[i])
		}
		if len(t.batch.Aside) > before {
			last := t.batch.Aside[len(t.batch.Aside)-1]
			out.Code, out.Message = last.Code, last.Message
		}
	} else {
		out.Code, out.Message = problem.Code, problem.Message
	}
	if out.Code != "" {
		w.back.add(holdsOf(d, out.Code), a.Version)
	}
	return out, true
}
