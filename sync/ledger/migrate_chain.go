package ledger

import (
	"context"
	"database/sql"
)

// chainSchema makes the log of acts a chain, and makes room for tokens.
const chainSchema = `
ALTER TABLE acts ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE acts ADD COLUMN before TEXT NOT NULL DEFAULT '';
ALTER TABLE acts ADD COLUMN after TEXT NOT NULL DEFAULT '';
ALTER TABLE acts ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done';
ALTER TABLE acts ADD COLUMN of INTEGER NOT NULL DEFAULT 0;
ALTER TABLE acts ADD COLUMN hash BLOB NOT NULL DEFAULT x'';

CREATE INDEX acts_outcomes ON acts (of) WHERE of > 0;

CREATE TABLE tokens (
  id      TEXT PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE, -- of the token, which is kept nowhere
  name    TEXT NOT NULL,
  person  TEXT NOT NULL,
  role    TEXT NOT NULL,
  syncs   TEXT NOT NULL, -- JSON list; empty: every one
  made    INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  expires INTEGER NOT NULL DEFAULT 0, -- 0: never
  revoked INTEGER NOT NULL DEFAULT 0,
  used    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE revoked = 0;
`

// chainOnly keeps what would change the log out, from its first linked entry on.
const chainOnly = `
CREATE TRIGGER acts_stay BEFORE DELETE ON acts BEGIN SELECT RAISE(ABORT, 'acts are never deleted'); END;
CREATE TRIGGER acts_are_final BEFORE UPDATE ON acts BEGIN SELECT RAISE(ABORT, 'acts are never changed'); END;
PRAGMA user_version = 6;
`

// chainUp is the migration. The head is written before the migration is durable: after a crash it is made again, and comes to the same.
func chainUp(head string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, t *sql.Tx) error {
		if _, err := t.ExecContext(ctx, chainSchema); err != nil {
			return err
		}
		last, err := chainOld(ctx, t)
		if err == nil && last.N > 0 {
			err = writeHead(head, last)
		}
		if err == nil {
			_, err = t.ExecContext(ctx, chainOnly)
		}
		return err
	}
}

// chainOld links the acts that were noted before there was a chain.
func chainOld(ctx context.Context, t *sql.Tx) (last Link, err error) {
	rows, err := t.QueryContext(ctx, `SELECT n, at, actor, did, target, why FROM acts ORDER BY n`)
	if err != nil {
		return last, err
	}
	var old []Act
	for rows.Next() {
		a := Act{Outcome: Done}
		var at int64
		if err := rows.Scan(&a.N, &at, &a.Actor, &a.Did, &a.Target, &a.Why); err != nil {
			_ = rows.Close()
			return last, err
		}
		a.At = fromMicros(at)
		old = append(old, a)
	}
	if err := rows.Err(); err != nil {
		return last, err
	}
	for _, a := range old {
		last = Link{N: a.N, Hash: a.chained(last.Hash)}
		if _, err := t.ExecContext(ctx, `UPDATE acts SET hash = ? WHERE n = ?`, last.Hash, a.N); err != nil {
			return last, err
		}
	}
	return last, nil
}
