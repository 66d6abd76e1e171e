package history

import (
	"context"
	"time"
)

// Retain removes whole files, oldest first: those whose newest events were archived more than maxAge before now, and
// then as many as it takes to have at most maxBytes on the disk; 0 sets no limit. Age counts from when events were
// archived, so that a topic's old events are kept as long as its new ones. A merged file holds events of one day (UTC),
// so that an event stays at most a day longer than its age allows. What is being read is read to its end.
func (r *Raw) Retain(ctx context.Context, now time.Time, maxAge time.Duration, maxBytes int64) (removed RawStats, err error) {
	r.arranging.Lock()
	defer r.arranging.Unlock()
	live, err := r.arrange(ctx)
	if err != nil {
		return removed, err
	}
	kept := RawStats{}
	for _, s := range live {
		if err := kept.add(r.dir, s); err != nil {
			return removed, err
		}
	}
	var gone []segment
	bytes := kept.Bytes
	for _, s := range live {
		one := RawStats{}
		if err := one.add(r.dir, s); err != nil {
			return RawStats{}, err
		}
		old := maxAge > 0 && now.Sub(time.UnixMilli(s.written)) > maxAge
		if !old && (maxBytes <= 0 || bytes <= maxBytes) {
			continue
		}
		bytes -= one.Bytes
		removed.sum(one)
		gone = append(gone, s)
	}
	if err := remove(r.dir, namesOf(gone)); err != nil {
		return RawStats{}, rawUnwritable(ctx, r.dir, err)
	}
	return removed, nil
}
