//go:build kafkalab

package lab_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	lab "github.com/freshet/freshet/build/kafkalab"
)

var record = flag.Bool("record", false, "write what Debezium sends into the samples, which tests of decoders read")

var (
	withSchemas    = map[string]string{"key.converter.schemas.enable": "true", "value.converter.schemas.enable": "true"}
	withoutSchemas = map[string]string{"key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false"}
	jsonConverter  = map[string]string{"key.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter": "org.apache.kafka.connect.json.JsonConverter"}
	everything     = map[string]string{"skipped.operations": "none", "provide.transaction.metadata": "true", "signal.data.collection": "public.signals", "heartbeat.interval.ms": "500"}
	keepNulls      = map[string]string{"value.converter.replace.null.with.default": "false"}
	flat           = map[string]string{"transforms": "flat", "transforms.flat.type": "io.debezium.transforms.ExtractNewRecordState"}
)

// connectors are the ways Debezium is commonly set up, by the name of the connector.
var connectors = map[string]map[string]string{
	// schemas beside every value, and every kind of event
	"rich": union(jsonConverter, withSchemas, everything),
	// the same without schemas
	"plain": union(jsonConverter, withoutSchemas, everything),
	// no setting but these: what most people have
	"usual": union(jsonConverter, withoutSchemas),
	// all that keeps values exact and readable without a schema
	"careful": union(jsonConverter, withoutSchemas, keepNulls, map[string]string{"decimal.handling.mode": "string", "time.precision.mode": "isostring",
		"binary.handling.mode": "hex", "interval.handling.mode": "string", "tombstones.on.delete": "false", "skipped.operations": "none"}),
	// only the row
	"flat": union(jsonConverter, withoutSchemas, flat),
	// the row and what a reader needs to know of the event
	"flatmeta": union(jsonConverter, withoutSchemas, keepNulls, flat, map[string]string{"transforms.flat.delete.tombstone.handling.mode": "rewrite",
		"transforms.flat.add.fields": "op,table,lsn,source.ts_ms", "transforms.flat.add.headers": "op,source.lsn", "transforms.flat.replace.null.with.default": "false"}),
}

func union(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

// scenario is a laboratory and the connectors that look on, by name.
type scenario struct {
	*lab.Lab
	connectors map[string]map[string]string
}

// TestDebezium plays a scenario in front of connectors of several settings and looks at every event they send.
func TestDebezium(t *testing.T) {
	l := lab.Start(t)
	registry := l.StartRegistry(t)
	s := scenario{l, maps.Clone(connectors)}
	s.connectors["avro"] = l.AvroConverters()
	s.play(t, "before.sql")
	for name, config := range s.connectors {
		l.CreateConnector(t, name, union(config, map[string]string{"schema.include.list": "public"}))
	}
	for name := range s.connectors {
		l.WaitSnapshot(t, name)
	}
	s.play(t, "changes.sql")
	s.wait(t)
	topics := s.read(t)
	schemas := schemasOf(t, registry, topics)
	if *record {
		writeSamples(t, topics)
		writeSchemas(t, schemas)
	}
	t.Run("samples", func(t *testing.T) { checkSamples(t, topics) })
	t.Run("avro", func(t *testing.T) { checkAvro(t, topics, schemas) })
	checkFacts(t, topics)
}

// read gives the records of every topic, by connector and table.
func (s scenario) read(t *testing.T) map[string][]lab.Record {
	t.Helper()
	topics := map[string][]lab.Record{}
	for name := range s.connectors {
		for _, topic := range s.Topics(t, name) {
			topics[strings.ReplaceAll(topic, ".public.", ".")] = s.Read(t, topic)
		}
	}
	return topics
}

func (s scenario) wait(t *testing.T) {
	t.Helper()
	s.WaitCaughtUp(t, slices.Collect(maps.Keys(s.connectors))...)
}

var comments = regexp.MustCompile(`(?m)^--.*\n?`)

// play runs a file of blocks.
func (s scenario) play(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	db := s.DB(t)
	for block := range strings.SplitSeq(string(text), "\n\n") {
		if strings.TrimSpace(block) == "-- wait" {
			s.wait(t)
			continue
		}
		statements := strings.TrimSpace(comments.ReplaceAllString(block, ""))
		if _, err := db.PgConn().Exec(t.Context(), statements).ReadAll(); err != nil {
			t.Fatalf("%v, in\n%s", err, statements)
		}
	}
}
