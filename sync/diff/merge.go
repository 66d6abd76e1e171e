package diff

import (
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Merge walks rows and priors together and calls each for every delta, rows without a key first, then in key order.
//
// shape is the id of the present mapping: a synced row whose prior was taken under another one is a Change even where the
// hashes look equal, because the payload may differ. Keys that several rows share are Duplicate deltas, one for each row,
// and do not leave: Guarantee G20. In a Touched window a key that is not there makes no delta at all.
//
// It stops at the first error of rows, priors or each, and with diff.disorder where a side is out of order.
func Merge(scope model.Scope, shape uint32, rows Rows, priors Priors, each func(Delta) error) error {
	r, err := startRows(rows)
	if err != nil {
		return err
	}
	p, err := startPriors(priors)
	if err != nil {
		return err
	}
	for err == nil {
		switch {
		case r.row == nil && p.prior == nil:
			return nil
		case r.row == nil:
			err = pass(scope, p, each)
		case r.row.NullKey:
			err = take(r, Delta{Kind: NullKey, Entry: *r.row}, each)
		case p.prior == nil:
			err = enter(r, each)
		default:
			switch order := strings.Compare(string(r.row.Key), string(p.prior.Key)); {
			case order < 0:
				err = enter(r, each)
			case order == 0:
				err = meet(shape, r, p, each)
			default:
				err = pass(scope, p, each)
			}
		}
	}
	return err
}

// take hands out the current row's delta and goes on to the next row.
func take(r *rowCursor, d Delta, each func(Delta) error) error {
	if err := each(d); err != nil {
		return err
	}
	return r.step()
}

// enter takes a row that no prior has.
func enter(r *rowCursor, each func(Delta) error) error {
	kind := Enter
	if r.doubled() {
		kind = Duplicate
	}
	return take(r, Delta{Kind: kind, Entry: *r.row}, each)
}

// meet takes a row and the prior of its key. The prior waits until the last of the rows that share the key has gone by.
func meet(shape uint32, r *rowCursor, p *priorCursor, each func(Delta) error) error {
	kind := present(r.row, p.prior, shape)
	if r.doubled() {
		kind = Duplicate
	}
	last := !r.asNext
	if err := take(r, Delta{Kind: kind, Entry: *r.row, Prior: *p.prior, HasPrior: true}, each); err != nil || !last {
		return err
	}
	return p.step()
}

// pass takes a prior that no row has.
func pass(scope model.Scope, p *priorCursor, each func(Delta) error) error {
	if scope == model.Whole {
		if err := each(Delta{Kind: absent(p.prior), Prior: *p.prior, HasPrior: true}); err != nil {
			return err
		}
	}
	return p.step()
}
