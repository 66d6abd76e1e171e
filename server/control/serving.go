package control

import (
	"context"
	"sync"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/supervise"
)

// serving is a workspace that is being served: what touches its feeds is asked of the goroutines that have them, and runs of its
// syncs take turns.
type serving struct {
	ready     chan struct{} // closed when the feeds are open
	closed    chan struct{} // closed when serving has ended
	feeds     map[string]*openedFeed
	news      *supervise.News
	followers map[string][]string // live syncs by the feeds that they follow; set before the workspace is ready
	runs      runs
	replays   replays
	times     times
	beside    *beside // set before the workspace is ready
	once      sync.Once
}

// close says that serving has ended.
func (s *serving) close() { s.once.Do(func() { close(s.closed) }) }

// Open takes the workspace for serving it: from here on the service answers many callers at once, before and while it serves.
// Fault ledger.locked where another process works on the workspace.
func (s *Service) Open(ctx context.Context) error {
	if _, err := s.write(ctx, "freshet serve"); err != nil {
		return err
	}
	if s.serving == nil {
		s.serving = &serving{ready: make(chan struct{}), closed: make(chan struct{}), news: supervise.NewNews()}
	}
	return nil
}

// Ready says whether the workspace is being served: its feeds are open.
func (s *Service) Ready() bool {
	select {
	case <-s.serving.closed:
		return false
	default:
	}
	select {
	case <-s.serving.ready:
		return true
	default:
		return false
	}
}

// opened waits for the feeds to be open, and finds one.
func (s *Service) opened(ctx context.Context, name string) (*openedFeed, error) {
	if !s.IsFeed(name) {
		return nil, s.unknownFeed(name)
	}
	select {
	case <-s.serving.ready:
		return s.serving.feeds[name], nil
	case <-s.serving.closed:
		return nil, stopping()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask has something done by the goroutine that has a feed.
func (s *Service) ask(ctx context.Context, name string, do func(context.Context, *openedFeed) error) error {
	f, err := s.opened(ctx, name)
	if err != nil {
		return err
	}
	return f.ask(ctx, s.serving.closed, func(ctx context.Context) error { return do(ctx, f) })
}

func stopping() error {
	return fault.New(fault.Busy, "control.ending", "the server is being stopped").Do("try again once it has been started, or do it without a server")
}
