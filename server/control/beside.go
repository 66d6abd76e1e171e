package control

import (
	"context"
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

// beside keeps, in the engine that live syncs share, copies of the tables that they read beside their feeds, where nobody could
// write to the source while they read it. A source is attached while it is copied, and at no other time; where it has changed it
// is copied again, and the syncs look at every row. Guarantee G30.
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

// probePatience is how long a sync waits before it is tried again whether it can be live.
const probePatience = 2 * time.Second

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

// prepare makes what a sync reads beside its feeds readable in the shared engine. Whether the sync can be live at all is found
// out before, in an engine of its own: for one that cannot be nothing is kept. Faults: those of the scope, and of the source.
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
			return nil, unreadFeed(sync.Name, name)
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

func unreadFeed(sync, feed string) error {
	return fault.New(fault.Source, "feed.unread", "the sync "+sync+" reads feeds."+feed+
		", of which no event has been read yet: its columns are not known").At("syncs." + sync).
		Do("it goes on by itself with the first event; columns that events do not show can be declared under feeds." + feed + ".columns")
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
