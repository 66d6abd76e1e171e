package supervise

import (
	"slices"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// waitingKeys are the keys that a live sync must look at, in the order in which they were marked first. The ledger has the same
// keys. Its zero value is ready.
type waitingKeys struct {
	marks map[model.Key]time.Time // waiting or under way, with the earliest commit in a source that they wait for
	aloft map[model.Key]bool      // under way
	again map[model.Key]time.Time // changed while they were under way
	queue []model.Key             // waiting and not under way, each once
	front []model.Key             // likewise, before the queue: a plan has had them already
}

// mark makes a key wait; news says that the ledger does not know it.
func (w *waitingKeys) mark(key model.Key, at time.Time) (news bool) {
	if w.marks == nil {
		w.marks, w.aloft, w.again = map[model.Key]time.Time{}, map[model.Key]bool{}, map[model.Key]time.Time{}
	}
	if w.aloft[key] {
		if was, waits := w.again[key]; !waits || was.IsZero() {
			w.again[key] = at // it has changed after its plan was made
		}
		return false // the mark stays: see end
	}
	was, waits := w.marks[key]
	if !waits {
		w.queue = append(w.queue, key)
	}
	if waits && (at.IsZero() || !was.IsZero() && !at.Before(was)) {
		return false
	}
	w.marks[key] = at
	return true
}

// all is how many keys wait, those under way among them.
func (w *waitingKeys) all() int { return len(w.marks) }

// left is how many keys wait that no plan under way has.
func (w *waitingKeys) left() int { return len(w.front) + len(w.queue) }

// take takes up to n keys out: they are under way from now on.
func (w *waitingKeys) take(n int) []model.Key {
	from := &w.queue
	if len(w.front) > 0 {
		from = &w.front
	}
	n = min(n, len(*from))
	keys := (*from)[:n:n]
	for _, key := range keys {
		w.aloft[key] = true
	}
	if *from = (*from)[n:]; len(*from) == 0 {
		*from = nil // what was taken is not kept for what comes
	}
	return keys
}

// giveBack makes keys wait again, before all others.
func (w *waitingKeys) giveBack(keys []model.Key) {
	for _, key := range keys {
		delete(w.aloft, key)
		delete(w.again, key) // whatever has become of it is what is looked at
	}
	w.front = append(slices.Clone(keys), w.front...)
}

// end ends the waiting of a key that was looked at, and tells since when it has waited. Where it must be looked at again
// it goes on, and is not done.
func (w *waitingKeys) end(key model.Key) (at time.Time, done bool) {
	at = w.marks[key]
	delete(w.aloft, key)
	then, again := w.again[key]
	if !again {
		delete(w.marks, key)
		return at, true
	}
	delete(w.again, key)
	w.marks[key] = then
	w.queue = append(w.queue, key)
	return at, false
}
