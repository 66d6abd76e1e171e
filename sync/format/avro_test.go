package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/freshet/freshet/sync/model"
)

// registry answers with one schema, whatever is asked.
func registry(s model.Schema) Lookup {
	return func(model.SchemaRef) (model.Schema, error) { return s, nil }
}

func framedBytes(payload []byte) []byte { return append([]byte{0, 0, 0, 0, 42}, payload...) }

// decodeFramed decodes bytes in Confluent's form.
func decodeFramed(t testing.TB, d *Decoder, payload []byte, s model.Schema) (Node, *Problem) {
	t.Helper()
	f, ok, p := CutFrame(payload, nil)
	if !ok || p != nil {
		t.Fatal(ok, p)
	}
	n, _, p, err := d.Framed(f, registry(s))
	if err != nil {
		t.Fatal(err)
	}
	return n, p
}

// columnsOf writes every member as name, type and value.
func columnsOf(n Node) string {
	var lines []string
	for i := range n.Items {
		item := &n.Items[i]
		typ := "?"
		if item.Type != nil && item.Type.Known() {
			typ = item.Type.Name
		}
		v, p := item.Whole()
		text := string(v.AppendJSON(nil))
		if p != nil {
			text = p.Code
		}
		lines = append(lines, item.Name+" "+typ+" "+text)
	}
	return strings.Join(lines, "\n")
}

