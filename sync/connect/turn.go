package connect

import (
	"context"
	"sync/atomic"
)

type turns struct{}

// WithTurns gives a context for one delivery to an account whose calls are counted. The first call made under it has
// its turn already; every further one waits for its own.
func WithTurns(ctx context.Context, wait func(context.Context) error) context.Context {
	var taken atomic.Bool
	return context.WithValue(ctx, turns{}, func(ctx context.Context) error {
		if !taken.Swap(true) {
			return nil
		}
		return wait(ctx)
	})
}

// Turn waits until one more call may be made. It returns at once where nobody counts, and else fails only with the
// context. Whoever carries calls asks for it before every one.
func Turn(ctx context.Context) error {
	if wait, counted := ctx.Value(turns{}).(func(context.Context) error); counted {
		return wait(ctx)
	}
	return nil
}
