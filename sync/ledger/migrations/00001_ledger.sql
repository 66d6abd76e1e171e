-- +goose Up
CREATE TABLE syncs (
  ref        INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  generation INTEGER NOT NULL DEFAULT 0,
  columns    TEXT NOT NULL DEFAULT '',
  shape      INTEGER NOT NULL DEFAULT 0,
  -- How many records stand in each state, kept in the transaction that changes them.
  unknown    INTEGER NOT NULL DEFAULT 0,
  synced     INTEGER NOT NULL DEFAULT 0,
  rejected   INTEGER NOT NULL DEFAULT 0,
  gone       INTEGER NOT NULL DEFAULT 0,
  removed    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE shapes (
  sync        INTEGER NOT NULL REFERENCES syncs,
  id          INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (sync, id),
  UNIQUE (sync, fingerprint)
) STRICT, WITHOUT ROWID;

-- The narrow half of a record, read whole and in key order by every plan. The sync is not declared as a reference:
-- the check would cost as much as the row.
CREATE TABLE records (
  sync     INTEGER NOT NULL,
  key      TEXT NOT NULL,
  shape    INTEGER NOT NULL,
  row_hash INTEGER NOT NULL,
  state    INTEGER NOT NULL,
  place    INTEGER NOT NULL,
  PRIMARY KEY (sync, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX refused ON records (sync, key) WHERE state = 2;

-- The wide half, read only for the records a plan touches. A table by number takes new rows at its end, which costs
-- half of keeping wide rows in key order.
CREATE TABLE payloads (
  place    INTEGER PRIMARY KEY,
  accepted INTEGER NOT NULL,
  payload  BLOB,
  hash     INTEGER NOT NULL,
  match    BLOB,
  remote   TEXT NOT NULL,
  origin   INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  code     TEXT NOT NULL,
  message  TEXT NOT NULL,
  run      INTEGER NOT NULL,
  at       INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
  n         INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  sync      INTEGER NOT NULL REFERENCES syncs,
  plan_hash TEXT NOT NULL,
  plan_path TEXT NOT NULL,
  status    TEXT NOT NULL,
  started   INTEGER NOT NULL,
  ended     INTEGER NOT NULL DEFAULT 0,
  report    TEXT NOT NULL DEFAULT '',
  archived  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX runs_of_sync ON runs (sync, n);
CREATE INDEX runs_unarchived ON runs (n) WHERE archived = 0;

CREATE TABLE calls (
  n           INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  run         INTEGER NOT NULL REFERENCES runs,
  verb        INTEGER NOT NULL,
  rows        TEXT NOT NULL,
  attempt     INTEGER NOT NULL,
  not_before  INTEGER NOT NULL,
  token       TEXT NOT NULL,
  state       INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  exceptions  TEXT NOT NULL,
  intended_at INTEGER NOT NULL,
  settled_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX calls_of_run ON calls (run, n);

CREATE TABLE quarantine (
  sync      INTEGER NOT NULL REFERENCES syncs,
  key       TEXT NOT NULL,
  stage     TEXT NOT NULL,
  code      TEXT NOT NULL,
  place     TEXT NOT NULL,
  message   TEXT NOT NULL,
  count     INTEGER NOT NULL,
  first_run TEXT NOT NULL,
  last_run  TEXT NOT NULL,
  first_at  INTEGER NOT NULL,
  last_at   INTEGER NOT NULL,
  PRIMARY KEY (sync, key, stage, code, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  account TEXT PRIMARY KEY,
  until   INTEGER NOT NULL,
  why     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- "Frsh" in ASCII: file(1) and the next opening tell a ledger from any other SQLite file by it.
PRAGMA application_id = 1181905768;
PRAGMA user_version = 1;

-- +goose Down
SELECT 1 / 0; -- a ledger never goes back: an older program refuses a newer ledger instead
