package salesforce

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// Deliver makes the calls that a batch needs: one, and before it a look-up where only record ids will do.
func (d *destination) Deliver(ctx context.Context, batch connect.Batch) ([]connect.Outcome, error) {
	if len(batch.Ops) == 0 {
		return nil, nil
	}
	if err := checked(batch, collectionRows); err != nil {
		return nil, err
	}
	if err := d.budget.allow(time.Now()); err != nil {
		return nil, err
	}
	w := newWork(d, batch)
	w.relate(ctx)
	w.demandMatch()
	return w.out, w.settle(w.deliver(ctx))
}

// work is one batch on its way, with the outcomes so far.
type work struct {
	d      *destination
	batch  connect.Batch
	object string
	field  string // the match field
	out    []connect.Outcome
	done   []bool // the operation has its outcome
	wrote  bool   // a call that changes records was answered
}

func newWork(d *destination, batch connect.Batch) *work {
	w := &work{d: d, batch: batch, object: batch.Object, out: make([]connect.Outcome, len(batch.Ops)), done: make([]bool, len(batch.Ops))}
	for _, op := range batch.Ops {
		if f, ok := matchOf(op.Match); ok {
			w.field = f.Name
			break
		}
	}
	return w
}

func (w *work) deliver(ctx context.Context) error {
	switch w.batch.Verb {
	case connect.Upsert:
		return w.upsert(ctx)
	case connect.Insert:
		return w.insert(ctx)
	case connect.Update, connect.Clear:
		return w.change(ctx)
	default:
		return w.remove(ctx)
	}
}

// end gives an operation its outcome.
func (w *work) end(at int, o connect.Outcome) { w.out[at], w.done[at] = o, true }

// open lists the operations without an outcome that pass a test.
func (w *work) open(test func(connect.Operation) bool) []int {
	var out []int
	for i, op := range w.batch.Ops {
		if !w.done[i] && test(op) {
			out = append(out, i)
		}
	}
	return out
}

// demandMatch refuses the operations that no record can be found for.
func (w *work) demandMatch() {
	for i, op := range w.batch.Ops {
		f, ok := matchOf(op.Match)
		byID := op.RemoteID != "" && w.batch.Verb != connect.Upsert && w.batch.Verb != connect.Insert
		if ok && f.Name == w.field || byID {
			continue
		}
		w.end(i, connect.Outcome{Verdict: connect.Rejected, Code: "salesforce.no_match", Message: "the row has no value in its match field"})
	}
}

// settle says what an error means after some calls of the batch were answered: rows that have their outcome keep it.
// An error that halves the batch goes out as it is, because every operation may be repeated.
func (w *work) settle(err error) error {
	var call *connect.CallError
	if err == nil || !w.wrote || !errors.As(err, &call) {
		return err
	}
	switch call.Class {
	case connect.Lost, connect.NotSent, connect.Throttled:
	default:
		return err
	}
	for i := range w.out {
		if w.done[i] {
			continue
		}
		w.out[i] = connect.Outcome{Code: call.Code, Message: call.Message, RequestID: call.RequestID, After: call.After}
		if call.Class != connect.Lost {
			w.out[i].Verdict = connect.Retry
		}
	}
	return nil
}

var objectName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79})?$`)

// checked refuses what cannot be asked of Salesforce at all.
func checked(batch connect.Batch, most int) error {
	switch {
	case batch.Verb == connect.NoVerb || batch.Verb > connect.Delete:
		return refused("salesforce.verb", "Salesforce has no such operation")
	case !objectName.MatchString(batch.Object):
		return noObject()
	case len(batch.Ops) > most:
		return &connect.CallError{Class: connect.TooLarge, Code: "salesforce.too_many",
			Message: fmt.Sprintf("%d rows are more than the %d a call takes", len(batch.Ops), most)}
	}
	for _, op := range batch.Ops {
		for _, fields := range []model.Fields{op.Match, op.PriorMatch, op.Fields} {
			for _, f := range fields {
				if !fieldName.MatchString(f.Name) {
					return refused("salesforce.field_name", "a field's name is not one Salesforce can have: letters, digits and underscores, and one dot to reach a related record")
				}
			}
		}
	}
	return nil
}

func refused(code, message string) error {
	return &connect.CallError{Class: connect.Refused, Code: code, Message: message}
}

func noObject() error {
	return &connect.CallError{Class: connect.Gone, Code: "salesforce.object_name",
		Message: "the object's name is not one Salesforce can have: letters, digits and underscores, such as Contact or Order__c"}
}
