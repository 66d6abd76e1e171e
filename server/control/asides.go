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

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// FeedAside is one event of a feed that was set aside.
type FeedAside struct {
	Number    int64  `json:"number"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Key       string `json:"key,omitempty"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	At        string `json:"at"` // when it was set aside, RFC 3339
	State     string `json:"state"`
	Why       string `json:"why,omitempty"`
	// What it is, where it was asked for by its number: text where it is text, else base64.
	Value       *string           `json:"value,omitempty"`
	ValueBase64 bool              `json:"value_base64,omitempty"`
	EventKey    *string           `json:"event_key,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
}

// FeedAsides lists the events of a feed that wait for a person, oldest first.
type FeedAsides struct {
	Feed   string      `json:"feed"`
	Total  int64       `json:"total"`
	Paused string      `json:"paused,omitempty"` // why the feed has paused
	Events []FeedAside `json:"events"`
}

// IsFeed says whether the workspace has a feed of this name.
func (s *Service) IsFeed(name string) bool { _, ok := s.workspace.Feeds[name]; return ok }

// FeedAside lists what a feed has set aside.
func (s *Service) FeedAside(ctx context.Context, name string, limit int) (FeedAsides, error) {
	list := FeedAsides{Feed: name, Events: []FeedAside{}}
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
	held, total, err := r.HeldAside(ctx, state.Ref, limit)
	list.Total = total
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

// Released is what a release, or a retry of everything, came to.
type Released struct {
	Feed     string   `json:"feed"`
	Released int64    `json:"released"`
	Still    int64    `json:"still"` // that cannot become rows even now
	Reasons  []string `json:"reasons,omitempty"`
}

// Release takes an event that was set aside in after all; edited is put in its value's place, nil leaves it. Number 0 means
// every event that waits: those that still cannot become rows go on waiting.
func (s *Service) Release(ctx context.Context, name string, number int64, edited []byte, why string) (Released, error) {
	out := Released{Feed: name}
	if _, err := s.write(ctx, "freshet quarantine "+name); err != nil {
		return out, err
	}
	e, shut, err := s.engineOf(ctx, nil)
	if err != nil {
		return out, err
	}
	defer shut()
	f, err := s.openFeed(ctx, e, name)
	if err != nil {
		return out, err
	}
	defer f.Close()
	var items []ledger.Aside
	if number > 0 {
		a, err := s.findAside(ctx, s.ledger.Reader, name, number)
		if err != nil {
			return out, err
		}
		items = append(items, a)
	} else if items, _, err = s.ledger.HeldAside(ctx, f.State().Ref, 0); err != nil {
		return out, err
	}
	for _, a := range items {
		if number == 0 && a.Code == feed.Truncated {
			out.Still++ // it removes rows: only by its number
			continue
		}
		switch err := f.Release(ctx, a, edited, why); {
		case err == nil:
			out.Released++
		case number == 0 && fault.Is(err, "feed.still_wrong"):
			out.Still++
		default:
			return out, err
		}
	}
	return out, nil
}

// Drop lets an event go that was set aside; why says the reason, and stays.
func (s *Service) Drop(ctx context.Context, name string, number int64, why string) error {
	if why == "" {
		return fault.New(fault.Usage, "feed.no_reason", "an event is dropped with a reason").Do("say it with --why")
	}
	if _, err := s.write(ctx, "freshet quarantine "+name); err != nil {
		return err
	}
	a, err := s.findAside(ctx, s.ledger.Reader, name, number)
	if err != nil {
		return err
	}
	return s.ledger.Decide(ctx, a.Feed, number, ledger.AsideDropped, nil, why, nil)
}

// PauseFeed stops a feed until ResumeFeed; a serving process has to be started again to hear of it.
func (s *Service) PauseFeed(ctx context.Context, name, why string) error {
	if why == "" {
		return fault.New(fault.Usage, "feed.no_reason", "a feed is paused with a reason").Do("say it with --why")
	}
	l, err := s.feedLedger(ctx, name)
	if err != nil {
		return err
	}
	state, err := l.EnsureFeed(ctx, name)
	if err != nil {
		return err
	}
	return l.PauseFeed(ctx, state.Ref, why, "a person", "")
}

// ResumeFeed lets a feed go on; accept says that what is missing of its stream may stay missing.
func (s *Service) ResumeFeed(ctx context.Context, name string, accept bool) error {
	l, err := s.feedLedger(ctx, name)
	if err != nil {
		return err
	}
	return feed.Resume(ctx, l, name, accept)
}

func (s *Service) feedLedger(ctx context.Context, name string) (*ledger.Ledger, error) {
	if !s.IsFeed(name) {
		return nil, s.unknownFeed(name)
	}
	return s.write(ctx, "freshet feed "+name)
}

// FeedStatus is where a feed stands.
type FeedStatus struct {
	Feed     string          `json:"feed"`
	Source   string          `json:"source"`
	Rows     int64           `json:"rows"`
	Seen     int64           `json:"seen"`
	Ignored  int64           `json:"ignored"`
	Aside    int64           `json:"aside"` // that wait for a person
	Late     int64           `json:"late"`
	Version  int64           `json:"definition"`
	Paused   string          `json:"paused,omitempty"`
	Read     []FeedPartition `json:"partitions"`
	Kept     int64           `json:"kept_events"`
	KeptSize int64           `json:"kept_bytes"`
	KeptRaw  int64           `json:"kept_raw_bytes"`
	Oldest   string          `json:"kept_since,omitempty"`
}

// FeedPartition is how far one partition has been taken in.
type FeedPartition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Next      int64  `json:"next"`
	Archived  int64  `json:"archived"`
}

// FeedStatuses tells where every feed stands, from the ledger and the history alone.
func (s *Service) FeedStatuses(ctx context.Context) ([]FeedStatus, error) {
	r, done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	list := []FeedStatus{}
	for _, name := range sortedNames(s.workspace.Feeds) {
		st := FeedStatus{Feed: name, Source: s.workspace.Feeds[name].Source, Read: []FeedPartition{}}
		if r != nil {
			err = errors.Join(err, s.feedStatus(ctx, r, &st))
		}
		list = append(list, st)
	}
	return list, err
}

func (s *Service) feedStatus(ctx context.Context, r *ledger.Reader, st *FeedStatus) error {
	state, known, err := r.Feed(ctx, st.Feed)
	if err != nil || !known {
		return err
	}
	st.Seen, st.Ignored, st.Late, st.Version, st.Paused = state.Seen, state.Ignored, state.Late, state.Version, state.Paused
	if st.Rows, err = r.CountFeedRows(ctx, state.Ref); err != nil {
		return err
	}
	if _, st.Aside, err = r.HeldAside(ctx, state.Ref, 1); err != nil {
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
