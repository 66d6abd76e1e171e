package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// FeedRow is the newest row of a key.
type FeedRow struct {
	Key     model.Key
	Version model.Version
	Gone    bool      // it was deleted; Row is what stood last
	Row     []byte    // canonical flat JSON
	At      time.Time // when it was committed in the source
}

// FeedChange is a row that is another one now.
type FeedChange struct {
	Seq    int64 // grows; filled in by the ledger
	Feed   FeedRef
	Key    model.Key
	Before []byte // the row as it was, nil where there was none
	After  []byte // the row as it became, nil where it is gone; only Changes fills it in
	At     time.Time
}

// FeedBatch is what some events come to. It is taken in whole or not at all.
type FeedBatch struct {
	Rows      []FeedRow // each key once
	Changes   []FeedChange
	Positions []FeedPosition // where the partitions stand afterwards
	Aside     []Aside
	Columns   string // the table's columns where they are others now, else ""
	Seen      int64
	Ignored   int64
	Late      int64
}

var keepFeedRows = newBulk(`INSERT INTO feed_rows (feed, key, gone, row, epoch, clock, topic, partition, position, at) VALUES `,
	`(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, ` ON CONFLICT (feed, key) DO UPDATE SET gone = excluded.gone, row = excluded.row,
	epoch = excluded.epoch, clock = excluded.clock, topic = excluded.topic, partition = excluded.partition,
	position = excluded.position, at = excluded.at`)

var keepFeedChanges = newBulk(`INSERT INTO feed_changes (feed, key, before, at) VALUES `, `(?, ?, ?, ?)`, ``)

// TakeIn makes a batch of a feed durable: rows, changes, events set aside and positions in one transaction.
// Guarantee G28: a position never stands without what it produced, nor the other way round.
func (l *Ledger) TakeIn(ctx context.Context, ref FeedRef, b *FeedBatch) error {
	return l.writer.do(ctx, func(t *tx) error { return t.takeIn(ref, b, &l.recent) })
}

func (t *tx) takeIn(ref FeedRef, b *FeedBatch, recent *recent) error {
	err := bulkRows(t, &keepFeedRows, b.Rows, func(args []driver.Value, r FeedRow) []driver.Value {
		v := r.Version
		return append(args, int64(ref), string(r.Key), asInt(r.Gone), blob(r.Row), v.Epoch, v.Clock, v.Topic, int64(v.Partition), v.Offset, micros(r.At))
	})
	if err != nil {
		return err
	}
	// remember takes it for granted that these get the next numbers, one after the other.
	err = bulkRows(t, &keepFeedChanges, b.Changes, func(args []driver.Value, c FeedChange) []driver.Value {
		return append(args, int64(ref), string(c.Key), blob(c.Before), micros(c.At))
	})
	if err != nil {
		return err
	}
	if err := t.setAside(ref, b.Aside); err != nil {
		return err
	}
	if err := t.remember(ref, b, recent); err != nil {
		return err
	}
	return t.advance(ref, b)
}

func blob(b []byte) driver.Value {
	if b == nil {
		return nil
	}
	return b
}

func asInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// advance moves the positions; a partition's history begins where it was read first.
func (t *tx) advance(ref FeedRef, b *FeedBatch) error {
	now := orNow(time.Time{})
	for _, p := range b.Positions {
		if _, err := t.exec(`INSERT INTO feed_partitions (topic, partition, next, epoch, clock, archived, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT (topic, partition) DO UPDATE SET next = ?3, epoch = ?4, clock = ?5, at = ?7`,
			p.Number, int64(p.Partition), p.Next, int64(p.Epoch), p.Clock, p.Archived, now); err != nil {
			return err
		}
	}
	if b.Columns != "" {
		if _, err := t.exec(`UPDATE feeds SET columns = ?2 WHERE ref = ?1`, int64(ref), b.Columns); err != nil {
			return err
		}
	}
	_, err := t.exec(`UPDATE feeds SET seen = seen + ?2, ignored = ignored + ?3, aside = aside + ?4, late = late + ?5 WHERE ref = ?1`,
		int64(ref), b.Seen, b.Ignored, int64(len(b.Aside)), b.Late)
	return err
}

const feedRowColumns = `SELECT key, gone, row, epoch, clock, topic, partition, position, at FROM feed_rows `

var feedRowsByKey = newBulk(feedRowColumns+`WHERE feed = ? AND key IN (`, `?`, `)`)

// FeedRows gives the rows of keys, deleted ones too; a key without one has no entry.
func (r *Reader) FeedRows(ctx context.Context, ref FeedRef, keys []model.Key) (map[model.Key]FeedRow, error) {
	found := make(map[model.Key]FeedRow, len(keys))
	err := feedRowsByKey.slices(len(keys), func(query string, from, to int) error {
		args := make([]any, 1, 1+to-from)
		args[0] = int64(ref)
		for _, key := range keys[from:to] {
			args = append(args, string(key))
		}
		return r.each(ctx, query, args, func(rows *sql.Rows) error {
			row, err := scanFeedRow(rows)
			found[row.Key] = row
			return err
		})
	})
	return found, err
}

func scanFeedRow(rows *sql.Rows) (f FeedRow, err error) {
	var at int64
	err = rows.Scan(&f.Key, &f.Gone, &f.Row, &f.Version.Epoch, &f.Version.Clock, &f.Version.Topic, &f.Version.Partition, &f.Version.Offset, &at)
	f.At = fromMicros(at)
	return f, err
}

// EachFeedRow calls each with every row of a feed that is not deleted, in the order they were first met.
func (r *Reader) EachFeedRow(ctx context.Context, ref FeedRef, each func(FeedRow) error) error {
	return r.each(ctx, feedRowColumns+`WHERE feed = ? AND gone = 0 ORDER BY n`, []any{int64(ref)}, func(rows *sql.Rows) error {
		row, err := scanFeedRow(rows)
		if err != nil {
			return err
		}
		return each(row)
	})
}

// CountFeedRows tells how many rows a feed's table has.
func (r *Reader) CountFeedRows(ctx context.Context, ref FeedRef) (n int64, err error) {
	_, err = r.row(ctx, `SELECT count(*) FROM feed_rows WHERE feed = ? AND gone = 0`, []any{int64(ref)}, &n)
	return n, err
}

// FeedChanges lists changes after seq, oldest first; limit 0 means every one.
func (r *Reader) FeedChanges(ctx context.Context, after int64, limit int) ([]FeedChange, error) {
	return r.changesKept(ctx, after, limit, math.MaxInt)
}

// changesKept is FeedChanges that ends after about most bytes.
func (r *Reader) changesKept(ctx context.Context, after int64, limit, most int) ([]FeedChange, error) {
	var list []FeedChange
	bytes := 0
	err := r.each(ctx, `SELECT seq, feed, key, before, at FROM feed_changes WHERE seq > ? ORDER BY seq LIMIT ?`, []any{after, upTo(limit)},
		func(rows *sql.Rows) error {
			var c FeedChange
			var at int64
			err := rows.Scan(&c.Seq, &c.Feed, &c.Key, &c.Before, &at)
			c.At = fromMicros(at)
			list = append(list, c)
			if bytes += c.size(); bytes >= most && err == nil {
				err = errEnough
			}
			return err
		})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, err
}

// errEnough ends a reading that has brought enough.
var errEnough = errors.New("enough")

// LastChange is the seq of the newest change, 0 before the first.
func (r *Reader) LastChange(ctx context.Context) (seq int64, err error) {
	_, err = r.row(ctx, `SELECT coalesce(max(seq), 0) FROM feed_changes`, nil, &seq)
	if err == nil && seq == 0 {
		_, err = r.row(ctx, `SELECT seq FROM sqlite_sequence WHERE name = 'feed_changes'`, nil, &seq)
	}
	return seq, err
}

// PruneChanges forgets the changes that every live sync has taken in, and those nobody will ask for.
func (l *Ledger) PruneChanges(ctx context.Context) error {
	return l.writer.do(ctx, func(t *tx) error {
		least, ok, err := t.one(`SELECT min(seq) FROM live`)
		if err != nil {
			return err
		}
		if !ok {
			least = math.MaxInt64
		}
		_, err = t.exec(`DELETE FROM feed_changes WHERE seq <= ?`, least)
		return err
	})
}
