package control_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
)

// TestAChangedKeyWaitsForItsOldOne: a row's key changes, which puts it into another partition, and its event leaves out what did
// not change with it. Read before the last events of the old key it waits for them, and takes the values that the row had at
// the end, not those that were known at the time. A replay comes to the same.
func TestAChangedKeyWaitsForItsOldOne(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	write := func(partition int32, id int, after, op, header string) {
		t.Helper()
		r := kafkafake.Record{Topic: "shop.carts", Partition: partition, Key: fmt.Appendf(nil, `{"cart_id":%d}`, id),
			Value: []byte(`{"before":{"cart_id":7},"after":` + after + `,"op":"` + op + `","source":{"connector":"postgresql","ts_ms":1,"table":"carts"}}`)}
		if header != "" {
			r.Headers = []kgo.RecordHeader{{Key: header, Value: []byte(`{"cart_id":7}`)}}
		}
		if err := s.kafka.Write(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	stop := s.serve()
	defer func() { stop() }()
	write(1, 7, `{"cart_id":7,"customer":"c","total":10.50}`, "c", "")
	s.want(map[int]int{7: 10})
	write(0, 8, `{"cart_id":8,"customer":"c","total":"__debezium_unavailable_value"}`, "c", "__debezium.oldkey")
	time.Sleep(time.Second)
	write(1, 7, `{"cart_id":7,"customer":"c","total":20.50}`, "u", "")
	write(1, 7, `null`, "d", "")
	s.want(map[int]int{8: 20})
	stop()
	stop = func() {}
	if report := s.run(); report.Calls != 0 {
		t.Errorf("a whole run after it: %+v", report)
	}
	out, err := s.service().Replay(context.Background(), "carts", control.ReplayOptions{})
	if err != nil || out.Events != 4 || out.Aside != 0 || out.Rows != 0 {
		t.Errorf("a replay makes other rows of it: %+v, %v", out, err)
	}
}
