package connecttest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// conductChecks: how a connector behaves towards the program around it.
func conductChecks() []check {
	return []check{
		{name: "cancel", run: cancels},
		{name: "canceled-before", run: canceledBefore},
		{name: "secrets-and-rows-stay-inside", run: quiet},
	}
}

// cancels: a call under way ends promptly when it is stopped, and claims nothing.
func cancels(b *bench) error {
	const slow, prompt = 8 * time.Second, 2 * time.Second
	if err := b.inject(Fault{Kind: SlowReply, After: slow}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 0, 3, 0)
	ctx, cancel := context.WithCancel(b.t.Context())
	stop := time.AfterFunc(200*time.Millisecond, cancel)
	defer stop.Stop()
	defer cancel()
	begun := time.Now()
	outcomes, err := b.dest.Deliver(ctx, batch)
	if took := time.Since(begun); took > prompt {
		return fmt.Errorf("stopping took %v, want less than %v", took, prompt)
	}
	a := b.note(answer{outcomes, err})
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the error %v does not say that the call was stopped", err)
	}
	return a.of(connect.Lost)
}

// canceledBefore: a call that was stopped before it began leaves nothing unknown.
func canceledBefore(b *bench) error {
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	outcomes, err := b.dest.Deliver(ctx, b.batch(b.verb(), 0, 3, 0))
	if err := b.note(answer{outcomes, err}).of(connect.NotSent); err != nil {
		return err
	}
	if n := b.peer.Calls(); n != 0 {
		return fmt.Errorf("%d calls were made", n)
	}
	return nil
}

// quiet sends a row with a canary through everything that can go wrong; runCheck then looks for it, and for every
// secret, in what was said. Faults this vendor does not know are left out.
func quiet(b *bench) error {
	faults := []Fault{{Kind: PartialReject, Rows: []int{0}}, {Kind: ServerError}, {Kind: HTML}, {Kind: Garbage}, {Kind: Truncated},
		{Kind: ThrottleNoHint}, {Kind: Forbidden}, {Kind: DropAfterApply}, {Kind: UnauthorizedOnce}, {Kind: WholeBatchRefused, Rows: []int{0}},
		{Kind: UnauthorizedForGood}}
	for i, f := range faults {
		if err := b.peer.Inject(f); err != nil {
			if errors.Is(err, ErrUnsupported) {
				continue
			}
			return fmt.Errorf("injecting %s: %w", f.Kind, err)
		}
		batch := b.batch(b.verb(), 10*i, 2, 0)
		batch.Ops[0] = b.with(batch.Ops[0], model.Text(canary))
		b.deliver(batch)
	}
	return nil
}
