package server_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/api"
	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/server"
	"github.com/freshet/freshet/server/wire"
)

// canary stands in the payload of an event that is set aside.
const canary = "Canary-Surname"

const shopYAML = `
workspace: shop
governance: {approvals: two_person}
sources:
  stream: {type: kafka, brokers: ["BROKER"]}
feeds:
  carts: {source: stream, topic: shop.carts, format: json, key: [cart_id], columns: {total: "DECIMAL(12,2)"}}
models:
  carts: {sql: "select cart_id, total from feeds.carts", key: cart_id, fields: {total: {class: none}, cart_id: {class: none}}}
  others: {sql: "select 1 as id, 2 as total", key: id, fields: {id: {class: none}, total: {class: none}}}
destinations:
  hook: {type: webhook, url: "URL"}
syncs:
  carts: {model: carts, destination: hook, tier: realtime, fields: {total: total}}
  others: {model: others, destination: hook, object: others, fields: {total: total}, guard: {min_rows: 2}}
`

// shop is a workspace that is being served.
type shop struct {
	t     *testing.T
	ctx   context.Context
	dir   string
	kafka *kafkafake.Cluster
	found wire.Discovery
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, ctx: t.Context(), dir: t.TempDir()}
	var err error
	if s.kafka, err = kafkafake.Start(kafkafake.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kafka.Close)
	receiver, err := webhookfake.Start("", webhookfake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(receiver.Close)
	if err := s.kafka.Create("shop.carts", 1, nil); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("URL", receiver.URL(), "BROKER", s.kafka.Addresses()[0]).Replace(shopYAML)
	if err := os.WriteFile(filepath.Join(s.dir, "freshet.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.put(`{"cart_id":1,"total":10.5}`)
	s.serve()
	return s
}

func (s *shop) put(value string) {
	s.t.Helper()
	if err := s.kafka.Write(context.Background(), kafkafake.Record{Topic: "shop.carts", Value: []byte(value)}); err != nil {
		s.t.Fatal(err)
	}
}

// serve serves the workspace until the test ends.
func (s *shop) serve() {
	t := s.t
	t.Helper()
	ws, err := config.Load(s.dir, connectors.All(), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	events := api.NewEvents(time.Now())
	service := control.New(ws, events.Put)
	if err := service.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	listening, err := server.Listen(server.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	local, token := auth.NewLocal()
	until, ending := context.WithCancel(context.Background())
	ctx, stop := context.WithCancel(context.Background())
	answers := api.New(api.Parts{Service: service, Events: events, Who: auth.NewGate(local, service).Who, About: wire.About{Workspace: "shop", Version: "test", Since: "now"}, Until: until})
	var troubles bytes.Buffer
	listening.Start(answers, service.Metrics(), service.Ready, &troubles, ending)
	if err := listening.Announce(ws.DataDir, token); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(ws.DataDir, wire.DiscoveryFile))
	if err != nil || json.Unmarshal(text, &s.found) != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		for _, err := range []error{<-ended, listening.Stop(), service.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
		if troubles.Len() > 0 {
			t.Errorf("the server told of troubles: %s", troubles.String())
		}
		if _, err := os.Stat(filepath.Join(ws.DataDir, wire.DiscoveryFile)); !os.IsNotExist(err) {
			t.Errorf("the word of the server is still there: %v", err)
		}
	})
	s.until(func() bool { return s.ask("GET", "/readyz", "", nil).status == 200 })
}

// until waits for something to become so.
func (s *shop) until(so func() bool) {
	s.t.Helper()
	for range 500 {
		if so() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatal("it never became so")
}

// asideAndRun has an event set aside and a run carried out, and names the run.
func (s *shop) asideAndRun() string {
	s.t.Helper()
	s.put(`{"cart_id":7,"name":"` + canary + `","total":"very dear!"}`)
	s.until(func() bool {
		return bytes.Contains(s.ask("GET", "/api/feeds/carts/aside", "", s.token()).body, []byte(`"total":1`))
	})
	var run wire.Run
	a := s.ask("POST", "/api/syncs/carts/runs?wait_seconds=30", "", s.token())
	if err := json.Unmarshal(a.body, &run); err != nil || run.State != wire.Done {
		s.t.Fatalf("%d %s", a.status, a.body)
	}
	return string(run.Run)
}

// expire lets a token's time be over.
func (s *shop) expire(id string) {
	s.t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(s.dir, ".freshet", "ledger.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE tokens SET expires = ? WHERE id = ?`, time.Now().Add(-time.Second).UnixMicro(), id); err != nil {
		s.t.Fatal(err)
	}
}
