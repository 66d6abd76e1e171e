-- +goose Up
-- What people and programs have done: who, what, to what, and why. Nothing is ever taken out or changed.
CREATE TABLE acts (
  n      INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  actor  TEXT NOT NULL,
  did    TEXT NOT NULL,
  target TEXT NOT NULL,
  why    TEXT NOT NULL DEFAULT ''
) STRICT;

-- What was answered to a request that named itself, so that the same request again does nothing a second time.
CREATE TABLE answers (
  actor   TEXT NOT NULL,
  key     TEXT NOT NULL,
  request BLOB NOT NULL, -- its hash
  at      INTEGER NOT NULL,
  status  INTEGER NOT NULL DEFAULT 0, -- 0: nothing has been answered yet
  answer  BLOB,
  PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;

-- +goose Down
SELECT 1 / 0; -- a ledger never goes back: an older program refuses a newer ledger instead
