package diff

import "github.com/freshet/freshet/sync/model"

// Merge walks rows and priors together and calls each for every delta, rows without a key first, then in key order.
//
// shape is the id of the present mapping: a synced row whose prior was taken under another one is a Change even where the
// hashes look equal, because the payload may differ. Keys that several rows share are Duplicate deltas, one for each row,
// and do not leave. In a Touched window a key that is not there makes no delta at all.
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
	for r.ok || p.ok {
		switch {
		case r.ok && r.row.NullKey:
			err = each(Delta{Kind: NullKey, Entry: r.row})
			if err == nil {
				err = r.step()
			}
		case r.ok && (!p.ok || r.row.Key <= p.prior.Key):
			err = meet(shape, r, p, each)
		default:
			err = pass(scope, p, each)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// meet takes the current row, with the prior of the same key where there is one. The prior waits until the last of the
// rows that share its key has gone by.
func meet(shape uint32, r *rowCursor, p *priorCursor, each func(Delta) error) error {
	d := Delta{Kind: Enter, Entry: r.row}
	if p.ok && p.prior.Key == r.row.Key {
		d.Prior, d.HasPrior = p.prior, true
		d.Kind = present(r.row, p.prior, shape)
	}
	if r.doubled {
		d.Kind = Duplicate
	}
	if err := each(d); err != nil {
		return err
	}
	if err := r.step(); err != nil {
		return err
	}
	if d.HasPrior && (!r.ok || r.row.Key != d.Prior.Key) {
		return p.step()
	}
	return nil
}

// pass takes a prior that no row has.
func pass(scope model.Scope, p *priorCursor, each func(Delta) error) error {
	if scope == model.Whole {
		if err := each(Delta{Kind: absent(p.prior), Prior: p.prior, HasPrior: true}); err != nil {
			return err
		}
	}
	return p.step()
}
