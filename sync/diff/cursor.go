package diff

import (
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Rows gives the next rows of the window in ascending key order, rows without a key first; equal keys stand together.
// No rows and no error is the end. The slice may be used again for the next call; the keys in it may not.
type Rows func() ([]model.Entry, error)

// Priors gives the next keys of the ledger in strictly ascending order, in the same manner.
type Priors func() ([]model.Prior, error)

// rowCursor stands on one row and sees the next, because a key is a duplicate of what comes before it or after it. Both
// point into the caller's slice, except at its end, where the row is kept aside before the slice is used again.
type rowCursor struct {
	next    Rows
	batch   []model.Entry
	at      int          // of the row after ahead
	row     *model.Entry // nil: no more
	ahead   *model.Entry
	kept    model.Entry
	drained bool
	asPrev  bool // row has the key of the one before it
	asNext  bool // row has the key of the one after it
}

func startRows(next Rows) (*rowCursor, error) {
	c := &rowCursor{next: next}
	if err := c.pull(); err != nil {
		return nil, err
	}
	return c, c.step()
}

// step makes ahead the current row, and compares it with the one after: once, for order and for duplicates.
func (c *rowCursor) step() error {
	c.row, c.asPrev, c.asNext = c.ahead, c.asNext, false
	if c.row == nil {
		return nil
	}
	if c.at < len(c.batch) {
		c.ahead = &c.batch[c.at]
		c.at++
	} else if err := c.pull(); err != nil {
		return err
	}
	if c.ahead == nil || c.row.NullKey {
		return nil
	}
	order := strings.Compare(string(c.row.Key), string(c.ahead.Key))
	if order > 0 || c.ahead.NullKey {
		return disorder("the window's rows")
	}
	c.asNext = order == 0
	return nil
}

// pull reads one row ahead out of the next batch.
func (c *rowCursor) pull() error {
	if c.row != nil {
		c.kept = *c.row
		c.row = &c.kept
	}
	c.ahead = nil
	if c.drained {
		return nil
	}
	batch, err := c.next()
	if err != nil || len(batch) == 0 {
		c.drained = true
		return err
	}
	c.batch, c.at, c.ahead = batch, 1, &batch[0]
	return nil
}

func (c *rowCursor) doubled() bool { return c.asPrev || c.asNext }

// priorCursor stands on one prior.
type priorCursor struct {
	next  Priors
	batch []model.Prior
	at    int
	prior *model.Prior // nil: no more
}

func startPriors(next Priors) (*priorCursor, error) {
	c := &priorCursor{next: next}
	return c, c.step()
}

func (c *priorCursor) step() error {
	last := c.prior
	if c.at < len(c.batch) {
		c.prior = &c.batch[c.at]
		c.at++
		if strings.Compare(string(last.Key), string(c.prior.Key)) >= 0 {
			return disorder("the ledger's records")
		}
		return nil
	}
	var key model.Key
	if last != nil {
		key = last.Key
	}
	batch, err := c.next()
	if err != nil || len(batch) == 0 {
		c.prior = nil
		return err
	}
	c.batch, c.at, c.prior = batch, 1, &batch[0]
	if last != nil && c.prior.Key <= key {
		return disorder("the ledger's records")
	}
	return nil
}

// disorder never names the keys: they may be personal data.
func disorder(side string) error {
	return fault.New(fault.Internal, "diff.disorder", side+" do not come in ascending key order").
		Do("Nothing was sent. Please report this with the model's key columns and their types.")
}
