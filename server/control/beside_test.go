package control_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/run"
)

// writeChild names the environment variable that turns this test program into another process that writes to the DuckDB file it
// names, as a tool that builds a warehouse does.
const writeChild = "FRESHET_TEST_WRITE"

// writeWarehouse opens the file, tries that for as long as its first line of input says, changes it as the second one says, tells
// so, and keeps it open until its input ends.
func writeWarehouse(path string) int {
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	patience, _ := time.ParseDuration(in.Text())
	in.Scan()
	var db *sql.DB
	err := fmt.Errorf("never tried")
	for began := time.Now(); err != nil && time.Since(began) < patience; time.Sleep(5 * time.Millisecond) {
		if db, err = sql.Open("duckdb", path); err == nil {
			err = db.Ping()
		}
	}
	if err == nil {
		_, err = db.Exec(in.Text())
	}
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("changed")
	for in.Scan() {
	}
	_ = db.Close()
	return 0
}

// writer is that other process.
type writer struct {
	t     testing.TB
	stdin io.WriteCloser
	close func()
}

// writes begins to write to the warehouse in another process, which gets the file within patience or fails the test.
func (s *stream) writes(patience time.Duration, query string) *writer {
	s.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), writeChild+"="+filepath.Join(s.dir, "warehouse.duckdb")), os.Stderr
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	w := &writer{t: s.t, stdin: stdin}
	w.close = sync.OnceFunc(func() { _ = stdin.Close(); _ = cmd.Wait() })
	s.t.Cleanup(w.close)
	fmt.Fprintf(stdin, "%s\n%s\n", patience, query)
	if line, _ := bufio.NewReader(stdout).ReadString('\n'); line != "changed\n" {
		s.t.Fatalf("another process cannot write to the warehouse: %s", line)
	}
	return w
}

const besideYAML = `
workspace: stream
governance: {unreviewed: warn}
sources:
  stream: {type: kafka, brokers: ["BROKER"]}
  warehouse: {type: duckdb, path: warehouse.duckdb}
feeds:
  carts: {source: stream, topic: shop.carts, format: debezium-json, key: [cart_id], columns: {total: "DECIMAL(12,2)"}}
models:
  names: {sql: "select customer, name from warehouse.people", key: customer}
  carts:
    sql: select c.cart_id, c.total, n.name from feeds.carts c left join models.names n on n.customer = c.customer
    key: cart_id
  ranked:
    sql: select c.cart_id, p.name from feeds.carts c left join warehouse.people p on p.customer = c.customer order by c.cart_id limit 1000
    key: cart_id
  people: {sql: "select customer, name from warehouse.people", key: customer}
destinations:
  hook: {type: webhook, url: "URL"}
  slow: {type: webhook, url: "SLOW"}
syncs:
  carts: {model: carts, destination: hook, mode: mirror, tier: realtime, fields: {total: total, name: name}, guard: {max_leaves: 100%}}
  ranked: {model: ranked, destination: hook, mode: upsert, tier: realtime, schedule: {every: 1s}, fields: {name: name}}
  people: {model: people, destination: slow, mode: upsert, schedule: {every: 1s}, fields: {name: name}}
`

// newBeside is a workspace with a live sync, one that cannot be live, and a scheduled one to a slow destination, all of which read
// one warehouse.
func newBeside(t *testing.T, latency time.Duration) (s *stream, slow *webhookfake.Server) {
	t.Helper()
	s = newStream(t, webhookfake.Options{})
	slow, err := webhookfake.Start("", webhookfake.Options{Latency: latency})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(slow.Close)
	s.yaml = strings.NewReplacer("URL", s.receiver.URL(), "SLOW", slow.URL(), "BROKER", s.kafka.Addresses()[0]).Replace(besideYAML)
	s.writes(time.Second, `create table people as select 'c' || i as customer, 'old' as name from range(7) t(i)`).close()
	return s, slow
}

