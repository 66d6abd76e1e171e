package control_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/fault"
)

// sparse is a stream whose carts name schemas of a registry, beside a second feed that needs none.
type sparse struct {
	*stream
	registry *kafkafake.Registry
	known    int // a schema's number
}

const secondFeed = `
  plain: {source: stream, topic: shop.plain, format: json, key: cart_id, columns: {cart_id: BIGINT, total: "DECIMAL(12,2)"}}
models:
  plain: {sql: "select cart_id, total from feeds.plain", key: cart_id}
`

func newSparse(t *testing.T) *sparse {
	t.Helper()
	s := &sparse{stream: newStream(t, webhookfake.Options{})}
	var err error
	if s.registry, err = kafkafake.StartRegistry(kafkafake.RegistryOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.registry.Close)
	if err := s.kafka.Create("shop.plain", 1, nil); err != nil {
		t.Fatal(err)
	}
	s.yaml = strings.NewReplacer(`brokers: ["`, `registry: "`+s.registry.URL()+`", brokers: ["`, "format: debezium-json", "format: jsonschema",
		"\nmodels:\n", secondFeed, "syncs:\n", "syncs:\n  plain: {model: plain, destination: hook, object: plain, mode: mirror, tier: realtime, fields: {total: total}, guard: {max_leaves: 100%}}\n",
	).Replace(s.yaml)
	s.known = s.register("known")
	return s
}

