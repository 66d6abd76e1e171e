package control

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
)

const (
	lookEvery   = time.Second      // how often it is looked whether a source has changed
	mostUnquiet = 30 * time.Second // how long a source that changes at every look is not copied
	mostCopies  = 3                // old copies that somebody still reads; meanwhile no other is made
)

// copy makes a copy of the wanted tables, and shows it in the place of the one before. The caller holds busy.
func (b *beside) copy(ctx context.Context, src *besideSource) error {
	was := src.copied
	err := b.copyNow(ctx, src)
	src.mu.Lock()
	defer src.mu.Unlock()
	if src.trouble = err; err == nil && src.copied != was { // else it has more tables, and the same rows
		src.shown++
	}
	return err
}

func (b *beside) copyNow(ctx context.Context, src *besideSource) error {
	source, err := src.endpoint.Driver.Source(ctx, src.endpoint.Settings)
	if err != nil {
		return err
	}
	defer source.Close()
	from, ok := source.(connect.Exclusive)
	if !ok {
		return errors.New("the source is another than before")
	}
	mark, err := from.Mark(ctx) // before the copy: what changes while it is made is seen at the next look
	if err != nil {
		return err
	}
	dir := filepath.Join(b.service.scratch(), strconv.Itoa(os.Getpid()))
	c, err := engine.CopyTables(ctx, dir, src.endpoint.Name, from, src.wanted)
	if err != nil {
		return err
	}
	b.making.Lock()
	defer b.making.Unlock()
	if err := b.engine.ShowCopy(ctx, c); err != nil {
		c.Remove()
		return err
	}
	src.copied, src.held, src.unquiet = mark, len(src.wanted), time.Time{}
	return nil
}

// watch looks at every source until ctx ends.
func (b *beside) watch(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		for _, src := range b.sources {
			b.look(ctx, src)
		}
	}
}

// look copies a source again that has changed and is quiet: one that is being written to would not let us in, or be kept from its
// writer between two of its steps.
func (b *beside) look(ctx context.Context, src *besideSource) {
	src.busy.Lock()
	defer src.busy.Unlock()
	if len(src.wanted) == 0 {
		return
	}
	mark, err := b.mark(ctx, src)
	was := src.seen
	src.seen = mark
	switch {
	case err != nil:
	case mark == src.copied && src.held == len(src.wanted):
		if !src.troubled() {
			return
		}
	case b.engine.CopiesKept() > mostCopies:
		return
	case mark != was && (src.unquiet.IsZero() || time.Since(src.unquiet) < mostUnquiet):
		if src.unquiet.IsZero() {
			src.unquiet = time.Now()
		}
		return
	default:
		err = b.copy(ctx, src)
	}
	b.told(ctx, src, err)
}

// troubled says whether the last look at a source failed.
func (src *besideSource) troubled() bool {
	src.mu.Lock()
	defer src.mu.Unlock()
	return src.trouble != nil
}

// mark is a source's mark.
func (b *beside) mark(ctx context.Context, src *besideSource) (string, error) {
	source, err := src.endpoint.Driver.Source(ctx, src.endpoint.Settings)
	if err != nil {
		return "", err
	}
	defer source.Close()
	return source.(connect.Exclusive).Mark(ctx)
}

// told tells the syncs that read a source what a look at it came to.
func (b *beside) told(ctx context.Context, src *besideSource, err error) {
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		b.tell()
	}
	src.mu.Lock()
	src.trouble = err
	readers := slices.Clone(src.readers)
	src.mu.Unlock()
	for _, sync := range readers {
		b.waiting(sync, err)
	}
}

// waiting keeps why a sync waits, nil for no more, and tells of it where it is new.
func (b *beside) waiting(sync string, why error) {
	b.mu.Lock()
	was := b.waits[sync]
	delete(b.waits, sync)
	if why != nil {
		b.waits[sync] = why
	}
	b.mu.Unlock()
	if why != nil && (was == nil || fault.As(was).Message != fault.As(why).Message) {
		b.service.progress(Event{Sync: sync, Stage: "waiting", Note: fault.As(why).Message})
	}
}

// keepWhy keeps why a sync cannot be live yet, which is told elsewhere.
func (b *beside) keepWhy(sync string, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits[sync] = why
}

// whyWaits is why a sync waits: nil where it does not.
func (b *beside) whyWaits(sync string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waits[sync]
}
