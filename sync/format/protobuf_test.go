package format

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/freshet/freshet/sync/model"
)

const rowProto = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/field_mask.proto";
import "google/type/date.proto";
import "google/type/timeofday.proto";
import "confluent/type/decimal.proto";
import "confluent/meta.proto";
import "common/address.proto";
message Row {
  int64 id = 1 [(confluent.field_meta).doc = "the key"];
  optional string name = 2;
  bool yes = 3;
  uint64 big = 4;
  sint32 small = 5;
  fixed32 fix = 6;
  float f = 7;
  double d = 8;
  bytes b = 9;
  Plan plan = 10;
  google.protobuf.Timestamp at = 11;
  google.protobuf.Duration took = 12;
  google.protobuf.Int64Value maybe = 13;
  google.protobuf.StringValue none = 14;
  google.protobuf.Struct doc = 15;
  google.protobuf.Value any = 16;
  google.type.Date day = 17;
  google.type.TimeOfDay clock = 18;
  confluent.type.Decimal price = 19;
  common.Address home = 20;
  repeated int64 list = 21;
  map<string, google.protobuf.Timestamp> times = 22;
  oneof contact { string email = 23; string phone = 24; }
  google.protobuf.FieldMask mask = 25;
  repeated Plan plans = 26;
  message Inner { int32 x = 1; }
}
enum Plan { FREE = 0; PRO = 1; }
message Second { message First { int32 a = 1; } message Two { int32 b = 1; } }`

const addressProto = `syntax = "proto3"; package common; message Address { string city = 1; }`

var protoRegistry = model.Schema{Kind: model.ProtobufSchema, Text: rowProto, References: []model.NamedSchema{{Name: "common/address.proto", Text: addressProto}}}

// encodeProto writes the first message of a schema from its JSON form.
func encodeProto(t testing.TB, s model.Schema, text string, indexes ...int) []byte {
	t.Helper()
	c, p := compileProtobuf(s, &arena{})
	if p != nil {
		t.Fatal(p)
	}
	descriptor, p := c.message(append(indexes, make([]int, 1-min(1, len(indexes)))...))
	if p != nil {
		t.Fatal(p)
	}
	m := dynamicpb.NewMessage(descriptor)
	if err := protojson.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProtobuf(t *testing.T) {
	b := encodeProto(t, protoRegistry, `{"id":"9007199254740993","yes":true,"big":"18446744073709551615","small":-5,"fix":4294967295,"f":0.1,"d":1e21,"b":"AP8=","plan":"PRO",
		"at":"2024-02-29T12:34:56.123456789Z","took":"-1.5s","maybe":"0","doc":{"b":[1,2.5,null],"a":{"x":"y"}},"any":"text","day":{"year":2024,"month":2,"day":29},
		"clock":{"hours":12,"minutes":30,"nanos":250000000},"price":{"value":"MDk=","precision":10,"scale":2},"home":{"city":"Łódź"},"list":["1","2"],
		"times":{"b":"1970-01-01T00:00:00Z","a":"9999-12-31T23:59:59Z"},"phone":"1","mask":"a,bC","plans":["FREE","PRO"]}`)
	var d Decoder
	n, p := decodeFramed(t, &d, framedBytes(append([]byte{0}, b...)), protoRegistry)
	if p != nil {
		t.Fatal(p)
	}
	want := `id BIGINT 9007199254740993
