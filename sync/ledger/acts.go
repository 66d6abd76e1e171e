package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"time"
)

// Act is an entry of the audit log: something that a person or a program has done, or what became of it.
type Act struct {
	N       int64 // its number, from 1 on without a gap; filled in by the ledger
	At      time.Time
	Actor   string  // the person
	Via     string  // what the person used: a token's id, "" on this machine
	Did     string  // "feed.pause": what kind of thing
	Target  string  // "feeds.carts": to what
	Why     string  // the person's reason
	Before  string  // what was there, and what is there now, by reference: a plan's hash, a run, a version. Never values
	After   string  //
	Outcome Outcome // of an act that is told of in one entry; Begun where another entry tells what became of it
	Of      int64   // this entry says what became of the act of that number; 0: it is an act
	Hash    []byte  // of this entry and the one before it; filled in by the ledger
}

// Outcome is what became of an act: "done", "begun", "held", or the code of the fault that it failed with.
type Outcome string

// The outcomes that are no fault's code.
const (
	Done  Outcome = "done"
	Begun Outcome = "begun" // nobody has told yet what became of it
)

// actKey finds the act in a context.
type actKey struct{}

// WithAct has the act noted in the transaction that carries its effect: PauseFeed, Decide and what else says so. Guarantee G43.
func WithAct(ctx context.Context, a Act) context.Context { return context.WithValue(ctx, actKey{}, a) }

// noted notes the act of a context, where it has one.
func (t *tx) noted(ctx context.Context) error {
	a, ok := ctx.Value(actKey{}).(Act)
	if !ok {
		return nil
	}
	a.Outcome = Done
	_, err := t.note(a)
	return err
}

// NoteAct enters an act into the audit log and gives its number.
func (l *Ledger) NoteAct(ctx context.Context, a Act) (n int64, err error) {
	err = l.writer.do(ctx, func(t *tx) error {
		n, err = t.note(a)
		return err
	})
	return n, err
}

// note appends to the chain. Guarantee G44.
func (t *tx) note(a Act) (int64, error) {
	last, err := t.lastLink()
	if err != nil {
		return 0, err
	}
	if a.Outcome == "" {
		a.Outcome = Done
	}
	a.N, a.At = last.N+1, fromMicros(orNow(a.At))
	next := Link{N: a.N, Hash: a.chained(last.Hash)}
	if _, err := t.exec(`INSERT INTO acts (n, at, actor, via, did, target, why, before, after, outcome, of, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, a.N, micros(a.At), a.Actor, a.Via, a.Did, a.Target, a.Why, a.Before, a.After,
		string(a.Outcome), a.Of, next.Hash); err != nil {
		return 0, err
	}
	t.after = append(t.after, func() { _ = writeHead(t.head, next) }) // behind the log is where a crash leaves it, too
	return a.N, nil
}

func (t *tx) lastLink() (last Link, err error) {
	err = t.query(`SELECT n, hash FROM acts ORDER BY n DESC LIMIT 1`, func(row []driver.Value) error {
		last.N, _ = row[0].(int64)
		hash, _ := row[1].([]byte)
		last.Hash = append([]byte(nil), hash...)
		return nil
	})
	return last, err
}

// ActFilter says which acts are listed; the zero one means every act.
type ActFilter struct {
	Before int64     // only those before this number; 0: from the newest on
	Since  time.Time // only those from this moment on
	Sync   string    // only those whose target is this sync
	Actor  string    // only this person's
	Did    string    // only of this kind
}

// ToldAct is an act with what became of it.
type ToldAct struct {
	Act
	Ended time.Time // zero: it is told of in one entry, or nobody has told yet
}

// Acts lists what was done, newest first and each with what became of it: at most limit; 0 means every one.
func (r *Reader) Acts(ctx context.Context, f ActFilter, limit int) (list []ToldAct, err error) {
	target := ""
	if f.Sync != "" {
		target = "syncs." + f.Sync
	}
	err = r.each(ctx, `SELECT a.n, a.at, a.actor, a.via, a.did, a.target, a.why, a.before, coalesce(o.after, a.after), coalesce(o.outcome, a.outcome),
		coalesce(o.at, 0), a.hash FROM acts a LEFT JOIN acts o ON o.of = a.n AND o.of > 0
		WHERE a.of = 0 AND (?1 = 0 OR a.n < ?1) AND a.at >= ?2 AND (?3 = '' OR a.target = ?3 OR substr(a.target, 1, length(?3) + 1) = ?3 || ' ')
		AND (?4 = '' OR a.actor = ?4) AND (?5 = '' OR a.did = ?5) ORDER BY a.n DESC LIMIT ?6`,
		[]any{f.Before, micros(f.Since), target, f.Actor, f.Did, upTo(limit)}, func(rows *sql.Rows) error {
			var a ToldAct
			var at, ended int64
			err := rows.Scan(&a.N, &at, &a.Actor, &a.Via, &a.Did, &a.Target, &a.Why, &a.Before, &a.After, &a.Outcome, &ended, &a.Hash)
			a.At, a.Ended = fromMicros(at), fromMicros(ended)
			list = append(list, a)
			return err
		})
	return list, err
}

// EachAct walks over every entry of the log, oldest first.
func (r *Reader) EachAct(ctx context.Context, each func(Act) error) error {
	return r.each(ctx, `SELECT n, at, actor, via, did, target, why, before, after, outcome, of, hash FROM acts ORDER BY n`, nil,
		func(rows *sql.Rows) error {
			var a Act
			var at int64
			if err := rows.Scan(&a.N, &at, &a.Actor, &a.Via, &a.Did, &a.Target, &a.Why, &a.Before, &a.After, &a.Outcome, &a.Of, &a.Hash); err != nil {
				return err
			}
			a.At = fromMicros(at)
			return each(a)
		})
}

// WhoActed are the people behind a reference, those who came first before others: those whose acts of these kinds came to it.
func (r *Reader) WhoActed(ctx context.Context, after string, did ...string) (people []string, err error) {
	kinds, err := json.Marshal(did)
	if err != nil {
		return nil, err
	}
	err = r.each(ctx, `SELECT a.actor FROM acts a LEFT JOIN acts o ON o.of = a.n AND o.of > 0
		WHERE a.of = 0 AND a.did IN (SELECT value FROM json_each(?1)) AND coalesce(o.after, a.after) = ?2 GROUP BY a.actor ORDER BY min(a.n)`,
		[]any{string(kinds), after}, func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			people = append(people, name)
			return err
		})
	return people, err
}
