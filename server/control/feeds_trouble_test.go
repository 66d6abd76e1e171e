package control_test

import (
	"context"
	"fmt"
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

// service is the workspace's service, closed with the test.
func (s *stream) service() *control.Service {
	s.t.Helper()
	service := control.New(s.workspace(), nil)
	s.t.Cleanup(func() { _ = service.Close() })
	return service
}

func (s *stream) put(values ...string) {
	s.t.Helper()
	var records []kafkafake.Record
	for _, v := range values {
		records = append(records, kafkafake.Record{Topic: "shop.carts", Key: []byte(`{"cart_id":7}`), Value: []byte(v)})
	}
	if err := s.kafka.Write(context.Background(), records...); err != nil {
		s.t.Fatal(err)
	}
}

const secretName = "Zora-Canary"

// TestAPoisonedEventIsSetAside: what cannot become a row is kept as it came with its reason, what comes after it goes on, and a
// person shows it, corrects and releases it, or drops it with a reason. Nothing of it stands in lists or errors.
func TestAPoisonedEventIsSetAside(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.put(`{"after":{"cart_id":7,"customer":"`+secretName+`","total":"very dear!"},"op":"c","source":{"ts_ms":1}}`, `no JSON: `+secretName)
	s.write(map[int]int{1: 10})
	if report := s.run(); report.Delivered != 1 {
		t.Errorf("the events after it did not go on: %+v", report)
	}
	service := s.service()
	ctx := context.Background()
	list, err := service.FeedAside(ctx, "carts", 0, 10)
	if err != nil || list.Total != 2 || strings.Contains(fmt.Sprintf("%+v", list), secretName) {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, e := range list.Events {
		shown, err := service.ShowAside(ctx, "carts", e.Number)
		if err != nil || !strings.Contains(*shown.Value, secretName) {
			t.Errorf("event %d is not shown as it came: %v", e.Number, err)
		}
		_, err = service.Release(ctx, "carts", e.Number, nil, "")
		if !fault.Is(err, "feed.still_wrong") || strings.Contains(err.Error(), secretName) {
			t.Errorf("releasing event %d as it is: %v", e.Number, err)
		}
	}
	out, err := service.Release(ctx, "carts", list.Events[0].Number, []byte(`{"after":{"cart_id":7,"customer":"c7","total":70.50},"op":"c","source":{"ts_ms":1}}`), "a typo")
	if err != nil || out.Released != 1 {
		t.Fatal(out, err)
	}
	if err := service.Drop(ctx, "carts", list.Events[1].Number, ""); !fault.Is(err, "feed.no_reason") {
		t.Errorf("dropped without a reason: %v", err)
	}
	if err := service.Drop(ctx, "carts", list.Events[1].Number, "a test message"); err != nil {
		t.Error(err)
	}
	if list, _ = service.FeedAside(ctx, "carts", 0, 10); list.Total != 0 {
		t.Errorf("%d events still wait", list.Total)
	}
	_ = service.Close()
	s.run()
	if differs := s.differs(map[int]int{1: 10, 7: 70}); differs != "" {
		t.Error(differs)
	}
}

// TestAReleasedEventKeepsItsPlace: an event that is released after a newer one of its key has come changes nothing.
func TestAReleasedEventKeepsItsPlace(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.put(`{"after":{"cart_id":7,"total":"very dear!"},"op":"c","source":{"ts_ms":1}}`, `{"after":{"cart_id":7,"customer":"c","total":71.50},"op":"u","source":{"ts_ms":2}}`)
	s.run()
	service := s.service()
	if _, err := service.Release(context.Background(), "carts", 1, []byte(`{"after":{"cart_id":7,"customer":"c","total":1.50},"op":"c","source":{"ts_ms":1}}`), ""); err != nil {
		t.Fatal(err)
	}
	_ = service.Close()
	s.run()
	if differs := s.differs(map[int]int{7: 71}); differs != "" {
		t.Error(differs)
	}
}

// TestTooMuchSetAsidePauses: a feed of whose events too many cannot become rows pauses with the reason, and goes on when a person
// says so.
func TestTooMuchSetAsidePauses(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "key: [cart_id],", "key: [cart_id], pause_above: {percent: 10%, least: 3},", 1)
	s.put(`x`, `x`, `x`)
	service := s.service()
	_, err := service.Run(context.Background(), "carts", control.RunOptions{})
	if !fault.Is(err, "feed.paused") {
		t.Fatalf("the feed went on: %v", err)
	}
	if err := service.ResumeFeed(context.Background(), "carts", false); err != nil {
		t.Fatal(err)
	}
	_ = service.Close()
	s.write(map[int]int{1: 10})
	if report := s.run(); report.Delivered != 1 {
		t.Errorf("%+v", report)
	}
}

// TestTruncationRemovesNothing: a truncated table pauses the feed; the destination keeps what it has. A person who releases the
// truncation by its number removes the rows that are older, and no others.
func TestTruncationRemovesNothing(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20})
	s.run()
	s.put(`{"op":"t","source":{"connector":"postgresql","ts_ms":5,"table":"carts"}}`)
	service := s.service()
	if _, err := service.Run(context.Background(), "carts", control.RunOptions{}); !fault.Is(err, "feed.paused") {
		t.Fatalf("the truncation was not noticed: %v", err)
	}
	if differs := s.differs(map[int]int{1: 10, 2: 20}); differs != "" {
		t.Error(differs)
	}
	ctx := context.Background()
	if err := service.ResumeFeed(ctx, "carts", false); err != nil {
		t.Fatal(err)
	}
	_ = service.Close()
	time.Sleep(5 * time.Millisecond) // between partitions the time of an event decides
	s.write(map[int]int{3: 30})
	s.run()
	if differs := s.differs(map[int]int{1: 10, 2: 20, 3: 30}); differs != "" {
		t.Error(differs)
	}
	service = s.service()
	if out, err := service.Release(ctx, "carts", 0, nil, ""); err != nil || out.Released != 0 || out.Still != 1 {
		t.Errorf("trying everything again has released the truncation: %+v, %v", out, err)
	}
	if out, err := service.Release(ctx, "carts", 1, nil, "the shop has closed"); err != nil || out.Released != 1 {
		t.Fatal(out, err)
	}
	_ = service.Close()
	s.run()
	if differs := s.differs(map[int]int{3: 30}); differs != "" {
		t.Error(differs)
	}
}

