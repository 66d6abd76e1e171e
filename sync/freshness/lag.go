package freshness

import "time"

// Sample is where a reader of one partition stood at a moment.
type Sample struct {
	At   time.Time
	Next int64 // first offset not read yet
	Lag  int64 // how many follow it
}

// Course is how a reader gets on with its partition, judged by the rules of Burrow: by its course, not by the size of its lag.
type Course uint8

// The courses, the worst last.
const (
	KeepsUp  Course = iota
	Behind          // it moves, and falls no less behind
	Stalled         // there is something to read, and it does not move
	Stopped         // nobody has seen where it stands for as long as it was watched before
	WentBack        // it stands before where it stood
)

func (c Course) String() string {
	return [...]string{"keeps up", "falls behind", "stalled", "stopped", "went back"}[c]
}

// window is how many samples are looked at.
const window = 10

// Watch keeps the last samples of a reader.
type Watch struct{ samples []Sample }

// See takes a sample.
func (w *Watch) See(s Sample) {
	if len(w.samples) == window {
		w.samples = append(w.samples[:0], w.samples[1:]...)
	}
	w.samples = append(w.samples, s)
}

// Lag is what the last sample says.
func (w *Watch) Lag() int64 {
	if len(w.samples) == 0 {
		return 0
	}
	return w.samples[len(w.samples)-1].Lag
}

// Judge says how the reader gets on. A window in which the lag was ever zero is good; fewer than three samples say nothing.
func (w *Watch) Judge(now time.Time) Course {
	s := w.samples
	if len(s) < 3 {
		return KeepsUp
	}
	back, moved, less := false, false, false
	for i := range s {
		if s[i].Lag == 0 {
			return KeepsUp
		}
		if i > 0 {
			back = back || s[i].Next < s[i-1].Next
			moved = moved || s[i].Next != s[i-1].Next
			less = less || s[i].Lag < s[i-1].Lag
		}
	}
	first, last := s[0].At, s[len(s)-1].At
	switch {
	case back:
		return WentBack
	case now.Sub(last) > last.Sub(first):
		return Stopped
	case !moved:
		return Stalled
	case !less:
		return Behind
	}
	return KeepsUp
}
