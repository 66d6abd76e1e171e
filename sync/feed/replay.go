package feed

import (
	"bytes"
	"context"
	"slices"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// Replayed is a feed's table as raw events make it, beside what the ledger has. Nothing is kept before Keep.
type Replayed struct {
	feed    *Feed
	Events  int64
	Aside   int64 // events that cannot become rows; they are not set aside a second time
	Changed []engine.FeedRow
	rows    []ledger.FeedRow
	changes []ledger.FeedChange
	rekeyed bool // its rows are named by the feed's present key now
}

// replaying folds raw events into rows: the newest of every key.
type replaying struct {
	*taking
	clocks map[place]*partition
	latest map[model.Key]*ledger.FeedRow
	later  []leaning
	leans  map[model.Key]bool
	gone   map[model.Version]bool // places of events that a person has let go: they stay so
}

// leaning is a change that takes values from the row of an old key, or one of the same key behind it: it is folded in once
// everything was read, and so the old key to its end.
type leaning struct {
	change  window.Change
	version model.Version
}

// Replay decodes raw events anew and finds the rows that come out otherwise than the ledger has them. A key whose newest
// event is not among them stays as it is. read gives the events of each partition in order.
func (f *Feed) Replay(ctx context.Context, read func(use func([]model.Event) error) error) (*Replayed, error) {
	r := &replaying{taking: &taking{Feed: f}, clocks: map[place]*partition{}, latest: map[model.Key]*ledger.FeedRow{}, leans: map[model.Key]bool{}}
	out := &Replayed{feed: f}
	if err := r.keepDecisions(ctx); err != nil {
		return nil, err
	}
	err := read(func(events []model.Event) error {
		for i := range events {
			if err := r.event(ctx, &events[i], out); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.later, func(a, b leaning) int { return a.version.Compare(b.version) }) // one can lean on another
	for i := range r.later {
		r.fold(&r.later[i].change, r.later[i].version, out)
	}
	if err := r.rekey(ctx, out); err != nil {
		return nil, err
	}
	return out, r.compare(ctx, out)
}

// keepDecisions reads what people have let go and, where the feed's policy is so, what waits for them and keeps newer events back: a
// replay treats both as the feed does. Guarantee G39.
func (r *replaying) keepDecisions(ctx context.Context) error {
	r.gone = map[model.Version]bool{}
	if err := r.Ledger.EachDropped(ctx, r.state.Ref, func(v model.Version) { r.gone[v] = true }); err != nil || !r.def.HoldNewer {
		return err
	}
	holds, err := r.Ledger.AllHolds(ctx, r.state.Ref)
	r.back = keptBack{}
	for _, h := range holds {
		r.back.add([]ledger.HoldKey{h.Key}, h.Version)
	}
	return err
}

// decidedOtherwise says whether an event makes no row although it could.
func (r *replaying) decidedOtherwise(d *decoded) bool {
	_, behind := r.back.before(d)
	return behind || r.gone[model.Version{Topic: d.version.Topic, Partition: d.version.Partition, Offset: d.version.Offset}]
}

// event folds one event in.
func (r *replaying) event(ctx context.Context, e *model.Event, out *Replayed) error {
	out.Events++
	p, err := r.at(ctx, e)
	if err != nil {
		return err
	}
	reading, err := r.Decoder.Read(e)
	if err != nil {
		return err
	}
	if reading.Problem != nil {
		out.Aside++
		return nil
	}
	version := p.version(e.Offset)
	if r.decidedOtherwise(&decoded{e, version, reading}) {
		out.Aside++
		return nil
	}
	for i := range reading.Changes {
		c := &reading.Changes[i]
		if !r.leans[c.Key] && !leans(c) {
			r.fold(c, version, out)
			continue
		}
		r.leans[c.Key] = true
		r.later = append(r.later, leaning{*c, version})
	}
	return nil
}

// at moves the clock of the event's partition on.
func (r *replaying) at(ctx context.Context, e *model.Event) (*partition, error) {
	at := placeOfEvent(e)
	p := r.clocks[at]
	if p == nil {
		n, era, err := r.Ledger.FeedTopic(ctx, r.state.Ref, e.Topic, e.TopicID)
		if err != nil {
			return nil, err
		}
		p = &partition{}
		p.Topic, p.TopicID, p.Partition, p.Number, p.Era = e.Topic, e.TopicID, e.Partition, n, era
		r.clocks[at] = p
	}
	p.Clock = max(p.Clock, e.At.UnixMilli())
	return p, nil
}

func (r *replaying) fold(c *window.Change, version model.Version, out *Replayed) {
	if c.Op == window.Truncate || c.Op == window.Nothing {
		return
	}
	now := r.latest[c.Key]
	if now != nil && version.Compare(now.Version) <= 0 {
		return
	}
	next := &ledger.FeedRow{Key: c.Key, Version: version, At: c.At, Gone: c.Op == window.Delete}
	base := r.latest[c.OldKey]
	if now != nil {
		next.Row = now.Row
		if !now.Gone {
			base = now
		}
	}
	if c.Op != window.Delete {
		var row []byte
		if base != nil {
			row = base.Row
		}
		fields, ok := whole(c, row)
		if !ok || r.check(c) != nil {
			out.Aside++
			return
		}
		next.Row = rowOf(fields)
		r.columns.meet(c, &r.changed)
	}
	r.latest[c.Key] = next
}

// compare keeps the rows that are others than the ledger's.
func (r *replaying) compare(ctx context.Context, out *Replayed) error {
	keys := make([]model.Key, 0, loadRows)
	flush := func() error {
		kept, err := r.Ledger.FeedRows(ctx, r.state.Ref, keys)
		if err != nil {
			return err
		}
		for _, key := range keys {
			was, known := kept[key]
			out.differ(r.latest[key], was, known)
		}
		keys = keys[:0]
		return nil
	}
	for key := range r.latest {
		if keys = append(keys, key); len(keys) == cap(keys) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (out *Replayed) differ(row *ledger.FeedRow, was ledger.FeedRow, known bool) {
	if known && newer(was.Version, row.Version) {
		return // what came after the range is newer
	}
	stands := known && !was.Gone
	if stands == !row.Gone && (!stands || bytes.Equal(was.Row, row.Row)) {
		return
	}
	change := ledger.FeedChange{Key: row.Key, At: row.At}
	if stands {
		change.Before = was.Row
	}
	shown := engine.FeedRow{Key: row.Key}
	if !row.Gone {
		shown.Row = row.Row
	}
	out.rows, out.changes = append(out.rows, *row), append(out.changes, change)
	out.Changed = append(out.Changed, shown)
}

// newer says whether a version comes after another. Within one partition offsets decide: clocks may differ where older
// events are no longer kept.
func newer(a, b model.Version) bool {
	if a.Topic == b.Topic && a.Partition == b.Partition {
		return a.Offset > b.Offset
	}
	return a.Compare(b) > 0
}

// Show puts the rows into the engine's table, and nowhere else.
func (out *Replayed) Show(ctx context.Context) error {
	f := out.feed
	if err := f.load(ctx); err != nil || len(out.Changed) == 0 {
		return err
	}
	return f.Engine.PutFeed(ctx, f.Table(), out.Changed)
}

// Keep makes the rows the feed's, in one transaction: from here on live syncs follow them. A feed that had paused because its
// key has changed goes on.
func (out *Replayed) Keep(ctx context.Context) error {
	l, ref := out.feed.Ledger, out.feed.state.Ref
	err := l.TakeIn(ctx, ref, &ledger.FeedBatch{Rows: out.rows, Changes: out.changes, Columns: out.feed.columns.text()})
	if err != nil || !out.rekeyed {
		return err
	}
	return l.PauseFeed(ctx, ref, "", "", "")
}

// KeepBy is Keep where a feed that is being taken in has the table that models read. Its goroutine calls it, and has done so since
// before the replay read the ledger: so nothing of it is older than what the feed has.
func (out *Replayed) KeepBy(ctx context.Context, f *Feed) error {
	t := &taking{Feed: f}
	t.batch.Rows, t.batch.Changes = out.rows, out.changes
	if err := t.widen(out.feed.columns.text()); err != nil {
		return err
	}
	if err := t.both(ctx, out.Changed); err != nil || !out.rekeyed {
		return err
	}
	if err := f.Ledger.PauseFeed(ctx, f.state.Ref, "", "", ""); err != nil {
		return err
	}
	return f.Again(ctx)
}

// Rekeyed says that the rows are named by the feed's present key now, and that the feed may go on.
func (out *Replayed) Rekeyed() bool { return out.rekeyed }

// widen takes the columns over that a replay has met.
func (t *taking) widen(met string) error {
	now, err := newColumns(met, t.def.Columns)
	if err != nil {
		return err
	}
	for i, c := range now.list {
		switch {
		case i >= len(t.columns.list):
			t.changed.added = append(t.changed.added, c)
		case c.Type != t.columns.list[i].Type:
			t.changed.retyped = append(t.changed.retyped, c.Name)
		case c.Dropped != t.columns.list[i].Dropped:
			t.changed.shown = true
		}
	}
	if !t.changed.any() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.columns = now
	t.batch.Columns = now.text()
	t.state.Columns = t.batch.Columns
	return nil
}
