package ledger

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// benchPayload is about 300 bytes, as payloads are.
const benchPayload = `{"city":"Göteborg","country":"SE","email":"someone.with.a.name@example.com","firstname":"Somebody",` +
	`"lastname":"Of Somewhere","ltv":1234.56,"note":"a longer text that makes the payload about as long as they tend to be",` +
	`"plan":"professional","updated_at":"2026-01-01T00:00:00Z","visits":17}`

func benchSettlements(from, n int) []Settlement {
	list := make([]Settlement, n)
	for i := range list {
		h := uint64(from+i) * 0x9e3779b97f4a7c15
		list[i] = Settlement{Key: model.Key(fmt.Sprintf("%09d", from+i)), State: model.Synced, Shape: 1, RowHash: h, Accepted: true,
			Payload: []byte(benchPayload), PayloadHash: h, Match: model.Fields{{Name: "email", Value: model.Text("someone@example.com")}},
			RemoteID: fmt.Sprintf("%012d", from+i), Origin: model.Made, Run: "run_1", At: noon}
	}
	return list
}

// deliverAll intends and settles every part of the list as one call, from several goroutines, as a run does.
func deliverAll(b *testing.B, l *Ledger, ref SyncRef, list []Settlement, perCall, workers int) {
	next := make(chan []Settlement)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for part := range next {
				id := model.CallID(fmt.Sprintf("call_%d_%s_%d", w, part[0].Key, time.Now().UnixNano()))
				if err := l.Intend(b.Context(), Call{ID: id, Run: "run_1", Rows: []Range{{0, int64(len(part))}}}); err != nil {
					b.Error(err)
				}
				if err := l.Settle(b.Context(), ref, Call{ID: id}, part); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for from := 0; from < len(list); from += perCall {
		next <- list[from:min(from+perCall, len(list))]
	}
	close(next)
	wait.Wait()
}

// BenchmarkSettle measures intents and settlements together, into an empty ledger (insert) and over it (update).
func BenchmarkSettle(b *testing.B) {
	const rows = 100_000
	for _, perCall := range []int{100, 500} {
		for _, workers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%d-a-call/%d-workers", perCall, workers), func(b *testing.B) {
				list := benchSettlements(0, rows)
				var insert, update, busy time.Duration
				for b.Loop() {
					l, ref := started(b, b.TempDir())
					before := used()
					start := time.Now()
					deliverAll(b, l, ref, list, perCall, workers)
					insert += time.Since(start)
					start = time.Now()
					deliverAll(b, l, ref, list, perCall, workers)
					update += time.Since(start)
					busy += used() - before
					must(b, l.Close())
				}
				n := float64(rows * b.N)
				b.ReportMetric(n/insert.Seconds(), "insert-rows/s")
				b.ReportMetric(n/update.Seconds(), "update-rows/s")
				b.ReportMetric(float64(busy.Nanoseconds())/n/2, "cpu-ns/row")
			})
		}
	}
}

// filled is a ledger with n records.
func filled(b *testing.B, n int) (*Ledger, SyncRef) {
	l, ref := started(b, b.TempDir())
	for from := 0; from < n; from += 5000 {
		deliverAll(b, l, ref, benchSettlements(from, 5000), 5000, 1)
	}
	return l, ref
}

func BenchmarkPriors(b *testing.B) {
	const n = 500_000
	l, ref := filled(b, n)
	before := used()
	for b.Loop() {
		c, err := l.Priors(b.Context(), ref)
		must(b, err)
		seen := 0
		for {
			batch, err := c.Next()
			if must(b, err); len(batch) == 0 {
				break
			}
			seen += len(batch)
		}
		if must(b, c.Close()); seen != n {
			b.Fatal(seen)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64((used()-before).Nanoseconds())/n/float64(b.N), "cpu-ns/row")
}

func BenchmarkDetails(b *testing.B) {
	const n = 200_000
	l, ref := filled(b, n)
	keys := make([]model.Key, 0, n/4)
	for i := 0; i < n; i += 4 {
		keys = append(keys, model.Key(fmt.Sprintf("%09d", i)))
	}
	before := used()
	for b.Loop() {
		for from := 0; from < len(keys); from += 1000 {
			if got, err := l.Details(b.Context(), ref, keys[from:from+1000]); err != nil || len(got) != 1000 {
				b.Fatal(len(got), err)
			}
		}
	}
	b.ReportMetric(float64(len(keys)*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64((used()-before).Nanoseconds())/float64(len(keys)*b.N), "cpu-ns/row")
}
