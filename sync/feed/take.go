package feed

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// taking is one batch on its way into the ledger.
type taking struct {
	*Feed
	taken   Taken
	batch   ledger.FeedBatch
	before  map[model.Key]ledger.FeedRow // as the ledger has them
	rows    map[model.Key]*ledger.FeedRow
	order   []model.Key
	changed difference
	moved   map[place]*partition
	ended   map[model.Key]bool // keys that were deleted in this batch so far
	back    keptBack           // what keeps events back, where the feed's policy is so
	decide  func() error       // makes the batch durable together with a decision; nil: by itself
}

// decoded is one event with what it says.
type decoded struct {
	event   *model.Event
	version model.Version
	reading window.Reading
}

// take brings events into the ledger and the engine.
func (f *Feed) take(ctx context.Context, fetch connect.Fetch) (Taken, error) {
	events := append(f.held, fetch.Events...)
	f.held = nil
	for _, n := range fetch.Next {
		f.ahead[placeOf(n)] = n
	}
	t := &taking{Feed: f, rows: map[model.Key]*ledger.FeedRow{}, moved: map[place]*partition{}, ended: map[model.Key]bool{}}
	list, err := t.decode(ctx, events)
	if err != nil {
		return t.taken, err
	}
	if err := t.recall(ctx, list); err != nil {
		return t.taken, err
	}
	for i := range list {
		t.apply(&list[i])
	}
	if err := t.skip(ctx); err != nil {
		return t.taken, err
	}
	return t.taken, t.keep(ctx)
}

// decode reads every event that has not been taken in before.
func (t *taking) decode(ctx context.Context, events []model.Event) ([]decoded, error) {
	list := make([]decoded, 0, len(events))
	waits := map[place]bool{}
	for i := range events {
		e := &events[i]
		at := placeOfEvent(e)
		p, err := t.partition(ctx, at, e.Offset)
		if err != nil {
			return nil, err
		}
		if e.Offset < p.Next {
			continue // read again for the archive alone
		}
		reading, why, err := t.read(ctx, e, at, waits[at])
		if err != nil {
			return nil, err
		}
		if why != "" { // it waits, and what comes after it in its partition
			waits[at], t.why = true, why
			t.held = append(t.held, *e)
			continue
		}
		t.end(reading)
		p.Next, p.Epoch, p.Clock = e.Offset+1, e.Epoch, max(p.Clock, e.At.UnixMilli())
		list = append(list, decoded{e, p.version(e.Offset), reading})
	}
	return list, nil
}

// read decodes one event; why says what it waits for, and is what others of its partition wait for already where behind says so.
func (t *taking) read(ctx context.Context, e *model.Event, at place, behind bool) (r window.Reading, why string, err error) {
	if behind {
		return r, t.why, nil
	}
	if r, err = t.Decoder.Read(e); err != nil {
		return r, fault.As(err).Message, nil // its schema cannot be had now
	}
	early, err := t.early(ctx, at, r)
	if early {
		why = "the key that a row had before has not been read to its end"
	}
	return r, why, err
}

// partition finds where a partition stands in this batch. A new one begins with its first event.
func (t *taking) partition(ctx context.Context, at place, first int64) (*partition, error) {
	if p := t.moved[at]; p != nil {
		return p, nil
	}
	p := &partition{}
	if known := t.parts[at]; known != nil {
		*p = *known
	} else {
		n, era, err := t.Ledger.FeedTopic(ctx, t.state.Ref, at.topic, at.id)
		if err != nil {
			return nil, err
		}
		p.Topic, p.TopicID, p.Partition, p.Number, p.Era = at.topic, at.id, at.n, n, era
		p.Next, p.Archived = first, first
	}
	t.moved[at] = p
	return p, nil
}

func (p *partition) version(offset int64) model.Version {
	return model.Version{Epoch: p.Era, Clock: p.Clock, Topic: p.Number, Partition: p.Partition, Offset: offset}
}

// recall reads the rows that the ledger has of the keys in the batch.
func (t *taking) recall(ctx context.Context, list []decoded) (err error) {
	var keys []model.Key
	seen := map[model.Key]bool{}
	for i := range list {
		for _, c := range list[i].reading.Changes {
			for _, key := range []model.Key{c.Key, c.OldKey} {
				if key != "" && !seen[key] && c.Op != window.Truncate {
					seen[key] = true
					keys = append(keys, key)
				}
			}
		}
	}
	if t.before, err = t.Ledger.FeedRows(ctx, t.state.Ref, keys); err != nil {
		return err
	}
	t.back, err = t.keptBack(ctx, list)
	return err
}

