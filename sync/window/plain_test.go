package window

import (
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

func TestPlainJSON(t *testing.T) {
	c := one(t, read(t, Options{Format: "json"}, eventOf("", `{"id":7,"none":null,"big":123456789012345678901234567890,"d":1.10,"e":1e3,"nested":{"b":[1, 2.50]}}`)))
	want := `{"big":123456789012345678901234567890,"d":1.10,"e":1000,"id":7,"nested":{"b":[1,2.50]},"none":null}`
	if got := rowJSON(c.Row); got != want || c.Op != Write || c.AtFrom != "event" || !c.At.Equal(eventTime) {
		t.Errorf("%s %+v", got, c)
	}
	types := ""
	for _, col := range c.Columns {
		types += col.Name + " " + col.Type + ","
	}
	if types != "big HUGEINT,d DECIMAL(3,2),e DOUBLE,id BIGINT,nested JSON,none ," {
		t.Error(types)
	}
	c = one(t, read(t, Options{Format: "json", Partial: true}, eventOf("", `{"id":7,"none":null}`)))
	if c.Op != Patch || rowJSON(c.Row) != `{"id":7,"none":null}` {
		t.Errorf("%+v", c)
	}
	for value, code := range map[string]string{`[1]`: "window.no_row", `7`: "window.no_row", `null`: "window.no_row", `{"id":1,"id":1}`: "format.member_twice",
		`{"id":1}x`: "format.trailing_bytes", "{\"id\":\"\xff\"}": "format.bad_text", `{"id":1,"ID":2}`: "window.columns_alike", ``: "format.bad_json"} {
		e := eventOf("", value)
		e.Value = []byte(value)
		if got := read(t, Options{Format: "json"}, e); got.Problem == nil || got.Problem.Code != code {
			t.Errorf("%s: %+v", value, got)
		}
	}
}

// TestDeclaredTypes: a declared type converts exactly, or the event is set aside.
func TestDeclaredTypes(t *testing.T) {
	for _, test := range []struct{ declared, value, want string }{
		{"DECIMAL(10,2)", `12.3`, `12.30`}, {"DECIMAL(10,2)", `"12.3"`, `12.30`}, {"DECIMAL(10,2)", `12.300`, `12.30`}, {"DECIMAL(10,2)", `-0.0`, `0.00`},
		{"DECIMAL(10,2)", `12.345`, "format.misfit"}, {"DECIMAL(4,2)", `123`, "format.misfit"}, {"DECIMAL(10,2)", `"MDk="`, `123.45`},
		{"DECIMAL(10,2)", `"1234"`, "format.ambiguous"}, {"DECIMAL(10,2) from text", `"1234"`, `1234.00`}, {"DECIMAL(10,2) from base64", `"1234"`, `-26588.24`},
		{"DECIMAL(10,2) from base64", `"/w=="`, `-0.01`}, {"DECIMAL(10,2) from text", `"MDk="`, "format.misfit"}, {"DECIMAL(4,0)", `1e3`, `1000`},
		{"BIGINT", `"42"`, `42`}, {"BIGINT", `5.0`, `5`}, {"BIGINT", `"007"`, "format.misfit"}, {"TINYINT", `128`, "format.misfit"}, {"UTINYINT", `-1`, "format.misfit"},
		{"UTINYINT", `255`, `255`}, {"HUGEINT", `-170141183460469231731687303715884105728`, `-170141183460469231731687303715884105728`},
		{"HUGEINT", `170141183460469231731687303715884105728`, "format.misfit"}, {"UHUGEINT", `340282366920938463463374607431768211455`, `340282366920938463463374607431768211455`},
		{"DOUBLE", `0.1`, `0.1`}, {"DOUBLE", `9007199254740993`, "format.misfit"}, {"DOUBLE", `1e400`, "format.misfit"}, {"DOUBLE", `0.1234567890123456789`, "format.misfit"},
		{"FLOAT", `0.1`, `0.1`}, {"FLOAT", `0.123456789`, `0.12345679`}, {"FLOAT", `16777217`, "format.misfit"}, {"DOUBLE", `"NaN"`, "format.misfit"},
		{"BOOLEAN", `1`, `true`}, {"BOOLEAN", `"yes"`, "format.misfit"}, {"VARCHAR", `1.10`, `"1.10"`}, {"VARCHAR", `{"a": 1}`, `"{\"a\":1}"`},
		{"DATE", `19782`, `"2024-02-29"`}, {"DATE", `"2024-02-29"`, `"2024-02-29"`}, {"DATE", `"2024-02-30"`, "format.misfit"}, {"DATE from ms", `86400000`, `"1970-01-02"`},
		{"DATE from ms", `86400001`, "format.misfit"}, {"TIME from us", `45000250000`, `"12:30:00.25"`}, {"TIME", `45000`, "format.no_unit"}, {"TIME", `"24:00:00"`, `"24:00:00"`},
		{"TIME from us", `86400000001`, "format.misfit"}, {"TIME from ms", `-1`, "format.misfit"}, {"TIME", `"12:30"`, `"12:30:00"`},
		{"TIMESTAMP from ms", `1709210096001`, `"2024-02-29T12:34:56.001"`}, {"TIMESTAMP", `1709210096001`, "format.no_unit"},
		{"TIMESTAMP_MS", `1709210096001`, `"2024-02-29T12:34:56.001"`}, {"TIMESTAMP_NS", `1`, `"1970-01-01T00:00:00.000000001"`}, {"TIMESTAMP from ns", `1`, "format.misfit"},
		{"TIMESTAMP", `"2024-02-29 12:34:56"`, `"2024-02-29T12:34:56"`}, {"TIMESTAMP", `"2024-02-29T12:34:56Z"`, "format.misfit"},
		{"TIMESTAMP from utc", `"2024-02-29T12:34:56Z"`, `"2024-02-29T12:34:56"`}, {"TIMESTAMPTZ", `"2024-02-29T12:34:56+02:00"`, `"2024-02-29T10:34:56Z"`},
		{"TIMESTAMPTZ", `"2024-02-29T12:34:56"`, "format.misfit"}, {"TIMESTAMPTZ from s", `-1`, `"1969-12-31T23:59:59Z"`}, {"TIMESTAMP from us", `9223372036854775807`, "format.misfit"},
		{"TIMETZ", `"12:30:00.50+02"`, `"12:30:00.5+02:00"`}, {"TIMETZ", `"12:30:00Z"`, `"12:30:00+00:00"`}, {"UUID", `"5B3E0A6E8A2B4C3D9E4F0123456789AB"`, `"5b3e0a6e-8a2b-4c3d-9e4f-0123456789ab"`},
		{"UUID", `"x"`, "format.misfit"}, {"BLOB", `"AP9hYg=="`, `"AP9hYg=="`}, {"BLOB from hex", `"00ff"`, `"AP8="`}, {"BLOB from base64url", `"-_8"`, `"+/8="`}, {"BLOB", `"?"`, "format.misfit"},
		{"JSON", `{"a":[1, 2]}`, `{"a":[1,2]}`}, {"JSON", `"{\"a\": 1.0}"`, `{"a":1.0}`}, {"JSON", `"a"`, "format.misfit"}, {"JSON", `1.50`, `1.50`}, {"BIGINT", `[1]`, "format.misfit"},
		{"DATE", `null`, `null`}, {"DECIMAL(10,2)", `null`, `null`}, {"DATE", `"-0043-03-15"`, `"-0043-03-15"`}, {"DATE", `"+12345-01-02"`, `"+12345-01-02"`},
	} {
		got := read(t, Options{Format: "json", Columns: map[string]string{"x": test.declared}}, eventOf("", `{"id":7,"x":`+test.value+`}`))
		text := ""
		if got.Problem != nil {
			text = got.Problem.Code
			if strings.Contains(got.Problem.Message, strings.Trim(test.value, `"`)) && len(test.value) > 3 {
				t.Errorf("the message quotes the value: %s", got.Problem.Message)
			}
		} else {
			c := one(t, got)
			v, _ := c.Row.Get("x")
			text = string(v.AppendJSON(nil))
			if !c.Columns[1].Known {
				t.Errorf("%+v", c.Columns)
			}
		}
		if text != test.want {
			t.Errorf("%s of %s: %s, want %s", test.declared, test.value, text, test.want)
		}
	}
}

func TestKeys(t *testing.T) {
	for name, test := range map[string]struct {
		o          Options
		key, value string
		want, code string
	}{
		"of the row":         {Options{Format: "json"}, `{"id":8}`, `{"id":7}`, "7", ""},
		"any case":           {Options{Format: "json", Key: []string{"ID"}}, "", `{"id":7}`, "7", ""},
		"of two columns":     {Options{Format: "json", Key: []string{"r", "id"}}, "", `{"id":7,"r":"e\"u"}`, `["e\"u","7"]`, ""},
		"half of the key":    {Options{Format: "json", Key: []string{"r", "id"}}, `{"r":"eu"}`, `{"id":7}`, `["eu","7"]`, ""},
		"bare text":          {Options{Format: "json"}, "abc", "", "abc", ""},
		"text in quotes":     {Options{Format: "json"}, `"abc"`, "", "abc", ""},
		"leading zeros":      {Options{Format: "json"}, "007", "", "007", ""},
		"looks like a float": {Options{Format: "json"}, "12e5", "", "12e5", ""},
		"a number":           {Options{Format: "json"}, "42", "", "42", ""},
		"declared":           {Options{Format: "json", Columns: map[string]string{"id": "TIMESTAMP from ms"}}, "1", "", "1970-01-01T00:00:00.001", ""},
		"a decimal":          {Options{Format: "json", Columns: map[string]string{"id": "DECIMAL(6,2)"}}, "", `{"id":1.5}`, "1.50", ""},
		"a loose decimal":    {Options{Format: "json"}, "", `{"id":1.5}`, "", "window.bad_key"},
		"a float":            {Options{Format: "json"}, "", `{"id":1e-7}`, "", "window.bad_key"},
		"nested":             {Options{Format: "json"}, "", `{"id":{}}`, "", "window.bad_key"},
		"binary":             {Options{Format: "json"}, "\x00\x00\x00\x2a", "", "", "window.bad_key"},
		"no column":          {Options{Format: "json"}, `{"x":1}`, "", "", "window.no_key"},
		"one for two":        {Options{Format: "json", Key: []string{"a", "b"}}, "42", "", "", "window.no_key"},
		"null":               {Options{Format: "json"}, "null", "", "", "window.no_key"},
		"schema and payload": {Options{Format: "json"}, `{"schema":{"type":"int64","optional":false},"payload":42}`, "", "42", ""},
	} {
		got := read(t, test.o, eventOf(test.key, test.value))
		switch {
		case test.code != "":
			if got.Problem == nil || got.Problem.Code != test.code {
				t.Errorf("%s: %+v", name, got)
			}
		case len(got.Changes) != 1 || string(got.Changes[0].Key) != test.want:
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		o              Options
		code, contains string
	}{
		{Options{Format: "debezium_json", Key: []string{"id"}}, "window.unknown_format", "debezium-json"},
		{Options{Format: "xml", Key: []string{"id"}}, "window.unknown_format", "cloudevents"},
		{Options{Format: "json"}, "window.no_key_columns", "key"},
		{Options{Format: "json", Key: []string{"id"}, Columns: map[string]string{"a": "BIGIN"}}, "format.unknown_type", "BIGINT"},
		{Options{Format: "json", Key: []string{"id"}, Columns: map[string]string{"a": "BIGINT from ms"}}, "format.unknown_unit", "from"},
		{Options{Format: "json", Key: []string{"id"}, Columns: map[string]string{"a": "VARCHAR[]"}}, "format.unknown_type", ""},
	} {
		_, err := NewReader(test.o)
		if !fault.Is(err, test.code) || !strings.Contains(fault.As(err).Suggestion, test.contains) {
			t.Errorf("%+v: %+v", test.o, err)
		}
	}
	for _, name := range Formats() {
		if _, err := NewReader(Options{Format: name, Key: []string{"id"}}); err != nil {
			t.Error(err)
		}
	}
}

func TestAuto(t *testing.T) {
	o := Options{Format: "auto"}
	for name, value := range map[string]string{"plain": `{"id":7}`, "envelope": `{"before":null,"after":{"id":7},"op":"c"` + pgTail,
		"flat": `{"id":7,"__op":"c"}`, "cloudevent": `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"id":7}}`} {
		if c := one(t, read(t, o, eventOf("", value))); c.Key != "7" || rowJSON(c.Row) != `{"id":7}` {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if got := read(t, o, eventOf("", `{"ts_ms":1}`)); got.Ignored != "heartbeat" {
		t.Errorf("%+v", got)
	}
	for _, value := range []string{"Obj\x01xxx", "\xc3\x01xxxxxxxx"} {
		if got := read(t, o, eventOf("", value)); got.Problem == nil || got.Problem.Code != "format.avro_container" {
			t.Errorf("%+v", got)
		}
	}
}

// TestTheZeroChangeIsHarmless: nobody deletes or writes by forgetting.
func TestTheZeroChangeIsHarmless(t *testing.T) {
	if (Change{}).Op != Nothing || len(Fold([]Change{{}})) != 0 || Op(0).String() != "nothing" {
		t.Error("the zero change does something")
	}
	_ = model.Key("")
}
