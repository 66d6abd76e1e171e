package timetable

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Timetable says when runs begin. It is a value: the same for the same definition, in every process. The zero Timetable has
// no runs.
type Timetable struct {
	every time.Duration
	cron  Cron
	zone  *time.Location
	slack time.Duration // the longest that a run is put off so that not all begin at once
	delay time.Duration // how long this sync's are
}

// The longest that a run is put off: a tenth of the time between two, and no more than this. Where a person wrote the minute
// with cron fields, it stays within that minute.
const (
	longestDelay = 5 * time.Minute
	cronDelay    = 30 * time.Second
)

// Every is a timetable of equal spans: they count from Monday, 1 January of the year 1, UTC, so an hour's begin on the hour
// and a day's at midnight UTC, whenever serving began.
func Every(span time.Duration) Timetable {
	return Timetable{every: span, slack: min(span/10, longestDelay)}
}

// At is a timetable by a zone's clock.
func At(c Cron, zone *time.Location) Timetable {
	return Timetable{cron: c, zone: zone, slack: cronDelay}
}

// For puts the runs of one sync off by a span that is always the same for its name, and spread evenly over many.
func (t Timetable) For(workspace, sync string) Timetable {
	h := fnv.New64a()
	_, _ = h.Write([]byte(workspace + "\x00" + sync))
	seed := mix(h.Sum64())
	t.delay = time.Duration(float64(seed>>11) / (1 << 53) * float64(t.slack)).Truncate(time.Millisecond)
	return t
}

// mix spreads a hash over all its bits (the finalizer of splitmix64): names that differ by a digit are far apart.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Runs says whether there are any runs.
func (t Timetable) Runs() bool { return t.every > 0 || t.cron.set() }

// slot is the first time of the timetable after t, before it is put off.
func (t Timetable) slot(after time.Time) time.Time {
	switch {
	case t.cron.set():
		return t.cron.next(after, t.zone)
	case t.every > 0:
		return after.UTC().Truncate(t.every).Add(t.every)
	default:
		return time.Time{}
	}
}

// Next is when the run after one that began at last is to begin. Where that is past, it is due now: once, however many times
// have gone by. A sync that never ran, with the zero last, is due at once. ok is false where no run follows.
// Guarantee G35.
func (t Timetable) Next(last time.Time) (begin time.Time, ok bool) {
	if !t.Runs() {
		return time.Time{}, false
	}
	if last.IsZero() {
		return time.Time{}, true
	}
	slot := t.slot(last)
	return slot.Add(t.delay), !slot.IsZero()
}

// Trust gives the beginning of the last run as far as the clock can be believed. A run that seems to have begun after now
// began under a clock that was put back since. Within one span of the timetable that is left as it is, so that nothing runs
// twice for it; where it is more, the schedule goes on from now, so that nothing waits until the clock is there again.
func (t Timetable) Trust(last, now time.Time) time.Time {
	if !last.After(now) || !t.Runs() {
		return last
	}
	next := t.slot(now)
	if span := t.slot(next).Sub(next); last.Sub(now) >= span {
		return now
	}
	return last
}

// String says the timetable in words: "every 15m", "0 6 * * * in Europe/Berlin".
func (t Timetable) String() string {
	switch {
	case t.cron.set():
		return t.cron.text + " in " + t.zone.String()
	case t.every > 0:
		return "every " + span(t.every)
	default:
		return "by hand"
	}
}

// span writes a duration as people do: 7d, 90m, 1h30m.
func span(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
	}
	text := d.String()
	if rest, ok := strings.CutSuffix(text, "m0s"); ok {
		text = rest + "m"
	}
	if rest, ok := strings.CutSuffix(text, "h0m"); ok {
		text = rest + "h"
	}
	return text
}

// gapsSeen is how many runs are looked at for Gap: more than a week of hours.
const gapsSeen = 200

// Gap is the longest time between two of the next runs; 0 where there are none.
func (t Timetable) Gap(from time.Time) (longest time.Duration) {
	if t.every > 0 {
		return t.every
	}
	if !t.Runs() {
		return 0
	}
	for range gapsSeen {
		next := t.slot(from)
		after := t.slot(next)
		if next.IsZero() || after.IsZero() {
			break
		}
		longest, from = max(longest, after.Sub(next)), next
	}
	return longest
}
