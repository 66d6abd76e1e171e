package control

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// beside keeps, in the engine that live syncs share, copies of the tables that they read beside their feeds, where nobody could write
// to the source while they read it. A source is attached while it is copied, and at no other time; where it has changed it is copied
// again, and the syncs look at every row. Guarantee G30.
type beside struct {
	service *Service
	engine  *engine.Engine
	tell    func() // that there is something new for live syncs
	sources []*besideSource

	making gosync.Mutex // one at a time changes what the engine shows

	mu    gosync.Mutex
	waits map[string]error // why a sync waits, by its name
}

// besideSource is one source of the kind that is copied.
type besideSource struct {
	endpoint config.Endpoint

	busy    gosync.Mutex // held while it is looked at or copied
	wanted  []string     // its tables that live syncs read, as engine.Described names them
	copied  string       // its mark when the copy was made, "" before the first
	held    int          // how many of the wanted tables the copy was made for
	seen    string       // its mark at the last look
	unquiet time.Time    // since when it is being written to

	mu      gosync.Mutex
	readers []string // the syncs
	shown   int      // how many copies were made
	trouble error    // why the last one was not
}

const (
	lookEvery     = time.Second      // how often it is looked whether a source has changed
	mostUnquiet   = 30 * time.Second // how long a source that changes at every look is not copied
	mostCopies    = 3                // old copies that somebody still reads; meanwhile no other is made
	probePatience = 2 * time.Second  // how long a sync waits before it is tried again whether it can be live
)

// exclusive says whether nobody can write to a source while it is attached.
func exclusive(source connect.Source) bool {
	_, is := source.(connect.Exclusive)
	return is
}

func (s *Service) newBeside(ctx context.Context, e *engine.Engine, models []model.Model) (*beside, error) {
	b := &beside{service: s, engine: e, tell: s.serving.news.Tell, waits: map[string]error{}}
	for _, name := range s.sourcesOf(s.sqlOf(models)) {
		endpoint := s.workspace.Sources[name]
		source, err := endpoint.Driver.Source(ctx, endpoint.Settings)
		if err != nil {
			return nil, err
		}
		if exclusive(source) {
			b.sources = append(b.sources, &besideSource{endpoint: endpoint})
		}
		_ = source.Close()
	}
	return b, nil
}

// mayRead says whether a sync may read a source that is copied.
func (b *beside) mayRead(sync model.Sync) bool {
	names := b.service.sourcesOf(b.service.sqlOf([]model.Model{b.service.carries(sync)}))
	return slices.ContainsFunc(b.sources, func(src *besideSource) bool { return slices.Contains(names, src.endpoint.Name) })
}

// prepare makes what a sync reads beside its feeds readable in the shared engine. Whether the sync can be live at all is found out
// before, in an engine of its own: for one that cannot be nothing is kept. Faults: those of the scope, and of the source.
func (b *beside) prepare(ctx context.Context, feeds map[string]*openedFeed, sync model.Sync) error {
	if !b.mayRead(sync) {
		return nil
	}
	tables, err := b.probe(ctx, feeds, sync)
	for _, src := range b.sources {
		if err == nil {
			err = b.fill(ctx, src, sync.Name, tables)
		}
	}
	return err
}

// probe binds a sync in an engine of its own, with empty feeds, and names the tables that it reads.
func (b *beside) probe(ctx context.Context, feeds map[string]*openedFeed, sync model.Sync) ([]string, error) {
	s, m := b.service, b.service.carries(sync)
	for _, name := range s.feedsOf(m) {
		if len(feeds[name].Table().Columns) == 0 {
			return nil, fault.New(fault.Source, "feed.unread", "the sync "+sync.Name+" reads feeds."+name+
				", of which no event has been read yet: its columns are not known").At("syncs." + sync.Name).
				Do("it goes on by itself with the first event; columns that events do not show can be declared under feeds." + name + ".columns")
		}
	}
	e, shut, err := s.engineOf(ctx, []model.Model{m})
	if err != nil {
		return nil, err
	}
	defer shut()
	for _, name := range s.feedsOf(m) {
		if err := e.MakeFeed(ctx, feeds[name].Table()); err != nil {
			return nil, err
		}
	}
	if err := s.define(ctx, e, s.modelsOf(m)); err != nil {
		return nil, err
	}
	bound, _, err := s.scope(ctx, e, sync)
	if err != nil {
		return nil, err
	}
	return s.tablesOf(ctx, e, sync, bound)
}

// tablesOf names the tables that what a sync carries is made of.
func (s *Service) tablesOf(ctx context.Context, e *engine.Engine, sync model.Sync, m model.Model) ([]string, error) {
	described, err := e.Describe(ctx, m)
	tables := described.Tables
	if sync.Audience == "" || err != nil {
		return tables, err
	}
	for _, r := range s.relations(s.workspace.Audiences[sync.Audience]) {
		read, err := e.Describe(ctx, model.Model{Name: sync.Audience, SQL: "SELECT * FROM " + r.SQL()})
		if err != nil {
			return nil, err
		}
		tables = append(tables, read.Tables...)
	}
	return tables, nil
}

