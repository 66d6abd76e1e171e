package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// Item is one reason for which rows stay out of a sync.
type Item struct {
	Sync     string    // filled in by the ledger
	Key      model.Key // "" where the row has none
	Stage    string    // "source", "model" or "mapping"
	Code     string
	Message  string // without the row's values
	Where    string // file and line, field, …
	Count    int64  // rows in the last run that met it
	FirstRun model.RunID
	LastRun  model.RunID
	FirstAt  time.Time
	LastAt   time.Time
}

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

// SweepQuarantine forgets the items that this run, having seen every row, did not see again.
func (l *Ledger) SweepQuarantine(ctx context.Context, ref SyncRef, run model.RunID) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM quarantine WHERE sync = ? AND last_run <> ?`, int64(ref), string(run))
		return err
	})
}

// Quarantined lists what is kept out of a sync, in key order, and tells how many items there are in all. limit 0 means
// every one.
func (r *Reader) Quarantined(ctx context.Context, ref SyncRef, limit int) (items []Item, total int64, err error) {
	err = r.each(ctx, `SELECT s.name, q.key, q.stage, q.code, q.message, q.place, q.count, q.first_run, q.last_run,
			q.first_at, q.last_at
		FROM quarantine q JOIN syncs s ON s.ref = q.sync
		WHERE q.sync = ? ORDER BY q.key, q.stage, q.code, q.place LIMIT ?`, []any{int64(ref), upTo(limit)}, func(rows *sql.Rows) error {
		var it Item
		var first, last int64
		err := rows.Scan(&it.Sync, &it.Key, &it.Stage, &it.Code, &it.Message, &it.Where, &it.Count, &it.FirstRun, &it.LastRun,
			&first, &last)
		it.FirstAt, it.LastAt = fromMicros(first), fromMicros(last)
		items = append(items, it)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	_, err = r.row(ctx, `SELECT count(*) FROM quarantine WHERE sync = ?`, []any{int64(ref)}, &total)
	return items, total, err
}
