package control_test

import (
	"context"
	"strings"
	"testing"

	"github.com/freshet/freshet/connectors/kafka"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/run"
)

// TestAStreamIsNoTable: a source of streams in the workspace, whose brokers nobody asks, keeps no sync from running,
// even where its name stands in the SQL; and SQL that takes it for a table is refused.
func TestAStreamIsNoTable(t *testing.T) {
	s := newShop(t, 3, "upsert", "keep")
	s.define(strings.NewReplacer("sources:\n", "sources:\n  stream: {type: kafka, brokers: [\"127.0.0.1:1\"]}\n",
		"from warehouse.customers", "from warehouse.customers stream where stream.id is not null").Replace(s.yaml))
	service := streamService(t, s.dir)
	report, err := service.Run(context.Background(), "customers", control.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(report, run.OK, "delivered=3 calls=1")
	s = newShop(t, 3, "upsert", "keep")
	s.define(strings.NewReplacer("sources:\n", "sources:\n  stream: {type: kafka, brokers: [\"127.0.0.1:1\"]}\n",
		"warehouse.customers", "stream.customers").Replace(s.yaml))
	_, err = streamService(t, s.dir).Run(context.Background(), "customers", control.RunOptions{})
	if err == nil || !strings.Contains(fault.As(err).Error(), "stream.customers") {
		t.Errorf("SQL over a stream says %v", err)
	}
}

func streamService(t *testing.T, dir string) *control.Service {
	t.Helper()
	ws, err := config.Load(dir, append(drivers(), kafka.Driver()), func(name string) (string, bool) { return hookSecret, name == "HOOK_SECRET" })
	if err != nil {
		t.Fatal(err)
	}
	service := control.New(ws, nil)
	t.Cleanup(func() { _ = service.Close() })
	return service
}
