package feed

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// Archive keeps raw events: history.Raw.
type Archive interface {
	Append(ctx context.Context, events []model.Event) error
	// Flush makes everything appended durable and says how far each partition is kept now.
	Flush(ctx context.Context) ([]model.Position, error)
}

// Parts are what a feed works with. Check and Archive may be nil.
type Parts struct {
	Ledger  *ledger.Ledger
	Engine  *engine.Engine
	Source  connect.Streaming
	Decoder Decoder
	Check   Check
	Archive Archive
	Tell    func(connect.StreamNote) // what a stream says about itself
}

// Feed is one feed being taken in. One goroutine has it; State, Table and Wake are safe beside it.
type Feed struct {
	Parts
	def     model.Feed
	mu      sync.Mutex // over state and columns: only the feed's goroutine changes them
	state   ledger.FeedState
	waking  waking
	stream  connect.Stream
	columns *columns
	parts   map[place]*partition
	held    []model.Event            // events that cannot be read yet, for a schema or an old key's end, and what came after them
	since   map[place]time.Time      // in whose partitions an event waits for its row's old key, and since when
	ahead   map[place]model.Position // where the stream stands in partitions, as far as it was not taken in yet
	read    map[place]model.Position // where the stream stood when the archive was last given something, since it was flushed
	blocked map[place]Warning        // partitions in which an open transaction keeps events back; guarded by mu
	carried map[string]*presence     // how events without a schema carry each column; guarded by mu
	broken  []connect.StreamNote     // why it cannot go on by itself
	recent  recent
	why     string        // why events wait
	most    time.Duration // how long a poll may wait; 0: until there is something
	stored  int           // bytes handed to the archive since it was flushed
	flushed time.Time
	flight  *flight // of what the archive holds to the disk; nil: none is under way
	inStep  bool    // the engine's table has the ledger's rows and no others
}

// adopting marks a feed that takes over another ledger's place in its group when it starts next.
const adopting = "a person, taking over"

// place names a partition.
type place struct {
	topic string
	id    model.TopicID
	n     int32
}

// partition is how far one partition has been taken in.
type partition struct {
	ledger.FeedPosition
}

// Open brings the engine's table to where the ledger is. Nothing is read from the stream before Start.
func Open(ctx context.Context, def model.Feed, parts Parts) (*Feed, error) {
	f := &Feed{Parts: parts, def: def, flushed: time.Now()}
	var err error
	if f.state, err = f.Ledger.EnsureFeed(ctx, def.Name); err != nil {
		return nil, err
	}
	if err := f.sameDefinition(ctx); err != nil {
		return nil, err
	}
	return f, f.open(ctx)
}

// OpenPast is Open under a definition that is not the feed's any more: it is for looking at what it would make.
func OpenPast(ctx context.Context, def model.Feed, parts Parts) (*Feed, error) {
	f := &Feed{Parts: parts, def: def, flushed: time.Now()}
	var err error
	if f.state, err = f.Ledger.EnsureFeed(ctx, def.Name); err != nil {
		return nil, err
	}
	return f, f.open(ctx)
}

func (f *Feed) open(ctx context.Context) (err error) {
	if f.columns, err = newColumns(f.state.Columns, f.def.Columns); err != nil {
		return err
	}
	positions, err := f.Ledger.FeedPositions(ctx, f.state.Ref)
	if err != nil {
		return err
	}
	f.parts = partsOf(positions)
	return f.load(ctx)
}

// sameDefinition keeps the definition. Rows made by another one stay until the feed is replayed.
func (f *Feed) sameDefinition(ctx context.Context) error {
	now := fingerprint(f.def)
	if f.state.Definition == now {
		return nil
	}
	moved := keyMoved(f.state.Definition, f.def)
	if err := f.Ledger.DefineFeed(ctx, f.state.Ref, now); err != nil {
		return err
	}
	f.state.Definition = now
	f.state.Version++
	if moved {
		return f.pauseForKey(ctx)
	}
	return nil
}

