package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// feedsOf names the feeds that a model reads, itself or through the models it uses.
func (s *Service) feedsOf(m model.Model) []string {
	names := slices.Clone(m.Feeds)
	for _, used := range s.modelsOf(m) {
		names = append(names, used.Feeds...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// showFeeds makes the tables of feeds as the ledger has them.
func (s *Service) showFeeds(ctx context.Context, e *engine.Engine, names []string) error {
	if len(names) == 0 {
		return nil
	}
	r, done, err := s.read(ctx)
	if err != nil {
		return err
	}
	defer done()
	for _, name := range names {
		if err := feed.LoadKept(ctx, r, e, s.workspace.Feeds[name]); err != nil {
			return err
		}
	}
	return nil
}

// openFeed opens a feed with its source; closing the feed closes both.
func (s *Service) openFeed(ctx context.Context, e *engine.Engine, name string) (*openedFeed, error) {
	return s.openFeedUnder(ctx, e, name, 0)
}

// openFeedUnder opens a feed under an earlier version of its definition; 0 is the present one.
func (s *Service) openFeedUnder(ctx context.Context, e *engine.Engine, name string, version int64) (*openedFeed, error) {
	def := s.workspace.Feeds[name]
	past := version > 0
	if past {
		var err error
		if def, err = s.definedAs(ctx, def, version); err != nil {
			return nil, err
		}
	}
	endpoint := s.workspace.Sources[def.Source]
	source, err := endpoint.Driver.Source(ctx, endpoint.Settings)
	if err != nil {
		return nil, err
	}
	streaming, ok := source.(connect.Streaming)
	if !ok {
		return nil, errors.Join(fault.New(fault.Internal, "control.not_streaming", "the source "+endpoint.Name+" cannot be read as a stream"), source.Close())
	}
	decoder, err := decoderOf(def, streaming.Schemas())
	if err != nil {
		return nil, errors.Join(err, source.Close())
	}
	parts := feed.Parts{Ledger: s.ledger, Engine: e, Source: streaming, Decoder: decoder,
		Check: checkOf(s.workspace.FeedContracts[name]), Tell: s.note(name), Archive: s.history().Raw(name)}
	open := feed.Open
	if past {
		open = feed.OpenPast
	}
	f, err := open(ctx, def, parts)
	if err != nil {
		return nil, errors.Join(err, source.Close())
	}
	return &openedFeed{Feed: f, source: source, decoder: decoder, name: name, mail: make(mailbox, asksAtOnce)}, nil
}

// definedAs is a feed under an earlier version of its definition.
func (s *Service) definedAs(ctx context.Context, def model.Feed, version int64) (model.Feed, error) {
	state, known, err := s.ledger.Feed(ctx, def.Name)
	if err != nil {
		return def, err
	}
	kept, found, err := s.ledger.FeedDefinition(ctx, state.Ref, version)
	if err != nil {
		return def, err
	}
	if !known || !found {
		return def, fault.New(fault.Usage, "feed.no_definition", fmt.Sprintf("the feed %s has no definition of version %d", def.Name, version)).
			Do(fmt.Sprintf("its versions go from 1 to %d", state.Version))
	}
	return feed.Under(def, kept)
}

// openedFeed is a feed with the source it reads. Where it is served, one goroutine has it, and others write to its mailbox.
type openedFeed struct {
	*feed.Feed
	source  connect.Source
	decoder *decoder
	name    string
	mail    mailbox
	serving bool   // it is being followed: events that wait for a schema keep nothing else waiting
	why     string // why some of its events wait, as it was told last
	started bool
	paused  bool
	trouble error // why it is paused, or cannot be read now
}

func (f *openedFeed) Close() error { return errors.Join(f.Feed.Close(), f.source.Close()) }

// group is the consumer group of a feed.
func (s *Service) group(name string) string { return "freshet-" + s.workspace.Name + "-" + name }

// note passes on what a stream says about itself.
func (s *Service) note(name string) func(connect.StreamNote) {
	return func(n connect.StreamNote) { s.progress(Event{Feed: name, Stage: n.Kind.String(), Note: n.Message}) }
}

// catchUp takes in everything that the feeds' topics hold now, and lets go of them again.
func (s *Service) catchUp(ctx context.Context, e *engine.Engine, names []string) error {
	for _, name := range names {
		f, err := s.openFeed(ctx, e, name)
		if err != nil {
			return err
		}
		err = s.drain(ctx, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if err := s.keepLong(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// keepLong lets a feed's raw events go that were kept long enough, and brings many small files into few.
func (s *Service) keepLong(ctx context.Context, name string) error {
	def, raw := s.workspace.Feeds[name], s.history().Raw(name)
	_, err := raw.Retain(ctx, time.Now(), def.KeepFor, def.KeepMB<<20)
	return errors.Join(err, raw.Compact(ctx))
}

func (s *Service) drain(ctx context.Context, f *openedFeed) error {
	if err := f.Start(ctx, s.group(f.name)); err != nil {
		return err
	}
	return errors.Join(s.toEnd(ctx, f), f.Flush(context.WithoutCancel(ctx)))
}

// stalled is how long a feed that is to be taken in to its end may get nowhere.
const stalled = 15 * time.Second

// toEnd takes a feed in up to where its topics end now. Where it gets nowhere for a while, since a schema cannot be had or a
// partition cannot be read: fault feed.waits.
func (s *Service) toEnd(ctx context.Context, f *openedFeed) error {
	ends, err := f.Ends(ctx)
	if err != nil {
		return err
	}
	var events int64
	for moved := time.Now(); !f.Reached(ends); {
		taken, err := f.StepWithin(ctx, time.Second)
		if err != nil {
			return err
		}
		if events += int64(taken.Events); taken.Events > 0 {
			moved = time.Now()
			s.progress(Event{Feed: f.name, Stage: "reading", Done: events})
		}
		switch {
		case taken.Paused != "":
			return pausedFault(f.name, taken.Paused)
		case f.serving && f.Settled(ends):
			return nil // what waits goes on waiting; nobody else is to wait for it
		case time.Since(moved) > stalled:
			return waits(f.name, taken)
		}
	}
	return nil
}

// waits is why a feed does not come to the end of its topics.
func waits(name string, taken feed.Taken) error {
	f := fault.New(fault.Source, "feed.waits", "the feed "+name+" does not come to the end of its topics: some partitions cannot be read now")
	if taken.Waiting > 0 {
		f.Message = "events of the feed " + name + " wait: " + taken.Why
	}
	return f.At("feeds." + name).Do("look at the source; what was read is kept, and the same command goes on from there")
}

// feedRef finds a feed in the ledger.
func feedRef(ctx context.Context, r *ledger.Reader, name string) (ledger.FeedState, bool, error) {
	if r == nil {
		return ledger.FeedState{}, false, nil
	}
	return r.Feed(ctx, name)
}