func encodeAvro(t testing.TB, schema string, v any) []byte {
	t.Helper()
	b, err := avro.MustParse(schema).Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func avroRecord(fields ...string) string {
	return `{"type":"record","name":"Row","namespace":"shop","fields":[` + strings.Join(fields, ",") + `]}`
}

func avroField(name, typ string) string { return `{"name":"` + name + `","type":` + typ + `}` }

func connectType(base, name, more string) string {
	return `{"type":"` + base + `","connect.version":1,"connect.name":"` + name + `"` + more + `}`
}

func TestAvro(t *testing.T) {
	schema := avroRecord(
		avroField("z", `["null","string"]`), avroField("yes", `"boolean"`), avroField("i", `"int"`), avroField("l", `"long"`), avroField("f", `"float"`),
		avroField("d", `"double"`), avroField("b", `"bytes"`), avroField("e", `{"type":"enum","name":"Plan","symbols":["free","pro"]}`),
		avroField("fix", `{"type":"fixed","name":"Fix","size":2}`), avroField("price", `{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}`),
		avroField("wide", `{"type":"bytes","logicalType":"decimal","precision":50,"scale":2}`),
		avroField("day", `{"type":"int","logicalType":"date"}`), avroField("tm", `{"type":"int","logicalType":"time-millis"}`), avroField("tu", `{"type":"long","logicalType":"time-micros"}`),
		avroField("ms", `{"type":"long","logicalType":"timestamp-millis"}`), avroField("us", `["null",{"type":"long","logicalType":"timestamp-micros"}]`),
		avroField("ns", `{"type":"long","logicalType":"timestamp-nanos"}`), avroField("lus", `{"type":"long","logicalType":"local-timestamp-micros"}`),
		avroField("u", `{"type":"string","logicalType":"uuid"}`), avroField("dur", `{"type":"fixed","name":"Dur","size":12,"logicalType":"duration"}`),
		avroField("list", `{"type":"array","items":["null",{"type":"int","logicalType":"date"}]}`), avroField("map", `{"type":"map","values":"long"}`),
		avroField("one", `["null","int","string"]`), avroField("two", `["null","int","string"]`), avroField("self", `["null","Row"]`), avroField("plan2", `["null","Plan"]`),
	)
	dur := make([]byte, 12)
	binary.LittleEndian.PutUint32(dur, 14)
	binary.LittleEndian.PutUint32(dur[8:], 1500)
	row := map[string]any{"z": nil, "yes": true, "i": int32(-5), "l": int64(9007199254740993), "f": float32(0.1), "d": 1e21, "b": []byte{0, 255}, "e": "pro", "fix": []byte{1, 2},
		"price": "-0.5", "wide": "1234567890123456789012345678901234567890.05", "day": int32(19782), "tm": int32(45000250), "tu": int64(45000250001), "ms": int64(1709210096001),
		"us": int64(-1), "ns": int64(1), "lus": int64(0), "u": "5B3E0A6E-8A2B-4C3D-9E4F-0123456789AB", "dur": dur, "list": []any{int32(0), nil},
		"map": map[string]any{"b": int64(2), "a": int64(1)}, "one": int32(5), "two": "x", "self": nil, "plan2": "free"}
	inner := map[string]any{}
	for k, v := range row {
		inner[k] = v
	}
	inner["self"] = nil
	row["self"] = inner
	var d Decoder
	n, p := decodeFramed(t, &d, framedBytes(encodeAvro(t, schema, row)), model.Schema{Text: schema})
	if p != nil {
		t.Fatal(p)
	}
	self, _ := n.Get("self").Whole()
	n.Items[24].Items, n.Items[24].Shape = nil, Object
	want := `z VARCHAR null
yes BOOLEAN true
i INTEGER -5
l BIGINT 9007199254740993
f FLOAT 0.1
d DOUBLE 1e+21
b BLOB "AP8="
e VARCHAR "pro"
fix BLOB "AQI="
price DECIMAL(10,2) -0.50
wide VARCHAR "1234567890123456789012345678901234567890.05"
day DATE "2024-02-29"
tm TIME "12:30:00.25"
tu TIME "12:30:00.250001"
ms TIMESTAMP WITH TIME ZONE "2024-02-29T12:34:56.001Z"
us TIMESTAMP WITH TIME ZONE "1969-12-31T23:59:59.999999Z"
ns TIMESTAMP_NS "1970-01-01T00:00:00.000000001"
lus TIMESTAMP "1970-01-01T00:00:00"
u UUID "5b3e0a6e-8a2b-4c3d-9e4f-0123456789ab"
dur VARCHAR "P1Y2MT1.5S"
list JSON ["1970-01-01",null]
map JSON {"a":1,"b":2}
one JSON 5
two JSON "x"
self JSON {}
plan2 VARCHAR "free"`
	if got := columnsOf(n); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if !strings.HasPrefix(self.Text, `{"z":null,"yes":true,"i":-5,"l":9007199254740993,`) || !strings.Contains(self.Text, `"price":-0.50,`) {
		t.Error(self.Text)
	}
}

// TestAvroNames: the types that Kafka Connect and Debezium name, as their Avro converter writes them.
func TestAvroNames(t *testing.T) {
	const debezium = "io.debezium."
	schema := avroRecord(
		avroField("dec", `["null",`+connectType("bytes", connectDecimal, `,"connect.parameters":{"scale":"2","connect.decimal.precision":"10"},"logicalType":"decimal","precision":64,"scale":2`)+`]`),
		avroField("loose", connectType("bytes", connectDecimal, `,"connect.parameters":{"scale":"2"},"logicalType":"decimal","precision":64,"scale":2`)),
		avroField("cd", connectType("int", "org.apache.kafka.connect.data.Date", `,"logicalType":"date"`)), avroField("ct", connectType("int", "org.apache.kafka.connect.data.Time", `,"logicalType":"time-millis"`)),
		avroField("cts", connectType("long", "org.apache.kafka.connect.data.Timestamp", `,"logicalType":"timestamp-millis"`)),
		avroField("date", connectType("int", debezium+"time.Date", "")), avroField("time", connectType("int", debezium+"time.Time", "")), avroField("mtime", connectType("long", debezium+"time.MicroTime", "")),
		avroField("ntime", connectType("long", debezium+"time.NanoTime", "")), avroField("ts", connectType("long", debezium+"time.Timestamp", "")), avroField("mts", connectType("long", debezium+"time.MicroTimestamp", "")),
		avroField("nts", connectType("long", debezium+"time.NanoTimestamp", "")), avroField("zts", connectType("string", debezium+"time.ZonedTimestamp", "")), avroField("zt", connectType("string", debezium+"time.ZonedTime", "")),
		avroField("isod", connectType("string", debezium+"time.IsoDate", "")), avroField("isot", connectType("string", debezium+"time.IsoTime", "")), avroField("isots", connectType("string", debezium+"time.IsoTimestamp", "")),
		avroField("iv", connectType("string", debezium+"time.Interval", "")), avroField("mdur", connectType("long", debezium+"time.MicroDuration", "")), avroField("year", connectType("int", debezium+"time.Year", "")),
		avroField("var", `["null",{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","fields":[{"name":"scale","type":"int"},{"name":"value","type":"bytes"}],"connect.name":"io.debezium.data.VariableScaleDecimal"}]`),
		avroField("novar", `["null","io.debezium.data.VariableScaleDecimal"]`),
		avroField("json", connectType("string", debezium+"data.Json", "")), avroField("xml", connectType("string", debezium+"data.Xml", "")), avroField("uuid", connectType("string", debezium+"data.Uuid", "")),
		avroField("enum", connectType("string", debezium+"data.Enum", `,"connect.parameters":{"allowed":"a,b"}`)), avroField("set", connectType("string", debezium+"data.EnumSet", "")),
		avroField("bits", connectType("bytes", debezium+"data.Bits", `,"connect.parameters":{"length":"9"}`)),
		avroField("point", `{"type":"record","name":"Point","namespace":"io.debezium.data.geometry","fields":[{"name":"x","type":"double"},{"name":"wkb","type":["null","bytes"]},{"name":"srid","type":["null","int"]}],"connect.name":"io.debezium.data.geometry.Point"}`),
		avroField("tiny", connectType("int", "", `,"connect.type":"int8"`)), avroField("other", connectType("long", "com.example.Thing", "")),
	)
	row := map[string]any{"dec": []byte{0x30, 0x39}, "loose": []byte{0xff}, "cd": int32(1), "ct": int32(1), "cts": int64(1), "date": int32(-1), "time": int32(86399999), "mtime": int64(1), "ntime": int64(1),
		"ts": int64(1), "mts": int64(1), "nts": int64(1), "zts": "2024-02-29T12:00:00.100+01:00", "zt": "12:00:00+01:00", "isod": "2024-02-29Z", "isot": "10:15:30Z", "isots": "2024-02-29T10:15:30.5Z",
		"iv": "P1Y2M3DT4H5M6.5S", "mdur": int64(-1500000), "year": int32(2024), "var": map[string]any{"scale": int32(-2), "value": []byte{5}}, "novar": nil, "json": `{"a": [1.0]}`, "xml": "<a/>",
		"uuid": "5b3e0a6e-8a2b-4c3d-9e4f-0123456789ab", "enum": "a", "set": "a,b", "bits": []byte{0x05, 0x01}, "point": map[string]any{"x": 1.5, "wkb": []byte{1}, "srid": nil}, "tiny": int32(5), "other": int64(5)}
	// The library checks logical types when it encodes, so it is not told about them.
	encoder := strings.NewReplacer(`"logicalType":"decimal","precision":64,"scale":2`, `"x":1`, `"logicalType":"date"`, `"x":1`, `"logicalType":"time-millis"`, `"x":1`, `"logicalType":"timestamp-millis"`, `"x":1`).Replace(schema)
	var d Decoder
	n, p := decodeFramed(t, &d, framedBytes(encodeAvro(t, encoder, row)), model.Schema{Text: schema})
	if p != nil {
		t.Fatal(p)
	}
	want := `dec DECIMAL(10,2) 123.45
loose DECIMAL(38,2) -0.01
cd DATE "1970-01-02"
ct TIME "00:00:00.001"
cts TIMESTAMP WITH TIME ZONE "1970-01-01T00:00:00.001Z"
date DATE "1969-12-31"
time TIME "23:59:59.999"
mtime TIME "00:00:00.000001"
ntime TIME_NS "00:00:00.000000001"
ts TIMESTAMP "1970-01-01T00:00:00.001"
mts TIMESTAMP "1970-01-01T00:00:00.000001"
nts TIMESTAMP_NS "1970-01-01T00:00:00.000000001"
zts TIMESTAMP WITH TIME ZONE "2024-02-29T11:00:00.1Z"
zt TIME WITH TIME ZONE "12:00:00+01:00"
isod DATE "2024-02-29"
isot TIME "10:15:30"
isots TIMESTAMP "2024-02-29T10:15:30.5"
iv VARCHAR "P1Y2M3DT4H5M6.5S"
mdur VARCHAR "PT-1.5S"
year INTEGER 2024
var ? 500
novar ? null
json JSON {"a":[1.0]}
xml VARCHAR "<a/>"
uuid UUID "5b3e0a6e-8a2b-4c3d-9e4f-0123456789ab"
enum VARCHAR "a"
set VARCHAR "a,b"
bits BIT "100000101"
point JSON {"x":1.5,"wkb":"AQ==","srid":null}
tiny INTEGER 5
other BIGINT 5`
	if got := columnsOf(n); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestAvroReferences: a schema that imports another, as a registry gives both.
func TestAvroReferences(t *testing.T) {
	ref := `{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"city","type":"string"},{"name":"since","type":{"type":"int","logicalType":"date"}}]}`
	main := avroRecord(avroField("id", `"long"`), avroField("home", `"shop.Address"`))
	whole := avroRecord(avroField("id", `"long"`), avroField("home", ref))
	b := framedBytes(encodeAvro(t, whole, map[string]any{"id": int64(7), "home": map[string]any{"city": "Łódź", "since": int32(1)}}))
	var d Decoder
	n, p := decodeFramed(t, &d, b, model.Schema{Text: main, References: []model.NamedSchema{{Name: "shop.Address", Text: ref}}})
	if p != nil || columnsOf(n) != "id BIGINT 7\nhome JSON {\"city\":\"Łódź\",\"since\":\"1970-01-02\"}" {
		t.Error(p, columnsOf(n))
	}
}

func TestAvroProblems(t *testing.T) {
	schema := avroRecord(avroField("d", `"double"`), avroField("s", `"string"`))
	good := encodeAvro(t, schema, map[string]any{"d": 1.5, "s": "x"})
	nan := encodeAvro(t, schema, map[string]any{"d": 1.5, "s": "x"})
	copy(nan, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f})
	for name, test := range map[string]struct {
		schema  string
		payload []byte
		code    string
	}{
		"short": {schema, good[:5], "format.bad_avro"}, "empty": {schema, nil, "format.bad_avro"}, "more": {schema, append(good[:len(good):len(good)], 0), "format.trailing_bytes"},
		"no schema": {`{"type":"nope"}`, good, "format.bad_schema"}, "not even JSON": {`{`, good, "format.bad_schema"}, "NaN": {schema, nan, "format.not_finite"},
		"no UTF-8":     {`"string"`, []byte{2, 0xff}, "format.bad_text"},
		"a bomb":       {`{"type":"array","items":"null"}`, []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}, ""},
		"half a rune":  {`{"type":"map","values":"int"}`, []byte{2, 2, 0xff, 2, 0}, "format.bad_text"},
		"long strings": {`"string"`, []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "format.bad_avro"},
	} {
		var d Decoder
		_, p := decodeFramed(t, &d, framedBytes(test.payload), model.Schema{Text: test.schema})
		if p == nil || test.code != "" && p.Code != test.code {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestLookups: an unknown schema is asked for again; a known one never; a broken one stays broken.
func TestLookups(t *testing.T) {
	down, asked := errors.New("down"), 0
	var d Decoder
	f, _, _ := CutFrame(framedBytes([]byte{14}), nil)
	answer := func(s model.Schema, err error) Lookup {
		return func(ref model.SchemaRef) (model.Schema, error) {
			asked++
			if ref.ID != 42 {
				t.Errorf("asked for %+v", ref)
			}
			return s, err
		}
	}
	for range 2 {
		if _, _, p, err := d.Framed(f, answer(model.Schema{}, down)); !errors.Is(err, down) || p != nil {
			t.Error(p, err)
		}
	}
	for range 3 {
		if n, _, p, err := d.Framed(f, answer(model.Schema{Text: `"long"`}, nil)); err != nil || p != nil || n.Value.Text != "7" {
			t.Error(n, p, err)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

// TestAvroRoundTrip: what the library writes of random rows, comes out as the same values.
func TestAvroRoundTrip(t *testing.T) {
	schema := avroRecord(avroField("l", `"long"`), avroField("s", `["null","string"]`), avroField("b", `"bytes"`), avroField("d", `"double"`),
		avroField("list", `{"type":"array","items":"int"}`), avroField("price", `{"type":"bytes","logicalType":"decimal","precision":30,"scale":3}`))
	var d Decoder
	rapid.Check(t, func(t *rapid.T) {
		l, b := rapid.Int64().Draw(t, "l"), rapid.SliceOf(rapid.Byte()).Draw(t, "b")
		var s any
		text := "null"
		if rapid.Bool().Draw(t, "text") {
			drawn := rapid.String().Draw(t, "s")
			s, text = drawn, string(model.AppendQuoted(nil, drawn))
		}
		f := rapid.Float64().Draw(t, "d")
		list := rapid.SliceOfN(rapid.Int32(), 0, 5).Draw(t, "list")
		var parts []string
		for _, i := range list {
			parts = append(parts, strconv.Itoa(int(i)))
		}
		price := fmt.Sprintf("%d.%03d", rapid.Int64().Draw(t, "whole"), rapid.IntRange(0, 999).Draw(t, "rest"))
		encoded, err := avro.MustParse(schema).Encode(map[string]any{"l": l, "s": s, "b": b, "d": f, "list": list, "price": price})
		if err != nil {
			t.Fatal(err)
		}
		frame, _, _ := CutFrame(framedBytes(encoded), nil)
		n, _, p, err := d.Framed(frame, registry(model.Schema{Text: schema}))
		if p != nil || err != nil {
			t.Fatal(p, err)
		}
		want := fmt.Sprintf("l BIGINT %d\ns VARCHAR %s\nb BLOB %s\nd DOUBLE %s\nlist JSON [%s]\nprice DECIMAL(30,3) %s", l, text, model.AppendQuoted(nil, model.Blob(b).Text),
			shortest(f, 64), strings.Join(parts, ","), price)
		if got := columnsOf(n); got != want {
			t.Fatalf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// fuzzAvro has every kind of type in it.
var fuzzAvro = avroRecord(avroField("a", `["null",{"type":"bytes","logicalType":"decimal","precision":10,"scale":2},"string"]`), avroField("l", `{"type":"array","items":["null","Row","long"]}`),
	avroField("m", `{"type":"map","values":{"type":"long","connect.name":"io.debezium.time.MicroTimestamp"}}`), avroField("f", `{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`),
	avroField("d", `"double"`), avroField("n", `{"type":"array","items":"null"}`))

func FuzzAvro(f *testing.F) {
	row := map[string]any{"a": "x", "l": []any{nil, int64(5)}, "m": map[string]any{"k": int64(1)}, "f": make([]byte, 12), "d": 1.5, "n": []any{nil}}
	f.Add(encodeAvro(f, fuzzAvro, row))
	f.Add(encodeAvro(f, fuzzAvro, map[string]any{"a": []byte{1}, "l": []any{row}, "m": map[string]any{}, "f": make([]byte, 12), "d": 0.0, "n": []any{}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Decoder
		n, p := decodeFramed(t, &d, framedBytes(b), model.Schema{Text: fuzzAvro})
		if p == nil {
			_, _ = n.Whole()
		}
	})
}
