-- +goose Up
-- What was measured of every sync and how it stands, as text: the windows of its freshness, and what it was said to be last.
CREATE TABLE health (
  sync TEXT PRIMARY KEY,
  at   INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Alerts that are still to be told: each is tried again until it is taken or too old.
CREATE TABLE alerts (
  n          INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE, -- the receiver tells a repetition by it
  alert      TEXT NOT NULL,
  body       TEXT NOT NULL,
  made       INTEGER NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0
) STRICT;

PRAGMA user_version = 5;

-- +goose Down
SELECT 1 / 0; -- a ledger never goes back: an older program refuses a newer ledger instead
