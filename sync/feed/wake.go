package feed

import (
	"context"
	"sync"
)

// waking lets others end the waiting of a Step.
type waking struct {
	mu     sync.Mutex
	asked  bool
	unwait context.CancelFunc // of the waiting under way, nil where there is none
}

// Wake ends the waiting of the Step under way, or of the next one, so that something else can be done between the two. What is
// being taken in is not disturbed, and nothing that was read is lost.
func (f *Feed) Wake() {
	w := &f.waking
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = true
	if w.unwait != nil {
		w.unwait()
	}
}

// begin gives the context to wait with. The function it gives ends the waiting and says whether somebody has asked for that.
func (w *waking) begin(ctx context.Context) (context.Context, func() (woken bool)) {
	ctx, cancel := context.WithCancel(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unwait = cancel
	if w.asked {
		cancel()
	}
	return ctx, func() bool {
		cancel()
		w.mu.Lock()
		defer w.mu.Unlock()
		woken := w.asked
		w.asked, w.unwait = false, nil
		return woken
	}
}