name VARCHAR null
yes BOOLEAN true
big UBIGINT 18446744073709551615
small INTEGER -5
fix UINTEGER 4294967295
f FLOAT 0.1
d DOUBLE 1e+21
b BLOB "AP8="
plan VARCHAR "PRO"
at TIMESTAMP_NS "2024-02-29T12:34:56.123456789"
took VARCHAR "PT-1.5S"
maybe BIGINT 0
none VARCHAR null
doc JSON {"a":{"x":"y"},"b":[1,2.5,null]}
any JSON "text"
day DATE "2024-02-29"
clock TIME_NS "12:30:00.25"
price ? 123.45
home JSON {"city":"Łódź"}
list JSON [1,2]
times JSON format.misfit
email VARCHAR null
phone VARCHAR "1"
mask VARCHAR "a,b_c"
plans JSON ["FREE","PRO"]`
	if got := columnsOf(n); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	at, _ := ParseType("TIMESTAMPTZ")
	if v, p := n.Get("at").As(at); p == nil {
		t.Error("nanoseconds were lost", v)
	}
	if v, p := n.Get("times").Items[1].As(at); p != nil || v.Text != "1970-01-01T00:00:00Z" {
		t.Error(v, p)
	}
}

// TestMessageIndexes: the message that the indexes name, in the prefix and in the header.
func TestMessageIndexes(t *testing.T) {
	for indexes, name := range map[string]string{"\x04\x02\x00": "a", "\x04\x02\x02": "b", "\x04\x00\x00": "x"} {
		for _, head := range [][]byte{nil, append([]byte{0, 0, 0, 0, 42}, indexes...), append([]byte("\x01ABCDEFGHIJKLMNOP"), indexes...)} {
			payload := []byte{8, 5}
			if head == nil {
				payload = framedBytes(append([]byte(indexes), payload...))
			}
			f, ok, p := CutFrame(payload, head)
			if !ok || p != nil {
				t.Fatal(ok, p)
			}
			var d Decoder
			n, kind, p, err := d.Framed(f, registry(protoRegistry))
			if err != nil || p != nil || kind != model.ProtobufSchema || columnsOf(n) != name+" INTEGER 5" {
				t.Errorf("%q %q: %v %v %s", indexes, head, p, err, columnsOf(n))
			}
			if head != nil && head[0] == 1 && f.Ref.GUID != [16]byte([]byte("ABCDEFGHIJKLMNOP")) {
				t.Errorf("%+v", f.Ref)
			}
		}
	}
}

func TestFrames(t *testing.T) {
	for name, test := range map[string]struct {
		payload, header string
		ok              bool
		code            string
		id              int
	}{
		"JSON": {"{}", "", false, "", 0}, "prefix": {"\x00\x00\x00\x00\x07x", "", true, "", 7}, "short": {"\x00\x00\x00\x07", "", true, "format.bad_frame", 0},
		"header wins": {"\x00\x00\x00\x00\x07x", "\x00\x00\x00\x00\x08", true, "", 8}, "bad header": {"{}", "\x02", true, "format.bad_frame", 0},
		"half a GUID": {"{}", "\x01ABC", true, "format.bad_frame", 0}, "no schema 0": {"\x00\x00\x00\x00\x00x", "", true, "format.bad_frame", 0},
	} {
		var head []byte
		if test.header != "" {
			head = []byte(test.header)
		}
		f, ok, p := CutFrame([]byte(test.payload), head)
		if ok != test.ok || (p == nil) != (test.code == "") || p != nil && p.Code != test.code || f.Ref.ID != test.id {
			t.Errorf("%s: %+v %v %+v", name, f, ok, p)
		}
		if head != nil && p == nil && string(f.Rest) != test.payload {
			t.Errorf("%s: with a header the payload is whole, got %q", name, f.Rest)
		}
	}
}

func TestProtobufProblems(t *testing.T) {
	for name, test := range map[string]struct {
		s       model.Schema
		payload string
		code    string
	}{
		"broken off": {protoRegistry, "\x00\x08", "format.bad_protobuf"}, "no indexes": {protoRegistry, "", "format.bad_frame"}, "no such message": {protoRegistry, "\x02\x0a", "format.bad_frame"},
		"too many indexes": {protoRegistry, "\xff\xff\x03", "format.bad_frame"}, "no UTF-8": {protoRegistry, "\x00\x12\x01\xff", "format.bad_protobuf"},
		"no proto":     {model.Schema{Kind: model.ProtobufSchema, Text: "message {"}, "\x00", "format.bad_schema"},
		"lost import":  {model.Schema{Kind: model.ProtobufSchema, Text: `syntax = "proto3"; import "x.proto"; message A {}`}, "\x00", "format.bad_schema"},
		"no messages":  {model.Schema{Kind: model.ProtobufSchema, Text: `syntax = "proto3";`}, "\x00", "format.bad_frame"},
		"a false name": {model.Schema{Kind: model.ProtobufSchema, Text: `syntax = "proto3"; package google.protobuf; message Timestamp { string x = 1; }`}, "\x00", "format.bad_protobuf"},
		"required":     {model.Schema{Kind: model.ProtobufSchema, Text: `syntax = "proto2"; message A { required int32 x = 1; }`}, "\x00", "format.bad_protobuf"},
		"bad time":     {model.Schema{Kind: model.ProtobufSchema, Text: `syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { google.protobuf.Timestamp t = 1; }`}, "\x00\x0a\x02\x10\x01", ""},
		"worse time":   {model.Schema{Kind: model.ProtobufSchema, Text: `syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { google.protobuf.Timestamp t = 1; }`}, "\x00\x0a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "format.misfit"},
	} {
		var d Decoder
		_, p := decodeFramed(t, &d, framedBytes([]byte(test.payload)), test.s)
		if (p == nil) != (test.code == "") || p != nil && p.Code != test.code {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestProtobufRoundTrip: what the library writes of random messages comes out as its own JSON says.
func TestProtobufRoundTrip(t *testing.T) {
	s := model.Schema{Kind: model.ProtobufSchema, Text: `syntax = "proto3"; message A { sint64 i = 1; optional string s = 2; bytes b = 3; repeated uint32 l = 4; double d = 5; map<int32, bool> m = 6; }`}
	var d Decoder
	rapid.Check(t, func(rt *rapid.T) {
		i, s1, b := rapid.Int64().Draw(rt, "i"), rapid.String().Draw(rt, "s"), rapid.SliceOf(rapid.Byte()).Draw(rt, "b")
		f := rapid.Float64().Draw(rt, "d")
		text := `{"i":` + model.Integer(i).Text + `,"s":` + string(model.AppendQuoted(nil, s1)) + `,"b":"` + model.Blob(b).Text + `","l":[1,4294967295],"d":` + shortest(f, 64) + `,"m":{"-1":true,"2":false}}`
		frame, _, _ := CutFrame(framedBytes(append([]byte{0}, encodeProto(t, s, text)...)), nil)
		n, _, p, err := d.Framed(frame, registry(s))
		if p != nil || err != nil {
			rt.Fatal(p, err)
		}
		if got, _ := n.Whole(); got.Text != text {
			rt.Fatalf("got  %s\nwant %s", got.Text, text)
		}
	})
}

func TestJSONSchema(t *testing.T) {
	other := `{"$id":"http://x/common.json","definitions":{"city":{"type":"string","format":"uuid"}}}`
	schema := `{"type":"object","properties":{"id":{"type":"integer"},"n":{"oneOf":[{"type":"null"},{"type":"number","title":"org.apache.kafka.connect.data.Decimal","connect.parameters":{"scale":"2"}}]},
		"at":{"type":"string","format":"date-time"},"tiny":{"type":["integer","null"],"connect.type":"int8"},"free":{"type":"number"},"ref":{"$ref":"#/definitions/day"},"far":{"$ref":"common.json#/definitions/city"},
		"list":{"type":"array","items":{"$ref":"#/definitions/day"}},"self":{"$ref":"#"},"mix":{"type":["string","integer"]},"micro":{"type":"integer","title":"io.debezium.time.MicroTimestamp","connect.type":"int64"}},
		"definitions":{"day":{"type":"string","format":"date"}}}`
	s := model.Schema{Kind: model.JSONSchema, Text: schema, References: []model.NamedSchema{{Name: "common.json", Text: other}}}
	var d Decoder
	n, p := decodeFramed(t, &d, framedBytes([]byte(`{"id":7,"n":"MDk=","at":"2024-02-29T12:00:00+01:00","tiny":5,"free":1.10,"ref":"2024-02-29","far":"5B3E0A6E-8A2B-4C3D-9E4F-0123456789AB","list":["1970-01-01"],"self":{"id":8,"n":1.5},"mix":3,"micro":1,"new":true}`)), s)
	if p != nil {
		t.Fatal(p)
	}
	want := `id BIGINT 7
