package window

import "testing"

// benchValue is an event of about 900 bytes.
const benchValue = `{"before":null,"after":{"id":1234567,"email":"ann.example@example.com","first_name":"Ann","last_name":"Example","plan":"pro",` +
	`"ltv":1234.56,"active":true,"created_at":"2024-02-29T12:34:56.123456Z","updated_at":"2025-06-15T15:06:40.5Z","country":"SE","visits":42,` +
	`"note":null,"tags":["a","b"]},"op":"u"` + pgTail

func BenchmarkDebeziumJSON(b *testing.B) {
	r := reader(b, Options{Format: "debezium-json"})
	e := eventOf(`{"id":1234567}`, benchValue)
	b.SetBytes(int64(len(benchValue)))
	b.ReportAllocs()
	for b.Loop() {
		reading, err := r.Read(e, noRegistry)
		if err != nil || len(reading.Changes) != 1 {
			b.Fatal(reading, err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
