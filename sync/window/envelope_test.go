package window

import (
	"strings"
	"testing"
	"time"
)

const pgSource = `"source":{"version":"3.6.0.Final","connector":"postgresql","name":"shop","ts_ms":1750000000123,"ts_us":1750000000123456,` +
	`"ts_ns":1750000000123456000,"snapshot":"false","db":"shop","sequence":"[\"24023119\",\"24023128\"]","schema":"public",` +
	`"table":"customers","txId":556,"lsn":24023128,"xmin":null}`

const pgTail = `,` + pgSource + `,"transaction":{"id":"556:24023128","total_order":1,"data_collection_order":1},"ts_ms":1750000000200}`

func TestPostgresUpdate(t *testing.T) {
	e := eventOf(`{"id":7}`, `{"before":{"id":7,"email":"old@x.io","n":null},"after":{"id":7,"email":"a@x.io","n":9007199254740993},"op":"u"`+pgTail)
	c := one(t, read(t, Options{Format: "debezium-json"}, e))
	if c.Op != Write || c.Key != "7" || rowJSON(c.Row) != `{"email":"a@x.io","id":7,"n":9007199254740993}` || rowJSON(c.Before) != `{"email":"old@x.io","id":7,"n":null}` {
		t.Errorf("%+v", c)
	}
	if !c.At.Equal(time.Unix(1750000000, 123456000)) || c.AtFrom != "source.ts_ns" || c.Source != "lsn:24023128" || c.Snapshot || c.Offset != 7 || c.Partition != 2 {
		t.Errorf("%+v", c)
	}
	if c.Columns[1].Name != "id" || c.Columns[1].Type != "BIGINT" || c.Columns[1].Known {
		t.Errorf("%+v", c.Columns)
	}
}

func TestOps(t *testing.T) {
	row := `{"id":7,"name":"Ann"}`
	for name, test := range map[string]struct {
		key, value string
		op         Op
		ignored    string
		code       string
		snapshot   bool
		before     string
	}{
		"create":           {`{"id":7}`, `{"before":null,"after":` + row + `,"op":"c"` + pgTail, Write, "", "", false, `{}`},
		"read":             {`{"id":7}`, `{"before":null,"after":` + row + `,"op":"r"` + pgTail, Write, "", "", true, `{}`},
		"delete":           {`{"id":7}`, `{"before":` + row + `,"after":null,"op":"d"` + pgTail, Delete, "", "", false, row},
		"delete, no image": {`{"id":7}`, `{"before":null,"after":null,"op":"d"` + pgTail, Delete, "", "", false, `{}`},
		"default identity": {`{"id":7}`, `{"before":{"id":null,"name":null},"after":null,"op":"d"` + pgTail, Delete, "", "", false, `{"id":null,"name":null}`},
		"tombstone":        {`{"id":7}`, "", Delete, "", "", false, `{}`},
		"truncate":         {"", `{"op":"t"` + pgTail, Truncate, "", "", false, `{}`},
		"message":          {`{"prefix":"foo"}`, `{"op":"m","message":{"prefix":"foo","content":"aGk="}` + pgTail, Nothing, "logical message", "", false, ""},
		"nothing":          {"", "", Nothing, "neither key nor value", "", false, ""},
		"unknown op":       {`{"id":7}`, `{"after":` + row + `,"op":"z"` + pgTail, Nothing, "", "window.unknown_op", false, ""},
		"no row":           {`{"id":7}`, `{"after":null,"op":"c"` + pgTail, Nothing, "", "window.no_row", false, ""},
		"flat":             {`{"id":7}`, row, Nothing, "", "window.no_envelope", false, ""},
		"no key":           {"", `{"after":{"name":"Ann"},"op":"c"` + pgTail, Nothing, "", "window.no_key", false, ""},
		"null key":         {"", `{"after":{"id":null},"op":"c"` + pgTail, Nothing, "", "window.no_key", false, ""},
		"broken":           {`{"id":7}`, `{"after":`, Nothing, "", "format.bad_json", false, ""},
		"begin": {`{"id":"571:53195829"}`, `{"status":"BEGIN","id":"571:53195829","ts_ms":1,"event_count":null,"data_collections":null}`, Nothing,
			"transaction topic", "", false, ""},
		"heartbeat": {`{"serverName":"shop"}`, `{"ts_ms":1750000000000}`, Nothing, "heartbeat", "", false, ""},
		"ddl": {`{"databaseName":"inventory"}`, `{"source":{},"ts_ms":1,"databaseName":"inventory","ddl":"ALTER TABLE x","tableChanges":[]}`, Nothing,
			"schema change", "", false, ""},
		"notification": {"", `{"id":"1","aggregate_type":"Initial Snapshot","type":"STARTED","additional_data":{},"timestamp":1}`, Nothing,
			"notification", "", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, Options{Format: "debezium-json"}, eventOf(test.key, test.value))
			if got.Ignored != test.ignored || (got.Problem == nil) != (test.code == "") || got.Problem != nil && got.Problem.Code != test.code {
				t.Fatalf("ignored %q, problem %+v", got.Ignored, got.Problem)
			}
			if test.op == Nothing {
				if len(got.Changes) > 0 {
					t.Fatalf("%+v", got.Changes)
				}
				return
			}
			c := one(t, got)
			if c.Op != test.op || c.Snapshot != test.snapshot || rowJSON(c.Before) != test.before || c.Op != Truncate && c.Key != "7" {
				t.Errorf("%+v", c)
			}
			if c.Tombstone != (name == "tombstone") {
				t.Errorf("tombstone is %v", c.Tombstone)
			}
		})
	}
}