n DECIMAL(38,2) 123.45
at TIMESTAMP WITH TIME ZONE "2024-02-29T11:00:00Z"
tiny TINYINT 5
free ? 1.10
ref DATE "2024-02-29"
far UUID "5b3e0a6e-8a2b-4c3d-9e4f-0123456789ab"
list JSON ["1970-01-01"]
self JSON {"id":8,"n":1.50}
mix ? 3
micro TIMESTAMP "1970-01-01T00:00:00.000001"
new ? true`
	if got := columnsOf(n); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	n, _ = decodeFramed(t, &d, framedBytes([]byte(`{"id":"x"}`)), s)
	if got := columnsOf(n); got != "id BIGINT format.misfit" {
		t.Error(got)
	}
	for _, text := range []string{`true`, `{}`, `{"$ref":"#"}`, `{"$ref":"#/a/b"}`, `{"properties":5,"items":[{}]}`, `{"$ref":"nowhere.json"}`} {
		var d Decoder
		if n, p := decodeFramed(t, &d, framedBytes([]byte(`{"a":[1]}`)), model.Schema{Kind: model.JSONSchema, Text: text}); p != nil || len(n.Items) != 1 {
			t.Errorf("%s: %+v", text, p)
		}
	}
	if _, p := decodeFramed(t, new(Decoder), framedBytes([]byte(`{}`)), model.Schema{Kind: model.JSONSchema, Text: `{`}); p == nil || p.Code != "format.bad_schema" {
		t.Error(p)
	}
}

func FuzzProtobuf(f *testing.F) {
	f.Add(append([]byte{0}, encodeProto(f, protoRegistry, `{"id":"5","at":"2024-02-29T12:34:56.123456789Z","doc":{"a":[1,{"b":null}]},"any":5,"price":{"value":"MDk=","scale":-3},"times":{"b":"1970-01-01T00:00:00Z"},"took":"-1.5s","clock":{"hours":24},"mask":"a"}`)...))
	f.Add([]byte("\x04\x02\x02\x08\x05"))
	var d Decoder
	f.Fuzz(func(t *testing.T, b []byte) {
		n, p := decodeFramed(t, &d, framedBytes(b), protoRegistry)
		if p == nil {
			_, _ = n.Whole()
		}
	})
}

func FuzzJSONSchema(f *testing.F) {
	schema := model.Schema{Kind: model.JSONSchema, Text: `{"type":"object","properties":{"n":{"oneOf":[{"type":"null"},{"type":"number","title":"org.apache.kafka.connect.data.Decimal","connect.parameters":{"scale":"2"}}]},
		"at":{"type":"string","format":"date-time"},"tiny":{"type":["integer","null"],"connect.type":"int8"},"list":{"type":"array","items":{"type":"string","format":"uuid"}},"self":{"$ref":"#"},
		"micro":{"type":"integer","title":"io.debezium.time.MicroTimestamp","connect.type":"int64"},"raw":{"type":"string","connect.type":"bytes"}}}`}
	f.Add([]byte(`{"n":"MDk=","at":"2024-02-29T12:00:00+01:00","tiny":5,"list":["5B3E0A6E-8A2B-4C3D-9E4F-0123456789AB"],"self":{"n":1.5},"micro":1,"raw":"AP8="}`))
	var d Decoder
	f.Fuzz(func(t *testing.T, b []byte) {
		n, p := decodeFramed(t, &d, framedBytes(b), schema)
		if p == nil {
			_, _ = n.Whole()
		}
	})
}

// FuzzFraming: whatever stands before the bytes and in the header, and whatever the schema says.
func FuzzFraming(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x07\x04\x02\x00\x08\x05"), []byte(nil), uint8(1), rowProto)
	f.Add([]byte("{}"), []byte("\x01ABCDEFGHIJKLMNOP"), uint8(2), `{"type":"object","properties":{"a":{"$ref":"#/properties/a"}}}`)
	f.Add([]byte("\x0e"), []byte("\x00\x00\x00\x00\x07"), uint8(0), `{"type":"record","name":"a","fields":[{"name":"x","type":["null","a"]}]}`)
	f.Fuzz(func(t *testing.T, payload, head []byte, kind uint8, schema string) {
		if len(schema) > 4096 || strings.Count(schema, "{") > 200 {
			return
		}
		if len(head) == 0 {
			head = nil
		}
		frame, ok, p := CutFrame(payload, head)
		if !ok || p != nil {
			return
		}
		var d Decoder
		n, _, p, _ := d.Framed(frame, registry(model.Schema{Kind: model.SchemaKind(kind % 4), Text: schema}))
		if p == nil {
			_, _ = n.Whole()
		}
	})
}
