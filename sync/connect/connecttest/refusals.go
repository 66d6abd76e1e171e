package connecttest

import (
	"errors"
	"fmt"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// refusalChecks: calls the destination turned away before it did anything.
func refusalChecks() []check {
	return []check{
		{name: string(Throttle), run: throttled},
		{name: string(ThrottleNoHint), run: throttledNoHint},
		{name: string(UnauthorizedOnce), run: refreshed},
		{name: string(UnauthorizedForGood), run: unauthorized},
		{name: string(Forbidden), run: forbidden},
	}
}

func throttled(b *bench) error {
	shapes := b.h.Throttles
	if shapes == nil {
		shapes = []string{""}
	}
	for i, shape := range shapes {
		if err := throttledAs(b, i, shape); err != nil {
			return fmt.Errorf("shape %q: %w", shape, err)
		}
	}
	return nil
}

// throttledAs takes a wait of two seconds less or more than named: dates carry whole seconds.
func throttledAs(b *bench, i int, shape string) error {
	const wait, slack = 7 * time.Second, 2 * time.Second
	if err := b.inject(Fault{Kind: Throttle, After: wait, Shape: shape}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 10*i, 3, 0)
	a := b.deliver(batch)
	if err := a.waits(3, wait-slack, wait+slack); err != nil {
		return err
	}
	if n := len(b.peer.Applied(b.object.Name)); n != 3*i {
		return fmt.Errorf("the fake holds %d records", n)
	}
	batch.Attempt++
	return b.deliver(batch).accepted(3)
}

// waits demands a throttled call, or rows to be retried, with a wait between these bounds.
func (a answer) waits(n int, least, most time.Duration) error {
	var call *connect.CallError
	waits := make([]time.Duration, 0, n)
	switch {
	case errors.As(a.err, &call) && call.Class == connect.Throttled:
		waits = append(waits, call.After)
	case a.err != nil:
		return a.of(connect.Throttled)
	default:
		for i, o := range a.outcomes {
			if o.Verdict != connect.Retry {
				return fmt.Errorf("row %d is %v, want the call throttled", i, o.Verdict)
			}
			waits = append(waits, o.After)
		}
	}
	for _, w := range waits {
		if w < least || w > most {
			return fmt.Errorf("the wait is %v, want %v to %v", w, least, most)
		}
	}
	return nil
}

func throttledNoHint(b *bench) error {
	if err := b.inject(Fault{Kind: ThrottleNoHint}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 0, 3, 0)
	if err := b.deliver(batch).waits(3, 0, 25*time.Hour); err != nil {
		return err
	}
	if err := b.holdsExactly(nil); err != nil {
		return err
	}
	return b.heals(batch)
}

// refreshed: an access token that ended is renewed and the call made again, all inside one Deliver.
func refreshed(b *bench) error {
	first, _, err := b.seed(2)
	if err != nil {
		return err
	}
	if err := b.inject(Fault{Kind: UnauthorizedOnce}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 2, 3, 0)
	if err := b.deliver(batch).accepted(3); err != nil {
		return err
	}
	return b.holdsExactly(append(first.Ops, batch.Ops...))
}

func unauthorized(b *bench) error {
	return refused(b, Fault{Kind: UnauthorizedForGood}, connect.Unauthorized)
}

func forbidden(b *bench) error { return refused(b, Fault{Kind: Forbidden}, connect.Forbidden) }

func refused(b *bench, f Fault, want connect.Class) error {
	if err := b.inject(f); err != nil {
		return err
	}
	if err := b.deliver(b.batch(b.verb(), 0, 3, 0)).of(want); err != nil {
		return err
	}
	return b.holdsExactly(nil)
}
