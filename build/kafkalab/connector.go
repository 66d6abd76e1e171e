package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// CreateConnector makes a connector that reads the lab's database, or changes the one of that name. Its name, of small
// letters, is also that of its slot and publication, and what its topics' names begin with. The config completes and
// overrides what it needs in any case; an empty value takes a setting away.
func (l *Lab) CreateConnector(t testing.TB, name string, config map[string]string) {
	t.Helper()
	all := l.connectorConfig(t, name)
	maps.Copy(all, config)
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	l.await(t, "creating the connector "+name, func(ctx context.Context) error {
		err := l.rest(ctx, http.MethodPut, "/connectors/"+url.PathEscape(name)+"/config", all, nil)
		var refused *restError
		if errors.As(err, &refused) && refused.status == http.StatusBadRequest {
			t.Fatal(err)
		}
		return err
	})
}

func (l *Lab) connectorConfig(t testing.TB, name string) map[string]string {
	t.Helper()
	db, err := pgx.ParseConfig(l.PG)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"connector.class":                   "io.debezium.connector.postgresql.PostgresConnector",
		"tasks.max":                         "1",
		"plugin.name":                       "pgoutput",
		"database.hostname":                 db.Host,
		"database.port":                     fmt.Sprint(db.Port),
		"database.user":                     db.User,
		"database.password":                 db.Password,
		"database.dbname":                   db.Database,
		"topic.prefix":                      name,
		"slot.name":                         name,
		"publication.name":                  name,
		"publication.autocreate.mode":       "filtered",
		"topic.creation.default.partitions": "1",
		"topic.creation.default.replication.factor": "1",
	}
}

// DeleteConnector takes a connector away. Its slot stays in the database, as it does for everybody, and holds WAL back.
func (l *Lab) DeleteConnector(t testing.TB, name string) {
	t.Helper()
	l.await(t, "deleting the connector "+name, func(ctx context.Context) error {
		return l.rest(ctx, http.MethodDelete, "/connectors/"+url.PathEscape(name), nil, nil)
	})
}

// WaitSnapshot waits until the connector's snapshot is over: until it streams from its slot.
func (l *Lab) WaitSnapshot(t testing.TB, name string) {
	t.Helper()
	l.await(t, "the snapshot of "+name, func(ctx context.Context) error {
		if err := l.healthy(ctx, name); err != nil {
			return err
		}
		return l.holds(ctx, "select active from pg_replication_slots where slot_name = $1", name)
	})
}

// WaitCaughtUp waits until everything committed to the database so far is in the connectors' topics, acknowledged.
// Meanwhile it writes logical messages, which become events in the topic NAME.message of every connector: a connector
// confirms a transaction to the database only with one that comes after it.
func (l *Lab) WaitCaughtUp(t testing.TB, names ...string) {
	t.Helper()
	db := l.DB(t)
	var mark string
	if err := db.QueryRow(t.Context(), "select pg_current_wal_insert_lsn()::text").Scan(&mark); err != nil {
		t.Fatal(err)
	}
	nudge := func() {
		if _, err := db.Exec(t.Context(), "select pg_logical_emit_message(true, 'lab', 'caught up?')"); err != nil {
			t.Fatal(err)
		}
	}
	nudge()
	for _, name := range names {
		next := time.Now()
		l.await(t, name+" to catch up", func(ctx context.Context) error {
			if time.Now().After(next) {
				nudge()
				next = next.Add(2 * time.Second)
			}
			if err := l.healthy(ctx, name); err != nil {
				return err
			}
			return l.holds(ctx, "select confirmed_flush_lsn >= $2::text::pg_lsn from pg_replication_slots where slot_name = $1", name, mark)
		})
	}
}

// healthy says what is wrong with a connector or its task.
func (l *Lab) healthy(ctx context.Context, name string) error {
	type part struct{ State, Trace string }
	var status struct {
		Connector part
		Tasks     []part
	}
	if err := l.rest(ctx, http.MethodGet, "/connectors/"+url.PathEscape(name)+"/status", nil, &status); err != nil {
		return err
	}
	parts := append(status.Tasks, status.Connector)
	for _, p := range parts {
		if p.State != "RUNNING" {
			return fmt.Errorf("%s is %s: %s", name, p.State, p.Trace)
		}
	}
	if len(parts) == 1 {
		return fmt.Errorf("%s has no task yet", name)
	}
	return nil
}

func (l *Lab) holds(ctx context.Context, query string, args ...any) error {
	db, err := pgx.Connect(ctx, l.PG)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	var yes bool
	if err := db.QueryRow(ctx, query, args...).Scan(&yes); err != nil {
		return err
	}
	if !yes {
		return errors.New("not yet")
	}
	return nil
}

// await tries until it works, or patience ends.
func (l *Lab) await(t testing.TB, what string, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// DB is a connection to the database for as long as the test runs.
func (l *Lab) DB(t testing.TB) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), l.PG)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	return db
}
