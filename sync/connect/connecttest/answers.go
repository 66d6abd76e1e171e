package connecttest

import (
	"errors"
	"fmt"

	"github.com/freshet/freshet/sync/connect"
)

// answerChecks: replies that answer row by row.
func answerChecks() []check {
	return []check{
		{name: "good-rows-survive", run: goodRowsSurvive},
		{name: "rejection-heals", run: rejectionHeals},
		{name: "left-out-row-is-unknown", run: leftOut},
		{name: "answers-in-any-order", run: anyOrder},
		{name: "poison-refuses-the-batch", run: poison},
	}
}

func goodRowsSurvive(b *bench) error {
	if err := b.inject(Fault{Kind: PartialReject, Rows: []int{1, 3}}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 0, 5, 0)
	a := b.deliver(batch)
	yes, no := connect.Accepted, connect.Rejected
	if err := a.verdicts(yes, no, yes, no, yes); err != nil {
		return err
	}
	if a.outcomes[1].Message == "" && a.outcomes[1].Code == "" {
		return errors.New("a rejected row carries neither code nor message")
	}
	return b.holdsExactly([]connect.Operation{batch.Ops[0], batch.Ops[2], batch.Ops[4]})
}

// rejectionHeals: a row that was refused is taken by a later call, with another id, once it is good.
func rejectionHeals(b *bench) error {
	if err := b.inject(Fault{Kind: PartialReject, Rows: []int{0}}); err != nil {
		return err
	}
	first := b.batch(b.verb(), 0, 2, 0)
	if err := b.deliver(first).verdicts(connect.Rejected, connect.Accepted); err != nil {
		return err
	}
	later := b.batch(b.verb(), 0, 1, 1)
	if err := b.deliver(later).accepted(1); err != nil {
		return err
	}
	return b.holdsExactly([]connect.Operation{later.Ops[0], first.Ops[1]})
}

func leftOut(b *bench) error {
	if err := b.inject(Fault{Kind: OmitOutcome, Rows: []int{1}}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 0, 3, 0)
	if err := b.deliver(batch).verdicts(connect.Accepted, connect.Unknown, connect.Accepted); err != nil {
		return err
	}
	return b.heals(batch)
}

func anyOrder(b *bench) error {
	if err := b.inject(Fault{Kind: ReorderOutcomes}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 0, 4, 0)
	yes, no := connect.Accepted, connect.Rejected
	if err := b.deliver(batch).verdicts(yes, yes, yes, no); err != nil {
		return err
	}
	return b.holdsExactly(batch.Ops[:3])
}

// poison: a batch refused whole says so, claims nothing of any row, and is taken without the poison.
func poison(b *bench) error {
	if err := b.inject(Fault{Kind: WholeBatchRefused, Rows: []int{2}}); err != nil {
		return err
	}
	batch := b.batch(b.verb(), 0, 4, 0)
	a := b.deliver(batch)
	if a.err == nil { // the connector found the row by itself
		yes, no := connect.Accepted, connect.Rejected
		return a.verdicts(yes, yes, no, yes)
	}
	if err := errors.Join(a.of(connect.Refused), b.holdsExactly(nil)); err != nil {
		return err
	}
	good := b.batch(b.verb(), 0, 2, 0)
	good.Ops = append(good.Ops, batch.Ops[3])
	if err := b.deliver(good).accepted(3); err != nil {
		return err
	}
	alone := b.batch(b.verb(), 2, 1, 0)
	a = b.deliver(alone)
	if a.err == nil && (len(a.outcomes) != 1 || a.outcomes[0].Verdict != connect.Rejected) {
		return fmt.Errorf("the poison alone is %+v, want rejected", a.outcomes)
	}
	return b.holdsExactly(good.Ops)
}

// heals delivers the same batch again, as the engine does after an unknown outcome: everything holds once.
func (b *bench) heals(batch connect.Batch) error {
	batch.Attempt++
	a := b.deliver(batch)
	if a.err != nil {
		return fmt.Errorf("repeating after an unknown outcome: %w", a.err)
	}
	for i, o := range a.outcomes {
		if o.Verdict != connect.Accepted && (batch.Verb != connect.Insert || o.Verdict != connect.Exists) {
			return fmt.Errorf("repeating after an unknown outcome: row %d is %v (%s)", i, o.Verdict, o.Code)
		}
	}
	return b.holdsExactly(batch.Ops)
}
