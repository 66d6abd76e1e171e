package deliver

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/freshet/freshet/sync/connect"
)

// Lane is the one road to a destination account. All syncs of the account share its budget, its places and its breaker.
type Lane struct {
	places  chan struct{}
	limiter *rate.Limiter // nil: no limit known
	breaker Breaker

	mu      sync.Mutex
	blocked time.Time // no call before this: the destination said so
	why     string
}

// DefaultConcurrency is the number of calls at once where a connector does not say.
const DefaultConcurrency = 4

// NewLane makes the road for these limits.
func NewLane(limits connect.Limits) *Lane {
	places := limits.Concurrency
	if places <= 0 {
		places = DefaultConcurrency
	}
	return &Lane{places: make(chan struct{}, places), limiter: limiter(limits)}
}

// limiter keeps calls in any window of limits.Per at or below limits.Calls: a tenth of them may come at once, the rest
// is spread over the window. Guarantee G18.
func limiter(limits connect.Limits) *rate.Limiter {
	if limits.Calls <= 0 || limits.Per <= 0 {
		return nil
	}
	burst := max(1, limits.Calls/10)
	spread := max(float64(limits.Calls-burst), 0.9)
	return rate.NewLimiter(rate.Limit(spread/limits.Per.Seconds()), burst)
}

// Concurrency is how many calls fit at once.
func (l *Lane) Concurrency() int { return cap(l.places) }

// Block keeps every call off the lane until then.
func (l *Lane) Block(until time.Time, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.blocked) {
		l.blocked, l.why = until, why
	}
}

// Ready says from when a call may be made: the zero time for now.
func (l *Lane) Ready(now time.Time) (at time.Time, why string) {
	l.mu.Lock()
	at, why = l.blocked, l.why
	l.mu.Unlock()
	if open := l.breaker.Until(); open.After(at) {
		at, why = open, "the destination does not answer"
	}
	if !at.After(now) {
		return time.Time{}, ""
	}
	return at, why
}

// Open says whether the breaker keeps calls from a destination that does not answer.
func (l *Lane) Open(now time.Time) bool { return l.breaker.Until().After(now) }

// enter takes a place and a share of the budget, or gives up with the context.
func (l *Lane) enter(ctx context.Context) (leave func(), err error) {
	select {
	case l.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	leave = func() { <-l.places }
	if err := l.turn(ctx); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// turn takes a share of the budget.
func (l *Lane) turn(ctx context.Context) error {
	if l.limiter == nil {
		return nil
	}
	return l.limiter.Wait(ctx)
}

// Find gives the account's lane where somebody has called it already.
func (l *Lanes) Find(account string) (*Lane, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane, ok := l.lanes[account]
	return lane, ok
}

// Lanes finds the lane of an account.
type Lanes struct {
	mu    sync.Mutex
	lanes map[string]*Lane
}

// For gives the account's lane, made with these limits if it is the first to ask.
func (l *Lanes) For(account string, limits connect.Limits) *Lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lanes == nil {
		l.lanes = map[string]*Lane{}
	}
	lane, ok := l.lanes[account]
	if !ok {
		lane = NewLane(limits)
		l.lanes[account] = lane
	}
	return lane
}
