package freshness

import "time"

// Promise is what a sync has promised. Its zero value promises nothing.
type Promise struct {
	Freshness time.Duration // from commit in the source to confirmation by the destination, at most; 0: nothing is said
	Success   float64       // share of changes that keep it, in percent; 0: UsualSuccess
}

// UsualSuccess is the share that is meant where only a freshness is promised.
const UsualSuccess = 99.0

// Objective is the share of changes that are to keep the promise, from 0 to 1.
func (p Promise) Objective() float64 {
	if p.Success > 0 {
		return p.Success / 100
	}
	return UsualSuccess / 100
}

// Share is the share of changes that kept the promise; ok is false where there were none.
func (t Tally) Share() (share float64, ok bool) {
	all := t.Good + t.Bad
	if all == 0 {
		return 0, false
	}
	return float64(t.Good) / float64(all), true
}

// Burn is how fast the error budget goes: 1 uses it up exactly in the time it is for, 0 not at all.
func (p Promise) Burn(t Tally) float64 {
	share, ok := t.Share()
	if !ok {
		return 0
	}
	return (1 - share) / (1 - p.Objective())
}

// Left is the share of the error budget that is left, below 0 where more went wrong than may.
func (p Promise) Left(t Tally) float64 { return 1 - p.Burn(t) }

// Burning says that the budget goes too fast, over a long window and still over a short one: what is over by now alarms nobody.
func (p Promise) Burning(hour, sixHours Tally) bool { return p.Burn(hour) > 1 && p.Burn(sixHours) > 1 }
