package control_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/run"
)

// stream is a workspace that follows a topic of carts in one live sync.
type stream struct {
	t        testing.TB
	dir      string
	yaml     string
	kafka    *kafkafake.Cluster
	receiver *webhookfake.Server
	events   chan control.Event
}

const streamYAML = `
workspace: stream
sources:
  stream: {type: kafka, brokers: ["BROKER"]}
feeds:
  carts: {source: stream, topic: shop.carts, format: debezium-json, key: [cart_id], columns: {total: "DECIMAL(12,2)"}}
models:
  carts:
    sql: select cart_id, customer, total from feeds.carts where total > 0
    key: cart_id
destinations:
  hook: {type: webhook, url: "URL"}
governance: {unreviewed: warn}
syncs:
  carts:
    model: carts
    destination: hook
    mode: mirror
    tier: realtime
    fields: {customer: customer, total: total}
    guard: {max_leaves: 100%}
`

func newStream(t testing.TB, options webhookfake.Options) *stream {
	t.Helper()
	s := &stream{t: t, dir: t.TempDir(), events: make(chan control.Event, 10_000)}
	var err error
	if s.kafka, err = kafkafake.Start(kafkafake.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kafka.Close)
	if s.receiver, err = webhookfake.Start("", options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.receiver.Close)
	if err := s.kafka.Create("shop.carts", 3, nil); err != nil {
		t.Fatal(err)
	}
	s.yaml = strings.NewReplacer("URL", s.receiver.URL(), "BROKER", s.kafka.Addresses()[0]).Replace(streamYAML)
	return s
}

// drivers are all there are.
func (s *stream) drivers() []connect.Driver { return connectors.All() }

func (s *stream) workspace() *config.Workspace {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "freshet.yaml"), []byte(s.yaml), 0o600); err != nil {
		s.t.Fatal(err)
	}
	ws, err := config.Load(s.dir, s.drivers(), func(string) (string, bool) { return "", false })
	if err != nil {
		s.t.Fatal(err)
	}
	return ws
}

