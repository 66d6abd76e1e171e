package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
)

// TestAColumnThatIsGone: a column that plain JSON carried in every event and then in none is told of, once, until it is back; one
// that was left out now and then before is optional, and nothing is said. Nothing is held by either.
func TestAColumnThatIsGone(t *testing.T) {
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.Replace(s.yaml, "format: debezium-json", "format: json", 1)
	n := 0
	put := func(count int, row func(i int) string) {
		t.Helper()
		var records []kafkafake.Record
		for range count {
			n++
			records = append(records, kafkafake.Record{Topic: "shop.carts", Value: []byte(fmt.Sprintf(`{"cart_id":%d,"total":1.50%s}`, n, row(n)))})
		}
		s.send(records...)
	}
	optional := func(i int) string {
		if i == 50 {
			return ""
		}
		return `,"note":"x"`
	}
	service := s.watched()
	put(150, func(i int) string { return `,"customer":"c"` + optional(i) })
	put(99, func(int) string { return "" })
	s.want(upTo(n))
	s.warned(service, 0)
	put(50, func(int) string { return "" })
	w := s.warned(service, 1)[0]
	if w.Code != "feed.column_gone" || !strings.Contains(w.Message, "customer") {
		t.Errorf("%+v", w)
	}
	s.want(upTo(n))
	put(1, func(int) string { return `,"customer":"c"` })
	s.warned(service, 0)
	told := 0
	for len(s.events) > 0 {
		if e := <-s.events; e.Stage == "warning" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("it was said %d times", told)
	}
}

func upTo(n int) map[int]int {
	all := map[int]int{}
	for i := range n {
		all[i+1] = 1
	}
	return all
}
