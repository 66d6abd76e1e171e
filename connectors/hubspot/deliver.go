package hubspot

import (
	"context"
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
)

// work is one batch on its way: its outcomes, and whether a call of it has been answered already.
type work struct {
	d        *destination
	batch    connect.Batch
	outcomes []connect.Outcome
	wrote    bool
	clashes  map[int]bool // rows of the last calls whose unique value is another record's
}

// row is one operation that is fit to be sent.
type row struct {
	at         int      // its place in the batch, and its trace id
	targets    []target // where to find the record, the best first; the last is its match
	properties []byte   // JSON object
}

// target is a record by a unique property, or by HubSpot's id where property is "".
type target struct{ property, id string }

// Deliver writes a batch of at most 100 operations. Most batches are one call; records that move to another match
// value, and removals whose record id is not known, take one or two more.
func (d *destination) Deliver(ctx context.Context, b connect.Batch) ([]connect.Outcome, error) {
	if len(b.Ops) == 0 {
		return nil, nil
	}
	if len(b.Ops) > batchRows {
		return nil, &connect.CallError{Class: connect.TooLarge, Code: "hubspot.too_many_rows",
			Message: "HubSpot takes " + strconv.Itoa(batchRows) + " rows a call, and this batch has " + strconv.Itoa(len(b.Ops))}
	}
	if err := d.rightAccount(ctx); err != nil {
		return nil, err
	}
	w := &work{d: d, batch: b, outcomes: make([]connect.Outcome, len(b.Ops))}
	if err := w.do(ctx); err != nil {
		return nil, d.explain(ctx, b.Object, err)
	}
	return w.outcomes, nil
}

func (w *work) do(ctx context.Context) error {
	switch w.batch.Verb {
	case connect.Upsert:
		return w.write(ctx, "upsert")
	case connect.Update, connect.Clear:
		return w.write(ctx, "update")
	case connect.Insert:
		return w.insert(ctx)
	case connect.Archive:
		return w.archive(ctx)
	case connect.Delete:
		if isContacts(w.batch.Object) {
			return w.erase(ctx)
		}
		return w.archive(ctx)
	}
	return &connect.CallError{Class: connect.Refused, Code: "hubspot.verb",
		Message: "HubSpot knows no " + w.batch.Verb.String()}
}

// write upserts or updates. Records to be found by something else than their match go first, by an update; those not
// found there go with the others.
func (w *work) write(ctx context.Context, action string) error {
	rows := w.rows()
	var elsewhere, rest []row
	for _, r := range rows {
		if len(r.targets) > 1 {
			elsewhere = append(elsewhere, r)
		} else {
			rest = append(rest, r)
		}
	}
	if err := w.move(ctx, elsewhere); err != nil {
		return err
	}
	for _, r := range elsewhere {
		if w.outcomes[r.at].Verdict == connect.Missing {
			w.outcomes[r.at] = connect.Outcome{}
			rest = append(rest, r)
		}
	}
	return w.sendAll(ctx, action, rest, true)
}

// move updates records that are found by something else than their match, until no more of them go through: one
// record's new value can be the one another of the batch is moving away from.
func (w *work) move(ctx context.Context, rows []row) error {
	for last := len(rows) + 1; 0 < len(rows) && len(rows) < last; {
		w.clashes = map[int]bool{}
		if err := w.sendAll(ctx, "update", rows, false); err != nil {
			return err
		}
		last = len(rows)
		rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !w.clashes[r.at] })
		if 0 < len(rows) && len(rows) < last {
			for _, r := range rows {
				w.outcomes[r.at] = connect.Outcome{}
			}
		}
	}
	return nil
}

func (w *work) sendAll(ctx context.Context, action string, rows []row, last bool) error {
	for _, group := range groups(rows, last) {
		if err := w.send(ctx, action, group, last); err != nil {
			return err
		}
	}
	return nil
}

// insert creates. HubSpot refuses a double only where the property is unique there, so that is made sure of first.
func (w *work) insert(ctx context.Context) error {
	rows := w.rows()
	if len(rows) == 0 {
		return nil
	}
	property := rows[0].targets[0].property
	if err := w.d.mustBeUnique(ctx, w.batch.Object, property); err != nil {
		return err
	}
	return w.send(ctx, "create", rows, true)
}

// groups splits rows by the property their record is found by: HubSpot takes one for a call.
func groups(rows []row, last bool) [][]row {
	var found [][]row
	at := map[string]int{}
	for _, r := range rows {
		property := r.target(last).property
		i, ok := at[property]
		if !ok {
			i = len(found)
			at[property] = i
			found = append(found, nil)
		}
		found[i] = append(found[i], r)
	}
	return found
}

func (r row) target(last bool) target {
	if last {
		return r.targets[len(r.targets)-1]
	}
	return r.targets[0]
}

// interrupt is what the failure of one call means for the batch. Where nothing of it was answered before, the call's
// failure is the batch's. Otherwise the rows of this call get their own: what was answered stands.
func (w *work) interrupt(err error, rows []row) error {
	if !w.wrote {
		return err
	}
	e := callError(err)
	if e == nil || e.Class == connect.Lost {
		return nil // unknown, as they stand
	}
	for _, r := range rows {
		w.outcomes[r.at] = connect.Outcome{Verdict: connect.Retry, Code: e.Code, Message: e.Message,
			RequestID: e.RequestID, After: e.After}
	}
	return nil
}
