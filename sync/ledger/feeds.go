package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// FeedRef is a feed's number in this ledger: small, and stable for ever.
type FeedRef int64

// FeedState is what stands of a feed as a whole.
type FeedState struct {
	Ref        FeedRef
	Name       string
	Definition string // what its rows were made by, "" before the first
	Version    int64  // of the definition, from 1
	Columns    string // JSON of the table's columns, "" before the first
	Paused     string // why it does not go on, "" while it does
	PausedBy   string
	Offered    string // where it could go on if a person agrees to lose what is between, JSON; "" where nothing is lost
	Seen       int64  // events read, those ignored, late and set aside among them
	Ignored    int64  // that say nothing about a row: heartbeats, schema changes, …
	Aside      int64  // that were set aside when they came
	Late       int64  // that came after a newer one of their key
}

// Identify gives what tells this ledger from any other, and counts this opening of it.
func (l *Ledger) Identify(ctx context.Context) (id string, opened int64, err error) {
	err = l.writer.do(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE identity SET opened = opened + 1`); err != nil {
			return err
		}
		return t.query(`SELECT id, opened FROM identity`, func(row []driver.Value) error {
			id, opened = row[0].(string), row[1].(int64)
			return nil
		})
	})
	return id, opened, err
}

const feedColumns = `SELECT ref, name, definition, version, columns, paused, paused_by, offered, seen, ignored, aside, late FROM feeds `

// Feed finds a feed by its name; ok is false where nothing was ever read for it.
func (r *Reader) Feed(ctx context.Context, name string) (s FeedState, ok bool, err error) {
	err = r.each(ctx, feedColumns+`WHERE name = ?`, []any{name}, func(rows *sql.Rows) (err error) {
		s, err = scanFeed(rows)
		ok = true
		return err
	})
	s.Name = name
	return s, ok, err
}

func scanFeed(rows *sql.Rows) (s FeedState, err error) {
	err = rows.Scan(&s.Ref, &s.Name, &s.Definition, &s.Version, &s.Columns, &s.Paused, &s.PausedBy, &s.Offered, &s.Seen, &s.Ignored, &s.Aside, &s.Late)
	return s, err
}

// EnsureFeed finds a feed by its name or makes it.
func (l *Ledger) EnsureFeed(ctx context.Context, name string) (FeedState, error) {
	if s, ok, err := l.Feed(ctx, name); ok || err != nil {
		return s, err
	}
	err := l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO feeds (name) VALUES (?) ON CONFLICT DO NOTHING`, name)
		return err
	})
	if err != nil {
		return FeedState{}, err
	}
	s, _, err := l.Feed(ctx, name)
	return s, err
}

// DefineFeed keeps what a feed's rows are made by from now on; its version grows where that is something else.
func (l *Ledger) DefineFeed(ctx context.Context, ref FeedRef, definition string) error {
	return l.writer.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE feeds SET version = version + 1, definition = ?2 WHERE ref = ?1 AND definition <> ?2`, int64(ref), definition)
		if err != nil || n == 0 {
			return err
		}
		_, err = t.exec(`INSERT INTO feed_definitions (feed, version, definition, at) SELECT ref, version, definition, ?2 FROM feeds WHERE ref = ?1`,
			int64(ref), orNow(time.Time{}))
		return err
	})
}

// FeedDefinition is what a feed's rows were made by under a version; ok is false where there was none.
func (r *Reader) FeedDefinition(ctx context.Context, ref FeedRef, version int64) (definition string, ok bool, err error) {
	ok, err = r.row(ctx, `SELECT definition FROM feed_definitions WHERE feed = ? AND version = ?`, []any{int64(ref), version}, &definition)
	return definition, ok, err
}

// PauseFeed stops a feed, with the reason and who wants it so; an empty reason lets it go on. offered is where it could go on
// if a person agreed to lose what is between. The act of ctx is noted with it.
func (l *Ledger) PauseFeed(ctx context.Context, ref FeedRef, why, who, offered string) error {
	return l.writer.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE feeds SET paused = ?2, paused_by = ?3, offered = ?4 WHERE ref = ?1`, int64(ref), why, who, offered)
		if err == nil && n == 0 {
			return fault.New(fault.Internal, "ledger.no_feed", fmt.Sprintf("the ledger knows no feed %d", ref))
		}
		if err == nil {
			err = t.noted(ctx)
		}
		return err
	})
}

// SetPosition puts a partition where a person has agreed to go on.
func (l *Ledger) SetPosition(ctx context.Context, p FeedPosition) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO feed_partitions (topic, partition, next, epoch, clock, archived, at) VALUES (?1, ?2, ?3, ?4, ?5, ?3, ?6)
			ON CONFLICT (topic, partition) DO UPDATE SET next = ?3, epoch = ?4, archived = ?3, at = ?6`,
			p.Number, int64(p.Partition), p.Next, int64(p.Epoch), p.Clock, orNow(time.Time{}))
		return err
	})
}

// FeedPosition is how far one partition has been taken in.
type FeedPosition struct {
	model.Position
	Number   int64 // the topic's number in the ledger, for Version.Topic
	Era      int64 // the topic's epoch, for Version.Epoch
	Clock    int64 // Version.Clock of the newest event taken in
	Archived int64 // first offset that is not in the history yet
}

// FeedPositions lists how far every partition of a feed has been taken in, topics made anew under both their ids.
func (r *Reader) FeedPositions(ctx context.Context, ref FeedRef) ([]FeedPosition, error) {
	var list []FeedPosition
	err := r.each(ctx, `SELECT t.topic, t.id, t.n, t.epoch, p.partition, p.next, p.epoch, p.clock, p.archived
		FROM feed_partitions p JOIN feed_topics t ON t.n = p.topic WHERE t.feed = ? ORDER BY t.n, p.partition`, []any{int64(ref)},
		func(rows *sql.Rows) error {
			var p FeedPosition
			var id []byte
			err := rows.Scan(&p.Topic, &id, &p.Number, &p.Era, &p.Partition, &p.Next, &p.Epoch, &p.Clock, &p.Archived)
			copy(p.TopicID[:], id)
			list = append(list, p)
			return err
		})
	return list, err
}

// FeedTopic gives the number and the epoch of a topic under its id, making them where it is new. A topic whose name is
// known under another id gets the next epoch. Guarantee G27.
func (l *Ledger) FeedTopic(ctx context.Context, ref FeedRef, topic string, id model.TopicID) (n, epoch int64, err error) {
	err = l.writer.do(ctx, func(t *tx) error {
		if _, err := t.exec(`INSERT INTO feed_topics (feed, topic, id, epoch)
			SELECT ?1, ?2, ?3, coalesce(max(epoch) + 1, 0) FROM feed_topics WHERE feed = ?1 AND topic = ?2
			ON CONFLICT DO NOTHING`, int64(ref), topic, id[:]); err != nil {
			return err
		}
		if n, _, err = t.one(`SELECT n FROM feed_topics WHERE feed = ? AND topic = ? AND id = ?`, int64(ref), topic, id[:]); err != nil {
			return err
		}
		epoch, _, err = t.one(`SELECT epoch FROM feed_topics WHERE n = ?`, n)
		return err
	})
	return n, epoch, err
}

// Archived notes how far partitions are in the history. It never goes back.
func (l *Ledger) Archived(ctx context.Context, positions []FeedPosition) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, p := range positions {
			if _, err := t.exec(`UPDATE feed_partitions SET archived = max(archived, ?3) WHERE topic = ?1 AND partition = ?2`,
				p.Number, int64(p.Partition), p.Archived); err != nil {
				return err
			}
		}
		return nil
	})
}
