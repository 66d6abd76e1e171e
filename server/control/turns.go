package control

import (
	"context"
	"slices"
	"sync"
)

// turns gives each sync to one piece of work at a time: live work, a scheduled run, a run by hand. Who comes first is served
// first.
type turns struct {
	mu    sync.Mutex
	lines map[string]*queue // by sync
}

// queue is who has a sync, and who waits for it.
type queue struct {
	has     *turn // nil: nobody
	waiting []*turn
}

// turn is one piece of work's place in the line of a sync.
type turn struct {
	all    *turns
	line   *queue
	came   chan struct{} // closed when the sync is ours
	wanted chan struct{} // closed when somebody waits for us to let it go
	asked  bool          // wanted is closed
}

// take waits until the sync is ours, or ctx ends. It is ours until give.
func (t *turns) take(ctx context.Context, sync string) (*turn, error) {
	mine := t.join(sync)
	select {
	case <-mine.came:
		return mine, nil
	case <-ctx.Done():
		mine.give()
		return nil, ctx.Err()
	}
}

func (t *turns) join(sync string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines == nil {
		t.lines = map[string]*queue{}
	}
	line := t.lines[sync]
	if line == nil {
		line = &queue{}
		t.lines[sync] = line
	}
	mine := &turn{all: t, line: line, came: make(chan struct{}), wanted: make(chan struct{})}
	line.waiting = append(line.waiting, mine)
	line.next()
	return mine
}

// next gives the sync to whoever waits longest, where nobody has it, and tells whoever has it that others wait.
func (q *queue) next() {
	if q.has == nil && len(q.waiting) > 0 {
		q.has, q.waiting = q.waiting[0], q.waiting[1:]
		close(q.has.came)
	}
	if q.has != nil && len(q.waiting) > 0 && !q.has.asked {
		q.has.asked = true
		close(q.has.wanted)
	}
}

// give lets the sync go, or the place in its line. Given again it does nothing.
func (t *turn) give() {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	t.line.waiting = slices.DeleteFunc(t.line.waiting, func(other *turn) bool { return other == t })
	if t.line.has == t {
		t.line.has = nil
	}
	t.line.next()
}

// unwanted is a context that ends with ctx, and as soon as somebody else waits for the sync.
func (t *turn) unwanted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-t.wanted:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// isWanted says whether somebody else waits for the sync.
func (t *turn) isWanted() bool {
	select {
	case <-t.wanted:
		return true
	default:
		return false
	}
}
