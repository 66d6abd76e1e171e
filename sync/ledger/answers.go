package ledger

import (
	"bytes"
	"context"
	"database/sql/driver"
	"time"

	"github.com/freshet/freshet/sync/fault"
)

// Answer is what was answered to a request that named itself. Status 0: nothing yet, because it is under way or a crash
// took the answer.
type Answer struct {
	Status int
	Body   []byte
}

// answersFor is how long answers are kept.
const answersFor = 24 * time.Hour

// Claim takes a key for a request of an actor; first says that nobody had it, and the caller does what is asked and then calls
// Answered. Fault ledger.key_reused where the key has named another request.
func (l *Ledger) Claim(ctx context.Context, actor, key string, request []byte) (had Answer, first bool, err error) {
	expired := micros(time.Now().Add(-answersFor))
	err = l.writer.do(ctx, func(t *tx) error {
		first = true
		same := true
		err := t.query(`SELECT request, status, answer FROM answers WHERE actor = ? AND key = ? AND at >= ?`, func(row []driver.Value) error {
			first = false
			was, _ := row[0].([]byte)
			status, _ := row[1].(int64)
			body, _ := row[2].([]byte)
			same = bytes.Equal(was, request)
			had = Answer{Status: int(status), Body: bytes.Clone(body)}
			return nil
		}, actor, key, expired)
		if err == nil && !same {
			err = fault.New(fault.Usage, "ledger.key_reused", "this Idempotency-Key has named another request").
				Do("give every request a key of its own, and the same key only to the same request")
		}
		if err != nil || !first {
			return err
		}
		if _, err := t.exec(`DELETE FROM answers WHERE at < ?`, expired); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO answers (actor, key, request, at) VALUES (?, ?, ?, ?)`, actor, key, request, orNow(time.Time{}))
		return err
	})
	return had, first, err
}

// Answered keeps what was answered.
func (l *Ledger) Answered(ctx context.Context, actor, key string, a Answer) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE answers SET status = ?3, answer = ?4 WHERE actor = ?1 AND key = ?2`, actor, key, int64(a.Status), blob(a.Body))
		return err
	})
}

// Unclaim lets a key go again whose request did not come to an answer worth keeping.
func (l *Ledger) Unclaim(ctx context.Context, actor, key string) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM answers WHERE actor = ? AND key = ? AND status = 0`, actor, key)
		return err
	})
}
