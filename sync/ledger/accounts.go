package ledger

import (
	"context"
	"time"
)

// Block keeps every sync of a destination's account from calling it before a time, over restarts too. A later call
// replaces the time, sooner or later.
func (l *Ledger) Block(ctx context.Context, account string, until time.Time, why string) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO accounts (account, until, why) VALUES (?, ?, ?)
			ON CONFLICT (account) DO UPDATE SET until = excluded.until, why = excluded.why`, account, micros(until), why)
		return err
	})
}

// BlockedUntil tells until when an account must not be called and why; the zero time where it was never blocked.
func (r *Reader) BlockedUntil(ctx context.Context, account string) (until time.Time, why string, err error) {
	var n int64
	_, err = r.row(ctx, `SELECT until, why FROM accounts WHERE account = ?`, []any{account}, &n, &why)
	return fromMicros(n), why, err
}
