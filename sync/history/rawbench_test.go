package history

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// benchEvents are change events of about 1 KB, as Debezium writes them, a third of it incompressible.
func benchEvents(n, partitions int) []model.Event {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"customer", "order", "shipped", "cart", "price", "warehouse", "address", "street", "phone", "email"}
	list := make([]model.Event, n)
	for i := range list {
		v := fmt.Appendf(nil, `{"before":null,"after":{"id":%d,"email":"p%d@example.com","total":%d,"note":"`, i, random.IntN(1e6), random.IntN(1e6))
		for len(v) < 820 {
			v = fmt.Appendf(v, "%s %x ", words[random.IntN(10)], random.Uint32())
		}
		v = fmt.Appendf(v, `"},"source":{"version":"3.0","connector":"postgresql","ts_ms":%d,"lsn":%d,"txId":%d},"op":"u"}`, 1772359200000+i, 100000+i*56, i/3)
		list[i] = model.Event{Topic: "shop.carts", TopicID: model.TopicID{1, 2}, Partition: int32(i % partitions), Offset: int64(i / partitions),
			Epoch: 3, At: base.Add(time.Duration(i) * time.Millisecond), Key: fmt.Appendf(nil, `{"id":%d}`, random.IntN(50000)), Value: v,
			Headers: []model.Header{{Name: "traceparent", Value: fmt.Appendf(nil, "00-%032x-01", random.Uint64())}, {Name: "source", Value: []byte("shop")}}}
	}
	return list
}

// BenchmarkRaw writes events in flushes of 32 MiB, reads them, merges the files, and reads them again.
func BenchmarkRaw(b *testing.B) {
	const n = 200_000
	for _, partitions := range []int{1, 12, 1000} {
		b.Run(fmt.Sprintf("%d-partitions", partitions), func(b *testing.B) {
			list := benchEvents(n, partitions)
			var write, read, merge, reread time.Duration
			var stats RawStats
			for b.Loop() {
				r := New(filepath.Join(b.TempDir(), fmt.Sprint(time.Now().UnixNano()))).Raw("carts")
				write += timed(b, func() error { return flushed(b, r, list) })
				read += timed(b, func() error { return counting(b, r, n) })
				merge += timed(b, func() error { return r.Compact(b.Context()) })
				reread += timed(b, func() error { return counting(b, r, n) })
				stats, _ = r.Stats()
			}
			events := float64(n * b.N)
			b.ReportMetric(events/write.Seconds(), "written/s")
			b.ReportMetric(events/read.Seconds(), "read/s")
			b.ReportMetric(events/merge.Seconds(), "merged/s")
			b.ReportMetric(events/reread.Seconds(), "reread/s")
			b.ReportMetric(float64(stats.Bytes)/n, "B/event")
			b.ReportMetric(float64(stats.RawBytes)/n, "rawB/event")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func timed(b *testing.B, work func() error) time.Duration {
	start := time.Now()
	if err := work(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func flushed(b *testing.B, r *Raw, list []model.Event) error {
	for i := range list {
		if err := r.Append(b.Context(), list[i:i+1]); err != nil {
			return err
		}
		if r.Waiting() < 32<<20 && i < len(list)-1 {
			continue
		}
		if _, err := r.Flush(b.Context()); err != nil {
			return err
		}
	}
	return nil
}

func counting(b *testing.B, r *Raw, want int) error {
	got := 0
	err := r.Read(b.Context(), Range{}, func(part []model.Event) error {
		got += len(part)
		return nil
	})
	if got != want {
		b.Fatalf("%d events, want %d", got, want)
	}
	return err
}