func TestHeartbeatIsAWatermark(t *testing.T) {
	got := read(t, Options{Format: "debezium-json"}, eventOf("", `{"ts_ms":1750000000123}`))
	if !got.Watermark.Equal(time.UnixMilli(1750000000123)) {
		t.Error(got.Watermark)
	}
}

func TestMySQL(t *testing.T) {
	source := `"source":{"connector":"mysql","ts_ms":1750000000000,"snapshot":"last_in_data_collection","gtid":null,"file":"mysql-bin.000003","pos":484,"row":0}`
	c := one(t, read(t, Options{Format: "debezium-json"}, eventOf(`{"id":7}`, `{"before":null,"after":{"id":7},"op":"c",`+source+`}`)))
	if c.Source != "mysql-bin.000003:484" || c.AtFrom != "source.ts_ms" || !c.Snapshot {
		t.Errorf("%+v", c)
	}
}

// TestEmbeddedSchema: with Kafka Connect's schema beside it, every value has its exact type.
func TestEmbeddedSchema(t *testing.T) {
	field := func(typ, name, column, parameters string) string {
		s := `{"type":"` + typ + `","optional":true,"field":"` + column + `"`
		if name != "" {
			s += `,"name":"` + name + `","version":1`
		}
		return s + parameters + `}`
	}
	row := strings.Join([]string{
		field("int32", "", "id", ""), field("bytes", "org.apache.kafka.connect.data.Decimal", "price", `,"parameters":{"scale":"2","connect.decimal.precision":"10"}`),
		field("int32", "io.debezium.time.Date", "day", ""), field("int64", "io.debezium.time.MicroTimestamp", "at", ""),
		field("string", "io.debezium.time.ZonedTimestamp", "tz", ""), field("struct", "io.debezium.data.VariableScaleDecimal", "free",
			`,"fields":[{"type":"int32","field":"scale"},{"type":"bytes","field":"value"}]`),
		field("bytes", "io.debezium.data.Bits", "flags", `,"parameters":{"length":"5"}`), field("string", "io.debezium.data.Json", "doc", ""),
		field("array", "", "days", `,"items":{"type":"int32","name":"io.debezium.time.Date"}`),
	}, ",")
	envelope := `{"type":"struct","fields":[{"type":"struct","fields":[` + row + `],"optional":true,"name":"v","field":"before"},` +
		`{"type":"struct","fields":[` + row + `],"optional":true,"name":"v","field":"after"},{"type":"string","field":"op"}],"name":"shop.Envelope"}`
	value := `{"schema":` + envelope + `,"payload":{"before":null,"after":{"id":7,"price":"MDk=","day":19782,"at":1709210096000001,` +
		`"tz":"2024-02-29T12:34:56.5+02:00","free":{"scale":3,"value":"/w=="},"flags":"FQ==","doc":"{ \"a\": 1.10 }","days":[0,null]},"op":"c"` + pgTail + `}`
	key := `{"schema":{"type":"struct","fields":[{"type":"int32","field":"id"}]},"payload":{"id":7}}`
	r := reader(t, Options{Format: "debezium-json"})
	for range 3 { // the schema is read once, and known after that
		reading, err := r.Read(eventOf(key, value), noRegistry)
		if err != nil {
			t.Fatal(err)
		}
		c := one(t, reading)
		want := `{"at":"2024-02-29T12:34:56.000001","day":"2024-02-29","days":["1970-01-01",null],"doc":{"a":1.10},"flags":"10101","free":-0.001,"id":7,"price":123.45,"tz":"2024-02-29T10:34:56.5Z"}`
		if got := rowJSON(c.Row); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		var types []string
		for _, col := range c.Columns {
			types = append(types, col.Name+" "+col.Type)
			if col.Known != (col.Name != "free") {
				t.Errorf("%+v", col)
			}
		}
		if got := strings.Join(types, ", "); got != "at TIMESTAMP, day DATE, days JSON, doc JSON, flags BIT, free DECIMAL(3,3), id INTEGER, price DECIMAL(10,2), tz TIMESTAMP WITH TIME ZONE" {
			t.Error(got)
		}
	}
	gone := one(t, read(t, Options{Format: "debezium-json"}, eventOf(key, "")))
	if gone.Key != "7" || gone.Op != Delete {
		t.Errorf("%+v", gone)
	}
}