// named waits until a receiver holds a record with this name.
func named(t *testing.T, receiver *webhookfake.Server, syncName, key, name string) {
	t.Helper()
	for range 3500 { // a scheduled run that met a writer is tried again after 15 seconds
		if receiver.Records(syncName)[key].Fields["name"] == name {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s of %s has the name %q, want %q", key, syncName, receiver.Records(syncName)[key].Fields["name"], name)
}

// waitsForAWriter waits until the status of the live sync says that another process writes to the warehouse.
func (s *stream) waitsForAWriter(service *control.Service) {
	s.t.Helper()
	for range 500 {
		st, err := service.StatusOf(context.Background(), "carts")
		if err != nil {
			s.t.Fatal(err)
		}
		if st.Waits != nil && st.Waits.Code == "duckdb.locked" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Error("the status does not say that the live sync waits for the warehouse")
}

// TestAWarehouseIsFreeWhileItIsServed: while live, fallen back and scheduled syncs are served, another process can write to the
// warehouse that they read, also while a destination takes its time. As long as it does, live syncs send what comes by their feeds and
// say what they wait for; what it has changed arrives once it has closed the file, and nothing is lost. Guarantee G30.
func TestAWarehouseIsFreeWhileItIsServed(t *testing.T) {
	s, slow := newBeside(t, 4*time.Second)
	s.write(map[int]int{1: 10, 2: 20})
	service := s.served()
	named(t, s.receiver, "carts", "1", "old")
	named(t, s.receiver, "ranked", "1", "old")
	writing := s.writes(2*time.Second, `update people set name = 'new'`)
	s.write(map[int]int{3: 30})
	named(t, s.receiver, "carts", "3", "old")
	s.waitsForAWriter(service)
	if e := eventOf(t, s.events, "waiting"); e.Sync != "carts" || !strings.Contains(e.Note, "is open for writing in process") {
		t.Errorf("told was %+v", e)
	}
	named(t, slow, "people", "c3", "old")
	writing.close()
	for _, key := range []string{"1", "2", "3"} {
		named(t, s.receiver, "carts", key, "new")
	}
	if st, _ := service.StatusOf(context.Background(), "carts"); st.Waits != nil || st.Schedule != "live" {
		t.Errorf("afterwards the status says %+v", st)
	}
	for _, key := range []string{"1", "3"} {
		named(t, s.receiver, "ranked", key, "new")
	}
	named(t, slow, "people", "c3", "new")
	s.writes(2*time.Second, `alter table people add column more integer; delete from people where customer = 'c1'`).close()
	for range 500 {
		if s.receiver.Records("carts")["1"].Fields["name"] == "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	report, err := service.Run(context.Background(), "carts", control.RunOptions{})
	if err != nil || report.Calls != 0 || report.Status != run.OK {
		t.Errorf("a whole run after it all: %+v, %v", report, err)
	}
}

// TestServingBeginsBesideAWriter: serving begins although another process writes to the warehouse. The live sync says what it waits
// for, and begins by itself.
func TestServingBeginsBesideAWriter(t *testing.T) {
	s, _ := newBeside(t, 0)
	s.write(map[int]int{1: 10})
	writing := s.writes(time.Second, `update people set name = 'new'`)
	service := s.served()
	s.waitsForAWriter(service)
	writing.close()
	named(t, s.receiver, "carts", "1", "new")
	named(t, s.receiver, "ranked", "1", "new")
}

// TestAnAudienceSeesItsWarehouse: a live audience over a feed asks for related rows of a warehouse. What another process changes there
// while it is served moves its members, also when nothing comes by the feed, and what is changed while nobody serves is seen at the next
// start. Guarantee G30.
func TestAnAudienceSeesItsWarehouse(t *testing.T) {
	s, _ := newBeside(t, 0)
	a, b := strings.Index(s.yaml, "models:"), strings.Index(s.yaml, "destinations:")
	s.yaml = s.yaml[:a] + `models:
  carts:
    sql: select * from feeds.carts
    key: cart_id
    related: {friends: {table: warehouse.friends, on: {customer: customer}}}
audiences:
  friends: {model: carts, where: [{related: friends}]}
` + s.yaml[b:strings.Index(s.yaml, "syncs:")] + `syncs:
  carts: {audience: friends, destination: hook, mode: mirror, tier: realtime, fields: {total: total}, guard: {max_leaves: 100%}}
`
	s.writes(time.Second, `create table friends as select 'c1' as customer`).close()
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	stop := s.serve()
	s.want(map[int]int{1: 10})
	s.writes(2*time.Second, `insert into friends values ('c2'); alter table friends add column since date`).close()
	s.want(map[int]int{1: 10, 2: 20})
	s.write(map[int]int{3: 31, 2: 21})
	s.want(map[int]int{1: 10, 2: 21})
	stop()
	s.writes(time.Second, `update friends set customer = 'c3' where customer = 'c1'`).close()
	stop = s.serve()
	s.want(map[int]int{2: 21, 3: 31})
	stop()
}