// TestWhatIsMissingIsNeverSkippedInSilence: events removed before they were read, and a topic made anew, stop the feed with the
// reason; it goes on only where a person accepts it. Guarantee G31.
func TestWhatIsMissingIsNeverSkippedInSilence(t *testing.T) {
	for name, damage := range map[string]func(*stream) error{
		"retention": func(s *stream) error {
			s.write(map[int]int{3: 30, 4: 40, 5: 50, 6: 60, 9: 90, 10: 100, 11: 110, 12: 120})
			var err error
			for end := int64(8); end > 0; end-- { // whichever partition has so many
				for p := range int32(3) {
					if gone := s.kafka.Expire("shop.carts", p, end); gone == nil && end > 2 {
						return nil
					} else if end == 2 {
						err = gone
					}
				}
			}
			return err
		},
		"made anew": func(s *stream) error { return s.kafka.Recreate("shop.carts", 3) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStream(t, webhookfake.Options{})
			s.write(map[int]int{1: 10, 2: 20})
			s.run()
			if err := damage(s); err != nil {
				t.Fatal(err)
			}
			s.write(map[int]int{8: 80})
			service := s.service()
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if _, err := service.Run(ctx, "carts", control.RunOptions{}); !fault.Is(err, "feed.paused") {
				t.Fatalf("the feed went on: %v", err)
			}
			if err := service.ResumeFeed(ctx, "carts", false); !fault.Is(err, "feed.must_accept") {
				t.Fatalf("it goes on without a word: %v", err)
			}
			for range 4 { // each partition may have its own gap
				if err := service.ResumeFeed(ctx, "carts", true); err != nil {
					t.Fatal(err)
				}
				if _, err := service.Run(ctx, "carts", control.RunOptions{}); err == nil {
					break
				}
			}
			if s.receiver.Records("carts")["8"].Fields["total"] != "80.50" || s.receiver.Records("carts")["1"].Fields["total"] != "10.50" {
				t.Errorf("after accepting, the receiver holds %v", s.receiver.Records("carts"))
			}
		})
	}
}

