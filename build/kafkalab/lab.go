// Package lab runs real Apache Kafka, real Kafka Connect with Debezium's PostgreSQL connector and real PostgreSQL on
// this machine's loopback, with free ports and folders that go away again, for tests that want the true thing.
//
// It must not know Freshet: it makes events, it does not read them for anybody.
package lab

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience is how long a program may take to come up, or a connector to do what it was told, on a busy machine.
const patience = 2 * time.Minute

// Lab is a broker, a worker for connectors and a database, all running.
type Lab struct {
	Brokers    []string
	ConnectURL string
	PG         string // for pgx, in the database "shop", as a user who may do everything

	Kafka, Connect, Postgres *Service

	registry string // its address, once it runs
	tools    tools
	dir      string
	t        *testing.T
}

// Start brings everything up and takes it down when the test ends. It skips the test where something is missing.
// A failed test leaves the programs' logs behind and says where.
func Start(t *testing.T) *Lab {
	t.Helper()
	l := prepare(t)
	l.begin(l.startPostgres, l.startKafka, l.startConnect)
	return l
}

// StartBroker brings up the broker alone.
func StartBroker(t *testing.T) *Lab {
	t.Helper()
	l := prepare(t)
	l.begin(l.startKafka)
	return l
}

func prepare(t *testing.T) *Lab {
	t.Helper()
	tools, err := findTools()
	if err != nil {
		t.Skip(err)
	}
	l := &Lab{tools: tools, dir: folder(t), t: t}
	if err := os.WriteFile(l.path("log4j2.properties"), []byte(logging), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *Lab) begin(services ...func(context.Context) error) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	for _, start := range services {
		if err := start(ctx); err != nil {
			l.t.Fatal(err)
		}
	}
}

// folder is a new one that other users may pass through: the database runs as one of them.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "freshet-lab-")
	if err == nil {
		err = os.Chmod(dir, 0o711) //nolint:gosec // the database's own folder below it is closed
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { clear(t, dir) })
	return dir
}

func clear(t *testing.T, dir string) {
	if t.Failed() {
		t.Logf("the laboratory's logs are in %s", dir)
		return
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Log(err)
	}
}

func (l *Lab) path(name string) string { return filepath.Join(l.dir, name) }

// closing ends a service with the test. What it would still write nobody reads.
func (l *Lab) closing(s *Service) { l.t.Cleanup(s.kill) }