// serve serves until the function it gives is called.
func (s *stream) serve() (stop func()) {
	s.t.Helper()
	service := control.New(s.workspace(), func(e control.Event) {
		select {
		case s.events <- e:
		default:
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx) }()
	return func() {
		s.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("serving ended with: %v", err)
		}
		if err := service.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// run runs the sync once, whole.
func (s *stream) run() run.Report {
	s.t.Helper()
	service := control.New(s.workspace(), nil)
	defer service.Close()
	report, err := service.Run(context.Background(), "carts", control.RunOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

// write puts the events of carts into the topic: a total of 0 or more is an update, a negative one a deletion.
func (s *stream) write(totals map[int]int) {
	s.t.Helper()
	var records []kafkafake.Record
	for id, total := range totals {
		records = append(records, cartEvent(id, total))
	}
	if err := s.kafka.Write(context.Background(), records...); err != nil {
		s.t.Fatal(err)
	}
}

func cartEvent(id, total int) kafkafake.Record {
	row := fmt.Sprintf(`{"cart_id":%d,"customer":"c%d","total":%d.50}`, id, id%7, total)
	value := fmt.Sprintf(`{"before":null,"after":%s,"op":"u","source":{"connector":"postgresql","ts_ms":%d,"table":"carts"}}`, row, time.Now().UnixMilli())
	if total < 0 {
		value = fmt.Sprintf(`{"before":{"cart_id":%d},"after":null,"op":"d","source":{"connector":"postgresql","ts_ms":%d,"table":"carts"}}`, id, time.Now().UnixMilli())
	}
	return kafkafake.Record{Topic: "shop.carts", Partition: kafkafake.Any, Key: []byte(fmt.Sprintf(`{"cart_id":%d}`, id)), Value: []byte(value)}
}

// want waits until the receiver holds exactly these totals.
func (s *stream) want(totals map[int]int) {
	s.t.Helper()
	var differs string
	for range 400 {
		if differs = s.differs(totals); differs == "" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatal(differs)
}

func (s *stream) differs(totals map[int]int) string {
	held := s.receiver.Records("carts")
	if len(held) != len(totals) {
		return fmt.Sprintf("the receiver holds %d carts, want %d", len(held), len(totals))
	}
	for id, total := range totals {
		if got := held[fmt.Sprint(id)].Fields["total"]; got != fmt.Sprintf("%d.50", total) {
			return fmt.Sprintf("cart %d has the total %q, want %d.50", id, got, total)
		}
	}
	return ""
}

// TestACommittedChangeIsDelivered: what is in the topic before and while it is served reaches the receiver, and leaves it
// again; a run by hand then has nothing to do, and so has the next serving.
func TestACommittedChangeIsDelivered(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	stop := s.serve()
	s.want(map[int]int{1: 10, 2: 20, 3: 30})
	began := time.Now()
	s.write(map[int]int{2: 25, 4: 40})
	s.want(map[int]int{1: 10, 2: 25, 3: 30, 4: 40})
	if took := time.Since(began); took > time.Second {
		t.Errorf("a change took %s to arrive", took)
	}
	s.write(map[int]int{1: -1})
	s.want(map[int]int{2: 25, 3: 30, 4: 40})
	stop()
	calls := s.receiver.Counts().Calls
	if report := s.run(); report.Status != run.OK || report.Calls != 0 || report.Unchanged != 3 {
		t.Errorf("a run by hand afterwards: %+v", report)
	}
	s.write(map[int]int{5: 50})
	if report := s.run(); report.Delivered != 1 || report.Calls != 1 {
		t.Errorf("a run by hand takes in what is new: %+v", report)
	}
	stop = s.serve()
	s.write(map[int]int{6: 60})
	s.want(map[int]int{2: 25, 3: 30, 4: 40, 5: 50, 6: 60})
	stop()
	if made := s.receiver.Counts().Calls - calls; made != 2 {
		t.Errorf("%d calls were made for two changes", made)
	}
}

const abandonedYAML = `
workspace: stream
sources:
  stream: {type: kafka, brokers: ["BROKER"]}
feeds:
  people: {source: stream, topic: shop.people, format: json, key: id}
  carts: {source: stream, topic: shop.carts, format: json, key: nr, columns: {at_time: "TIMESTAMP WITH TIME ZONE from ms"}}
  orders: {source: stream, topic: shop.orders, format: json, key: nr, columns: {at_time: "TIMESTAMP WITH TIME ZONE from ms"}}
models:
  people:
    sql: select id, email from feeds.people
    key: id
    related:
      cart_updates: {table: feeds.carts, on: {person: id}, at: at_time}
      orders: {table: feeds.orders, on: {person: id}, at: at_time}
audiences:
  abandoned:
    model: people
    where: {abandoned: {event: cart_updates, without: orders, same: [cart], within: 1500ms}, last: 1h}
destinations:
  hook: {type: webhook, url: "URL"}
governance: {unreviewed: warn}
syncs:
  abandoned: {audience: abandoned, destination: hook, object: abandoned, mode: mirror, tier: realtime, fields: {email: email}, guard: {max_leaves: 100%}}
`

// TestTimeAloneMovesMembers: a cart that nothing follows makes its owner a member once its time has come, without any event, also
// where the server was down at that moment; an order in time keeps its owner out.
func TestTimeAloneMovesMembers(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.NewReplacer("URL", s.receiver.URL(), "BROKER", s.kafka.Addresses()[0]).Replace(abandonedYAML)
	for _, topic := range []string{"shop.people", "shop.orders"} {
		if err := s.kafka.Create(topic, 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	put := func(topic string, values ...string) {
		for _, v := range values {
			if err := s.kafka.Write(context.Background(), kafkafake.Record{Topic: topic, Value: []byte(v)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	happened := func(nr, person int) string {
		return fmt.Sprintf(`{"nr":%d,"person":%d,"cart":%d,"at_time":%d}`, nr, person, person, time.Now().UnixMilli())
	}
	members := func() string {
		var all []string
		for key := range s.receiver.Records("abandoned") {
			all = append(all, key)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	until := func(want string) {
		t.Helper()
		for range 400 {
			if members() == want {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("the members are %q, want %q", members(), want)
	}
	put("shop.people", `{"id":1,"email":"a@example.com"}`, `{"id":2,"email":"b@example.com"}`, `{"id":3,"email":"c@example.com"}`)
	put("shop.orders", happened(100, 99))
	stop := s.serve()
	began := time.Now()
	put("shop.carts", happened(1, 1), happened(2, 2))
	put("shop.orders", happened(1, 2))
	until("1")
	if took := time.Since(began); took < 1500*time.Millisecond || took > 4*time.Second {
		t.Errorf("the cart was abandoned after %s", took)
	}
	put("shop.carts", happened(3, 3))
	time.Sleep(300 * time.Millisecond)
	stop()
	time.Sleep(1500 * time.Millisecond)
	stop = s.serve()
	until("1 3")
	put("shop.people", `{"id":1,"email":"new@example.com"}`)
	for range 200 {
		if s.receiver.Records("abandoned")["1"].Fields["email"] == "new@example.com" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if got := s.receiver.Records("abandoned")["1"].Fields["email"]; got != "new@example.com" {
		t.Errorf("the e-mail of 1 is %s", got)
	}
	service := control.New(s.workspace(), nil)
	defer service.Close()
	report, err := service.Run(context.Background(), "abandoned", control.RunOptions{})
	if err != nil || report.Calls != 0 {
		t.Errorf("a whole run afterwards: %+v, %v", report, err)
	}
}

// TestValidateTellsWhatIsLive: a sync that can follow its feeds is told so, and one that cannot with the reason.
func TestValidateTellsWhatIsLive(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10})
	s.run()
	told := func() string {
		service := control.New(s.workspace(), nil)
		defer service.Close()
		found, err := service.Validate(context.Background(), false)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range found {
			all = append(all, f.Level+" "+f.Fault.Message)
		}
		return strings.Join(all, "\n")
	}
	if got := told(); !strings.Contains(got, "ok follows feeds.carts live") {
		t.Error(got)
	}
	s.yaml = strings.Replace(s.yaml, "where total > 0", "order by total limit 10", 1)
	if got := told(); !strings.Contains(got, "warning model carts cannot follow its feeds key by key: the key column cart_id") {
		t.Error(got)
	}
}
