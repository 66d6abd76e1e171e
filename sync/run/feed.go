package run

import (
	"cmp"
	"context"
	"slices"

	"github.com/freshet/freshet/sync/batch"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/plan"
)

// feed reads the plan's steps of one pass ahead of the loop, packed into calls; what calls have taken before is left
// out. At most ahead batches wait at any time.
type feed struct {
	calls chan *call
	back  *call // taken and given back
	stop  context.CancelFunc
	err   error // to be read once calls is closed
}

const ahead = 8

func (x *execution) feed(ctx context.Context, leaving bool) *feed {
	ctx, stop := context.WithCancel(ctx)
	f := &feed{calls: make(chan *call, ahead), stop: stop}
	go func() {
		defer close(f.calls)
		for _, segment := range x.file.Segments() {
			if segment.Verb == connect.NoVerb || segment.Verb.Leaving() != leaving {
				continue
			}
			if f.err = x.segment(ctx, segment, f.calls); f.err != nil {
				return
			}
		}
	}()
	return f
}

// segment packs one verb's steps. The first error, or the end of the context, ends it.
func (x *execution) segment(ctx context.Context, s plan.Segment, out chan<- *call) error {
	limits := limitsFor(x.job, s.Verb, s.To-s.From)
	packer := batch.NewPacker(limits)
	push := func(items []batch.Item) error {
		if items == nil {
			return nil
		}
		select {
		case out <- x.newCall(items, 0, limits.Job):
			return nil
		case <-ctx.Done():
			return context.Canceled
		}
	}
	err := x.file.Steps(s.From, s.To, func(ord int64, step *plan.Step) error {
		if x.covered.has(ord) {
			return nil
		}
		return push(packer.Add(ord, step))
	})
	if err == nil {
		err = push(packer.Flush())
	}
	if ctx.Err() != nil {
		return nil // nobody wants more
	}
	return err
}

// next gives the next call, nil at the end.
func (f *feed) next() *call {
	if c := f.back; c != nil {
		f.back = nil
		return c
	}
	return <-f.calls
}

// close ends the reading and tells what went wrong in it, if anything did.
func (f *feed) close() error {
	f.stop()
	for range f.calls {
	}
	return f.err
}

// unread gives a call back: next returns it again.
func (f *feed) unread(c *call) { f.back = c }

// covered is a set of ordinals as sorted ranges.
type covered []ledger.Range

// cover makes the set from ranges in any order.
func cover(all []ledger.Range) covered {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b ledger.Range) int { return cmp.Compare(a.From, b.From) })
	var out covered
	for _, r := range sorted {
		if n := len(out); n > 0 && out[n-1].To >= r.From {
			out[n-1].To = max(out[n-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

func (c covered) has(ord int64) bool {
	i, found := slices.BinarySearchFunc(c, ord, func(r ledger.Range, ord int64) int { return cmp.Compare(r.From, ord) })
	return found || i > 0 && c[i-1].To > ord
}