// TestReplay: rows that another definition makes of the raw events are shown as a plan first; sent is only what differs.
func TestReplay(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20, 3: 30})
	s.write(map[int]int{3: 31})
	s.run()
	ctx := context.Background()
	service := s.service()
	out, err := service.Replay(ctx, "carts", control.ReplayOptions{})
	if err != nil || out.Events != 4 || out.Rows != 0 || out.Plans[0].Sends != 0 {
		t.Fatalf("a replay under the same definition: %+v, %v", out, err)
	}
	_ = service.Close()
	s.yaml = strings.Replace(s.yaml, `key: [cart_id], columns: {total: "DECIMAL(12,2)"}`, `key: [cart_id], columns: {total: "DECIMAL(12,2)"}, sql: "select * replace ((case when cart_id = 2 then total * 2 else total end)::decimal(12,2) as total) from event"`, 1)
	service = s.service()
	if out, err = service.Replay(ctx, "carts", control.ReplayOptions{}); err != nil || out.Version != 2 || out.Plans[0].Sends != 1 {
		t.Fatalf("a replay under another definition: %+v, %v", out, err)
	}
	if old, err := service.Replay(ctx, "carts", control.ReplayOptions{Definition: 1}); err != nil || old.Plans[0].Sends != 0 {
		t.Fatalf("a replay under the first definition: %+v, %v", old, err)
	}
	calls := s.receiver.Counts().Rows
	if out, err = service.Replay(ctx, "carts", control.ReplayOptions{Apply: true}); err != nil || out.Reports[0].Delivered != 1 {
		t.Fatalf("applying it: %+v, %v", out, err)
	}
	if sent := s.receiver.Counts().Rows - calls; sent != 1 || s.receiver.Records("carts")["2"].Fields["total"] != "41.00" {
		t.Errorf("%d rows were sent; cart 2 has %s", sent, s.receiver.Records("carts")["2"].Fields["total"])
	}
}

// TestReplayOfATime: only events from one time on, and before another, are made into rows anew; rows whose newest event is not
// among them stay as they are, and only what differs is sent.
func TestReplayOfATime(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.NewReplacer(`"DECIMAL(12,2)"`, `"DECIMAL(12,2) from text"`, " where total > 0", "").Replace(s.yaml)
	put := func(ids ...int) time.Time {
		time.Sleep(20 * time.Millisecond) // events have milliseconds
		for _, id := range ids {
			s.put(fmt.Sprintf(`{"after":{"cart_id":%d,"customer":"c","total":"1234"},"op":"u","source":{"ts_ms":1}}`, id))
		}
		time.Sleep(20 * time.Millisecond)
		return time.Now()
	}
	from := put(1, 2)
	to := put(3, 4)
	put(4, 5)
	s.run()
	s.yaml = strings.Replace(s.yaml, "from text", "from base64", 1) // the same letters, another number
	ctx := context.Background()
	for name, c := range map[string]struct {
		o                   control.ReplayOptions
		events, rows, sends int64
	}{
		"all":         {control.ReplayOptions{}, 6, 5, 5},
		"from":        {control.ReplayOptions{From: from}, 4, 3, 3},
		"to":          {control.ReplayOptions{To: to}, 4, 3, 3}, // cart 4 has a newer event behind it
		"from and to": {control.ReplayOptions{From: from, To: to}, 2, 1, 1},
		"as it was":   {control.ReplayOptions{Definition: 1}, 6, 0, 0},
	} {
		service := s.service()
		out, err := service.Replay(ctx, "carts", c.o)
		if err != nil || out.Events != c.events || out.Rows != c.rows || out.Plans[0].Counts.Sends != c.sends {
			t.Errorf("%s: %d events, %d rows, %v (%v)", name, out.Events, out.Rows, out.Plans, err)
		}
		_ = service.Close()
	}
	sent := s.receiver.Counts().Rows
	out, err := s.service().Replay(ctx, "carts", control.ReplayOptions{From: from, To: to, Apply: true})
	if err != nil || out.Reports[0].Delivered != 1 || s.receiver.Counts().Rows-sent != 1 {
		t.Errorf("applied: %+v, %v", out.Reports, err)
	}
	for id, total := range map[string]string{"1": "1234.00", "3": "-26588.24", "4": "1234.00", "5": "1234.00"} {
		if got := s.receiver.Records("carts")[id].Fields["total"]; got != total {
			t.Errorf("cart %s has the total %s, want %s", id, got, total)
		}
	}
}

