package control

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"sync"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
)

// replays are those that were asked for while the workspace is served: the newest, in memory alone.
type replays struct {
	mu   sync.Mutex
	list []*replayAsked // oldest first
}

// replaysKept is how many are remembered: each can hold samples of many syncs.
const replaysKept = 20

// replayAsked is one of them.
type replayAsked struct {
	id   string
	feed string
	done chan struct{}

	// Set before done is closed.
	came Replay
	err  error
}

// StartReplay asks for a replay of a feed and gives its name at once.
func (s *Service) StartReplay(ctx context.Context, feed string, o ReplayOptions, why string) (string, error) {
	if !s.IsFeed(feed) {
		return "", s.unknownFeed(feed)
	}
	o.Why = why
	if !o.Apply { // which is noted where it is done
		if _, err := s.ledger.NoteAct(ctx, act(ctx, "feed.replay", "feeds."+feed, why)); err != nil {
			return "", err
		}
	}
	asked := &replayAsked{id: "replay_" + rand.Text(), feed: feed, done: make(chan struct{})}
	s.serving.replays.keep(asked)
	return asked.id, s.serving.runs.beside(ctx, func(ctx context.Context) {
		asked.came, asked.err = s.Replay(ctx, feed, o)
		asked.err = named(ctx, asked.err)
		close(asked.done)
	})
}

func (r *replays) keep(asked *replayAsked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, asked)
	if len(r.list) > replaysKept {
		r.list = slices.Delete(r.list, 0, 1)
	}
}

func (r *replays) find(id string) *replayAsked {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.list, func(a *replayAsked) bool { return a.id == id }); i >= 0 {
		return r.list[i]
	}
	return nil
}

// FeedOfReplay names the feed of a replay; "" where there is no such replay.
func (s *Service) FeedOfReplay(id string) string {
	if asked := s.serving.replays.find(id); asked != nil {
		return asked.feed
	}
	return ""
}

// AwaitReplay tells how a replay stands: at its end, or when ctx ends.
func (s *Service) AwaitReplay(ctx context.Context, id string) (wire.Replay, error) {
	asked := s.serving.replays.find(id)
	if asked == nil {
		return wire.Replay{}, fault.New(fault.Usage, "control.no_replay", "there is no such replay").
			Do("the newest 20 are remembered, until the server is stopped")
	}
	select {
	case <-asked.done:
	case <-ctx.Done():
		return wire.Replay{Replay: id, Feed: asked.feed, State: wire.Running}, nil
	}
	return asked.tell()
}

// tell is a replay that has ended.
func (a *replayAsked) tell() (wire.Replay, error) {
	out := wire.Replay{Replay: a.id, Feed: a.feed, State: wire.Done, Version: a.came.Version, Events: a.came.Events, Aside: a.came.Aside,
		Rows: a.came.Rows, Reports: a.came.Reports, Applied: a.came.Applied}
	if a.err != nil {
		out.Failed = wire.ProblemOf(fault.As(a.err))
	}
	for _, p := range a.came.Plans {
		text, err := json.Marshal(p)
		if err != nil {
			return out, err
		}
		out.Plans = append(out.Plans, text)
	}
	return out, nil
}
