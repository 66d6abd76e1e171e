package history

import (
	"context"
	"errors"
	"slices"

	"github.com/freshet/freshet/sync/model"
)

// Erase takes the events that match out of the history for good, those that wait to be written among them. It reads
// everything that was archived when it began, rewrites each file that has such an event, and returns when none of them
// is on the disk any more; a reader that was in the middle of such a file still sees it. A file that cannot be read is
// named in the error, and the others are done. The stream may still have the events: what is read from it again is kept
// again.
func (r *Raw) Erase(ctx context.Context, match func(*model.Event) bool) (erased int64, err error) {
	r.arranging.Lock()
	defer r.arranging.Unlock()
	erased = r.eraseWaiting(match)
	live, err := r.arrange(ctx)
	if err != nil {
		return erased, err
	}
	var failed error
	for _, s := range live {
		n, err := r.eraseFrom(ctx, s, match)
		erased += n
		if failed = errors.Join(failed, err); ctx.Err() != nil {
			return erased, ctx.Err()
		}
	}
	return erased, failed
}

// eraseWaiting waits until nothing is between memory and disk.
func (r *Raw) eraseWaiting(match func(*model.Event) bool) (erased int64) {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.buffer.Lock()
	defer r.buffer.Unlock()
	kept := slices.DeleteFunc(slices.Clone(r.waiting.events), func(e model.Event) bool { return match(&e) })
	erased = int64(len(r.waiting.events) - len(kept))
	r.waiting.events, r.bytes = kept, 0
	for i := range kept {
		r.bytes += int64(kept[i].Size())
	}
	return erased
}

// eraseFrom looks through a file first: few files have what is to be erased.
func (r *Raw) eraseFrom(ctx context.Context, s segment, match func(*model.Event) bool) (erased int64, err error) {
	err = r.through(ctx, s, func(e *model.Event) error {
		if match(e) {
			erased++
		}
		return nil
	})
	if err != nil || erased == 0 {
		return 0, err
	}
	if erased < s.events {
		if err := r.rewrite(ctx, s, match); err != nil {
			return 0, err
		}
	}
	if err := remove(r.dir, []string{s.name}); err != nil {
		return 0, rawUnwritable(ctx, r.dir, err)
	}
	return erased, nil
}

// through gives every event of a file.
func (r *Raw) through(ctx context.Context, s segment, use func(*model.Event) error) error {
	m := newMerge(r.dir)
	defer m.close()
	f, err := m.file(s)
	if err != nil || f == nil {
		return err
	}
	for _, run := range f.runs {
		m.want(run.partition(), s, everything(run))
	}
	return m.each(ctx, use)
}

// rewrite puts a file without the events that match in the place of one.
func (r *Raw) rewrite(ctx context.Context, s segment, match func(*model.Event) bool) error {
	d, err := newDraft(r.dir, segment{first: s.first, last: s.last, rewritten: s.rewritten + 1, written: s.written})
	if err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	broken := error(nil)
	err = r.through(ctx, s, func(e *model.Event) error {
		if match(e) {
			return nil
		}
		broken = d.add(e)
		return broken
	})
	switch {
	case broken != nil:
		return rawUnwritable(ctx, r.dir, d.abandon(broken))
	case err != nil:
		return d.abandon(err)
	}
	if _, err := d.finish(ctx); err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	return nil
}
