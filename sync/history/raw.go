package history

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// largestEvent is what a column of a Parquet file can surely hold of one event.
const largestEvent = 1 << 30

// Raw is the raw history of a feed: every event as it came. It serves many goroutines. Events are held in memory until
// Flush, and only those that Flush has written count as archived: after a crash the feed reads again from there.
// Guarantee G29.
type Raw struct {
	dir string

	buffer  sync.Mutex
	waiting backlog
	bytes   int64 // of the events that wait or are being written

	flushing  sync.Mutex // one Flush at a time
	arranging sync.Mutex // one Compact, Retain or Erase at a time, beside a Flush

	preparing sync.Mutex
	prepared  bool
	next      int64 // number of the next flush
}

// Raw is the raw history of a feed, which is made by the first Flush. A Store gives the same one for the same feed: a
// process that writes must have one Store for a folder, since they would not know of each other.
func (s *Store) Raw(feed string) *Raw {
	s.opening.Lock()
	defer s.opening.Unlock()
	r := s.feeds[feed]
	if r == nil {
		r = &Raw{dir: filepath.Join(s.dir, rawPrefix+safe(feed))}
		if s.feeds == nil {
			s.feeds = map[string]*Raw{}
		}
		s.feeds[feed] = r
	}
	return r
}

// Append takes events into memory, all or none. They and what they point to must not change any more. How much may
// wait is the caller's decision.
func (r *Raw) Append(ctx context.Context, events []model.Event) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var bytes int64
	for i := range events {
		if rawBytes(&events[i]) > largestEvent || !utf8.ValidString(events[i].Topic) {
			return fault.New(fault.Source, "history.impossible", "an event cannot be kept: it is larger than 1 GiB, or the "+
				"name of its topic is not UTF-8").At(filepath.Base(r.dir))
		}
		bytes += int64(events[i].Size())
	}
	r.buffer.Lock()
	defer r.buffer.Unlock()
	r.waiting.add(events)
	r.bytes += bytes
	return nil
}

// Waiting is about how many bytes of memory the events take that are not archived yet.
func (r *Raw) Waiting() int64 {
	r.buffer.Lock()
	defer r.buffer.Unlock()
	return r.bytes
}

// Flush writes what was appended, and tells how far each of those partitions is archived: one behind the event that was
// appended last. When it fails nothing counts as written, and the events wait for the next Flush.
func (r *Raw) Flush(ctx context.Context) (archived []model.Position, err error) {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.buffer.Lock()
	taken := r.waiting
	r.waiting = backlog{}
	r.buffer.Unlock()
	if len(taken.events) > 0 {
		err = r.write(ctx, taken.events)
	}
	r.buffer.Lock()
	defer r.buffer.Unlock()
	if err != nil {
		r.waiting = taken.before(r.waiting)
		return nil, err
	}
	for i := range taken.events {
		r.bytes -= int64(taken.events[i].Size())
	}
	return taken.positions(), nil
}

// write makes one file of events, in the order of a file.
func (r *Raw) write(ctx context.Context, events []model.Event) error {
	number, err := r.prepare()
	if err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	sorted := make([]*model.Event, len(events))
	for i := range events {
		sorted[i] = &events[i]
	}
	slices.SortStableFunc(sorted, compareEvents)
	sorted = slices.CompactFunc(sorted, func(a, b *model.Event) bool { return compareEvents(a, b) == 0 })
	d, err := newDraft(r.dir, segment{first: number, last: number, written: time.Now().UnixMilli()})
	if err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	for i, e := range sorted {
		if err = d.add(e); err == nil && i%batchRows == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return rawUnwritable(ctx, r.dir, d.abandon(err))
		}
	}
	if _, err := d.finish(ctx); err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	r.preparing.Lock()
	r.next = number + 1
	r.preparing.Unlock()
	return nil
}

// prepare makes the folder and clears away what a process that died left in it, once. It gives the number of the next
// flush.
func (r *Raw) prepare() (number int64, err error) {
	r.preparing.Lock()
	defer r.preparing.Unlock()
	if r.prepared {
		return r.next, nil
	}
	if err := makeFolder(r.dir); err != nil {
		return 0, err
	}
	left, err := fileNames(r.dir, part)
	if err != nil {
		return 0, err
	}
	all, err := segments(r.dir)
	if err != nil {
		return 0, err
	}
	r.next = 1
	for _, s := range all {
		r.next = max(r.next, s.last+1)
	}
	_, replaced := counted(all)
	if err := remove(r.dir, append(left, namesOf(replaced)...)); err != nil {
		return 0, err
	}
	r.prepared = true
	return r.next, nil
}

// makeFolder makes a folder for its owner alone, and waits until it is on the disk.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	above := filepath.Dir(dir)
	return errors.Join(syncPath(above), syncPath(filepath.Dir(above)))
}
