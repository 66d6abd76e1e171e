package ledger

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/freshet/freshet/sync/model"
)

// priorBatch is how many records one Next gives.
const priorBatch = 8192

// PriorCursor walks the narrow half of a sync's records in ascending order of the bytes of their keys. It sees the
// ledger as it was when it was opened, and serves one goroutine.
type PriorCursor struct {
	path  string
	ctx   context.Context
	conn  *conn
	rows  driver.Rows
	row   [4]driver.Value
	batch []model.Prior
	ended bool // a statement stepped after its end would begin again
}

// Priors opens a walk over a sync's records; close it soon, an open walk keeps the write-ahead log from shrinking.
func (r *Reader) Priors(ctx context.Context, ref SyncRef) (*PriorCursor, error) {
	c, err := connect(r.path, reading)
	if err != nil {
		return nil, explain(err, r.path)
	}
	s, err := c.prepare(`SELECT key, shape, row_hash, state FROM records WHERE sync = ? ORDER BY key`)
	if err != nil {
		_ = c.close()
		return nil, explain(err, r.path)
	}
	rows, err := s.QueryContext(context.Background(), c.bind([]driver.Value{int64(ref)}))
	if err != nil {
		_ = c.close()
		return nil, explain(err, r.path)
	}
	return &PriorCursor{path: r.path, ctx: ctx, conn: c, rows: rows, batch: make([]model.Prior, 0, priorBatch)}, nil
}

// Next gives the next records, none at the end. The slice is good until the next call.
func (c *PriorCursor) Next() ([]model.Prior, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	c.batch = c.batch[:0]
	for len(c.batch) < priorBatch && !c.ended {
		err := c.rows.Next(c.row[:])
		if errors.Is(err, io.EOF) {
			c.ended = true
			break
		}
		if err != nil {
			return nil, explain(err, c.path)
		}
		c.batch = append(c.batch, model.Prior{
			Key:     model.Key(c.row[0].(string)),
			Shape:   uint32(c.row[1].(int64)),
			RowHash: uint64(c.row[2].(int64)),
			State:   model.State(c.row[3].(int64)),
		})
	}
	return c.batch, nil
}

// Close ends the walk; called again it does nothing.
func (c *PriorCursor) Close() error {
	if c.conn == nil {
		return nil
	}
	err := errors.Join(c.rows.Close(), c.conn.close())
	c.conn = nil
	return explain(err, c.path)
}
