package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// Item is one reason for which rows stay out of a sync.
type Item = model.Quarantined

// Quarantine keeps items as seen by a run. The same key, stage, code and place is one item: seen again in the same run
// its counts add up, seen by a later run it counts anew.
func (l *Ledger) Quarantine(ctx context.Context, ref SyncRef, run model.RunID, at time.Time, items []Item) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, it := range items {
			if _, err := t.exec(`INSERT INTO quarantine
					(sync, key, stage, code, place, message, count, first_run, last_run, first_at, last_at)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?9)
				ON CONFLICT (sync, key, stage, code, place) DO UPDATE SET message = excluded.message, last_at = excluded.last_at,
				count = CASE WHEN last_run = excluded.last_run THEN count ELSE 0 END + excluded.count,
				last_run = excluded.last_run`, int64(ref), string(it.Key), it.Stage, it.Code, it.Where, it.Message,
				max(1, it.Count), string(run), orNow(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// UnseeQuarantine forgets what a run set aside, so that a restart can set it aside again without counting it twice.
func (l *Ledger) UnseeQuarantine(ctx context.Context, ref SyncRef, run model.RunID) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM quarantine WHERE sync = ?1 AND last_run = ?2`, int64(ref), string(run))
		return err
	})
}

// SweepQuarantine forgets the items that this run, having seen every row, did not see again.
func (l *Ledger) SweepQuarantine(ctx context.Context, ref SyncRef, run model.RunID) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM quarantine WHERE sync = ? AND last_run <> ?`, int64(ref), string(run))
		return err
	})
}

// SweepKeys forgets the items of these keys that this run, having looked at them, did not see again.
func (l *Ledger) SweepKeys(ctx context.Context, ref SyncRef, run model.RunID, keys []model.Key) error {
	var held bool
	if _, err := l.row(ctx, `SELECT EXISTS (SELECT 1 FROM quarantine WHERE sync = ?)`, []any{int64(ref)}, &held); err != nil || !held {
		return err
	}
	return l.writer.do(ctx, func(t *tx) error {
		for _, key := range keys {
			if _, err := t.exec(`DELETE FROM quarantine WHERE sync = ? AND key = ? AND last_run <> ?`, int64(ref), string(key), string(run)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Quarantined lists what a sync has set aside, by key; limit 0 means every item. total counts the rows.
func (r *Reader) Quarantined(ctx context.Context, ref SyncRef, limit int) (items []Item, total int64, err error) {
	items, err = r.items(ctx, `q.sync = ? ORDER BY q.key, q.stage, q.code, q.place LIMIT ?`, int64(ref), upTo(limit))
	if err != nil {
		return nil, 0, err
	}
	_, err = r.row(ctx, `SELECT coalesce(sum(count), 0) FROM quarantine WHERE sync = ?`, []any{int64(ref)}, &total)
	return items, total, err
}

// QuarantinedKey lists why the row of one key is set aside; none where it is not.
func (r *Reader) QuarantinedKey(ctx context.Context, ref SyncRef, key model.Key) ([]Item, error) {
	return r.items(ctx, `q.sync = ? AND q.key = ? ORDER BY q.stage, q.code, q.place`, int64(ref), string(key))
}

func (r *Reader) items(ctx context.Context, where string, args ...any) (items []Item, err error) {
	err = r.each(ctx, `SELECT s.name, q.key, q.stage, q.code, q.message, q.place, q.count, q.first_run, q.last_run,
			q.first_at, q.last_at
		FROM quarantine q JOIN syncs s ON s.ref = q.sync WHERE `+where, args, func(rows *sql.Rows) error {
		var it Item
		var first, last int64
		err := rows.Scan(&it.Sync, &it.Key, &it.Stage, &it.Code, &it.Message, &it.Where, &it.Count, &it.FirstRun, &it.LastRun,
			&first, &last)
		it.FirstAt, it.LastAt = fromMicros(first), fromMicros(last)
		items = append(items, it)
		return err
	})
	return items, err
}