// bind is scope in the shared engine, whose models are made anew: a copy can have other columns than the one before.
func (b *beside) bind(ctx context.Context, sync model.Sync) (model.Model, *engine.Scope, error) {
	b.making.Lock()
	defer b.making.Unlock()
	if err := b.service.define(ctx, b.engine, b.service.modelsOf(b.service.carries(sync))); err != nil {
		return model.Model{}, nil, err
	}
	return b.service.scope(ctx, b.engine, sync)
}

// fill makes the tables of one source readable that a sync reads.
func (b *beside) fill(ctx context.Context, src *besideSource, sync string, tables []string) error {
	src.busy.Lock()
	defer src.busy.Unlock()
	reads := false
	for _, t := range tables {
		alias, _, _ := strings.Cut(t, ".")
		if t = strings.ToLower(t); !strings.EqualFold(alias, src.endpoint.Name) {
			continue
		}
		if reads = true; !slices.Contains(src.wanted, t) {
			src.wanted = append(src.wanted, t)
		}
	}
	if !reads {
		return nil
	}
	src.mu.Lock()
	if !slices.Contains(src.readers, sync) {
		src.readers = append(src.readers, sync)
	}
	src.mu.Unlock()
	if src.copied != "" && src.held == len(src.wanted) {
		return nil
	}
	return b.copy(ctx, src)
}

// copy makes a copy of the wanted tables, and shows it in the place of the one before. The caller holds busy.
func (b *beside) copy(ctx context.Context, src *besideSource) error {
	err := b.copyNow(ctx, src)
	src.mu.Lock()
	defer src.mu.Unlock()
	if src.trouble = err; err == nil {
		src.shown++
	}
	return err
}

func (b *beside) copyNow(ctx context.Context, src *besideSource) error {
	source, err := src.endpoint.Driver.Source(ctx, src.endpoint.Settings)
	if err != nil {
		return err
	}
	defer source.Close()
	from, ok := source.(connect.Exclusive)
	if !ok {
		return errors.New("the source is another than before")
	}
	mark, err := from.Mark(ctx) // before the copy: what changes while it is made is seen at the next look
	if err != nil {
		return err
	}
	dir := filepath.Join(b.service.scratch(), strconv.Itoa(os.Getpid()))
	c, err := engine.CopyTables(ctx, dir, src.endpoint.Name, from, src.wanted)
	if err != nil {
		return err
	}
	b.making.Lock()
	defer b.making.Unlock()
	if err := b.engine.ShowCopy(ctx, c); err != nil {
		c.Remove()
		return err
	}
	src.copied, src.held, src.unquiet = mark, len(src.wanted), time.Time{}
	return nil
}

// watch looks at every source until ctx ends.
func (b *beside) watch(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		for _, src := range b.sources {
			b.look(ctx, src)
		}
	}
}

// look copies a source again that has changed and is quiet: one that is being written to would not let us in, or be kept from its
// writer between two of its steps.
func (b *beside) look(ctx context.Context, src *besideSource) {
	src.busy.Lock()
	defer src.busy.Unlock()
	if len(src.wanted) == 0 {
		return
	}
	mark, err := b.mark(ctx, src)
	was := src.seen
	src.seen = mark
	switch {
	case err != nil:
	case mark == src.copied && src.held == len(src.wanted), b.engine.CopiesKept() > mostCopies:
		return
	case mark != was && (src.unquiet.IsZero() || time.Since(src.unquiet) < mostUnquiet):
		if src.unquiet.IsZero() {
			src.unquiet = time.Now()
		}
		return
	default:
		err = b.copy(ctx, src)
	}
	b.told(ctx, src, err)
}

// mark is a source's mark.
func (b *beside) mark(ctx context.Context, src *besideSource) (string, error) {
	source, err := src.endpoint.Driver.Source(ctx, src.endpoint.Settings)
	if err != nil {
		return "", err
	}
	defer source.Close()
	return source.(connect.Exclusive).Mark(ctx)
}

// told tells the syncs that read a source what a look at it came to.
func (b *beside) told(ctx context.Context, src *besideSource, err error) {
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		b.tell()
	}
	src.mu.Lock()
	src.trouble = err
	readers := slices.Clone(src.readers)
	src.mu.Unlock()
	for _, sync := range readers {
		b.waiting(sync, err)
	}
}

// waiting keeps why a sync waits, nil for no more, and tells of it where it is new.
func (b *beside) waiting(sync string, why error) {
	b.mu.Lock()
	was := b.waits[sync]
	delete(b.waits, sync)
	if why != nil {
		b.waits[sync] = why
	}
	b.mu.Unlock()
	if why != nil && (was == nil || fault.As(was).Message != fault.As(why).Message) {
		b.service.progress(Event{Sync: sync, Stage: "waiting", Note: fault.As(why).Message})
	}
}

// keepWhy keeps why a sync cannot be live yet, which is told elsewhere.
func (b *beside) keepWhy(sync string, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits[sync] = why
}

// whyWaits is why a sync waits: nil where it does not.
func (b *beside) whyWaits(sync string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waits[sync]
}

// shown changes with every copy of what a sync reads.
func (b *beside) shown(sync string) string {
	text := ""
	for _, src := range b.sources {
		src.mu.Lock()
		if slices.Contains(src.readers, sync) {
			text += src.endpoint.Name + " " + strconv.Itoa(src.shown) + ";"
		}
		src.mu.Unlock()
	}
	return text
}
