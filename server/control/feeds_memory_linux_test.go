package control_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/ledger"
)

// TestAStuckDestinationCostsNoMemory: while a destination takes calls and never answers, events go on being taken in; what waits
// for it is on the disk, and memory does not grow with it.
func TestAStuckDestinationCostsNoMemory(t *testing.T) {
	hole, err := net.Listen("tcp", "127.0.0.1:0") // the system takes connections, and nobody reads them
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hole.Close() })
	s := newStream(t, webhookfake.Options{})
	s.yaml = strings.NewReplacer(s.receiver.URL(), "http://"+hole.Addr().String(), "customer: customer,", "customer: customer, note: note,",
		"select cart_id, customer, total", "select cart_id, customer, total, note").Replace(s.yaml)
	s.long(100)
	s.workspace()
	cmd := freshet(t, s.dir, "serve", "--listen", "127.0.0.1:0")
	cmd.Env = append(cmd.Env, "GOGC=20") // little garbage lies about
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	const step, warm, all = 2_000, 4, 10
	var after []int
	for i := range all {
		s.long(step)
		s.readTo(int64(100 + (i+1)*step))
		after = append(after, peak(t, cmd.Process.Pid))
	}
	more, grown := step*(all-warm)*8>>10, after[all-1]-after[warm-1]
	t.Logf("of %d MB more events memory grew by %d MB: %v", more, grown, after)
	if grown > more*5/2 { // what DuckDB keeps of rows that changed takes its share; events held, with their rows before and after, would take more
		t.Error("what waits for the destination is held in memory")
	}
}

// long writes events of 8 kB that nothing packs, of 1,500 carts.
func (s *stream) long(n int) {
	s.t.Helper()
	noise := make([]byte, 6<<10)
	for n > 0 {
		var records []kafkafake.Record
		for range min(n, 100) {
			_, _ = rand.Read(noise)
			id := n % 1500
			records = append(records, kafkafake.Record{Topic: "shop.carts", Partition: kafkafake.Any, Key: fmt.Appendf(nil, `{"cart_id":%d}`, id),
				Value: fmt.Appendf(nil, `{"after":{"cart_id":%d,"customer":"c","total":10.50,"note":"%s"},"op":"u","source":{"ts_ms":1}}`, id, base64.StdEncoding.EncodeToString(noise))})
			n--
		}
		if err := s.kafka.Write(context.Background(), records...); err != nil {
			s.t.Fatal(err)
		}
	}
}

// readTo waits until so many events are in the ledger.
func (s *stream) readTo(n int64) {
	s.t.Helper()
	var seen int64
	for range 1200 {
		if r, err := ledger.OpenReader(context.Background(), s.dir+"/.freshet"); err == nil && r != nil {
			state, _, _ := r.Feed(context.Background(), "carts")
			seen = state.Seen
			_ = r.Close()
		}
		if seen >= n {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("%d of %d events were taken in", seen, n)
}

// peak is the most memory that a process has had, in MB.
func peak(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}