// TestAnotherKey: a feed whose key has changed pauses; a replay names its rows anew, and no row stands twice. With its old key it
// goes on.
func TestAnotherKey(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.write(map[int]int{1: 10, 2: 20})
	s.run()
	ctx, first := context.Background(), s.yaml
	s.yaml = strings.Replace(s.yaml, "key: [cart_id], columns", "key: [customer, cart_id], columns", 1)
	service := s.service()
	if _, err := service.Run(ctx, "carts", control.RunOptions{}); !fault.Is(err, "feed.must_replay") {
		t.Fatalf("the feed went on under another key: %v", err)
	}
	if err := service.ResumeFeed(ctx, "carts", true); !fault.Is(err, "feed.must_replay") {
		t.Errorf("the feed was let go on: %v", err)
	}
	_ = service.Close()
	stop := s.serve()
	if e := <-s.events; e.Feed != "carts" || e.Stage != "paused" || !strings.Contains(e.Note, "key") {
		t.Errorf("served, the feed says: %+v", e)
	}
	stop()
	second := s.yaml
	s.yaml = first
	s.write(map[int]int{3: 30})
	if report := s.run(); report.Delivered != 1 {
		t.Fatalf("with its old key: %+v", report)
	}
	s.yaml = second
	service = s.service()
	if _, err := service.Replay(ctx, "carts", control.ReplayOptions{From: time.Now(), Apply: true}); !fault.Is(err, "feed.whole_replay") {
		t.Errorf("named anew from a part of its events: %v", err)
	}
	if out, err := service.Replay(ctx, "carts", control.ReplayOptions{Apply: true}); err != nil || out.Rows != 6 || out.Reports[0].Unchanged != 3 {
		t.Fatalf("naming the rows anew: %+v, %v", out, err)
	}
	_ = service.Close()
	s.write(map[int]int{2: 21})
	s.run()
	if differs := s.differs(map[int]int{1: 10, 2: 21, 3: 30}); differs != "" {
		t.Error(differs)
	}
}

