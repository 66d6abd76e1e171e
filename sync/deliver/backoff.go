package deliver

import (
	"math/rand/v2"
	"time"
)

// The bounds of every wait: what a destination asks for is honoured up to LongestWait, and never less than ShortestWait.
const (
	ShortestWait = 100 * time.Millisecond
	LongestWait  = 24 * time.Hour
	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 5 * time.Minute
)

// Wait is how long to wait before attempt+1: what the destination asked for, clamped, or else exponential from a quarter of
// a second to 5 minutes. Up to a fifth is added at random, so that waiters do not return together; never subtracted, so that a
// destination's word is kept. Guarantee G17.
func Wait(asked time.Duration, attempt int) time.Duration {
	wait := asked
	if wait <= 0 {
		wait = min(firstBackoff<<min(max(attempt-1, 0), 20), lastBackoff)
	}
	wait = min(max(wait, ShortestWait), LongestWait)
	return wait + rand.N(wait/5+1)
}
