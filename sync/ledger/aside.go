package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// AsideState is what people have decided about an event that was set aside.
type AsideState uint8

// The states. The zero one waits for a person.
const (
	AsideHeld     AsideState = iota
	AsideReleased            // it went through in the end, edited or as it was
	AsideDropped             // a person has let it go
)

func (s AsideState) String() string { return [...]string{"held", "released", "dropped"}[s] }

// Aside is an event that could not become a row, as it came.
type Aside struct {
	N       int64 // its number; filled in by the ledger
	Feed    FeedRef
	Version model.Version
	Key     model.Key // "" where it could not be told
	Code    string
	Message string // without values of the event
	Event   model.Event
	Edited  []byte // the value a person has put in the event's place, nil where none has
	At      time.Time
	State   AsideState
	Decided time.Time
	Why     string
	Holds   []HoldKey // what it keeps newer events back by, where the feed's policy is so; only to be written
}

func (t *tx) setAside(ref FeedRef, items []Aside) error {
	for _, a := range items {
		event, err := json.Marshal(a.Event)
		if err != nil {
			return fmt.Errorf("writing an event that was set aside: %w", err)
		}
		v := a.Version
		if _, err := t.exec(`INSERT INTO feed_aside (feed, topic, partition, position, clock, key, code, message, event, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			int64(ref), v.Topic, int64(v.Partition), v.Offset, v.Clock, string(a.Key), a.Code, a.Message, event, orNow(a.At)); err != nil {
			return err
		}
		if err := t.holdBack(ref, &a); err != nil {
			return err
		}
	}
	return nil
}

const asideColumns = `SELECT a.n, a.feed, a.topic, a.partition, a.position, a.clock, t.epoch, a.key, a.code, a.message, a.event, a.edited, a.at,
	a.state, a.decided, a.why FROM feed_aside a JOIN feed_topics t ON t.n = a.topic `

// HeldAside lists the events of a feed that wait for a person, oldest first and from behind number after on, and tells how many
// there are in all.
func (r *Reader) HeldAside(ctx context.Context, ref FeedRef, after int64, limit int) (list []Aside, total int64, err error) {
	list, err = r.asides(ctx, `WHERE a.feed = ? AND a.state = 0 AND a.n > ? ORDER BY a.n LIMIT ?`, int64(ref), after, upTo(limit))
	if err != nil {
		return nil, 0, err
	}
	_, err = r.row(ctx, `SELECT count(*) FROM feed_aside WHERE feed = ? AND state = 0`, []any{int64(ref)}, &total)
	return list, total, err
}

// AsideByNumber finds one event that was set aside, whatever was decided about it.
func (r *Reader) AsideByNumber(ctx context.Context, ref FeedRef, n int64) (a Aside, ok bool, err error) {
	list, err := r.asides(ctx, `WHERE a.feed = ? AND a.n = ?`, int64(ref), n)
	if err != nil || len(list) == 0 {
		return Aside{}, false, err
	}
	return list[0], true, nil
}

func (r *Reader) asides(ctx context.Context, where string, args ...any) (list []Aside, err error) {
	err = r.each(ctx, asideColumns+where, args, func(rows *sql.Rows) error {
		var a Aside
		var event []byte
		var at, decided int64
		v := &a.Version
		if err := rows.Scan(&a.N, &a.Feed, &v.Topic, &v.Partition, &v.Offset, &v.Clock, &v.Epoch, &a.Key, &a.Code, &a.Message, &event, &a.Edited,
			&at, &a.State, &decided, &a.Why); err != nil {
			return err
		}
		a.At, a.Decided = fromMicros(at), fromMicros(decided)
		if err := json.Unmarshal(event, &a.Event); err != nil {
			return damaged(r.path, err)
		}
		list = append(list, a)
		return nil
	})
	return list, err
}

// Decide ends the waiting of an event that was set aside, with the reason; batch is what its release brings in, nil where
// it is dropped. The act of ctx is noted with it. Fault ledger.not_held where nobody waits for it any more.
func (l *Ledger) Decide(ctx context.Context, ref FeedRef, n int64, state AsideState, edited []byte, why string, batch *FeedBatch) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, held, err := t.one(`SELECT n FROM feed_aside WHERE feed = ? AND n = ? AND state = 0`, int64(ref), n)
		if err != nil {
			return err
		}
		if !held {
			return NotHeld()
		}
		if _, err := t.exec(`UPDATE feed_aside SET state = ?3, edited = ?4, decided = ?5, why = ?6 WHERE feed = ?1 AND n = ?2`,
			int64(ref), n, int64(state), blob(edited), orNow(time.Time{}), why); err != nil {
			return err
		}
		if err := t.noted(ctx); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM feed_holds WHERE n = ?`, n); err != nil || batch == nil {
			return err
		}
		return t.takeIn(ref, batch, &l.recent)
	})
}

// NotHeld is the fault of a decision about an event for which nobody waits.
func NotHeld() error {
	return fault.New(fault.Usage, "ledger.not_held", "no event of that number is set aside in this feed").
		Do("List those that are: freshet quarantine FEED.")
}