// TestMovedKey: a write under another key takes the old key's row away first.
func TestMovedKey(t *testing.T) {
	value := `{"before":{"id":7,"email":"old@x.io"},"after":{"id":7,"email":"new@x.io"},"op":"u"` + pgTail
	got := read(t, Options{Format: "debezium-json", Key: []string{"email"}}, eventOf(`{"id":7}`, value))
	if len(got.Changes) != 2 {
		t.Fatalf("%+v", got)
	}
	gone, made := got.Changes[0], got.Changes[1]
	if gone.Op != Delete || gone.Key != "old@x.io" || gone.NewKey != "new@x.io" || rowJSON(gone.Before) != `{"email":"old@x.io","id":7}` {
		t.Errorf("%+v", gone)
	}
	if made.Op != Write || made.Key != "new@x.io" || made.OldKey != "old@x.io" || made.Before != nil {
		t.Errorf("%+v", made)
	}
}

func TestKeyHints(t *testing.T) {
	value := `{"before":null,"after":{"id":8},"op":"c"` + pgTail
	c := one(t, read(t, Options{Format: "debezium-json"}, eventOf(`{"id":8}`, value, "__debezium.oldkey", `{"id":7}`)))
	if c.OldKey != "7" || c.Key != "8" {
		t.Errorf("%+v", c)
	}
	value = `{"before":{"id":7},"after":null,"op":"d"` + pgTail
	c = one(t, read(t, Options{Format: "debezium-json"}, eventOf(`{"id":7}`, value, "__debezium.newkey", `{"schema":{"type":"struct","fields":[{"type":"int64","field":"id"}]},"payload":{"id":8}}`)))
	if c.NewKey != "8" || c.Key != "7" {
		t.Errorf("%+v", c)
	}
	c = one(t, read(t, Options{Format: "debezium-json"}, eventOf(`{"id":7}`, value, "__debezium.newkey", "\x00\xff")))
	if c.NewKey != "" {
		t.Errorf("%+v", c)
	}
}
