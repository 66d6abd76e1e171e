package control_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	duckdbsource "github.com/freshet/freshet/connectors/duckdb"
	"github.com/freshet/freshet/connectors/files"
	"github.com/freshet/freshet/connectors/hubspot"
	"github.com/freshet/freshet/connectors/salesforce"
	"github.com/freshet/freshet/connectors/webhook"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/run"
)

// shop is a small workspace: a warehouse in DuckDB, one model, one receiver of webhooks.
type shop struct {
	t        *testing.T
	dir      string
	receiver *webhookfake.Server
	yaml     string
}

const shopYAML = `
workspace: shop
sources:
  warehouse: {type: duckdb, path: warehouse.duckdb}
models:
  customers:
    sql: select id, email, name, plan, ltv from warehouse.customers
    key: id
destinations:
  hook: {type: webhook, url: "URL", batch_size: 50, secret: "${HOOK_SECRET}"}
governance: {unreviewed: warn}
syncs:
  customers:
    model: customers
    destination: hook
    mode: MODE
    ON_LEAVE
    fields:
      email: email
      name: name
      plan: {template: "{{ plan | upcase }}"}
      money.ltv: ltv
    guard: {max_leaves: 100%}
`

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// newShop makes a shop of n customers whose sync has a mode and, unless it is "", an on_leave.
func newShop(t *testing.T, n int, mode, onLeave string) *shop {
	t.Helper()
	return newShopOf(t, n, mode, onLeave, webhookfake.Options{Secret: hookSecret})
}

// newShopOf is newShop with a receiver as said.
func newShopOf(t *testing.T, n int, mode, onLeave string, options webhookfake.Options) *shop {
	t.Helper()
	receiver, err := webhookfake.Start("", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(receiver.Close)
	s := &shop{t: t, dir: t.TempDir(), receiver: receiver}
	s.yaml = strings.NewReplacer("URL", receiver.URL(), "MODE", mode, "ON_LEAVE", leaveLine(onLeave)).Replace(shopYAML)
	s.define(s.yaml)
	s.exec(`create table customers as select i as id, 'user' || i || '@example.com' as email,
		'Zoë O''Brien ' || i as name, 'pro' as plan, (i * 1.10)::decimal(12,2) as ltv from range(?) t(i)`, n)
	return s
}

func leaveLine(onLeave string) string {
	if onLeave == "" {
		return "tier: hourly"
	}
	return "on_leave: " + onLeave
}

func (s *shop) define(yaml string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "freshet.yaml"), []byte(yaml), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// exec changes the warehouse.
func (s *shop) exec(query string, args ...any) {
	s.t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(s.dir, "warehouse.duckdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query, args...); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
}

func drivers() []connect.Driver {
	return []connect.Driver{duckdbsource.Driver(), files.Driver(), webhook.Driver(), hubspot.Driver(), salesforce.Driver()}
}

func open(dir string) (*control.Service, error) {
	ws, err := config.Load(dir, drivers(), func(name string) (string, bool) { return hookSecret, name == "HOOK_SECRET" })
	if err != nil {
		return nil, err
	}
	return control.New(ws, nil), nil
}

// service opens the workspace and closes it with the test.
func (s *shop) service() *control.Service {
	s.t.Helper()
	service, err := open(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	return service
}

// run runs the sync once, as one process would.
func (s *shop) run(o control.RunOptions) (run.Report, error) {
	s.t.Helper()
	service := s.service()
	defer service.Close()
	if o.Wait == 0 {
		o.Wait = 10 * time.Second
	}
	return service.Run(context.Background(), "customers", o)
}

// want runs the sync and holds the report against what is expected, written as "delivered=3 unchanged=97".
func (s *shop) want(status run.Status, counts string) run.Report {
	s.t.Helper()
	report, err := s.run(control.RunOptions{})
	if err != nil {
		s.t.Fatalf("run: %v", err)
	}
	s.holds(report, status, counts)
	return report
}

func (s *shop) holds(r run.Report, status run.Status, counts string) {
	s.t.Helper()
	got := summary(r)
	if r.Status != status || got != counts {
		s.t.Fatalf("run: %s (%s), want %s (%s); problems %+v", r.Status, got, status, counts, r.Problems)
	}
	if r.Unaccounted != 0 {
		s.t.Fatalf("%d rows are unaccounted for: %+v", r.Unaccounted, r)
	}
}

// summary names every count that is not 0.
func summary(r run.Report) string {
	var parts []string
	for _, c := range []struct {
		name string
		n    int64
	}{{"delivered", r.Delivered}, {"unchanged", r.Unchanged}, {"superseded", r.Superseded}, {"filtered", r.Filtered},
		{"quarantined", r.Quarantined}, {"rejected", r.Rejected}, {"pending", r.Pending}, {"unknown", r.Unknown}, {"calls", r.Calls}} {
		if c.n != 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", c.name, c.n))
		}
	}
	return strings.Join(parts, " ")
}

// receives fails unless the receiver holds exactly the rows of a query over the warehouse: key, email, name, plan, ltv.
func (s *shop) receives(query string) {
	s.t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(s.dir, "warehouse.duckdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	held := s.receiver.Records("customers")
	n := 0
	for rows.Next() {
		var key, email, name, plan, ltv string
		if err := rows.Scan(&key, &email, &name, &plan, &ltv); err != nil {
			s.t.Fatal(err)
		}
		n++
		got := held[key]
		if got.Fields["email"] != email || got.Fields["name"] != name || got.Fields["plan"] != strings.ToUpper(plan) || got.Fields["money.ltv"] != ltv {
			s.t.Fatalf("key %s: the receiver holds %v, the model says %q %q %q %q", key, got.Fields, email, name, plan, ltv)
		}
	}
	if len(held) != n {
		s.t.Fatalf("the receiver holds %d records, the model has %d", len(held), n)
	}
}

const everything = `select id::varchar, email, name, plan, ltv::varchar from customers`
