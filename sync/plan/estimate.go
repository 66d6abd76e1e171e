package plan

import (
	"math"

	"github.com/freshet/freshet/sync/connect"
)

const (
	assumedLatency     = 0.25 // seconds a call takes where nothing better is known
	assumedConcurrency = 4    // calls at once where the destination does not say
	assumedJob         = 30.0 // seconds a bulk job takes from hand-in to results
)

// Estimate is how many calls the verbs need at the destination's limits, and how long those take in seconds: the longer
// of what the rate allows and what the calls' own time costs, at a quarter of a second a call. It cannot know the size
// of bodies, so a destination whose limit is bytes needs more.
func Estimate(verbs []VerbCount, limits Limits) (calls int64, seconds float64) {
	for _, v := range verbs {
		l := limits(verbNamed(v.Verb), int(v.Steps))
		n := v.Steps
		if l.Rows > 0 {
			n = (v.Steps + int64(l.Rows) - 1) / int64(l.Rows)
		} else if n > 0 {
			n = 1
		}
		calls += n
		seconds += duration(n, l)
	}
	return calls, seconds
}

func duration(calls int64, l connect.Limits) float64 {
	width := float64(l.Concurrency)
	if width == 0 {
		width = assumedConcurrency
	}
	latency := assumedLatency
	if l.Job {
		latency = assumedJob
	}
	busy := math.Ceil(float64(calls)/width) * latency
	if l.Calls == 0 || l.Per == 0 {
		return busy
	}
	// The first window is open at once; every further one has to be waited for.
	windows := math.Ceil(float64(calls)/float64(l.Calls)) - 1
	return max(busy, windows*l.Per.Seconds())
}
