package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"slices"

	"github.com/freshet/freshet/sync/model"
)

// priorBatch is how many records one Next gives.
const priorBatch = 8192

// priorAhead is how many batches are read before they are asked for.
const priorAhead = 3

// PriorCursor walks the narrow half of a sync's records in ascending order of the bytes of their keys. It sees the
// ledger as it was when it was opened, reads a few batches ahead, and serves one goroutine.
type PriorCursor struct {
	path  string
	ctx   context.Context
	conn  *conn
	rows  driver.Rows
	given []model.Prior      // what the last Next gave
	full  chan priors        // read and not given yet; closed at the end
	free  chan []model.Prior // to be read into
	stop  chan struct{}
}

type priors struct {
	batch []model.Prior
	err   error
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
	cursor := &PriorCursor{path: r.path, ctx: ctx, conn: c, rows: rows, full: make(chan priors, priorAhead),
		free: make(chan []model.Prior, priorAhead+1), stop: make(chan struct{})}
	for range priorAhead {
		cursor.free <- make([]model.Prior, 0, priorBatch)
	}
	go cursor.read()
	return cursor, nil
}

// read fills batches until the end, the first error, or Close.
func (c *PriorCursor) read() {
	defer close(c.full)
	for {
		select {
		case <-c.stop:
			return
		case batch := <-c.free:
			batch, err := c.fill(batch[:0])
			if len(batch) == 0 && err == nil {
				return
			}
			c.full <- priors{batch, err} // there is room for every batch there is
			if err != nil {
				return
			}
		}
	}
}

// fill reads one batch; less than a whole one is the last.
func (c *PriorCursor) fill(batch []model.Prior) ([]model.Prior, error) {
	var row [4]driver.Value
	for len(batch) < priorBatch {
		err := c.rows.Next(row[:])
		if errors.Is(err, io.EOF) {
			c.rows = noRows{c.rows} // a statement stepped after its end would begin again
			break
		}
		if err != nil {
			return nil, explain(err, c.path)
		}
		batch = append(batch, model.Prior{
			Key:     model.Key(row[0].(string)),
			Shape:   uint32(row[1].(int64)),
			RowHash: uint64(row[2].(int64)),
			State:   model.State(row[3].(int64)),
		})
	}
	return batch, nil
}

// noRows are rows at their end.
type noRows struct{ driver.Rows }

func (noRows) Next([]driver.Value) error { return io.EOF }

var priorsByKey = newBulk(`SELECT key, shape, row_hash, state FROM records WHERE sync = ? AND key IN (`, `?`, `)`)

// PriorsOf gives the narrow half of the records of some keys, in ascending order of their bytes; keys without a record are
// left out.
func (r *Reader) PriorsOf(ctx context.Context, ref SyncRef, keys []model.Key) ([]model.Prior, error) {
	found := make([]model.Prior, 0, len(keys))
	err := priorsByKey.slices(len(keys), func(query string, from, to int) error {
		args := make([]any, 1, 1+to-from)
		args[0] = int64(ref)
		for _, key := range keys[from:to] {
			args = append(args, string(key))
		}
		return r.each(ctx, query, args, func(rows *sql.Rows) error {
			var p model.Prior
			var hash int64
			err := rows.Scan(&p.Key, &p.Shape, &hash, &p.State)
			p.RowHash = uint64(hash)
			found = append(found, p)
			return err
		})
	})
	slices.SortFunc(found, func(a, b model.Prior) int { return cmp.Compare(a.Key, b.Key) })
	return found, err
}

// Next gives the next records, none at the end. The slice is good until the next call.
func (c *PriorCursor) Next() ([]model.Prior, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	if c.given != nil {
		c.free <- c.given
		c.given = nil
	}
	next, more := <-c.full
	if !more {
		return nil, nil
	}
	c.given = next.batch
	return next.batch, next.err
}

// Close ends the walk; called again it does nothing.
func (c *PriorCursor) Close() error {
	if c.conn == nil {
		return nil
	}
	close(c.stop)
	for range c.full { // until nobody reads
	}
	err := errors.Join(c.rows.Close(), c.conn.close())
	c.conn = nil
	return explain(err, c.path)
}
