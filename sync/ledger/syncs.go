package ledger

import (
	"context"
	"math"
	"time"
)

// SyncRef is a sync's number in this ledger: small, and stable for ever.
type SyncRef int64

// SyncState is what stands of a sync as a whole.
type SyncState struct {
	Ref        SyncRef
	Name       string
	Generation int64  // grows whenever what a plan was made from may have changed
	Schema     string // JSON of the model's columns at the last run that started, "" before the first
	Shape      uint32 // the mapping last asked for with Ledger.Shape, 0 before the first
}

// Sync finds a sync by its name; ok is false where it never ran.
func (r *Reader) Sync(ctx context.Context, name string) (s SyncState, ok bool, err error) {
	s.Name = name
	ok, err = r.row(ctx, `SELECT ref, generation, columns, shape FROM syncs WHERE name = ?`, []any{name},
		&s.Ref, &s.Generation, &s.Schema, &s.Shape)
	return s, ok, err
}

// EnsureSync finds a sync by its name or makes it.
func (l *Ledger) EnsureSync(ctx context.Context, name string) (SyncState, error) {
	if s, ok, err := l.Sync(ctx, name); ok || err != nil {
		return s, err
	}
	err := l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO syncs (name) VALUES (?) ON CONFLICT DO NOTHING`, name)
		return err
	})
	if err != nil {
		return SyncState{}, err
	}
	s, _, err := l.Sync(ctx, name)
	return s, err
}

// ShapeOf finds the id of a mapping by its fingerprint.
func (r *Reader) ShapeOf(ctx context.Context, ref SyncRef, fingerprint string) (id uint32, ok bool, err error) {
	ok, err = r.row(ctx, `SELECT id FROM shapes WHERE sync = ? AND fingerprint = ?`, []any{int64(ref), fingerprint}, &id)
	return id, ok, err
}

// Shape gives a mapping's id, from 1 on and stable for ever, and makes it the sync's present one.
func (l *Ledger) Shape(ctx context.Context, ref SyncRef, fingerprint string) (uint32, error) {
	if id, now := l.shapes.of(ref, fingerprint); now {
		return id, nil
	}
	var id uint32
	err := l.writer.do(ctx, func(t *tx) error {
		if _, err := t.exec(`INSERT INTO shapes (sync, id, fingerprint)
			SELECT ?1, coalesce(max(id), 0) + 1, ?2 FROM shapes WHERE sync = ?1
			ON CONFLICT (sync, fingerprint) DO NOTHING`, int64(ref), fingerprint); err != nil {
			return err
		}
		n, _, err := t.one(`SELECT id FROM shapes WHERE sync = ? AND fingerprint = ?`, int64(ref), fingerprint)
		if err != nil {
			return err
		}
		id = uint32(n)
		_, err = t.exec(`UPDATE syncs SET shape = ?2 WHERE ref = ?1`, int64(ref), n)
		t.after = append(t.after, func() { l.shapes.note(ref, fingerprint, id) })
		return err
	})
	return id, err
}

// Times are kept as microseconds since 1970; the zero time as 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// orNow is t, or the present where the caller left it out.
func orNow(t time.Time) int64 {
	if t.IsZero() {
		t = time.Now()
	}
	return micros(t)
}

// upTo is a limit for SQL: 0 or less means everything.
func upTo(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return int64(limit)
}
