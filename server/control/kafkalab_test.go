//go:build kafkalab

package control_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	lab "github.com/freshet/freshet/build/kafkalab"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
)

const labSQL = `
create table people (
  id bigint primary key, email text not null, name varchar(40), balance numeric(12,2), born date, seen timestamptz, bio text, tags jsonb);
alter table people alter bio set storage external;
create table notes (id bigint primary key, note text);
create table signal (id varchar(42) primary key, type varchar(32) not null, data varchar(2048));
insert into people select i, 'p' || i || '@example.com', 'Zoë O''Brien ' || i, i * 1.10, date '1990-01-01' + i::int, timestamptz '2026-03-29 01:30:00.123456+00' + i * interval '1 hour',
  repeat('long ' || i || ' ', 3000), jsonb_build_object('n', i) from generate_series(1, 200) i;
insert into notes select i, 'note ' || i from generate_series(1, 20) i;
`

const labYAML = `
workspace: lab
sources:
  stream: {type: kafka, brokers: ["BROKER"]}
  again: {type: kafka, brokers: ["BROKER"], protocol: consumer}
feeds:
  people: {source: stream, topic: shop.public.people, format: debezium-json, key: id}
  notes: {source: again, topic: shop.public.notes, format: debezium-json, key: id}
models:
  people: {sql: "select id, email, name, balance, born, seen, length(bio) as bio_length, md5(bio) as bio, tags from feeds.people", key: id}
  notes: {sql: "select id, note from feeds.notes", key: id}
destinations:
  hook: {type: webhook, url: "URL"}
governance: {unreviewed: warn}
syncs:
  people:
    {model: people, destination: hook, mode: mirror, tier: realtime, guard: {max_leaves: 100%}, fields: {email: email, name: name, balance: balance, born: born,
     seen: seen, bio_length: bio_length, bio: bio, tags: tags}}
  notes: {model: notes, destination: hook, mode: mirror, tier: realtime, fields: {note: note}, guard: {max_leaves: 100%}}
`

// TestFromPostgresToTheReceiver: what is committed to a real PostgreSQL goes through a real Debezium and a real Kafka to the
// receiver, row by row and value by value: inserts, updates that leave long texts unchanged, deletes, changed keys, what was
// rolled back, columns that come, an incremental snapshot beside changes, and a truncation, which removes nothing. One feed reads in
// a classic group, the other in one that the brokers share out (KIP-848).
func TestFromPostgresToTheReceiver(t *testing.T) {
	l := lab.Shop(t, labSQL, map[string]string{"key.converter.schemas.enable": "true", "value.converter.schemas.enable": "true",
		"signal.data.collection": "public.signal", "skipped.operations": "none", "incremental.snapshot.chunk.size": "64"})
	s := &stream{t: t, dir: t.TempDir(), events: make(chan control.Event, 10_000)}
	var err error
	if s.receiver, err = webhookfake.Start("", webhookfake.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.receiver.Close)
	s.yaml = strings.NewReplacer("URL", s.receiver.URL(), "BROKER", l.Brokers[0]).Replace(labYAML)
	db := l.DB(t)
	do := func(statements string) {
		t.Helper()
		if _, err := db.PgConn().Exec(t.Context(), statements).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	stop := s.serve()
	s.equals(db)
	do(`insert into people values (1001, 'new@example.com', 'New', 12.30, null, now(), null, '{}');
		update people set balance = balance + 0.01 where id % 3 = 0;
		update people set bio = repeat('other ', 4000), name = null where id % 7 = 0;
		delete from people where id between 50 and 60;
		update people set id = id + 5000 where id between 80 and 90;`)
	do(`begin; update people set name = 'never'; delete from people where id < 40; rollback;`)
	s.equals(db)
	do(`alter table people add column city text default 'Łódź'; update people set city = 'Oslo', balance = 99.99 where id = 3;
		insert into signal values ('s1', 'execute-snapshot', '{"data-collections": ["public.people"], "type": "incremental"}');`)
	for i := range 40 {
		do(fmt.Sprintf(`update people set name = 'live %d' where id = %d; delete from people where id = %d`, i, 100+i, 150+i))
		time.Sleep(20 * time.Millisecond)
	}
	s.equals(db)
	stop()
	do(`update people set balance = 1.00 where id = 4`)
	stop = s.serve()
	s.equals(db)
	do(`truncate notes`)
	time.Sleep(3 * time.Second)
	stop()
	if held := len(s.receiver.Records("notes")); held != 20 {
		t.Errorf("after the truncation the receiver holds %d notes, not 20", held)
	}
	service := s.service()
	if _, err := service.Run(t.Context(), "notes", control.RunOptions{}); !fault.Is(err, "feed.paused") {
		t.Errorf("the truncation is not told: %v", err)
	}
	report, err := service.Run(t.Context(), "people", control.RunOptions{})
	if err != nil || report.Calls != 0 {
		t.Errorf("a whole run after it all: %+v, %v", report, err)
	}
}

// equals waits until the receiver holds exactly the rows of the database.
func (s *stream) equals(db *pgx.Conn) {
	s.t.Helper()
	want := s.people(db)
	var differs string
	for range 600 {
		if differs = compare(s.receiver.Records("people"), want); differs == "" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatal(differs)
}

// people reads the rows as they should stand at the receiver; nulls are not kept there.
func (s *stream) people(db *pgx.Conn) map[string]map[string]string {
	s.t.Helper()
	rows, err := db.Query(context.Background(), `select id::text, email, name, balance::text, born::text,
		to_char(seen at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || rtrim(to_char(seen at time zone 'UTC', '.US'), '.0') || 'Z', length(bio)::text, md5(bio), tags->>'n' from people`)
	if err != nil {
		s.t.Fatal(err)
	}
	names := []string{"", "email", "name", "balance", "born", "seen", "bio_length", "bio", "tags.n"}
	want := map[string]map[string]string{}
	for rows.Next() {
		values := make([]*string, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			s.t.Fatal(err)
		}
		row := map[string]string{}
		for i, v := range values[1:] {
			if v != nil {
				row[names[i+1]] = *v
			}
		}
		want[*values[0]] = row
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return want
}

func compare(held map[string]webhookfake.Record, want map[string]map[string]string) string {
	if len(held) != len(want) {
		return fmt.Sprintf("the receiver holds %d rows, the database %d", len(held), len(want))
	}
	for key, row := range want {
		if !maps.Equal(held[key].Fields, row) {
			return fmt.Sprintf("row %s is %v at the receiver and %v in the database", key, held[key].Fields, row)
		}
	}
	return ""
}
