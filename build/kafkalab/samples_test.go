//go:build kafkalab

package lab_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	lab "github.com/freshet/freshet/build/kafkalab"
)

// samples is where the tests of decoders find real events without any of this.
const samples = "../../sync/window/testdata/debezium-postgres"

// sampled are the records of a topic that are kept: the first ones where they repeat, none where chance made them.
func sampled(topic string, records []lab.Record) []lab.Record {
	switch {
	case strings.HasSuffix(topic, ".signals"), strings.HasPrefix(topic, "usual."):
		return nil
	case strings.HasPrefix(topic, "__debezium-heartbeat."):
		return records[:min(1, len(records))]
	case strings.HasSuffix(topic, ".transaction"):
		return records[:min(24, len(records))]
	case strings.HasSuffix(topic, ".message"):
		return records[:min(2, len(records))]
	}
	return records
}

func writeSamples(t *testing.T, topics map[string][]lab.Record) {
	t.Helper()
	if err := os.MkdirAll(samples, 0o755); err != nil {
		t.Fatal(err)
	}
	for topic, records := range topics {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		for _, r := range sampled(topic, records) {
			if err := encoder.Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if out.Len() == 0 {
			continue
		}
		if err := os.WriteFile(filepath.Join(samples, topic+".jsonl"), out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkSamples compares what came now with what is kept, but for clocks and positions: the samples are still true.
func checkSamples(t *testing.T, topics map[string][]lab.Record) {
	for topic, records := range topics {
		now := sampled(topic, records)
		if len(now) == 0 || strings.HasPrefix(topic, "avro.") { // Avro has clocks and positions within its bytes
			continue
		}
		kept := readSamples(t, filepath.Join(samples, topic+".jsonl"))
		if diff := cmp.Diff(timeless(t, kept), timeless(t, now)); diff != "" {
			t.Errorf("%s is not as it was kept (-kept +now); if that is right: go test -tags kafkalab ./build/kafkalab -run TestDebezium -record\n%s", topic, diff)
		}
	}
}

func readSamples(t *testing.T, name string) []lab.Record {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var records []lab.Record
	for line := range bytes.Lines(text) {
		var r lab.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

// timeless is what is the same in every run: keys, values and headers read as JSON, without clocks and positions.
func timeless(t *testing.T, records []lab.Record) []any {
	t.Helper()
	var out []any
	for _, r := range records {
		headers := map[string]any{}
		for _, h := range r.Headers {
			headers[h.Name] = steady(h.Name, document(t, h.Value))
		}
		out = append(out, []any{r.Offset, steady("", document(t, r.Key)), steady("", document(t, r.Value)), headers})
	}
	return out
}

// document reads JSON, numbers as they are written; a header's plain text stays text. Null bytes are "nothing".
func document(t *testing.T, text []byte) any {
	t.Helper()
	if text == nil {
		return "nothing"
	}
	var out any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		return string(text)
	}
	return out
}

// chance are the fields that differ from run to run.
var chance = map[string]bool{"ts_ms": true, "ts_us": true, "ts_ns": true, "lsn": true, "txId": true, "sequence": true, "xmin": true,
	"__lsn": true, "__source_ts_ms": true, "__source_lsn": true, "__debezium.context.runId": true}

func steady(name string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		for field := range v {
			v[field] = steady(field, v[field])
		}
	case []any:
		for i := range v {
			v[i] = steady("", v[i])
		}
	case string:
		if before, _, found := strings.Cut(v, ":"); found && name == "id" && before != "" {
			return "transaction:position"
		}
	}
	if chance[name] && value != nil {
		return "by chance"
	}
	return value
}

// text is a value as one line of JSON.
func text(value any) string {
	out, _ := json.Marshal(value)
	return string(out)
}
