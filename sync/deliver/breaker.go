package deliver

import (
	"sync"
	"time"
)

// Breaker stops calls to a destination that does not answer: after five failures in a row it opens, for 5 s at first
// and twice as long each time up to 5 minutes; then single calls try whether it is back.
type Breaker struct {
	mu       sync.Mutex
	failures int
	openings int
	until    time.Time
}

const (
	breakerFailures = 5
	breakerFirst    = 5 * time.Second
	breakerLongest  = 5 * time.Minute
)

// Until is when the breaker closes again; a time in the past where it is closed.
func (b *Breaker) Until() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until
}

// Succeeded closes the breaker.
func (b *Breaker) Succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.openings, b.until = 0, 0, time.Time{}
}

// Failed counts a call without an answer. While the destination stays dead one failure is enough to open again.
func (b *Breaker) Failed(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	if b.failures < breakerFailures && b.openings == 0 || now.Before(b.until) {
		return
	}
	wait := min(breakerFirst<<min(b.openings, 10), breakerLongest)
	b.openings++
	b.until = now.Add(wait)
}
