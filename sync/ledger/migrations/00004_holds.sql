-- +goose Up
-- Keys of the events that were set aside and are not decided about: where a feed's policy is to hold, newer events with one of
-- them wait behind. A row's key is written k:KEY, a Kafka key e: and its hash.
CREATE TABLE feed_holds (
  feed INTEGER NOT NULL,
  key  TEXT NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (feed, key, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX feed_holds_of ON feed_holds (n);

INSERT INTO feed_holds SELECT feed, 'k:' || key, n FROM feed_aside WHERE state = 0 AND key <> '';

CREATE INDEX feed_aside_behind ON feed_aside (feed) WHERE state = 0 AND code = 'feed.behind';

PRAGMA user_version = 4;

-- +goose Down
SELECT 1 / 0; -- a ledger never goes back: an older program refuses a newer ledger instead