// apply takes one event in.
func (t *taking) apply(d *decoded) {
	t.batch.Seen++
	t.taken.Events++
	r := d.reading
	if r.Problem != nil {
		t.aside(d, "", *r.Problem)
		return
	}
	if len(r.Changes) == 0 {
		t.batch.Ignored++
		t.taken.Ignored++
	}
	if t.behind(d) {
		t.recent.note(false)
		return
	}
	aside := t.taken.Aside
	for i := range r.Changes {
		t.change(d, &r.Changes[i])
	}
	if t.taken.Aside == aside {
		t.recent.note(false)
	}
}

// aside keeps an event that cannot become a row, as it came. What comes after it goes on. Guarantee G32.
func (t *taking) aside(d *decoded, key model.Key, p window.Problem) {
	t.recent.note(true)
	t.taken.Aside++
	a := ledger.Aside{Version: d.version, Key: key, Code: p.Code, Message: p.Message, Event: *d.event, Holds: holdsOf(d, p.Code)}
	t.back.add(a.Holds, d.version)
	t.batch.Aside = append(t.batch.Aside, a)
}

func (t *taking) row(key model.Key) (row ledger.FeedRow, known bool) {
	if r := t.rows[key]; r != nil {
		return *r, true
	}
	row, known = t.before[key]
	return row, known
}

// change brings one key up to date, unless something newer has been said about it. Guarantee G27.
func (t *taking) change(d *decoded, c *window.Change) {
	if c.Op == window.Truncate {
		t.aside(d, "", truncated)
		t.taken.Paused = "its table was truncated at the source: nothing is removed before a person has agreed"
		return
	}
	now, known := t.row(c.Key)
	if known && d.version.Compare(now.Version) <= 0 {
		t.batch.Late++
		t.taken.Late++
		return
	}
	next := ledger.FeedRow{Key: c.Key, Version: d.version, At: c.At, Gone: c.Op == window.Delete, Row: now.Row}
	if c.Op != window.Delete {
		if p := t.check(c); p != nil {
			t.aside(d, c.Key, *p)
			return
		}
		fields, ok := whole(c, t.base(c, now, known))
		if !ok {
			t.aside(d, c.Key, incomplete)
			return
		}
		next.Row = rowOf(fields)
		t.meet(c)
	}
	if t.rows[c.Key] == nil {
		t.order = append(t.order, c.Key)
	}
	t.rows[c.Key] = &next
}

// meet takes a change's columns in.
func (t *taking) meet(c *window.Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.columns.meet(c, &t.changed)
	t.taken.Warned = append(t.taken.Warned, t.miss(c)...)
}

func (f *Feed) check(c *window.Change) *window.Problem {
	if f.Check == nil {
		return nil
	}
	return f.Check(c.Row, c.Op == window.Patch || len(c.Absent) > 0)
}

// incomplete is why a patch cannot become a row: what it leaves out may be anything.
var incomplete = window.Problem{Code: "feed.incomplete",
	Message: "the event leaves values out because they did not change, and no event before it has carried them; a snapshot of the table would"}

// base is the row that what a change leaves out is taken from: that of its key or, where the row had another key before, of
// that one, which may be gone by now. nil where there is none.
func (t *taking) base(c *window.Change, now ledger.FeedRow, known bool) []byte {
	if known && !now.Gone {
		return now.Row
	}
	if c.OldKey == "" {
		return nil
	}
	was, _ := t.row(c.OldKey)
	return was.Row
}

// whole is the row after a change: what it leaves out is taken from its base.
func whole(c *window.Change, base []byte) (model.Fields, bool) {
	if c.Op == window.Write && len(c.Absent) == 0 {
		return c.Row, true
	}
	if base == nil {
		return nil, false
	}
	had, err := model.ParseFlat(base)
	if err != nil {
		return nil, false
	}
	merged := slices.Clone(c.Row)
	for _, f := range had {
		if _, has := c.Row.Get(f.Name); !has {
			merged = append(merged, f)
		}
	}
	merged.Sort()
	return merged, true
}

// skip moves partitions to where the stream says they stand: past what holds no events (control records, aborted
// transactions, compacted ones), and to where those begin that have had no event yet. Not past what waits for its schema.
func (t *taking) skip(ctx context.Context) error {
	waits := t.waiting()
	for at, n := range t.ahead {
		if waits[at] {
			continue
		}
		delete(t.ahead, at)
		if known := t.parts[at]; known != nil && t.moved[at] == nil && n.Next <= known.Next {
			continue
		}
		p, err := t.partition(ctx, at, n.Next)
		if err != nil {
			return err
		}
		p.Next, p.Epoch = max(p.Next, n.Next), n.Epoch
	}
	return nil
}

