//go:build kafkalab

package lab_test

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	lab "github.com/freshet/freshet/build/kafkalab"
)

// schemas are those that the Avro records name, by number.
type schemas map[string]json.RawMessage

const schemasFile = samples + "/avro.schemas.json"

// schemasOf asks the registry for every schema that a record names in its first five bytes.
func schemasOf(t *testing.T, registry string, topics map[string][]lab.Record) schemas {
	t.Helper()
	found := schemas{}
	for topic, records := range topics {
		if !strings.HasPrefix(topic, "avro.") {
			continue
		}
		for _, r := range records {
			for _, part := range [][]byte{r.Key, r.Value} {
				if id := schemaID(t, part); id != "" && found[id] == nil {
					found[id] = schemaOf(t, registry, id)
				}
			}
		}
	}
	return found
}

func schemaID(t *testing.T, part []byte) string {
	t.Helper()
	if part == nil {
		return ""
	}
	if len(part) < 5 || part[0] != 0 {
		t.Fatalf("% x… is not how Avro is framed", part[:min(8, len(part))])
	}
	return strconv.Itoa(int(binary.BigEndian.Uint32(part[1:5])))
}

func schemaOf(t *testing.T, registry, id string) json.RawMessage {
	t.Helper()
	reply, err := http.Get(registry + "/schemas/ids/" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	var answer struct{ Schema string }
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("schema %s: %s, %v: %s", id, reply.Status, err, body)
	}
	return json.RawMessage(answer.Schema)
}

func writeSchemas(t *testing.T, found schemas) {
	t.Helper()
	out, err := json.MarshalIndent(found, "", "  ")
	if err == nil {
		err = os.WriteFile(schemasFile, append(out, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// checkAvro compares the records with those kept by number and schema; tests of decoders compare the rows with those
// of the connectors that write JSON.
func checkAvro(t *testing.T, topics map[string][]lab.Record, now schemas) {
	text, err := os.ReadFile(schemasFile)
	if err != nil {
		t.Fatal(err)
	}
	var kept schemas
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	for topic, records := range topics {
		if !strings.HasPrefix(topic, "avro.") || len(sampled(topic, records)) == 0 {
			continue
		}
		before := shapes(t, readSamples(t, filepath.Join(samples, topic+".jsonl")), kept)
		if diff := cmp.Diff(before, shapes(t, sampled(topic, records), now)); diff != "" {
			t.Errorf("%s is not as it was kept (-kept +now):\n%s", topic, diff)
		}
	}
}

// shapes are the schemas of each record's key and value.
func shapes(t *testing.T, records []lab.Record, of schemas) [][2]any {
	t.Helper()
	var out [][2]any
	for _, r := range records {
		key, value := schemaID(t, r.Key), schemaID(t, r.Value)
		out = append(out, [2]any{document(t, of[key]), document(t, of[value])})
	}
	return out
}
