package ledger

import (
	"context"
	"database/sql"
	"time"
)

// Act is something that a person or a program has done.
type Act struct {
	N      int64 // its number; filled in by the ledger
	At     time.Time
	Actor  string
	Did    string // "feed.pause": what kind of thing
	Target string // "feeds.carts": to what
	Why    string
}

// NoteAct keeps who did what.
func (l *Ledger) NoteAct(ctx context.Context, a Act) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO acts (at, actor, did, target, why) VALUES (?, ?, ?, ?, ?)`, orNow(a.At), a.Actor, a.Did, a.Target, a.Why)
		return err
	})
}

// Acts lists what was done, newest first: at most limit, those before number before; 0 means from the newest on.
func (r *Reader) Acts(ctx context.Context, before int64, limit int) (list []Act, err error) {
	err = r.each(ctx, `SELECT n, at, actor, did, target, why FROM acts WHERE ?1 = 0 OR n < ?1 ORDER BY n DESC LIMIT ?2`,
		[]any{before, upTo(limit)}, func(rows *sql.Rows) error {
			var a Act
			var at int64
			err := rows.Scan(&a.N, &at, &a.Actor, &a.Did, &a.Target, &a.Why)
			a.At = fromMicros(at)
			list = append(list, a)
			return err
		})
	return list, err
}
