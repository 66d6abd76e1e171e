-- +goose Up
CREATE TABLE feeds (
  ref        INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  definition TEXT NOT NULL DEFAULT '', -- what the rows were made by
  version    INTEGER NOT NULL DEFAULT 0, -- grows with every definition
  columns    TEXT NOT NULL DEFAULT '',
  paused     TEXT NOT NULL DEFAULT '', -- why, '' while it goes on
  paused_by  TEXT NOT NULL DEFAULT '',
  offered    TEXT NOT NULL DEFAULT '', -- where it could go on if a person agrees: positions, JSON
  seen       INTEGER NOT NULL DEFAULT 0, -- events read since the beginning, those set aside or ignored among them
  ignored    INTEGER NOT NULL DEFAULT 0,
  aside      INTEGER NOT NULL DEFAULT 0,
  late       INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Everything a feed's rows have been made by.
CREATE TABLE feed_definitions (
  feed       INTEGER NOT NULL REFERENCES feeds,
  version    INTEGER NOT NULL,
  definition TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (feed, version)
) STRICT, WITHOUT ROWID;

-- A topic under one of its ids. A topic made anew has a greater epoch, so its events come after all earlier ones.
CREATE TABLE feed_topics (
  n     INTEGER PRIMARY KEY,
  feed  INTEGER NOT NULL REFERENCES feeds,
  topic TEXT NOT NULL,
  id    BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  UNIQUE (feed, topic, id)
) STRICT;

CREATE TABLE feed_partitions (
  topic     INTEGER NOT NULL REFERENCES feed_topics,
  partition INTEGER NOT NULL,
  next      INTEGER NOT NULL, -- first offset not read yet
  epoch     INTEGER NOT NULL, -- the leader's, of the event before it
  clock     INTEGER NOT NULL, -- greatest timestamp of an event before it, in milliseconds
  archived  INTEGER NOT NULL, -- first offset that is not in the history yet
  at        INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

-- The newest row of every key, deleted ones too: an event that comes late must find what it comes after.
CREATE TABLE feed_rows (
  n         INTEGER PRIMARY KEY,
  feed      INTEGER NOT NULL,
  key       TEXT NOT NULL,
  gone      INTEGER NOT NULL,
  row       BLOB,
  epoch     INTEGER NOT NULL,
  clock     INTEGER NOT NULL,
  topic     INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  position  INTEGER NOT NULL,
  at        INTEGER NOT NULL, -- of the commit in the source
  UNIQUE (feed, key)
) STRICT;

-- What has changed since a live sync looked last: the row before, so that what it left behind is looked at again.
CREATE TABLE feed_changes (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  feed   INTEGER NOT NULL,
  key    TEXT NOT NULL,
  before BLOB,
  at     INTEGER NOT NULL
) STRICT;

-- Events that could not become rows, as they came.
CREATE TABLE feed_aside (
  n         INTEGER PRIMARY KEY,
  feed      INTEGER NOT NULL REFERENCES feeds,
  topic     INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  position  INTEGER NOT NULL,
  clock     INTEGER NOT NULL,
  key       TEXT NOT NULL,
  code      TEXT NOT NULL,
  message   TEXT NOT NULL,
  event     BLOB NOT NULL,
  at        INTEGER NOT NULL,
  state     INTEGER NOT NULL DEFAULT 0,
  edited    BLOB,
  decided   INTEGER NOT NULL DEFAULT 0,
  why       TEXT NOT NULL DEFAULT '',
  UNIQUE (feed, topic, partition, position)
) STRICT;

CREATE INDEX feed_aside_held ON feed_aside (feed, n) WHERE state = 0;

-- How far a live sync has taken the changes of the feeds in. Keys taken and not settled yet are its marks.
CREATE TABLE live (
  sync INTEGER PRIMARY KEY REFERENCES syncs,
  seq  INTEGER NOT NULL,
  made TEXT NOT NULL DEFAULT '' -- what the evaluation was made by; another one means: evaluate everything
) STRICT;

CREATE TABLE marks (
  sync INTEGER NOT NULL,
  key  TEXT NOT NULL,
  at   INTEGER NOT NULL, -- the earliest commit in the source that it waits for
  PRIMARY KEY (sync, key)
) STRICT, WITHOUT ROWID;

-- When time alone can next change what a key gives.
CREATE TABLE dues (
  sync INTEGER NOT NULL,
  key  TEXT NOT NULL,
  due  INTEGER NOT NULL,
  PRIMARY KEY (sync, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX dues_by_time ON dues (sync, due);

-- Who this ledger is, and how often it was opened for feeds: a copy that was put back is told from a newer one by it.
CREATE TABLE identity (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  id     TEXT NOT NULL,
  opened INTEGER NOT NULL
) STRICT;
INSERT INTO identity VALUES (1, lower(hex(randomblob(16))), 0);

-- A live run looked at some keys alone. Many are archived together and then forgotten.
ALTER TABLE runs ADD COLUMN live INTEGER NOT NULL DEFAULT 0;

PRAGMA user_version = 2;

-- +goose Down
SELECT 1 / 0; -- a ledger never goes back: an older program refuses a newer ledger instead
