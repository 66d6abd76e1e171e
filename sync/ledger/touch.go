package ledger

import (
	"context"

	"github.com/freshet/freshet/sync/model"
)

// Touch is a confirmation that needed no call: the payload is the one that stands although the row or the mapping
// changed, or the record left and is kept. With the state Removed the record stands for this key no longer: what was
// accepted, and under which match and remote id, is forgotten, for another key may stand for it now.
type Touch struct {
	Key     model.Key
	Shape   uint32
	RowHash uint64
	State   model.State // Unknown: it stays in the state it is in
}

const touchRecord = `UPDATE records SET shape = ?3, row_hash = ?4, state = ?5 WHERE sync = ?1 AND key = ?2`

const disownRecord = `UPDATE payloads SET accepted = 0, payload = NULL, hash = 0, match = NULL, remote = '', origin = 0,
	attempts = 0, code = '', message = '' WHERE place = ?`

const clearRefusal = `UPDATE payloads SET attempts = 0, code = '', message = '' WHERE place = ?`

// Touch confirms records without a call. A record the ledger does not know is left out: only a call can make one.
func (l *Ledger) Touch(ctx context.Context, ref SyncRef, touches []Touch) error {
	return l.writer.do(ctx, func(t *tx) error {
		old, err := t.standings(ref, len(touches), func(i int) model.Key { return touches[i].Key })
		if err != nil {
			return err
		}
		for i := range touches {
			if before, known := old[touches[i].Key]; known {
				if before.state, err = t.touch(ref, &touches[i], before); err != nil {
					return err
				}
				old[touches[i].Key] = before
			}
		}
		return nil
	})
}

func (t *tx) touch(ref SyncRef, c *Touch, before standing) (model.State, error) {
	now := c.State
	if now == model.Unknown {
		now = before.state
	}
	t.move(ref, before.state, true, now)
	if _, err := t.exec(touchRecord, int64(ref), string(c.Key), int64(c.Shape), int64(c.RowHash), int64(now)); err != nil {
		return now, err
	}
	if now == model.Removed && now != before.state {
		_, err := t.exec(disownRecord, before.place)
		return now, err
	}
	if now != before.state && (before.state == model.Rejected || before.state == model.Unknown) {
		_, err := t.exec(clearRefusal, before.place)
		return now, err
	}
	return now, nil
}
