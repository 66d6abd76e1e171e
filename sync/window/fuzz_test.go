package window

import (
	"encoding/json"
	"testing"

	"github.com/freshet/freshet/sync/model"
)

// sane checks what holds of every reading, whatever the bytes.
func sane(t *testing.T, reading Reading) {
	said := 0
	for _, one := range []bool{len(reading.Changes) > 0, reading.Ignored != "", reading.Problem != nil} {
		if one {
			said++
		}
	}
	if said != 1 {
		t.Fatalf("a reading says one thing: %+v", reading)
	}
	for _, c := range reading.Changes {
		if c.Op == Nothing || c.Op > Truncate || c.AtFrom == "" {
			t.Fatalf("%+v", c)
		}
		for i := 1; i < len(c.Row); i++ {
			if c.Row[i-1].Name >= c.Row[i].Name {
				t.Fatalf("the row is not in the order of its names: %+v", c.Row)
			}
		}
		if !json.Valid(c.Row.AppendFlat(nil)) {
			t.Fatalf("the row is no JSON: %s", c.Row.AppendFlat(nil))
		}
		for _, name := range c.Absent {
			if _, there := c.Row.Get(name); there {
				t.Fatalf("%s is absent and there", name)
			}
		}
	}
	Fold(reading.Changes)
}

func fuzzRead(t *testing.T, o Options, e *model.Event) {
	r := reader(t, o)
	for range 2 {
		reading, err := r.Read(e, noRegistry)
		if err == nil {
			sane(t, reading)
		}
	}
}

func FuzzDebezium(f *testing.F) {
	f.Add([]byte(`{"id":7}`), []byte(benchValue), uint8(0))
	f.Add([]byte(`{"id":"{\"$oid\":\"0a\"}"}`), []byte(`{"after":"{\"_id\":{\"$oid\":\"0a\"},\"d\":{\"$date\":{\"$numberLong\":\"-1\"}}}"`+mongoTail+`c"}`), uint8(1))
	f.Add([]byte(`{"id":"1"}`), []byte(`{"after":null,"updateDescription":{"updatedFields":"{\"a\":1}","removedFields":["b"],"truncatedArrays":null}`+mongoTail+`u"}`), uint8(1))
	f.Add([]byte(`{"id":7}`), []byte(`{"before":null,"after":{"id":7},"op":"c","source":{"connector":"mysql","ts_ms":1,"gtid":null,"file":"mysql-bin.000003","pos":484,"row":0}}`), uint8(0))
	f.Add([]byte(`7`), []byte(`{"id":7,"__deleted":"true","__op":"d","__source_ts_ms":5}`), uint8(2))
	f.Add([]byte(`7`), []byte(`{"schema":{"type":"struct","fields":[{"type":"struct","fields":[{"type":"int32","field":"id"},{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"},"field":"d"}],"field":"after"}]},"payload":{"after":{"id":7,"d":"MDk="},"op":"u"}}`), uint8(3))
	options := []Options{{Format: "debezium-json", Columns: map[string]string{"d": "DECIMAL(10,2)", "at": "TIMESTAMP from ms"}}, {Format: "debezium-json", Key: []string{"_id"}},
		{Format: "debezium-json-flat"}, {Format: "auto", Key: []string{"id", "name"}, Placeholders: []string{"x"}}}
	f.Fuzz(func(t *testing.T, key, value []byte, which uint8) {
		fuzzRead(t, options[int(which)%len(options)], &model.Event{Key: key, Value: value})
	})
}

// FuzzSamples: real events of Debezium, damaged: envelopes and flattened rows, in JSON with and without schemas, and in Avro.
func FuzzSamples(f *testing.F) {
	registry := sampleSchemas(f)
	connectors := []string{"rich", "plain", "careful", "flat", "flatmeta", "avro"}
	for which, connector := range connectors {
		for _, table := range []string{"customers", "kinds", "documents", "orders", "message"} {
			e := sample(f, connector+"."+table)[0]
			f.Add(e.Key, e.Value, uint8(which))
		}
	}
	f.Fuzz(func(t *testing.T, key, value []byte, which uint8) {
		r := reader(t, Options{Format: sampleFormats[connectors[int(which)%len(connectors)]], Columns: declared["kinds"]})
		reading, err := r.Read(&model.Event{Key: key, Value: value}, registry.lookup)
		if err == nil {
			sane(t, reading)
		}
	})
}

func FuzzCloudEvents(f *testing.F) {
	f.Add([]byte(`{"id":7}`), "application/json", "1.0", "cart", "2025-06-15T13:00:00Z")
	f.Add([]byte(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"eyJpZCI6N30="}`), "application/cloudevents+json", "", "", "")
	f.Add([]byte(`{"specversion":"1.0","id":"1","source":"/s","type":"io.debezium.x","iodebeziumop":"u","data":{"before":{"id":6},"after":{"id":7}}}`), "", "", "", "")
	f.Add([]byte("hello"), "text/plain", "1.0", "io.debezium.y", "x")
	f.Fuzz(func(t *testing.T, value []byte, media, version, kind, at string) {
		e := &model.Event{Value: value, Key: []byte("k"), Headers: []model.Header{{Name: "content-type", Value: []byte(media)}}}
		if version != "" {
			e.Headers = append(e.Headers, model.Header{Name: "ce_specversion", Value: []byte(version)}, model.Header{Name: "ce_type", Value: []byte(kind)}, model.Header{Name: "ce_time", Value: []byte(at)})
		}
		fuzzRead(t, Options{Format: "cloudevents", Columns: map[string]string{"ce_time": "TIMESTAMPTZ"}}, e)
	})
}
