package connecttest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/freshet/freshet/sync/connect"
)

// deliverChecks: what a call does when nothing goes wrong.
func deliverChecks() []check {
	return []check{
		{name: "one-outcome-per-operation", run: oneOutcomeEach},
		{name: "empty-batch", run: emptyBatch},
		{name: "changes-arrive", when: canChange, run: changesArrive},
		{name: "full-batch", run: fullBatch},
		{name: "over-full-batch", run: overFullBatch},
		{name: "repeat-changes-nothing", when: promisesRepeat, run: repeatChangesNothing},
		{name: "concurrent-calls", run: concurrentCalls},
		{name: "unknown-object", run: unknownObject},
		{name: "unclaimed-verb", run: unclaimedVerb},
		{name: "update-absent", when: claims(connect.Update), run: updateAbsent},
		{name: "insert-existing", when: claims(connect.Insert), run: insertExisting},
		{name: "moved-match", when: moves, run: movedMatch},
	}
}

func claims(v connect.Verb) func(*bench) bool { return func(b *bench) bool { return b.can(v) } }

func canChange(b *bench) bool { return b.can(connect.Upsert) || b.can(connect.Update) }

func promisesRepeat(b *bench) bool {
	a, _ := b.ability(b.verb())
	return a.Guarantee == connect.A || a.Guarantee == connect.B
}

func oneOutcomeEach(b *bench) error {
	batch, _, err := b.seed(5)
	if err != nil {
		return err
	}
	if b.peer.Calls() == 0 {
		return errors.New("the fake counts no calls")
	}
	return b.holdsExactly(batch.Ops)
}

func emptyBatch(b *bench) error {
	a := b.deliver(b.batch(b.verb(), 0, 0, 0))
	if a.err != nil || len(a.outcomes) != 0 {
		return fmt.Errorf("an empty batch gave %d outcomes and error %v, want neither", len(a.outcomes), a.err)
	}
	if n := b.peer.Calls(); n != 0 {
		return fmt.Errorf("an empty batch made %d calls", n)
	}
	return nil
}

func changesArrive(b *bench) error {
	if _, _, err := b.seed(3); err != nil {
		return err
	}
	verb := connect.Upsert
	if !b.can(verb) {
		verb = connect.Update
	}
	change := b.batch(verb, 0, 3, 1)
	if err := b.deliver(change).accepted(3); err != nil {
		return err
	}
	return b.holdsExactly(change.Ops)
}

// mostRows bounds the checks of full batches for connectors that take very many rows.
const mostRows = 10_000

func (b *bench) rows() int { return min(b.limits(b.verb()).Rows, mostRows) }

func fullBatch(b *bench) error {
	batch, _, err := b.seed(b.rows())
	if err != nil {
		return err
	}
	return b.holdsExactly(batch.Ops)
}

// overFullBatch: one row more than the limit is taken whole, or refused whole with words; never cut.
func overFullBatch(b *bench) error {
	n := b.rows() + 1
	batch := b.batch(b.verb(), 0, n, 0)
	a := b.deliver(batch)
	if a.err == nil {
		return errors.Join(a.accepted(n), b.holdsExactly(batch.Ops))
	}
	if a.err.Error() == "" {
		return errors.New("the error says nothing")
	}
	return errors.Join(a.of(connect.TooLarge, connect.Refused), b.holdsExactly(nil))
}

func repeatChangesNothing(b *bench) error {
	batch, _, err := b.seed(5)
	if err != nil {
		return err
	}
	batch.Attempt = 2
	a := b.deliver(batch)
	if a.err != nil {
		return fmt.Errorf("repeating: %w", a.err)
	}
	for i, o := range a.outcomes {
		if o.Verdict != connect.Accepted && (batch.Verb != connect.Insert || o.Verdict != connect.Exists) {
			return fmt.Errorf("repeating row %d is %v, want accepted", i, o.Verdict)
		}
	}
	return b.holdsExactly(batch.Ops)
}

func concurrentCalls(b *bench) error {
	const calls, rows = 4, 5
	answers := make([]answer, calls)
	batches := make([]connect.Batch, calls)
	var group sync.WaitGroup
	for i := range calls {
		batches[i] = b.batch(b.verb(), i*rows, rows, 0)
		group.Go(func() {
			outcomes, err := b.dest.Deliver(b.t.Context(), batches[i])
			answers[i] = answer{outcomes, err}
		})
	}
	group.Wait()
	var all []connect.Operation
	for i, a := range answers {
		if err := b.note(a).accepted(rows); err != nil {
			return fmt.Errorf("call %d: %w", i, err)
		}
		all = append(all, batches[i].Ops...)
	}
	return b.holdsExactly(all)
}

