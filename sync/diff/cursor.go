package diff

import (
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Rows gives the next rows of the window in ascending key order, rows without a key first; equal keys stand together.
// No rows and no error is the end. The slice may be used again for the next call; the keys in it may not.
type Rows func() ([]model.Entry, error)

// Priors gives the next keys of the ledger in strictly ascending order, in the same manner.
type Priors func() ([]model.Prior, error)

// rowCursor stands on one row and sees the next, because a key is a duplicate of what comes before it or after it.
type rowCursor struct {
	next    Rows
	batch   []model.Entry
	at      int
	row     model.Entry
	ok      bool // row is valid
	doubled bool // row shares its key with the row before or after it
	ahead   model.Entry
	aheadOK bool
	drained bool
}

func startRows(next Rows) (*rowCursor, error) {
	c := &rowCursor{next: next}
	if err := c.pull(); err != nil {
		return nil, err
	}
	return c, c.step()
}

// step makes ahead the current row.
func (c *rowCursor) step() error {
	before, hadBefore := c.row, c.ok && !c.row.NullKey
	c.row, c.ok = c.ahead, c.aheadOK
	if !c.ok {
		return nil
	}
	if err := c.pull(); err != nil {
		return err
	}
	if c.row.NullKey {
		if hadBefore {
			return disorder("the window's rows")
		}
		c.doubled = false
		return nil
	}
	c.doubled = hadBefore && before.Key == c.row.Key || c.aheadOK && !c.ahead.NullKey && c.ahead.Key == c.row.Key
	if hadBefore && before.Key > c.row.Key {
		return disorder("the window's rows")
	}
	return nil
}

// pull reads one row ahead.
func (c *rowCursor) pull() error {
	if c.at < len(c.batch) {
		c.ahead = c.batch[c.at]
		c.at++
		return nil
	}
	if !c.drained {
		batch, err := c.next()
		if err != nil {
			return err
		}
		if len(batch) > 0 {
			c.batch, c.at, c.ahead, c.aheadOK = batch, 1, batch[0], true
			return nil
		}
		c.drained = true
	}
	c.aheadOK = false
	return nil
}

type priorCursor struct {
	next  Priors
	batch []model.Prior
	at    int
	prior model.Prior
	ok    bool
	begun bool
}

func startPriors(next Priors) (*priorCursor, error) {
	c := &priorCursor{next: next}
	return c, c.step()
}

func (c *priorCursor) step() error {
	if c.at >= len(c.batch) {
		batch, err := c.next()
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			c.ok = false
			return nil
		}
		c.batch, c.at = batch, 0
	}
	last := c.prior.Key
	c.prior, c.ok = c.batch[c.at], true
	c.at++
	if c.begun && c.prior.Key <= last {
		return disorder("the ledger's records")
	}
	c.begun = true
	return nil
}

// disorder never names the keys: they may be personal data.
func disorder(side string) error {
	return fault.New(fault.Internal, "diff.disorder", side+" do not come in ascending key order").
		Do("Nothing was sent. Please report this with the model's key columns and their types.")
}
