package supervise

import "time"

// Waits is what a live sync has still to bring to its destination.
type Waits struct {
	Sync   string
	Seen   time.Time // every change that was in the ledger by then has been looked at; zero: there are others
	Keys   int
	Oldest time.Time // the earliest commit in a source among what waits; zero where nothing waits for one
	Owed   bool      // every row is to be looked at: nobody knows what waits
}

// tellEvery is how often it is told while something waits: finding the oldest of many keys takes a moment.
const tellEvery = 200 * time.Millisecond

func (l *Live) tellWaits(now, seen time.Time) {
	if l.Waits == nil || l.waiting.all() > 0 && now.Sub(l.told) < tellEvery {
		return
	}
	l.told = now
	l.Waits(Waits{Sync: l.Job.Sync.Name, Seen: seen, Keys: l.waiting.all(), Oldest: l.waiting.oldest(), Owed: l.owed})
}

// oldest is the earliest commit that a key waits for, under way or not.
func (w *waitingKeys) oldest() (oldest time.Time) {
	for _, at := range w.marks {
		oldest = sooner(oldest, at)
	}
	for _, at := range w.again {
		oldest = sooner(oldest, at)
	}
	return oldest
}
