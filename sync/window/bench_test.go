package window

import (
	"testing"
)

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

func BenchmarkDebeziumAvro(b *testing.B) {
	registry := schemas{1: {Text: avroKey}, 2: {Text: avroEnvelope}}
	row := map[string]any{"id": int64(7), "bio": "a text of some length, as people write them", "codes": nil, "raw": []byte("bytes"), "at": int64(1750000000123456)}
	value := avroBytes(b, avroEnvelope, map[string]any{"before": nil, "after": row, "op": "u",
		"source": map[string]any{"ts_ms": int64(1750000000123), "lsn": int64(5), "snapshot": "false"}})
	r := reader(b, Options{Format: "debezium-avro"})
	e := eventOf("", framed(2, value))
	b.ReportAllocs()
	for b.Loop() {
		reading, err := r.Read(e, registry.lookup)
		if err != nil || len(reading.Changes) != 1 {
			b.Fatal(reading, err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