func (s *sparse) register(subject string) int {
	s.t.Helper()
	text := `{"type":"object","title":"` + subject + `","properties":{"cart_id":{"type":"integer"},"customer":{"type":"string"},"total":{"type":"number"}}}`
	id, _, err := s.registry.Register(subject, sr.Schema{Type: sr.TypeJSON, Schema: text})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// framed writes a cart's event under a schema's number.
func (s *sparse) framed(partition int32, id, cart int) {
	s.t.Helper()
	value := append([]byte{0, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}, fmt.Sprintf(`{"cart_id":%d,"customer":"c","total":%d.5}`, cart, cart)...)
	if err := s.kafka.Write(context.Background(), kafkafake.Record{Topic: "shop.carts", Partition: partition, Value: value}); err != nil {
		s.t.Fatal(err)
	}
}

// unframed writes an event of the second feed.
func (s *sparse) unframed(id int) {
	s.t.Helper()
	value := fmt.Appendf(nil, `{"cart_id":%d,"total":1.5}`, id)
	if err := s.kafka.Write(context.Background(), kafkafake.Record{Topic: "shop.plain", Value: value}); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for records of an object, and says how long that took.
func (s *sparse) until(object string, keys ...string) time.Duration {
	s.t.Helper()
	began := time.Now()
	for time.Since(began) < 15*time.Second {
		held, there := s.receiver.Records(object), 0
		for _, key := range keys {
			if _, ok := held[key]; ok {
				there++
			}
		}
		if there == len(keys) && len(held) == there {
			return time.Since(began)
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("the receiver holds %d of %s, want %v", len(s.receiver.Records(object)), object, keys)
	return 0
}

// told waits until something was said of a feed, and gives the words.
func (s *sparse) told(feed, stage string) string {
	s.t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case e := <-s.events:
			if e.Feed == feed && e.Stage == stage {
				return e.Note
			}
		case <-late:
			s.t.Fatalf("nobody said that %s is %s", feed, stage)
		}
	}
}

// TestARegistryThatIsAwayStopsNobodyElse: serving begins while the registry is down and events name schemas nobody has seen.
// They wait, which is said with the reason; another feed is read and its sync is live, and so is the feed itself in the partitions
// that need no new schema. What waited is delivered once the registry is back.
func TestARegistryThatIsAwayStopsNobodyElse(t *testing.T) {
	s := newSparse(t)
	s.framed(0, s.known, 1)
	s.unframed(1)
	address := strings.TrimPrefix(s.registry.URL(), "http://")
	s.registry.Close()
	stop := s.serve()
	defer func() { stop() }()
	s.until("plain", "1")
	s.unframed(2)
	s.until("plain", "1", "2")
	if note := s.told("carts", "waiting"); !strings.Contains(note, "schema") || !strings.Contains(note, "registry") {
		t.Errorf("what is said of it: %q", note)
	}
	registry, err := kafkafake.StartRegistry(kafkafake.RegistryOptions{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(registry.Close)
	s.registry = registry
	if id := s.register("known"); id != s.known {
		t.Fatalf("the registry that is back gives the schema the number %d", id)
	}
	s.until("carts", "1")
}

// TestARegistryThatHangs: while a registry takes every question and answers none, events whose schema is known are not slower
// for it.
func TestARegistryThatHangs(t *testing.T) {
	s := newSparse(t)
	s.framed(0, s.known, 1)
	stop := s.serve()
	defer func() { stop() }()
	s.until("carts", "1")
	s.hang()
	for p := range int32(2) {
		s.framed(1+p, s.known+1, 2)
	}
	time.Sleep(100 * time.Millisecond)
	want := []string{"1"}
	for i := 10; i < 15; i++ {
		s.framed(0, s.known, i)
		want = append(want, fmt.Sprint(i))
		if took := s.until("carts", want...); took > 1500*time.Millisecond {
			t.Errorf("cart %d took %s while the registry hangs", i, took)
		}
	}
}

// hang puts a server in the registry's place that never answers.
func (s *sparse) hang() {
	s.t.Helper()
	address := strings.TrimPrefix(s.registry.URL(), "http://")
	s.registry.Close()
	listen, err := net.Listen("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	silent := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })}
	go func() { _ = silent.Serve(listen) }()
	s.t.Cleanup(func() { _ = silent.Close() })
}

// TestARunDoesNotWaitForEver: a run whose feed cannot be read to its end, since its registry is away, says so and ends; nothing of
// the feed is lost by it.
func TestARunDoesNotWaitForEver(t *testing.T) {
	t.Parallel() // most of it is waiting
	s := newSparse(t)
	s.framed(0, s.known, 1)
	s.registry.Close()
	service := s.service()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	_, err := service.Run(ctx, "carts", control.RunOptions{})
	if !fault.Is(err, "feed.waits") || !strings.Contains(err.Error(), "registry") || fault.As(err).Suggestion == "" {
		t.Fatalf("the run says: %v", err)
	}
}

// TestEveryEventCountsOnce: where every event breaks the contract, all of them were set aside, and a threshold above half is
// passed.
func TestEveryEventCountsOnce(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, `key: [cart_id], columns: {total: "DECIMAL(12,2)"}`, `key: [cart_id], contract: carts.yaml, pause_above: {percent: 60%, least: 3}`, 1)
	if err := os.WriteFile(s.dir+"/carts.yaml", []byte(cartsContract), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := `{"after":{"cart_id":7,"customer":null,"total":1.50},"op":"c","source":{"ts_ms":1}}`
	s.put(bad, bad, bad, bad)
	if _, err := s.service().Run(context.Background(), "carts", control.RunOptions{}); !fault.Is(err, "feed.paused") {
		t.Fatalf("the feed went on: %v", err)
	}
}

// TestAServedRunDoesNotWaitForEver: the same while the workspace is served: the run says what it waits for and ends, and the
// server goes on.
func TestAServedRunDoesNotWaitForEver(t *testing.T) {
	t.Parallel() // most of it is waiting
	s := newSparse(t)
	s.framed(0, s.known, 1)
	s.registry.Close()
	service := s.service()
	ctx, stop := context.WithTimeout(context.Background(), 60*time.Second)
	defer stop()
	if err := service.Open(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx) }()
	for !service.Ready() {
		time.Sleep(10 * time.Millisecond)
	}
	_, err := service.Run(ctx, "carts", control.RunOptions{})
	if !fault.Is(err, "feed.waits") || !strings.Contains(err.Error(), "registry") {
		t.Errorf("the run says: %v", err)
	}
	if !service.Ready() {
		t.Error("the server has ended with it")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestRunsKeepEventsAsLongAsTheFeedSays: where nobody serves the workspace, runs let raw events go that were kept long enough, or
// that are the oldest of too many bytes; what is left is told in events and bytes.
func TestRunsKeepEventsAsLongAsTheFeedSays(t *testing.T) {
	for keep, aged := range map[string]time.Duration{"{for: 1s}": 1500 * time.Millisecond, "{mb: 1}": 0, "{for: 1h, mb: 100}": 0} {
		t.Run(keep, func(t *testing.T) {
			s := newStream(t, webhookfake.Options{})
			s.yaml = strings.Replace(s.yaml, "key: [cart_id],", "key: [cart_id], keep: "+keep+",", 1)
			noise := make([]byte, 700<<10) // twice as much is more than a megabyte
			for _, op := range []string{"c", "u"} {
				_, _ = rand.Read(noise)
				s.put(`{"after":{"cart_id":1,"customer":"c","total":10.50,"note":"` + base64.StdEncoding.EncodeToString(noise) + `"},"op":"` + op + `","source":{"ts_ms":1}}`)
			}
			s.run()
			time.Sleep(aged)
			s.write(map[int]int{3: 30})
			s.run()
			list, err := s.service().FeedStatuses(context.Background())
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			all := strings.Contains(keep, "100")
			if got := list[0]; got.Kept == 3 != all || got.Kept == 1 == all || got.KeptSize > 1<<20 != all || got.KeptSize == 0 {
				t.Errorf("%d events with %d bytes are kept", got.Kept, got.KeptSize)
			}
			if differs := s.differs(map[int]int{1: 10, 3: 30}); differs != "" {
				t.Error(differs)
			}
		})
	}
}