// unknownObject: it is taken where the connector is open to any object, else refused in words; never lost.
func unknownObject(b *bench) error {
	batch := b.batch(b.verb(), 0, 2, 0)
	batch.Object = "no_such_object_7f3a"
	a := b.deliver(batch)
	if a.err == nil && b.h.Driver.Spec.Open {
		return a.accepted(2)
	}
	if err := a.of(connect.Gone, connect.Refused, connect.Forbidden); err != nil {
		return err
	}
	var call *connect.CallError
	if errors.As(a.err, &call) && call.Message == "" {
		return errors.New("the error does not say what is wrong")
	}
	return nil
}

func unclaimedVerb(b *bench) error {
	for _, v := range []connect.Verb{connect.NoVerb, connect.Upsert, connect.Update, connect.Insert, connect.Clear,
		connect.Archive, connect.Delete} {
		if b.can(v) {
			continue
		}
		batch := b.batch(b.verb(), 0, 2, 0)
		batch.Verb = v
		if a := b.deliver(batch); a.err == nil && slices.ContainsFunc(a.outcomes, taken) {
			return fmt.Errorf("the verb %v is not claimed, and was taken", v)
		}
		if n := len(b.peer.Applied(b.object.Name)); n > 0 {
			return fmt.Errorf("the verb %v is not claimed, and made %d records", v, n)
		}
	}
	return nil
}

func taken(o connect.Outcome) bool { return o.Verdict == connect.Accepted }

func updateAbsent(b *bench) error {
	a := b.deliver(b.batch(connect.Update, 0, 2, 0))
	if a.err != nil {
		return fmt.Errorf("updating records that are not there: %w", a.err)
	}
	held := len(b.peer.Applied(b.object.Name))
	for i, o := range a.outcomes {
		if o.Verdict == connect.Unknown || o.Verdict == connect.Retry {
			return fmt.Errorf("row %d is %v, want missing", i, o.Verdict)
		}
		if o.Verdict != connect.Accepted && held > 0 {
			return fmt.Errorf("row %d is %v, and the destination holds %d records", i, o.Verdict, held)
		}
	}
	return nil
}

// insertExisting: what is there stays as it is, unless the destination says that it took the row.
func insertExisting(b *bench) error {
	first := b.batch(connect.Insert, 0, 2, 0)
	if err := b.deliver(first).accepted(2); err != nil {
		return err
	}
	again := b.batch(connect.Insert, 0, 3, 1)
	a := b.deliver(again)
	if a.err != nil || len(a.outcomes) != 3 {
		return fmt.Errorf("inserting what exists beside a new row: %d outcomes, %v", len(a.outcomes), a.err)
	}
	if v := a.outcomes[2].Verdict; v != connect.Accepted {
		return fmt.Errorf("the new row is %v, want accepted", v)
	}
	if a.outcomes[0].Verdict == connect.Accepted {
		return b.holdsExactly(again.Ops)
	}
	if v := a.outcomes[0].Verdict; v != connect.Exists {
		return fmt.Errorf("the row that exists is %v, want exists", v)
	}
	return b.holdsExactly(append(slices.Clone(first.Ops), again.Ops[2]))
}

func moves(b *bench) bool { return b.spec.Match.Need && b.can(connect.Upsert) }

// movedMatch: a record whose match value changed is moved, not doubled.
func movedMatch(b *bench) error {
	first, a, err := b.seed(2)
	if err != nil {
		return err
	}
	moved := b.batch(connect.Upsert, 1, 1, 1)
	elsewhere := b.object.Op(connect.Upsert, 9, 1)
	op := &moved.Ops[0]
	op.PriorMatch, op.Match, op.Fields = first.Ops[1].Match, elsewhere.Match, elsewhere.Fields
	op.RemoteID = a.outcomes[1].RemoteID
	if err := b.deliver(moved).accepted(1); err != nil {
		return err
	}
	return b.holdsExactly([]connect.Operation{first.Ops[0], *op})
}
