package window

import (
	"errors"
	"testing"

	"github.com/twmb/avro"

	"github.com/freshet/freshet/sync/model"
)

// schemas is a registry by numbers.
type schemas map[int]model.Schema

var errUnknown = errors.New("unknown schema")

func (s schemas) lookup(ref model.SchemaRef) (model.Schema, error) {
	id := ref.ID
	if ref.GUID != [16]byte{} {
		id = int(ref.GUID[15])
	}
	found, ok := s[id]
	if !ok {
		return model.Schema{}, errUnknown
	}
	return found, nil
}

func framed(id byte, payload []byte) string {
	return string(append([]byte{0, 0, 0, 0, id}, payload...))
}

func avroBytes(t testing.TB, schema string, v any) []byte {
	t.Helper()
	b, err := avro.MustParse(schema).Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	avroKey = `{"type":"record","name":"Key","namespace":"shop","fields":[{"name":"id","type":"long"}]}`
	avroRow = `{"type":"record","name":"Value","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"bio","type":["null","string"]},` +
		`{"name":"codes","type":["null",{"type":"array","items":"int"}]},{"name":"raw","type":["null","bytes"]},` +
		`{"name":"at","type":["null",{"type":"long","connect.name":"io.debezium.time.MicroTimestamp"}]}]}`
	avroEnvelope = `{"type":"record","name":"Envelope","namespace":"shop","fields":[{"name":"before","type":["null",` + avroRow + `]},{"name":"after","type":["null","shop.Value"]},` +
		`{"name":"source","type":{"type":"record","name":"Source","fields":[{"name":"ts_ms","type":"long"},{"name":"lsn","type":["null","long"]},{"name":"snapshot","type":["null","string"]}]}},{"name":"op","type":"string"}]}`
)

