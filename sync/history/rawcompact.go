package history

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/freshet/freshet/sync/model"
)

const (
	mergedBytes = 256 << 20 // events of a file that is not merged further
	mergedFiles = 128       // files that are merged at once, at most
	manyFiles   = 32        // so many small files are merged, however small
)

// Compact merges small files that were written one after the other on the same day (UTC) into larger ones, where that
// is worth its writing: call it as often as you like. A file takes the place of those it was made of at the moment it
// has its name, so events are neither lost nor doubled, wherever a crash comes. Flush and Read go on meanwhile. Damaged
// files stay as they are and are named in the error.
func (r *Raw) Compact(ctx context.Context) error {
	r.arranging.Lock()
	defer r.arranging.Unlock()
	live, err := r.arrange(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, group := range worthMerging(live, time.Now()) {
		failed = errors.Join(failed, r.mergeGroup(ctx, group))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return failed
}

// arrange makes the folder ready to be changed, and lists the files that count. Those that others have replaced are
// gone when it returns: a file must not come back when the one that replaced it is removed.
func (r *Raw) arrange(ctx context.Context) ([]segment, error) {
	if _, err := r.prepare(); err != nil {
		return nil, rawUnwritable(ctx, r.dir, err)
	}
	all, err := segments(r.dir)
	if err != nil {
		return nil, err
	}
	live, replaced := counted(all)
	if err := remove(r.dir, namesOf(replaced)); err != nil {
		return nil, rawUnwritable(ctx, r.dir, err)
	}
	return live, nil
}

// worthMerging finds neighbours to merge.
func worthMerging(live []segment, now time.Time) [][]segment {
	today := now.UTC().Format(time.DateOnly)
	var groups [][]segment
	for len(live) > 0 {
		n, total, largest := 0, int64(0), int64(0)
		for n < min(len(live), mergedFiles) && total < mergedBytes && live[n].raw < mergedBytes && day(live[n]) == day(live[0]) {
			total += live[n].raw
			largest = max(largest, live[n].raw)
			n++
		}
		if n > 1 && (day(live[0]) != today || total >= mergedBytes || largest*3 <= total*2 || n >= manyFiles) {
			groups = append(groups, live[:n])
		}
		live = live[max(n, 1):]
	}
	return groups
}

func day(s segment) string { return time.UnixMilli(s.written).UTC().Format(time.DateOnly) }

// mergeGroup merges files, or what stands between damaged ones: a merged file counts for all flushes from its first to
// its last.
func (r *Raw) mergeGroup(ctx context.Context, group []segment) error {
	m := newMerge(r.dir)
	defer m.close()
	var whole []segment
	var failed error
	merge := func() {
		if len(whole) > 1 {
			failed = errors.Join(failed, r.replace(ctx, m, whole))
		}
		whole = nil
		m.close()
		clear(m.parts)
	}
	for _, s := range group {
		f, err := m.file(s)
		if err != nil {
			merge()
			failed = errors.Join(failed, err)
			continue
		}
		if f == nil {
			return errors.Join(failed, rawUnreadable(filepath.Join(r.dir, s.name), fs.ErrNotExist))
		}
		for _, run := range f.runs {
			m.want(run.partition(), s, everything(run))
		}
		whole = append(whole, s)
	}
	merge()
	return failed
}

// replace writes the merged file and removes what it was made of.
func (r *Raw) replace(ctx context.Context, m *merge, old []segment) error {
	about := segment{first: old[0].first, last: old[len(old)-1].last}
	for _, s := range old {
		about.written = max(about.written, s.written)
	}
	d, err := newDraft(r.dir, about)
	if err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	broken := error(nil)
	err = m.each(ctx, func(e *model.Event) error {
		broken = d.add(e)
		return broken
	})
	if err != nil {
		err = d.abandon(err)
		if broken != nil {
			return rawUnwritable(ctx, r.dir, broken)
		}
		return err
	}
	if _, err := d.finish(ctx); err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	m.close()
	if err := remove(r.dir, namesOf(old)); err != nil {
		return rawUnwritable(ctx, r.dir, err)
	}
	return nil
}

// everything is the bounds of all events of a run.
func everything(r run) bounds {
	b := Range{}.limits()
	b.first, b.last = r.First, r.Last
	return b
}
