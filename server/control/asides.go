package control

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// IsFeed says whether the workspace has a feed of this name.
func (s *Service) IsFeed(name string) bool { _, ok := s.workspace.Feeds[name]; return ok }

// FeedAside lists what a feed has set aside: at most limit events, from behind number after on.
func (s *Service) FeedAside(ctx context.Context, name string, after int64, limit int) (FeedAsides, error) {
	list := FeedAsides{Feed: name, Events: []FeedAside{}}
	if !s.IsFeed(name) {
		return list, s.unknownFeed(name)
	}
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return list, err
	}
	defer done()
	state, known, err := r.Feed(ctx, name)
	if err != nil || !known {
		return list, err
	}
	list.Paused = state.Paused
	held, total, err := r.HeldAside(ctx, state.Ref, after, limit+1)
	list.Total = total
	if err == nil {
		list.Behind, err = r.CountBehind(ctx, state.Ref)
	}
	if len(held) > limit {
		held = held[:limit]
		list.Next = held[limit-1].N
	}
	for _, a := range held {
		list.Events = append(list.Events, asideOf(a))
	}
	return list, err
}

func asideOf(a ledger.Aside) FeedAside {
	return FeedAside{Number: a.N, Topic: a.Event.Topic, Partition: a.Event.Partition, Offset: a.Event.Offset, Key: string(a.Key), Code: a.Code,
		Message: a.Message, At: a.At.Format(time.RFC3339), State: a.State.String(), Why: a.Why}
}

// ShowAside shows one event that was set aside, as it came.
func (s *Service) ShowAside(ctx context.Context, name string, number int64) (FeedAside, error) {
	r, done, err := s.read(ctx)
	if err != nil {
		return FeedAside{}, err
	}
	defer done()
	a, err := s.findAside(ctx, r, name, number)
	if err != nil {
		return FeedAside{}, err
	}
	out := asideOf(a)
	if s.workspace.Feeds[name].HoldNewer && a.State == ledger.AsideHeld {
		if out.KeepsBack, err = keepsBack(ctx, r, a); err != nil {
			return out, err
		}
	}
	value := a.Event.Value
	if a.Edited != nil {
		value = a.Edited
	}
	out.Value, out.ValueBase64 = shown(value)
	out.EventKey, _ = shown(a.Event.Key)
	for _, h := range a.Event.Headers {
		if out.Headers == nil {
			out.Headers = map[string]string{}
		}
		text, _ := shown(h.Value)
		if text != nil {
			out.Headers[h.Name] = *text
		}
	}
	return out, nil
}

// keepsBack says what waits behind an event.
func keepsBack(ctx context.Context, r *ledger.Reader, a ledger.Aside) (string, error) {
	if _, has := ledger.EventHold(a.Event.Key); a.Code == feed.Truncated || a.Key == "" && !has {
		return "nothing: it has no key by which newer events could be known", nil
	}
	n, err := r.HeldBy(ctx, a.Feed, a.N)
	by := "of its key"
	if a.Key == "" {
		by = "with its Kafka key, since it cannot be decoded"
	}
	return fmt.Sprintf("newer events %s; %d of them wait now", by, n), err
}

// shown is bytes as text, or in base64 where they are none; nil for null.
func shown(b []byte) (text *string, encoded bool) {
	if b == nil {
		return nil, false
	}
	s := string(b)
	if !utf8.Valid(b) {
		s, encoded = base64.StdEncoding.EncodeToString(b), true
	}
	return &s, encoded
}

func (s *Service) findAside(ctx context.Context, r *ledger.Reader, name string, number int64) (ledger.Aside, error) {
	state, known, err := feedRef(ctx, r, name)
	if err != nil {
		return ledger.Aside{}, err
	}
	if known {
		a, found, err := r.AsideByNumber(ctx, state.Ref, number)
		if err != nil || found {
			return a, err
		}
	}
	return ledger.Aside{}, fault.New(fault.Usage, "feed.no_event", fmt.Sprintf("the feed %s has set aside no event of number %d", name, number)).
		Do("list those that are: freshet quarantine " + name)
}

// feedWarnings is what is wrong with a feed that is served.
func (s *Service) feedWarnings(name string) (list []wire.FeedWarning) {
	if s.serving == nil || !s.Ready() || s.serving.feeds[name] == nil {
		return nil
	}
	for _, w := range s.serving.feeds[name].Warnings() {
		out := wire.FeedWarning{Code: w.Code, Message: w.Message, Since: w.Since.UTC().Format(time.RFC3339), Topic: w.Topic, Events: w.Events}
		if w.Topic != "" {
			out.Partition = &w.Partition
		}
		list = append(list, out)
	}
	return list
}

// FeedStatuses tells where every feed stands, from the ledger and the history; of one that is served, what is wrong with it, too.
func (s *Service) FeedStatuses(ctx context.Context) ([]FeedStatus, error) {
	r, done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	list := []FeedStatus{}
	for _, name := range sortedNames(s.workspace.Feeds) {
		st := FeedStatus{Feed: name, Source: s.workspace.Feeds[name].Source, Read: []FeedPartition{}, Warnings: s.feedWarnings(name)}
		if r != nil {
			err = errors.Join(err, s.feedStatus(ctx, r, &st))
		}
		list = append(list, st)
	}
	return list, err
}

// FeedStatusOf tells where one feed stands.
func (s *Service) FeedStatusOf(ctx context.Context, name string) (FeedStatus, error) {
	if !s.IsFeed(name) {
		return FeedStatus{}, s.unknownFeed(name)
	}
	st := FeedStatus{Feed: name, Source: s.workspace.Feeds[name].Source, Read: []FeedPartition{}, Warnings: s.feedWarnings(name)}
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return st, err
	}
	defer done()
	return st, s.feedStatus(ctx, r, &st)
}

func (s *Service) feedStatus(ctx context.Context, r *ledger.Reader, st *FeedStatus) error {
	state, known, err := r.Feed(ctx, st.Feed)
	if err != nil || !known {
		return err
	}
	if state.Paused == "" {
		state.PausedBy = "" // who lets it go on is not who paused it
	}
	st.Seen, st.Ignored, st.Late, st.Version, st.Paused, st.PausedBy = state.Seen, state.Ignored, state.Late,
		state.Version, state.Paused, state.PausedBy
	if st.Rows, err = r.CountFeedRows(ctx, state.Ref); err != nil {
		return err
	}
	if _, st.Aside, err = r.HeldAside(ctx, state.Ref, 0, 1); err != nil {
		return err
	}
	if st.Behind, err = r.CountBehind(ctx, state.Ref); err != nil {
		return err
	}
	positions, err := r.FeedPositions(ctx, state.Ref)
	if err != nil {
		return err
	}
	for _, p := range positions {
		st.Read = append(st.Read, FeedPartition{Topic: p.Topic, Partition: p.Partition, Next: p.Next, Archived: p.Archived})
	}
	kept, err := s.history().Raw(st.Feed).Stats()
	st.Kept, st.KeptSize, st.KeptRaw = kept.Events, kept.Bytes, kept.RawBytes
	if !kept.Oldest.IsZero() {
		st.Oldest = kept.Oldest.UTC().Format(time.RFC3339)
	}
	return err
}

func sortedNames(feeds map[string]model.Feed) []string { return slices.Sorted(maps.Keys(feeds)) }
