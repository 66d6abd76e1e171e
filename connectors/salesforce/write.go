package salesforce

import (
	"context"
	"net/http"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

// upsert moves the records whose match value changed, by their ids, and then makes or changes the others by their
// external id.
func (w *work) upsert(ctx context.Context) error {
	if err := w.move(ctx); err != nil {
		return err
	}
	var rows []row
	for _, i := range w.open(every) {
		op := w.batch.Ops[i]
		rows = append(rows, row{at: i, fields: wire(op.Fields, op.Match)})
	}
	return w.send(ctx, http.MethodPatch, w.object+"/"+w.field, rows, func(r row, answer *rowResult, o connect.Outcome) {
		w.end(r.at, o)
	})
}

func every(connect.Operation) bool { return true }

// move writes the new match value into the record that had the old one. A record that is not there any more is left
// to be made.
func (w *work) move(ctx context.Context) error {
	rows, err := w.identified(ctx, w.open(moved))
	if err != nil {
		return err
	}
	for i := range rows {
		op := w.batch.Ops[rows[i].at]
		rows[i].fields = wire(op.Fields, op.Match)
	}
	return w.shift(ctx, rows)
}

// shift sends moves until no more succeed: one record's new value can be the value another record of the call is
// moving away from.
func (w *work) shift(ctx context.Context, rows []row) error {
	for last := len(rows) + 1; 0 < len(rows) && len(rows) < last; {
		var taken []row
		err := w.send(ctx, http.MethodPatch, "", rows, func(r row, answer *rowResult, o connect.Outcome) {
			if answer.duplicate() {
				taken = append(taken, r)
			}
			if !answer.absent() {
				w.end(r.at, o)
			}
		})
		if err != nil {
			return err
		}
		rows, last = taken, len(rows)
	}
	return nil
}

// insert makes records. Where Salesforce itself would take a second one with the same match value, it is looked up first.
func (w *work) insert(ctx context.Context) error {
	if !w.unique(ctx) {
		if err := w.existing(ctx, w.open(every)); err != nil {
			return err
		}
	}
	var rows []row
	for _, i := range w.open(every) {
		op := w.batch.Ops[i]
		rows = append(rows, row{at: i, fields: wire(op.Fields, op.Match)})
	}
	var doubles []int
	err := w.send(ctx, http.MethodPost, "", rows, func(r row, answer *rowResult, o connect.Outcome) {
		if o.Verdict == connect.Accepted {
			o.Effect = connect.Created
		}
		w.end(r.at, o)
		if answer.duplicate() {
			doubles = append(doubles, r.at)
		}
	})
	if err != nil || len(doubles) == 0 {
		return err
	}
	return w.existing(ctx, doubles)
}

// existing gives Exists to the operations whose record is there; the others keep what they have.
func (w *work) existing(ctx context.Context, ops []int) error {
	found, err := w.lookup(ctx, ops, presentMatch)
	if err != nil {
		return err
	}
	for at, ids := range found {
		w.end(at, connect.Outcome{Verdict: connect.Exists, RemoteID: ids[0], Code: "DUPLICATE_VALUE",
			Message: "a record with this external id is there already"})
	}
	return nil
}

// change writes fields by record id: update never makes a record, and clear writes nulls.
func (w *work) change(ctx context.Context) error {
	rows, err := w.identified(ctx, w.open(every))
	if err != nil {
		return err
	}
	w.missing(rows)
	var stale []int
	err = w.patch(ctx, rows, func(r row, answer *rowResult, o connect.Outcome) {
		switch {
		case !answer.absent():
			w.end(r.at, o)
		case w.batch.Ops[r.at].RemoteID == r.id:
			stale = append(stale, r.at) // the id may be old: another record may have the external id now
		default:
			w.end(r.at, gone(o))
		}
	})
	if err != nil || len(stale) == 0 {
		return err
	}
	return w.changeAgain(ctx, stale)
}

// changeAgain looks the records up whose known ids lead nowhere.
func (w *work) changeAgain(ctx context.Context, ops []int) error {
	rows, err := w.found(ctx, ops, presentMatch)
	if err != nil {
		return err
	}
	for _, i := range without(ops, rows) {
		if !w.done[i] {
			w.end(i, connect.Outcome{Verdict: connect.Missing})
		}
	}
	return w.patch(ctx, rows, func(r row, answer *rowResult, o connect.Outcome) { w.end(r.at, o) })
}

func (w *work) patch(ctx context.Context, rows []row, each func(row, *rowResult, connect.Outcome)) error {
	for i := range rows {
		op := w.batch.Ops[rows[i].at]
		switch {
		case w.batch.Verb == connect.Clear:
			rows[i].fields = wire(nulls(op.Fields), nil)
		case moved(op):
			rows[i].fields = wire(op.Fields, op.Match)
		default:
			rows[i].fields = wire(op.Fields, nil)
		}
	}
	return w.send(ctx, http.MethodPatch, "", rows, each)
}

// remove moves records to the recycle bin. Only the record whose id is known, or that is found by its external id, is
// removed; one that is gone is not looked for under another id.
func (w *work) remove(ctx context.Context) error {
	rows, err := w.identified(ctx, w.open(every))
	if err != nil {
		return err
	}
	w.missing(rows)
	if len(rows) == 0 {
		return nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	reply, err := w.d.call(ctx, request{method: http.MethodDelete, path: "composite/sobjects?ids=" + strings.Join(ids, ",") + "&allOrNone=false"})
	if err != nil {
		return err
	}
	return w.answers(reply, rows, connect.Removed, func(r row, answer *rowResult, o connect.Outcome) {
		if answer.absent() {
			o = gone(o)
		}
		w.end(r.at, o)
	})
}

func gone(o connect.Outcome) connect.Outcome {
	o.Verdict = connect.Missing
	return o
}

// missing gives Missing to the operations that have no row.
func (w *work) missing(rows []row) {
	for _, i := range without(w.open(every), rows) {
		w.end(i, connect.Outcome{Verdict: connect.Missing})
	}
}
