package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// Live is how far a live sync has taken changes in.
type Live struct {
	Seq  int64  // of the newest change whose keys are marked
	Made string // what the evaluation was made by
}

// Mark is a key that a live sync must look at.
type Mark struct {
	Key model.Key
	At  time.Time // the earliest commit in the source that it waits for; zero where time alone marked it
}

// Due is when time alone can next change what a key gives; a zero At means never.
type Due struct {
	Key model.Key
	At  time.Time
}

// Live tells how far a live sync is; ok is false where it never was live.
func (r *Reader) Live(ctx context.Context, ref SyncRef) (s Live, ok bool, err error) {
	ok, err = r.row(ctx, `SELECT seq, made FROM live WHERE sync = ?`, []any{int64(ref)}, &s.Seq, &s.Made)
	return s, ok, err
}

// LiveSyncs are the syncs that changes are kept for, by name.
func (r *Reader) LiveSyncs(ctx context.Context) (map[string]SyncRef, error) {
	all := map[string]SyncRef{}
	err := r.each(ctx, `SELECT s.name, s.ref FROM live l JOIN syncs s ON s.ref = l.sync`, nil, func(rows *sql.Rows) error {
		var name string
		var ref SyncRef
		err := rows.Scan(&name, &ref)
		all[name] = ref
		return err
	})
	return all, err
}

// LiveNote is what a live sync has found out since it was written down last.
type LiveNote struct {
	Live  Live
	Done  []model.Key // that were looked at, and need not be looked at again
	Dues  []Due       // when time will next change those that were looked at
	Marks []Mark      // to be looked at; a key that waits already keeps its earlier time
	Come  []Due       // that have come: their keys are among the marks
}

// Empty says that there is nothing to write down besides Live.
func (n LiveNote) Empty() bool { return len(n.Done)+len(n.Dues)+len(n.Marks)+len(n.Come) == 0 }

// And is this note followed by a later one.
func (n LiveNote) And(later LiveNote) LiveNote {
	return LiveNote{Live: later.Live, Done: append(n.Done, later.Done...), Dues: append(n.Dues, later.Dues...),
		Marks: append(n.Marks, later.Marks...), Come: append(n.Come, later.Come...)}
}

var (
	unmarkKeys = newBulk(`DELETE FROM marks WHERE sync = ? AND key IN (`, `?`, `)`)

	markKeys = newBulk(`INSERT INTO marks (sync, key, at) VALUES `, `(?, ?, ?)`, ` ON CONFLICT (sync, key) DO UPDATE SET at =
		CASE WHEN at = 0 OR excluded.at <> 0 AND excluded.at < at THEN excluded.at ELSE at END`)
)

// NoteLive ends the waiting of keys that were looked at, keeps others as waiting, and notes that the changes up to Live.Seq
// have been taken in, in one transaction, so that no change is forgotten and none is looked at for ever.
func (l *Ledger) NoteLive(ctx context.Context, ref SyncRef, n LiveNote) error {
	return l.writer.do(ctx, func(t *tx) error {
		if err := t.unmark(ref, n.Done); err != nil {
			return err
		}
		for _, d := range n.Come {
			if _, err := t.exec(`DELETE FROM dues WHERE sync = ? AND key = ? AND due = ?`, int64(ref), string(d.Key), micros(d.At)); err != nil {
				return err
			}
		}
		if err := t.setDues(ref, n.Dues); err != nil {
			return err
		}
		err := bulkRows(t, &markKeys, n.Marks, func(args []driver.Value, m Mark) []driver.Value {
			return append(args, int64(ref), string(m.Key), micros(m.At))
		})
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO live (sync, seq, made) VALUES (?, ?, ?)
			ON CONFLICT (sync) DO UPDATE SET seq = excluded.seq, made = excluded.made`, int64(ref), n.Live.Seq, n.Live.Made)
		return err
	})
}

func (t *tx) unmark(ref SyncRef, keys []model.Key) error {
	args := make([]driver.Value, 0, 1+bulkSizes[0])
	return unmarkKeys.slices(len(keys), func(query string, from, to int) error {
		args = append(args[:0], int64(ref))
		for _, key := range keys[from:to] {
			args = append(args, string(key))
		}
		_, err := t.exec(query, args...)
		return err
	})
}

// Marks lists keys that wait, those with the earliest commit first; limit 0 means every one.
func (r *Reader) Marks(ctx context.Context, ref SyncRef, limit int) ([]Mark, error) {
	var list []Mark
	err := r.each(ctx, `SELECT key, at FROM marks WHERE sync = ? LIMIT ?`, []any{int64(ref), upTo(limit)}, func(rows *sql.Rows) error {
		var m Mark
		var at int64
		err := rows.Scan(&m.Key, &at)
		m.At = fromMicros(at)
		list = append(list, m)
		return err
	})
	return list, err
}

func (t *tx) setDues(ref SyncRef, dues []Due) error {
	for _, d := range dues {
		var err error
		if d.At.IsZero() {
			_, err = t.exec(`DELETE FROM dues WHERE sync = ? AND key = ?`, int64(ref), string(d.Key))
		} else {
			_, err = t.exec(`INSERT INTO dues (sync, key, due) VALUES (?, ?, ?) ON CONFLICT (sync, key) DO UPDATE SET due = excluded.due`,
				int64(ref), string(d.Key), micros(d.At))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Relive begins a live sync anew: no key waits, dues are the given ones, and changes up to live.Seq are taken in. It is for
// after an evaluation of every row.
func (l *Ledger) Relive(ctx context.Context, ref SyncRef, live Live, dues []Due) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, query := range []string{`DELETE FROM marks WHERE sync = ?`, `DELETE FROM dues WHERE sync = ?`} {
			if _, err := t.exec(query, int64(ref)); err != nil {
				return err
			}
		}
		if err := t.setDues(ref, dues); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO live (sync, seq, made) VALUES (?, ?, ?)
			ON CONFLICT (sync) DO UPDATE SET seq = excluded.seq, made = excluded.made`, int64(ref), live.Seq, live.Made)
		return err
	})
}

// DueKeys lists the keys whose time has come by now, earliest first; limit 0 means every one.
func (r *Reader) DueKeys(ctx context.Context, ref SyncRef, now time.Time, limit int) ([]Due, error) {
	var list []Due
	err := r.each(ctx, `SELECT key, due FROM dues WHERE sync = ? AND due <= ? ORDER BY due LIMIT ?`, []any{int64(ref), micros(now), upTo(limit)},
		func(rows *sql.Rows) error {
			var d Due
			var at int64
			err := rows.Scan(&d.Key, &at)
			d.At = fromMicros(at)
			list = append(list, d)
			return err
		})
	return list, err
}

// NextDue is the earliest moment at which a key's time comes; zero where there is none.
func (r *Reader) NextDue(ctx context.Context, ref SyncRef) (time.Time, error) {
	var at int64
	_, err := r.row(ctx, `SELECT due FROM dues WHERE sync = ? ORDER BY due LIMIT 1`, []any{int64(ref)}, &at)
	return fromMicros(at), err
}

// Unlive forgets that a sync was live: its changes need not be kept for it.
func (l *Ledger) Unlive(ctx context.Context, ref SyncRef) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, query := range []string{`DELETE FROM marks WHERE sync = ?`, `DELETE FROM dues WHERE sync = ?`, `DELETE FROM live WHERE sync = ?`} {
			if _, err := t.exec(query, int64(ref)); err != nil {
				return err
			}
		}
		return nil
	})
}
