package connecttest

import (
	"fmt"

	"github.com/freshet/freshet/sync/connect"
)

// lossChecks: calls whose answer cannot be trusted. Nothing may be claimed of any row, and a repeat must heal.
func lossChecks() []check {
	var checks []check
	for _, kind := range []FaultKind{DropBeforeApply, DropAfterApply, ServerError, ServerErrorApplied, HTML, Garbage,
		Truncated, HugeReply} {
		checks = append(checks, check{name: string(kind), run: func(b *bench) error { return lost(b, kind) }})
	}
	return append(checks, check{name: "leave-" + string(DropAfterApply), when: canRemove, run: lostRemoval})
}

func lost(b *bench, kind FaultKind) error {
	if err := b.inject(Fault{Kind: kind}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 0, 3, 0)
	if err := b.deliver(batch).unknown(3); err != nil {
		return err
	}
	if n := len(b.peer.Applied(b.object.Name)); n != 0 && !applies(kind) || n != 3 && applies(kind) {
		return fmt.Errorf("the fake holds %d records after %s", n, kind)
	}
	return b.heals(batch)
}

func applies(kind FaultKind) bool {
	return kind == DropAfterApply || kind == ServerErrorApplied || kind == Truncated
}

func canRemove(b *bench) bool { return b.can(connect.Delete) || b.can(connect.Archive) }

// lostRemoval: repeating a removal that was done says missing or accepted, never an error.
func lostRemoval(b *bench) error {
	if _, _, err := b.seed(3); err != nil {
		return err
	}
	if err := b.inject(Fault{Kind: DropAfterApply}); err != nil {
		return err
	}
	verb := connect.Delete
	if !b.can(verb) {
		verb = connect.Archive
	}
	batch := b.batch(verb, 0, 3, 0)
	if err := b.deliver(batch).unknown(3); err != nil {
		return err
	}
	batch.Attempt++
	if err := b.deliver(batch).gone(3); err != nil {
		return err
	}
	return b.holdsExactly(nil)
}

// gone demands that every record is not there any more, or was not there.
func (a answer) gone(n int) error {
	if a.err != nil {
		return fmt.Errorf("removing: %w", a.err)
	}
	if len(a.outcomes) != n {
		return fmt.Errorf("%d outcomes for %d operations", len(a.outcomes), n)
	}
	for i, o := range a.outcomes {
		if o.Verdict != connect.Accepted && o.Verdict != connect.Missing {
			return fmt.Errorf("row %d is %v (%s %s), want accepted or missing", i, o.Verdict, o.Code, o.Message)
		}
	}
	return nil
}