func placeOf(p model.Position) place { return place{p.Topic, p.TopicID, p.Partition} }

func placeOfEvent(e *model.Event) place { return place{e.Topic, e.TopicID, e.Partition} }

// Table is the feed's table as it is now.
func (f *Feed) Table() engine.FeedTable {
	f.mu.Lock()
	defer f.mu.Unlock()
	return tableOf(f.def, slices.Clone(f.columns.list))
}

// State is the feed as the ledger knew it when it was opened, or opened again.
func (f *Feed) State() ledger.FeedState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// loadRows is how many rows are carried from the ledger to the engine at once.
const loadRows = 20_000

// load fills the engine's table from the ledger.
func (f *Feed) load(ctx context.Context) error {
	err := Load(ctx, f.Ledger.Reader, f.Engine, f.state.Ref, f.Table())
	f.inStep = err == nil
	return err
}

// LoadKept makes the table of a feed as the ledger has it, for those who only look.
func LoadKept(ctx context.Context, r *ledger.Reader, e *engine.Engine, def model.Feed) error {
	var state ledger.FeedState
	if r != nil {
		var err error
		if state, _, err = r.Feed(ctx, def.Name); err != nil {
			return err
		}
	}
	columns, err := newColumns(state.Columns, def.Columns)
	if err != nil {
		return err
	}
	if r == nil {
		return e.MakeFeed(ctx, tableOf(def, columns.list))
	}
	return Load(ctx, r, e, state.Ref, tableOf(def, columns.list))
}

// Load makes a feed's table in an engine from what the ledger holds.
func Load(ctx context.Context, r *ledger.Reader, e *engine.Engine, ref ledger.FeedRef, table engine.FeedTable) error {
	if err := e.MakeFeed(ctx, table); err != nil {
		return err
	}
	batches := make(chan []engine.FeedRow, 2)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var read error
	go func() {
		defer close(batches)
		read = readRows(ctx, r, ref, batches)
	}()
	err := e.LoadFeed(ctx, table, func() ([]engine.FeedRow, error) { return <-batches, nil })
	stop()
	for range batches {
	}
	if err != nil {
		return err
	}
	return read
}