// TestANewSchema: a column that is added goes on; one that is dropped holds the sync that sends it, says so, and sends no null
// in its place.
func TestANewSchema(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	registry, err := kafkafake.StartRegistry(kafkafake.RegistryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(registry.Close)
	s.yaml = strings.NewReplacer(`brokers: ["`, `registry: "`+registry.URL()+`", brokers: ["`, "format: debezium-json", "format: jsonschema",
		`, columns: {total: "DECIMAL(12,2)"}`, "").Replace(s.yaml)
	id := func(columns string) int {
		id, _, err := registry.Register("shop.carts-value", sr.Schema{Type: sr.TypeJSON, Schema: `{"type":"object","properties":{` + columns + `}}`})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	write := func(id int, row string) {
		value := append([]byte{0, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}, row...)
		if err := s.kafka.Write(context.Background(), kafkafake.Record{Topic: "shop.carts", Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	first := `"cart_id":{"type":"integer"},"customer":{"type":"string"},"total":{"type":"integer"}`
	write(id(first), `{"cart_id":1,"customer":"c1","total":5}`)
	if report := s.run(); report.Delivered != 1 {
		t.Fatalf("%+v", report)
	}
	write(id(first+`,"note":{"type":"string"}`), `{"cart_id":2,"customer":"c2","total":6,"note":"n"}`)
	if report := s.run(); report.Delivered != 1 || report.Unchanged != 1 {
		t.Fatalf("with a column more: %+v", report)
	}
	write(id(`"cart_id":{"type":"integer"},"total":{"type":"integer"}`), `{"cart_id":1,"total":7}`)
	service := s.service()
	_, err = service.Run(context.Background(), "carts", control.RunOptions{})
	if !fault.Is(err, "model.drift") || !strings.Contains(fault.As(err).Error(), "customer") {
		t.Errorf("with a column less: %v", err)
	}
	if held := s.receiver.Records("carts")["1"].Fields; held["customer"] != "c1" || held["total"] != "5" {
		t.Errorf("the receiver holds %v", held)
	}
}

const cartsContract = `apiVersion: v3.1.0
kind: DataContract
id: carts
version: 1.0.0
status: active
name: carts
schema:
  - name: carts
    properties:
      - {name: cart_id, logicalType: integer, physicalType: BIGINT, primaryKey: true, primaryKeyPosition: 1, required: true}
      - {name: customer, logicalType: string, physicalType: VARCHAR, required: true, logicalTypeOptions: {maxLength: 4}}
      - {name: total, logicalType: number, physicalType: "DECIMAL(12,2)", logicalTypeOptions: {minimum: 0}}
`

// TestAContractOfAFeed: an event that breaks the feed's contract is set aside with the rule; what the contract says of types
// holds.
func TestAContractOfAFeed(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, `key: [cart_id], columns: {total: "DECIMAL(12,2)"}`, `key: [cart_id], contract: carts.yaml`, 1)
	if err := os.MkdirAll(s.dir+"/contracts", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.dir+"/contracts/carts.yaml", []byte(cartsContract), 0o600); err != nil {
		t.Fatal(err)
	}
	s.yaml = strings.Replace(s.yaml, "contract: carts.yaml", "contract: contracts/carts.yaml", 1)
	s.write(map[int]int{1: 10})
	s.put(`{"after":{"cart_id":7,"customer":"`+secretName+`","total":1.50},"op":"c","source":{"ts_ms":1}}`,
		`{"after":{"cart_id":8,"customer":null,"total":1.50},"op":"c","source":{"ts_ms":1}}`, `{"after":{"cart_id":9,"customer":"c9","total":9.50},"op":"c","source":{"ts_ms":1}}`)
	s.run()
	if differs := s.differs(map[int]int{1: 10, 9: 9}); differs != "" {
		t.Error(differs)
	}
	list, err := s.service().FeedAside(context.Background(), "carts", 0, 10)
	if err != nil || list.Total != 2 || list.Events[0].Key != "7" || !strings.Contains(list.Events[1].Code, "required") || strings.Contains(fmt.Sprintf("%+v", list), secretName) {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestServingOutlivesItsBroker: a broker that is away when serving begins, and again later, costs nothing but the wait.
func TestServingOutlivesItsBroker(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.kafka.Close()
	kafka, err := kafkafake.Start(kafkafake.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	s.yaml = strings.Replace(s.yaml, s.kafka.Addresses()[0], kafka.Addresses()[0], 1)
	s.kafka = kafka
	if err := kafka.Create("shop.carts", 3, nil); err != nil {
		t.Fatal(err)
	}
	s.write(map[int]int{1: 10})
	kafka.Stop()
	stop := s.serve()
	time.Sleep(300 * time.Millisecond)
	if err := kafka.Begin(); err != nil {
		t.Fatal(err)
	}
	s.want(map[int]int{1: 10})
	kafka.Stop()
	time.Sleep(200 * time.Millisecond)
	if err := kafka.Begin(); err != nil {
		t.Fatal(err)
	}
	s.write(map[int]int{2: 20})
	s.want(map[int]int{1: 10, 2: 20})
	stop()
}

// TestAnUnknownSchemaWaits: while the registry does not answer, events of schemas that are known go on, and the others wait; none is
// set aside.
func TestAnUnknownSchemaWaits(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	registry, err := kafkafake.StartRegistry(kafkafake.RegistryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.yaml = strings.NewReplacer(`brokers: ["`, `registry: "`+registry.URL()+`", brokers: ["`, "format: debezium-json", "format: jsonschema",
		`, columns: {total: "DECIMAL(12,2)"}`, "").Replace(s.yaml)
	columns := `{"type":"object","properties":{"cart_id":{"type":"integer"},"customer":{"type":"string"},"total":{"type":"integer"}}}`
	known, _, err := registry.Register("a", sr.Schema{Type: sr.TypeJSON, Schema: columns})
	if err != nil {
		t.Fatal(err)
	}
	write := func(partition int32, id, cart int) {
		value := append([]byte{0, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}, fmt.Sprintf(`{"cart_id":%d,"customer":"c","total":5}`, cart)...)
		if err := s.kafka.Write(context.Background(), kafkafake.Record{Topic: "shop.carts", Partition: partition, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	there := func(carts ...string) bool {
		held := s.receiver.Records("carts")
		for _, cart := range carts {
			if _, ok := held[cart]; !ok {
				return false
			}
		}
		return len(held) == len(carts)
	}
	until := func(carts ...string) {
		t.Helper()
		for range 400 {
			if there(carts...) {
				return
			}
			time.Sleep(25 * time.Millisecond)
		}
		t.Fatalf("the receiver holds %d carts, want %v", len(s.receiver.Records("carts")), carts)
	}
	write(0, known, 1)
	stop := s.serve()
	until("1")
	registry.Close()
	write(1, known+1, 2)
	write(1, known, 3)
	write(0, known, 4)
	until("1", "4")
	stop()
	list, err := s.service().FeedAside(context.Background(), "carts", 0, 10)
	if err != nil || list.Total != 0 {
		t.Errorf("%d events were set aside: %v", list.Total, err)
	}
}
