package control

import (
	"context"
	"time"
)

// mailbox carries what is asked of a feed to the goroutine that has it: each thing is done between two steps.
type mailbox chan *request

// request is one thing asked of a feed.
type request struct {
	do   func() error
	done chan error
}

// asksAtOnce is how many requests wait without their callers waiting to hand them over.
const asksAtOnce = 16

// ask has something done by the feed's goroutine. Once it has begun it is waited for, and done to its end even where ctx ends.
func (f *openedFeed) ask(ctx context.Context, closed <-chan struct{}, do func(context.Context) error) error {
	r := &request{done: make(chan error, 1)}
	r.do = func() error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return do(context.WithoutCancel(ctx))
	}
	select {
	case f.mail <- r:
	case <-closed:
		return stopping()
	case <-ctx.Done():
		return ctx.Err()
	}
	f.Wake()
	select {
	case err := <-r.done:
		return err
	case <-closed:
		return stopping()
	}
}

// attend does what is asked of the feed now. Where nothing is, it waits for something, at most as long as said, and less where
// ctx ends; below 0 it waits without an end.
func (f *openedFeed) attend(ctx context.Context, wait time.Duration) {
	for done := false; !done; wait = 0 {
		var alarm <-chan time.Time
		if wait > 0 {
			alarm = time.After(wait)
		}
		if wait == 0 {
			done = !f.attendNow()
			continue
		}
		select {
		case r := <-f.mail:
			r.done <- r.do()
		case <-alarm:
		case <-ctx.Done():
			return
		}
	}
}

// attendNow does one thing that waits to be done; false: nothing does.
func (f *openedFeed) attendNow() bool {
	select {
	case r := <-f.mail:
		r.done <- r.do()
		return true
	default:
		return false
	}
}