// keep makes the batch durable, shows it to the engine and tells the broker. Guarantee G28.
func (t *taking) keep(ctx context.Context) error {
	shown := t.compose()
	var positions []model.Position
	for _, p := range t.moved {
		if t.Archive == nil {
			p.Archived = p.Next
		}
		t.batch.Positions = append(t.batch.Positions, p.FeedPosition)
		positions = append(positions, p.Position)
	}
	if len(t.batch.Positions) == 0 {
		return nil
	}
	if err := t.both(ctx, shown); err != nil {
		return err
	}
	for at, p := range t.moved {
		t.parts[at] = p
	}
	return t.commit(ctx, positions)
}

// compose writes the batch's rows and changes, and gives what the engine is to show.
func (t *taking) compose() (shown []engine.FeedRow) {
	for _, key := range t.order {
		row, before := t.rows[key], t.before[key]
		t.batch.Rows = append(t.batch.Rows, *row)
		stood := before.Row != nil && !before.Gone
		if stood == !row.Gone && (!stood || bytes.Equal(before.Row, row.Row)) {
			continue // a newer event that says the same
		}
		change := ledger.FeedChange{Key: key, At: row.At}
		if stood {
			change.Before = before.Row
		}
		t.batch.Changes = append(t.batch.Changes, change)
		show := engine.FeedRow{Key: key, New: !stood && t.inStep}
		if !row.Gone {
			show.Row = row.Row
		}
		shown = append(shown, show)
		t.taken.count(row.At)
	}
	if t.changed.any() || t.state.Columns == "" {
		t.batch.Columns = t.columns.text()
		t.mu.Lock()
		t.state.Columns = t.batch.Columns
		t.mu.Unlock()
	}
	return shown
}

// both shows the batch to the engine and then makes it durable. In this order nobody finds a change in the ledger that the
// engine does not have; what the engine has too early, a crash takes with it.
func (t *taking) both(ctx context.Context, shown []engine.FeedRow) error {
	if err := t.show(ctx, shown); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	take := t.decide
	if take == nil {
		take = func() error { return t.Ledger.TakeIn(ctx, t.state.Ref, &t.batch) }
	}
	if err := take(); err != nil {
		return errors.Join(err, t.load(ctx))
	}
	return nil
}

func (t *Taken) count(at time.Time) {
	t.Changed++
	if t.Oldest.IsZero() || at.Before(t.Oldest) {
		t.Oldest = at
	}
}

// show brings the engine's table up to date. A column of another type means that it is made anew, with the rows that the ledger
// has before this batch.
func (t *taking) show(ctx context.Context, rows []engine.FeedRow) error {
	switch {
	case len(t.changed.retyped) > 0:
		if err := t.load(ctx); err != nil {
			return err
		}
	case len(t.changed.added) > 0 || t.changed.shown:
		if err := t.Engine.WidenFeed(ctx, t.Table(), t.changed.added); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return t.Engine.PutFeed(ctx, t.Table(), rows)
}

// commit tells the broker how far we are, for those who look there. The ledger is what counts, so a commit that fails is
// made up for by the next.
func (t *taking) commit(ctx context.Context, positions []model.Position) error {
	if t.stream == nil {
		return nil
	}
	_ = t.stream.Commit(ctx, positions)
	t.pause(ctx)
	return nil
}

// pause stops the feed where too much of it has to be set aside, or where going on needs a person.
func (t *taking) pause(ctx context.Context) {
	if t.taken.Paused == "" && tripped(t.def.Pause, t.recent.aside, t.recent.of()) {
		t.taken.Paused = "too many of its last events had to be set aside"
	}
	if t.taken.Paused == "" {
		t.taken.Paused = t.tooManyBehind(ctx)
	}
	if t.taken.Paused != "" {
		_ = t.Ledger.PauseFeed(context.WithoutCancel(ctx), t.state.Ref, t.taken.Paused, "freshet", "")
	}
}

// recent remembers which of the last events were set aside.
type recent struct {
	last  [watched]bool
	n     int
	aside int
}

func (r *recent) note(aside bool) {
	i := r.n % watched
	if r.last[i] {
		r.aside--
	}
	if aside {
		r.aside++
	}
	r.last[i] = aside
	r.n++
}

func (r *recent) of() int { return min(r.n, watched) }
