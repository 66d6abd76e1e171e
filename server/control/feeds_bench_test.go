package control_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/control"
)

// BenchmarkTakeIn takes 100,000 events in and delivers what they make, in one run.
func BenchmarkTakeIn(b *testing.B) {
	for range b.N {
		b.StopTimer()
		s := newStream(b, webhookfake.Options{Lean: true})
		var records []kafkafake.Record
		for id := range 100_000 {
			records = append(records, cartEvent(id, id%1000+1))
		}
		if err := s.kafka.Write(context.Background(), records...); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		service := control.New(s.workspace(), func(e control.Event) {
			if e.Stage == "comparing" && e.Done == 0 {
				fmt.Println("taken in after", time.Since(began))
			}
		})
		if _, err := service.Run(context.Background(), "carts", control.RunOptions{}); err != nil {
			b.Fatal(err)
		}
		service.Close()
	}
}

// BenchmarkServe takes 50,000 events in while they are written, and delivers what they make, live.
func BenchmarkServe(b *testing.B) {
	for range b.N {
		b.StopTimer()
		s := newStream(b, webhookfake.Options{Lean: true})
		stop := s.serve()
		b.StartTimer()
		for batch := range 50 {
			var records []kafkafake.Record
			for k := range 1000 {
				records = append(records, cartEvent(batch*1000+k, k+1))
			}
			if err := s.kafka.Write(context.Background(), records...); err != nil {
				b.Fatal(err)
			}
		}
		for s.receiver.Counts().Rows < 50_000 {
			time.Sleep(5 * time.Millisecond)
		}
		b.StopTimer()
		stop()
	}
}
