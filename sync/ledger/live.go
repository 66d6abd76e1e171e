package ledger

import (
	"context"
	"database/sql"
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

// MarkKeys keeps keys as waiting and notes that the changes up to seq have been taken in, in one transaction, so that no change
// is forgotten and none is looked at for ever. A key that waits already keeps its earlier time. The dues given have come,
// and are forgotten.
func (l *Ledger) MarkKeys(ctx context.Context, ref SyncRef, live Live, marks []Mark, come []Due) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, d := range come {
			if _, err := t.exec(`DELETE FROM dues WHERE sync = ? AND key = ? AND due = ?`, int64(ref), string(d.Key), micros(d.At)); err != nil {
				return err
			}
		}
		for _, m := range marks {
			if _, err := t.exec(`INSERT INTO marks (sync, key, at) VALUES (?, ?, ?) ON CONFLICT (sync, key) DO UPDATE SET at =
				CASE WHEN at = 0 OR excluded.at <> 0 AND excluded.at < at THEN excluded.at ELSE at END`,
				int64(ref), string(m.Key), micros(m.At)); err != nil {
				return err
			}
		}
		_, err := t.exec(`INSERT INTO live (sync, seq, made) VALUES (?, ?, ?)
			ON CONFLICT (sync) DO UPDATE SET seq = excluded.seq, made = excluded.made`, int64(ref), live.Seq, live.Made)
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

// Unmark ends the waiting of keys that were looked at, but for those that must be looked at again, and keeps when time will
// next change them, in one transaction.
func (l *Ledger) Unmark(ctx context.Context, ref SyncRef, done []model.Key, again map[model.Key]time.Time, dues []Due) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, key := range done {
			if _, stays := again[key]; stays {
				continue
			}
			if _, err := t.exec(`DELETE FROM marks WHERE sync = ? AND key = ?`, int64(ref), string(key)); err != nil {
				return err
			}
		}
		return t.setDues(ref, dues)
	})
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
