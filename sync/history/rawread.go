package history

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"time"

	"github.com/freshet/freshet/sync/model"
)

const (
	readEvents = 1024
	readBytes  = 1 << 20
)

// Range says which events are read: those that satisfy every part of it. The zero Range is all of them.
type Range struct {
	From, To time.Time // by the events' own time, To excluded; zero: no limit
	// Start and End limit partitions by offset, End excluded. Partitions they do not name are not limited.
	Start, End []model.Position
	// PastDamage goes on without damaged files, and names them all in the error at the end. Otherwise the first one ends
	// the reading before any of its events is given.
	PastDamage bool
}

// Read gives the events of a range in parts, which are the caller's to keep. Those of one partition come in the order of
// their offsets, each once however often it was kept; partitions of the same time come near to each other. Events that
// were not flushed are not among them. What is flushed, merged or removed meanwhile does not disturb: a file is read
// whole or not at all. Memory is bounded, whatever the range.
func (r *Raw) Read(ctx context.Context, which Range, use func([]model.Event) error) error {
	w := &reading{dir: r.dir, which: which, limits: which.limits(), offsets: which.offsets(), use: use}
	err := w.plan(ctx)
	for again := 0; errors.Is(err, fs.ErrNotExist) && again < 100; again++ {
		err = w.plan(ctx) // a file went away between the list and the look at it
	}
	if errors.Is(err, fs.ErrNotExist) {
		return rawUnreadable(r.dir, err)
	}
	if err != nil {
		return err
	}
	for _, g := range w.groups {
		if err := w.group(ctx, g[0], g[1]); err != nil {
			return err
		}
	}
	return errors.Join(w.flush(), errors.Join(w.damaged...))
}

// reading is one Read.
type reading struct {
	dir     string
	which   Range
	limits  bounds
	offsets map[partition]bounds // of partitions that have limits of their own
	files   *outline
	groups  [][2]int
	damaged []error
	use     func([]model.Event) error
	batch   []model.Event
	bytes   int
}

// limits are the bounds that the range sets for all partitions.
func (r Range) limits() bounds {
	b := bounds{first: math.MinInt64, last: math.MaxInt64, from: math.MinInt64, to: math.MaxInt64}
	if !r.From.IsZero() {
		b.from = ceilMilli(r.From)
	}
	if !r.To.IsZero() {
		b.to = ceilMilli(r.To) - 1
	}
	return b
}

// offsets are the limits of the partitions that the range names.
func (r Range) offsets() map[partition]bounds {
	limits := map[partition]bounds{}
	limit := func(at model.Position, set func(*bounds)) {
		p := partition{at.Topic, at.TopicID, at.Partition}
		b, known := limits[p]
		if !known {
			b = Range{}.limits()
		}
		set(&b)
		limits[p] = b
	}
	for _, at := range r.Start {
		limit(at, func(b *bounds) { b.first = at.Next })
	}
	for _, at := range r.End {
		limit(at, func(b *bounds) { b.last = at.Next - 1 })
	}
	return limits
}

// ceilMilli is the first whole millisecond that is not before t.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

func (w *reading) plan(ctx context.Context) error {
	all, err := segments(w.dir)
	if err != nil {
		return err
	}
	live, _ := counted(all)
	var files []segment
	for _, s := range live {
		if s.to >= w.limits.from && s.from <= w.limits.to {
			files = append(files, s)
		}
	}
	w.damaged = nil
	w.files, err = newOutline(ctx, w.dir, files, w.past)
	if err == nil {
		w.groups = w.files.together()
	}
	return err
}

// past decides about a damaged file.
func (w *reading) past(err error) error {
	if !w.which.PastDamage {
		return err
	}
	w.damaged = append(w.damaged, err)
	return nil
}

func (w *reading) group(ctx context.Context, from, to int) error {
	m := newMerge(w.dir)
	defer m.close()
	for i := from; i < to; i++ {
		wanted := w.wanted(i)
		if len(wanted) == 0 {
			continue
		}
		if err := m.include(w.files.files[i]); err != nil {
			if err := w.past(err); err != nil {
				return err
			}
			continue
		}
		for p, only := range wanted {
			m.want(p, w.files.files[i], only)
		}
	}
	return m.each(ctx, func(e *model.Event) error { return w.take(ctx, e) })
}

// wanted is what the range wants of each partition of a file.
func (w *reading) wanted(file int) map[partition]bounds {
	wanted := map[partition]bounds{}
	for _, r := range w.files.reach[file] {
		p, only := w.files.parts[r.part], w.limits
		only.first, only.last = r.first, r.last
		if own, limited := w.offsets[p]; limited {
			only.first, only.last = max(only.first, own.first), min(only.last, own.last)
		}
		if only.first <= only.last {
			wanted[p] = only
		}
	}
	return wanted
}

func (w *reading) take(ctx context.Context, e *model.Event) error {
	w.batch = append(w.batch, *e)
	if w.bytes += e.Size(); len(w.batch) < readEvents && w.bytes < readBytes {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return w.flush()
}

func (w *reading) flush() error {
	if len(w.batch) == 0 {
		return nil
	}
	batch := w.batch
	w.batch, w.bytes = make([]model.Event, 0, len(batch)), 0
	return w.use(batch)
}
