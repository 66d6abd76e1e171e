package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// AsideBehind is the code of an event that was set aside because an older one of its key was.
const AsideBehind = "feed.behind"

// HoldKey names something by which an event that was set aside keeps newer ones back.
type HoldKey string

// RowHold keeps back the events of a row.
func RowHold(key model.Key) HoldKey { return HoldKey("k:" + string(key)) }

// EventHold keeps back the events under a Kafka key; false where there is none.
func EventHold(key []byte) (HoldKey, bool) {
	if len(key) == 0 {
		return "", false
	}
	sum := sha256.Sum256(key)
	return HoldKey("e:" + hex.EncodeToString(sum[:])), true
}

// Hold is one key of one event that nobody has decided about.
type Hold struct {
	Key     HoldKey
	N       int64 // of the event
	Version model.Version
	Behind  bool // it waits behind another itself
}

const holdColumns = `SELECT h.key, a.n, a.topic, a.partition, a.position, a.clock, t.epoch, a.code = 'feed.behind' FROM feed_holds h
	JOIN feed_aside a ON a.n = h.n JOIN feed_topics t ON t.n = a.topic `

// inVersionOrder is the order of model.Version.
const inVersionOrder = ` ORDER BY t.epoch, a.clock, a.topic, a.partition, a.position`

var holdsByKey = newBulk(holdColumns+`WHERE h.feed = ? AND h.key IN (`, `?`, `)`)

// Holds lists what keeps back events with these keys.
func (r *Reader) Holds(ctx context.Context, ref FeedRef, keys []HoldKey) (list []Hold, err error) {
	err = holdsByKey.slices(len(keys), func(query string, from, to int) error {
		args := make([]any, 1, 1+to-from)
		args[0] = int64(ref)
		for _, key := range keys[from:to] {
			args = append(args, string(key))
		}
		return r.each(ctx, query, args, func(rows *sql.Rows) error {
			list = append(list, Hold{})
			return scanHold(rows, &list[len(list)-1])
		})
	})
	return list, err
}

// AllHolds lists every key of every event that nobody has decided about, in the order of the events.
func (r *Reader) AllHolds(ctx context.Context, ref FeedRef) (list []Hold, err error) {
	err = r.each(ctx, holdColumns+`WHERE h.feed = ?`+inVersionOrder, []any{int64(ref)}, func(rows *sql.Rows) error {
		list = append(list, Hold{})
		return scanHold(rows, &list[len(list)-1])
	})
	return list, err
}

func scanHold(rows *sql.Rows, h *Hold) error {
	v := &h.Version
	return rows.Scan(&h.Key, &h.N, &v.Topic, &v.Partition, &v.Offset, &v.Clock, &v.Epoch, &h.Behind)
}

// CountBehind tells how many events wait behind others.
func (r *Reader) CountBehind(ctx context.Context, ref FeedRef) (n int64, err error) {
	_, err = r.row(ctx, `SELECT count(*) FROM feed_aside WHERE feed = ? AND state = 0 AND code = 'feed.behind'`, []any{int64(ref)}, &n)
	return n, err
}

// HeldBy counts the events that share a key with one that waits, and wait behind another.
func (r *Reader) HeldBy(ctx context.Context, ref FeedRef, n int64) (behind int64, err error) {
	_, err = r.row(ctx, `SELECT count(DISTINCT a.n) FROM feed_holds own JOIN feed_holds h ON h.feed = own.feed AND h.key = own.key AND h.n <> own.n
		JOIN feed_aside a ON a.n = h.n WHERE own.n = ? AND own.feed = ? AND a.state = 0 AND a.code = 'feed.behind'`, []any{n, int64(ref)}, &behind)
	return behind, err
}

// EachDropped calls each with the place of every event of a feed that a person has let go.
func (r *Reader) EachDropped(ctx context.Context, ref FeedRef, each func(model.Version)) error {
	return r.each(ctx, `SELECT topic, partition, position FROM feed_aside WHERE feed = ? AND state = 2`, []any{int64(ref)}, func(rows *sql.Rows) error {
		var v model.Version
		err := rows.Scan(&v.Topic, &v.Partition, &v.Offset)
		each(v)
		return err
	})
}

// holdBack notes the keys of an event that was set aside just now.
func (t *tx) holdBack(ref FeedRef, a *Aside) error {
	if len(a.Holds) == 0 {
		return nil
	}
	v := a.Version
	n, there, err := t.one(`SELECT n FROM feed_aside WHERE feed = ? AND topic = ? AND partition = ? AND position = ? AND state = 0`,
		int64(ref), v.Topic, int64(v.Partition), v.Offset)
	if err != nil || !there {
		return err
	}
	for _, key := range a.Holds {
		if _, err := t.exec(`INSERT INTO feed_holds (feed, key, n) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, int64(ref), string(key), n); err != nil {
			return err
		}
	}
	return nil
}

// Followed is an event that waited behind another and was looked at now: it is taken in, or waits by itself for a reason of its own.
type Followed struct {
	N             int64
	Code, Message string // why it waits by itself; "": it is taken in
}

// Follow ends the waiting of events behind others, with what they come to, in one transaction. One that somebody has decided about
// meanwhile undoes nothing: fault ledger.not_held.
func (l *Ledger) Follow(ctx context.Context, ref FeedRef, list []Followed, why string, batch *FeedBatch) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, f := range list {
			if _, held, err := t.one(`SELECT n FROM feed_aside WHERE feed = ? AND n = ? AND state = 0`, int64(ref), f.N); err != nil || !held {
				if err == nil {
					err = NotHeld()
				}
				return err
			}
		}
		for _, f := range list {
			if err := t.follow(ref, f, why); err != nil {
				return err
			}
		}
		return t.takeIn(ref, batch, &l.recent)
	})
}

func (t *tx) follow(ref FeedRef, f Followed, why string) error {
	if f.Code != "" {
		_, err := t.exec(`UPDATE feed_aside SET code = ?3, message = ?4 WHERE feed = ?1 AND n = ?2`, int64(ref), f.N, f.Code, f.Message)
		return err
	}
	if _, err := t.exec(`UPDATE feed_aside SET state = ?3, decided = ?4, why = ?5 WHERE feed = ?1 AND n = ?2`,
		int64(ref), f.N, int64(AsideReleased), orNow(time.Time{}), why); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM feed_holds WHERE n = ?`, f.N)
	return err
}