func readRows(ctx context.Context, r *ledger.Reader, ref ledger.FeedRef, out chan<- []engine.FeedRow) error {
	var batch []engine.FeedRow
	push := func() error {
		select {
		case out <- batch:
			batch = nil
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := r.EachFeedRow(ctx, ref, func(row ledger.FeedRow) error {
		batch = append(batch, engine.FeedRow{Key: row.Key, Row: row.Row})
		if len(batch) < loadRows {
			return nil
		}
		return push()
	})
	if err == nil && len(batch) > 0 {
		err = push()
	}
	return err
}

// readBytes bounds the events that are read and not taken in yet. A step takes in half of it at most, and needs several times
// its size until it is durable.
const readBytes = 8 << 20

// Start opens the stream where the ledger, and the history, are.
func (f *Feed) Start(ctx context.Context, group string) error {
	if f.Rekeying() {
		return mustReplay(f.def.Name)
	}
	if f.state.Paused != "" {
		return fault.New(fault.Held, "feed.paused", "the feed "+f.def.Name+" is paused: "+f.state.Paused).At("feeds." + f.def.Name).
			Do("look at what was set aside: freshet quarantine " + f.def.Name)
	}
	// What a crash, or another policy, has left behind. Where a schema cannot be had now they go on waiting.
	if _, err := f.Follow(ctx); err != nil && fault.As(err).Kind != fault.Source {
		return err
	}
	id, opening, err := f.Ledger.Identify(ctx)
	if err != nil {
		return err
	}
	// What an earlier stream brought and was not taken in comes again.
	f.held, f.ahead, f.read, f.since = nil, map[place]model.Position{}, map[place]model.Position{}, map[place]time.Time{}
	var known []model.Position
	for _, p := range f.parts {
		if f.madeAnew(p) {
			continue
		}
		position := p.Position
		position.Next = min(position.Next, p.Archived) // what is not in the history yet is read again
		known = append(known, position)
	}
	f.stream, err = f.Source.Open(ctx, connect.StreamOptions{Feed: f.def.Name, Topics: f.def.Topics, Pattern: f.def.Pattern, Group: group,
		State: id, Instance: id, Opening: opening, Adopt: f.state.PausedBy == adopting, Known: known, FromEnd: f.def.FromEnd, MaxBytes: readBytes})
	if err == nil && f.state.PausedBy == adopting {
		err = f.Ledger.PauseFeed(ctx, f.state.Ref, "", "", "")
	}
	return err
}

// madeAnew says whether a partition's topic exists under another id by now, as a person has agreed.
func (f *Feed) madeAnew(p *partition) bool {
	for _, other := range f.parts {
		if other.Topic == p.Topic && other.Era > p.Era {
			return true
		}
	}
	return false
}

// Accept agrees to go on where the stream can: what lies between is lost, which a person has seen and wants. Another
// ledger's place in the group is taken over.
func Accept(ctx context.Context, l *ledger.Ledger, state ledger.FeedState) error {
	var notes []connect.StreamNote
	if state.Offered == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(state.Offered), &notes); err != nil {
		return err
	}
	for _, n := range notes {
		if n.Kind == connect.Foreign {
			continue // Start takes over once
		}
		found := n.Found
		number, era, err := l.FeedTopic(ctx, state.Ref, found.Topic, found.TopicID)
		if err != nil {
			return err
		}
		if err := l.SetPosition(ctx, ledger.FeedPosition{Position: found, Number: number, Era: era}); err != nil {
			return err
		}
	}
	return nil
}

// Resume lets a paused feed go on. Where something of its stream is missing, or it is another ledger's too, accept must say
// that a person has seen it: fault feed.must_accept.
func Resume(ctx context.Context, l *ledger.Ledger, name string, accept bool) error {
	state, err := l.EnsureFeed(ctx, name)
	if err != nil {
		return err
	}
	if state.PausedBy == rekeying {
		return mustReplay(name)
	}
	who := ""
	if state.Offered != "" {
		if !accept {
			return fault.New(fault.Held, "feed.must_accept", "the feed "+name+" cannot simply go on: "+state.Paused).At("feeds." + name).
				Do("if what is missing may stay missing, or its place may be taken over: freshet feed " + name + " --resume --accept. Then load the table anew")
		}
		if err := Accept(ctx, l, state); err != nil {
			return err
		}
		who = adopting
	}
	return l.PauseFeed(ctx, state.Ref, "", who, "")
}

// Close ends the reading; what the archive still holds in memory is read again next time.
func (f *Feed) Close() error {
	err := f.land(context.Background(), true)
	if f.stream == nil {
		return err
	}
	s := f.stream
	f.stream = nil
	f.forgetBlocked()
	return errors.Join(err, s.Close())
}

// Ends gives the end of every partition that the feed reads.
func (f *Feed) Ends(ctx context.Context) ([]model.Position, error) { return f.stream.Ends(ctx) }

// Reached says whether everything before these positions has been taken in.
func (f *Feed) Reached(ends []model.Position) bool { return len(f.held) == 0 && f.Settled(ends) }

// Settled is Reached, but for the partitions in which events wait.
func (f *Feed) Settled(ends []model.Position) bool {
	waits := f.waiting()
	for _, end := range ends {
		p := f.parts[placeOf(end)]
		if end.Next > 0 && !waits[placeOf(end)] && (p == nil || p.Next < end.Next) {
			return false
		}
	}
	return true
}

// Waits tells how many events cannot be read yet, and why.
func (f *Feed) Waits() Taken { return Taken{Waiting: len(f.held), Why: f.why} }

// waiting are the partitions in which events wait.
func (f *Feed) waiting() map[place]bool {
	waits := map[place]bool{}
	for i := range f.held {
		waits[placeOfEvent(&f.held[i])] = true
	}
	return waits
}
