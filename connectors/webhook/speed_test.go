package webhook_test

import (
	"strconv"
	"testing"

	"github.com/freshet/freshet/connectors/webhook"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// BenchmarkDeliver posts batches of 500 signed records of about 200 bytes to a receiver on loopback.
func BenchmarkDeliver(b *testing.B) {
	fake, err := webhookfake.Start("", webhookfake.Options{Lean: true})
	if err != nil {
		b.Fatal(err)
	}
	defer fake.Close()
	d, err := webhook.Driver().Destination(b.Context(), settings(fake.URL()))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	const rows = 500
	call := batch(connect.Upsert)
	for i := range rows {
		call.Ops = append(call.Ops, connect.Operation{Key: model.Key(strconv.Itoa(i)), Version: "17", Fields: fields(
			"city", "Graz", "country", "Austria", "email", "person@example.test", "first_name", "Zoë", "last_name", "O'Brien",
			"note", "a text of some length that makes the record about two hundred bytes", "plan", "pro")})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Deliver(b.Context(), call); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	if got := fake.Counts(); got.Rows != got.Calls*rows {
		b.Errorf("the receiver counts %d rows in %d calls", got.Rows, got.Calls)
	}
}
