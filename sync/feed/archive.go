package feed

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// archiveBytes and archiveEvery bound what the archive holds in memory, and so what is read again after a crash: so much waits
// at most, and as much is on its way to the disk.
const (
	archiveBytes = 8 << 20
	archiveEvery = 30 * time.Second
)

// flight is what the archive held being written to the disk, beside the feed's next steps.
type flight struct {
	read   map[place]model.Position // where the stream stood when it began
	stored int
	done   chan struct{} // closed when it has ended, with kept or err
	kept   []model.Position
	err    error
}

// archive keeps the events as they came. They count as archived once they are on the disk.
func (f *Feed) archive(ctx context.Context, fetch connect.Fetch) error {
	if f.Archive == nil {
		return nil
	}
	fresh := fetch.Events[:0:0]
	for _, e := range fetch.Events {
		if p := f.parts[placeOfEvent(&e)]; p != nil && e.Offset >= p.Archived {
			fresh = append(fresh, e)
			f.stored += e.Size()
		}
	}
	if err := f.Archive.Append(ctx, fresh); err != nil {
		return err
	}
	for _, n := range fetch.Next {
		f.read[placeOf(n)] = n
	}
	full := f.stored >= archiveBytes || time.Since(f.flushed) >= archiveEvery
	if err := f.land(ctx, full); err != nil || !full { // one at a time: memory stays bounded where the disk is slow
		return err
	}
	f.fly(ctx)
	return nil
}

// fly begins to write what the archive holds. Nobody waits for it, and whoever waits for events is woken at its end.
func (f *Feed) fly(ctx context.Context) {
	f.flushed = time.Now()
	w := &flight{read: f.read, stored: f.stored, done: make(chan struct{})}
	f.read, f.stored, f.flight = map[place]model.Position{}, 0, w
	if w.stored == 0 {
		close(w.done) // there were events of no account alone
		return
	}
	ctx = context.WithoutCancel(ctx) // it is short, and what it has done counts
	go func() {
		w.kept, w.err = f.Archive.Flush(ctx)
		close(w.done)
		f.Wake()
	}()
}

// land notes how far the archive is where the flight has ended, or waits for that: as far as the stream was read, since what
// stands between events (markers of transactions, what was aborted or compacted) is nothing to keep, and must not be missed when
// retention takes it. Where the flight failed, what it had goes on waiting. Guarantee G29.
func (f *Feed) land(ctx context.Context, wait bool) error {
	w := f.flight
	if w == nil || !wait && !w.over() {
		return nil
	}
	<-w.done
	f.flight = nil
	if w.err != nil {
		f.stored += w.stored
		maps.Copy(w.read, f.read) // where the stream stands since counts
		f.read = w.read
		return w.err
	}
	var positions []ledger.FeedPosition
	for _, k := range append(w.kept, slices.Collect(maps.Values(w.read))...) {
		if p := f.parts[placeOf(k)]; p != nil && k.Next > p.Archived {
			p.Archived = k.Next
			positions = append(positions, p.FeedPosition)
		}
	}
	if len(positions) == 0 {
		return nil
	}
	return f.Ledger.Archived(context.WithoutCancel(ctx), positions)
}

func (w *flight) over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// Flush makes everything that the archive holds durable, and notes how far it is.
func (f *Feed) Flush(ctx context.Context) error {
	if f.Archive == nil {
		return nil
	}
	if err := f.land(ctx, true); err != nil {
		return err
	}
	f.fly(ctx)
	return f.land(ctx, true)
}
