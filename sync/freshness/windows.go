package freshness

import (
	"slices"
	"time"
)

// Windows keeps what was measured of one sync: of the last six hours in slots of five minutes, with the spans, and of the last 30
// days in slots of an hour, with counts alone. So it never grows beyond that. Its zero value is empty. Time must not go back: what
// comes with an earlier time than something before it counts for the later.
type Windows struct {
	Fine   []Slot  `json:"fine,omitempty"`   // oldest first
	Coarse []Tally `json:"coarse,omitempty"` // likewise
}

// Tally counts changes: those that kept the promise and those that did not.
type Tally struct {
	At   time.Time `json:"at"` // when the slot begins
	Good uint64    `json:"good,omitempty"`
	Bad  uint64    `json:"bad,omitempty"`
}

// Slot is a tally with the spans of what was confirmed in it.
type Slot struct {
	Tally
	Confirmed uint64    `json:"confirmed,omitempty"`
	Refused   uint64    `json:"refused,omitempty"`
	Ages      Histogram `json:"ages"`
}

// The lengths of slots and of what is kept of them.
const (
	fine       = 5 * time.Minute
	coarse     = time.Hour
	keepFine   = 6 * time.Hour
	keepCoarse = 30 * 24 * time.Hour
)

// Confirm counts n changes that were confirmed now, so long after their commit.
func (w *Windows) Confirm(now time.Time, p Promise, age time.Duration, n uint64) {
	s, t := w.slots(now)
	s.Confirmed += n
	s.Ages.Add(age, n)
	if p.Freshness > 0 && age > p.Freshness {
		s.Bad, t.Bad = s.Bad+n, t.Bad+n
		return
	}
	s.Good, t.Good = s.Good+n, t.Good+n
}

// Refuse counts n changes that were refused or set aside now.
func (w *Windows) Refuse(now time.Time, n uint64) {
	if n == 0 {
		return
	}
	s, t := w.slots(now)
	s.Refused += n
	s.Bad, t.Bad = s.Bad+n, t.Bad+n
}

// slots are those of the present; what is too old is let go.
func (w *Windows) slots(now time.Time) (*Slot, *Tally) {
	if n := len(w.Fine); n == 0 || now.Truncate(fine).After(w.Fine[n-1].At) {
		w.Fine = append(w.Fine, Slot{Tally: Tally{At: now.Truncate(fine)}})
	}
	if n := len(w.Coarse); n == 0 || now.Truncate(coarse).After(w.Coarse[n-1].At) {
		w.Coarse = append(w.Coarse, Tally{At: now.Truncate(coarse)})
	}
	w.Forget(now)
	return &w.Fine[len(w.Fine)-1], &w.Coarse[len(w.Coarse)-1]
}

// Forget lets go of what is too old.
func (w *Windows) Forget(now time.Time) {
	w.Fine = slices.DeleteFunc(w.Fine, func(s Slot) bool { return !s.At.After(now.Add(-keepFine - fine)) })
	w.Coarse = slices.DeleteFunc(w.Coarse, func(t Tally) bool { return !t.At.After(now.Add(-keepCoarse - coarse)) })
}

// Rebase makes what was kept by an earlier process fit a clock that was put back since: nothing in it is later than now.
func (w *Windows) Rebase(now time.Time) {
	if n := len(w.Fine); n > 0 && w.Fine[n-1].At.After(now) {
		back := w.Fine[n-1].At.Sub(now.Truncate(fine))
		for i := range w.Fine {
			w.Fine[i].At = w.Fine[i].At.Add(-back)
		}
	}
	if n := len(w.Coarse); n > 0 && w.Coarse[n-1].At.After(now) {
		back := w.Coarse[n-1].At.Sub(now.Truncate(coarse))
		for i := range w.Coarse {
			w.Coarse[i].At = w.Coarse[i].At.Add(-back)
		}
	}
}

// Last is everything of the last so long, up to six hours: whole slots, the present one among them.
func (w *Windows) Last(now time.Time, long time.Duration) (all Slot) {
	from := now.Add(-long)
	for i := range w.Fine {
		s := &w.Fine[i]
		if !s.At.Add(fine).After(from) {
			continue
		}
		all.Good, all.Bad = all.Good+s.Good, all.Bad+s.Bad
		all.Confirmed, all.Refused = all.Confirmed+s.Confirmed, all.Refused+s.Refused
		all.Ages.Merge(&s.Ages)
	}
	return all
}

// Month is what the last 30 days came to.
func (w *Windows) Month(now time.Time) (all Tally) {
	for _, t := range w.Coarse {
		if t.At.Add(coarse).After(now.Add(-keepCoarse)) {
			all.Good, all.Bad = all.Good+t.Good, all.Bad+t.Bad
		}
	}
	return all
}