func TestDebeziumAvro(t *testing.T) {
	registry := schemas{1: {Text: avroKey}, 2: {Text: avroEnvelope}}
	key := framed(1, avroBytes(t, avroKey, map[string]any{"id": int64(7)}))
	source := map[string]any{"ts_ms": int64(1750000000123), "lsn": int64(5), "snapshot": "false"}
	codes := []any{}
	for _, b := range []byte(debeziumPlaceholder) {
		codes = append(codes, int32(b))
	}
	after := map[string]any{"id": int64(7), "bio": debeziumPlaceholder, "codes": codes, "raw": []byte(debeziumPlaceholder), "at": int64(1)}
	update := avroBytes(t, avroEnvelope, map[string]any{"before": nil, "after": after, "source": source, "op": "u"})
	r := reader(t, Options{Format: "debezium-avro"})
	reading, err := r.Read(eventOf(key, framed(2, update)), registry.lookup)
	if err != nil {
		t.Fatal(err)
	}
	c := one(t, reading)
	if c.Op != Patch || c.Key != "7" || rowJSON(c.Row) != `{"at":"1970-01-01T00:00:00.000001","id":7}` || len(c.Absent) != 3 || c.Source != "lsn:5" || c.AtFrom != "source.ts_ms" {
		t.Errorf("%+v", c)
	}
	for _, col := range c.Columns {
		if !col.Known {
			t.Errorf("%+v", col)
		}
	}
	gone := avroBytes(t, avroEnvelope, map[string]any{"before": nil, "after": nil, "source": source, "op": "d"})
	for name, e := range map[string]*model.Event{
		"prefix": eventOf(key, framed(2, gone)), "tombstone": eventOf(key, ""), "text key": eventOf("7", framed(2, gone)),
		"headers": eventOf(key[5:], string(gone), "__key_schema_id", "\x01AAAAAAAAAAAAAAA\x01", "__value_schema_id", "\x01AAAAAAAAAAAAAAA\x02"),
	} {
		reading, err := r.Read(e, registry.lookup)
		if err != nil {
			t.Fatal(name, err)
		}
		if c := one(t, reading); c.Op != Delete || c.Key != "7" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestWaiting: a schema that is not known yet is no fault of the event, whichever side needs it.
func TestWaiting(t *testing.T) {
	for name, e := range map[string]*model.Event{"value": eventOf("7", framed(9, []byte{0})), "key": eventOf(framed(9, []byte{0}), "")} {
		r := reader(t, Options{Format: "avro"})
		reading, err := r.Read(e, schemas{}.lookup)
		if !errors.Is(err, errUnknown) || reading.Problem != nil || len(reading.Changes) > 0 || reading.Ignored != "" {
			t.Errorf("%s: %+v %v", name, reading, err)
		}
		reading, err = r.Read(e, schemas{9: {Text: `{"type":"record","name":"K","fields":[{"name":"id","type":"int"}]}`}}.lookup)
		if c := one(t, reading); err != nil || c.Key != "0" {
			t.Errorf("%s, once it is known: %+v %v", name, reading, err)
		}
	}
}

func TestOtherFormats(t *testing.T) {
	registry := schemas{1: {Text: avroKey}, 2: {Kind: model.JSONSchema, Text: `{"type":"object"}`}, 3: {Kind: model.ProtobufSchema, Text: `syntax = "proto3"; message A { int64 id = 1; }`}}
	avroValue, jsonValue, protoValue := framed(1, avroBytes(t, avroKey, map[string]any{"id": int64(7)})), framed(2, []byte(`{"id":7}`)), framed(3, []byte{0, 8, 7})
	for _, test := range []struct{ format, value, code string }{
		{"avro", avroValue, ""}, {"avro", jsonValue, "window.other_format"}, {"avro", `{"id":7}`, "format.no_schema_id"}, {"protobuf", protoValue, ""}, {"protobuf", avroValue, "window.other_format"},
		{"jsonschema", jsonValue, ""}, {"jsonschema", `{"id":7}`, "format.no_schema_id"}, {"json", jsonValue, ""}, {"json", avroValue, "window.other_format"},
		{"auto", avroValue, ""}, {"none", avroValue, "format.no_registry"}, {"auto", jsonValue, ""}, {"auto", protoValue, ""}, {"auto", "\x08\x07", "format.no_schema_id"}, {"avro", "\xc3\x0112345678", "format.avro_container"},
	} {
		lookup := registry.lookup
		if test.format == "none" {
			test.format, lookup = "avro", nil
		}
		reading, err := reader(t, Options{Format: test.format}).Read(eventOf("", test.value), lookup)
		if err != nil {
			t.Fatal(err)
		}
		if test.code != "" {
			if reading.Problem == nil || reading.Problem.Code != test.code {
				t.Errorf("%+v: %+v", test, reading)
			}
		} else if c := one(t, reading); c.Key != "7" {
			t.Errorf("%+v: %+v", test, c)
		}
	}
}

func TestDebeziumProtobuf(t *testing.T) {
	registry := schemas{3: {Kind: model.ProtobufSchema, Text: `syntax = "proto3"; message Envelope { Row before = 1; Row after = 2; Source source = 3; string op = 4; int64 ts_ms = 5; }
		message Row { int64 id = 1; optional string bio = 2; } message Source { string connector = 1; int64 ts_ms = 2; int64 lsn = 3; }`}}
	row := append([]byte{8, 7, 18, byte(len(debeziumPlaceholder))}, debeziumPlaceholder...)
	value := append([]byte{0, 0x22, 1, 'u', 0x1a, 2, 24, 5, 0x12, byte(len(row))}, row...)
	reading, err := reader(t, Options{Format: "debezium-protobuf"}).Read(eventOf("", framed(3, value)), registry.lookup)
	if err != nil {
		t.Fatal(err)
	}
	if c := one(t, reading); c.Op != Patch || c.Key != "7" || rowJSON(c.Row) != `{"id":7}` || len(c.Absent) != 1 || c.Source != "lsn:5" || c.AtFrom != "event" {
		t.Errorf("%+v", c)
	}
}

func TestFlatAvro(t *testing.T) {
	schema := `{"type":"record","name":"Value","fields":[{"name":"id","type":"long"},{"name":"__deleted","type":["null","string"]},{"name":"__source_ts_ms","type":["null","long"]}]}`
	value := framed(1, avroBytes(t, schema, map[string]any{"id": int64(7), "__deleted": "true", "__source_ts_ms": int64(5)}))
	reading, err := reader(t, Options{Format: "debezium-avro-flat"}).Read(eventOf("", value), schemas{1: {Text: schema}}.lookup)
	if c := one(t, reading); err != nil || c.Op != Delete || c.Key != "7" || c.AtFrom != "__source_ts_ms" || len(c.Columns) != 1 {
		t.Errorf("%+v %v", reading, err)
	}
}

// TestCloudEventsInAvro: Debezium's data in Avro within JSON, an event that is Avro altogether, and a framed binary one.
func TestCloudEventsInAvro(t *testing.T) {
	data := `{"type":"record","name":"Data","fields":[{"name":"before","type":["null","int"]},{"name":"after","type":{"type":"record","name":"Row","fields":[{"name":"id","type":"long"}]}}]}`
	whole := `{"type":"record","name":"CE","fields":[{"name":"id","type":"string"},{"name":"source","type":"string"},{"name":"specversion","type":"string"},{"name":"type","type":"string"},{"name":"iodebeziumop","type":"string"},{"name":"data","type":` + data + `}]}`
	registry := schemas{1: {Text: data}, 2: {Text: whole}, 3: {Text: avroKey}}
	row := map[string]any{"before": nil, "after": map[string]any{"id": int64(7)}}
	packed := model.Blob([]byte(framed(1, avroBytes(t, data, row)))).Text
	inJSON := `{"specversion":"1.0","id":"1","source":"/s","type":"io.debezium.connector.postgresql.DataChangeEvent","datacontenttype":"application/avro","iodebeziumop":"c","data":"` + packed + `"}`
	inAvro := framed(2, avroBytes(t, whole, map[string]any{"id": "1", "source": "/s", "specversion": "1.0", "type": "io.debezium.x", "iodebeziumop": "c", "data": row}))
	binary := eventOf("", framed(3, avroBytes(t, avroKey, map[string]any{"id": int64(7)})), append(ceHeaders, "content-type", "application/avro")...)
	for name, e := range map[string]*model.Event{"in JSON": eventOf("", inJSON), "in Avro": eventOf("", inAvro), "binary": binary} {
		reading, err := reader(t, Options{Format: "cloudevents"}).Read(e, registry.lookup)
		if c := one(t, reading); err != nil || c.Key != "7" || rowJSON(c.Row) != `{"id":7}` {
			t.Errorf("%s: %+v %v", name, reading, err)
		}
	}
}
