package engine

import (
	"testing"

	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// TestKeysOfEventsAreKeysOfRows: what an event's key becomes is what the engine makes of the same row in a table.
func TestKeysOfEventsAreKeysOfRows(t *testing.T) {
	e := opened(t)
	for _, test := range []struct{ declared, json, sql string }{
		{"BOOLEAN", `true`, "true"}, {"TINYINT", `-128`, "-128"}, {"BIGINT", `"9007199254740993"`, "9007199254740993"}, {"INTEGER", `5.0`, "5"}, {"BIGINT", `-0`, "0"},
		{"HUGEINT", `-170141183460469231731687303715884105728`, "'-170141183460469231731687303715884105728'"}, {"UBIGINT", `18446744073709551615`, "18446744073709551615"},
		{"DECIMAL(4,2)", `19.9`, "19.9"}, {"DECIMAL(4,2)", `-0.00`, "0"}, {"DECIMAL(18,2)", `-0.5`, "-0.5"}, {"DECIMAL(4,0)", `7e1`, "70"}, {"DECIMAL(4,4)", `0.5`, "0.5"},
		{"DECIMAL(10,2) from base64", `"MDk="`, "123.45"}, {"VARCHAR", `"O'Neil \"\\\u0001😀"`, `'O''Neil "\' || chr(1) || '😀'`}, {"VARCHAR", `7`, "'7'"},
		{"UUID", `"5B3E0A6E8A2B4C3D9E4F0123456789AB"`, "'5b3e0a6e-8a2b-4c3d-9e4f-0123456789ab'"}, {"BLOB", `"AP9hYg=="`, `'\x00\xFFab'`},
		{"DATE", `19782`, "'2024-02-29'"}, {"DATE", `"-0043-03-15"`, "'0044-03-15 (BC)'"}, {"DATE", `"+12345-01-02"`, "'12345-01-02'"}, {"DATE", `"0000-01-01"`, "'0001-01-01 (BC)'"}, {"DATE from days", `-719528`, "'0001-01-01 (BC)'"},
		{"TIME", `"12:30:00.250"`, "'12:30:00.250'"}, {"TIME from us", `1`, "'00:00:00.000001'"}, {"TIME", `"24:00"`, "'24:00:00'"}, {"TIME_NS", `"12:30:00.123456789"`, "'12:30:00.123456789'"}, {"TIME_NS from ns", `1500`, "'00:00:00.000001500'"},
		{"TIMETZ", `"12:30:00.5+02"`, "'12:30:00.5+02'"}, {"TIMETZ", `"12:30:00-03:30"`, "'12:30:00-03:30'"}, {"TIMETZ", `"12:30:00Z"`, "'12:30:00+00'"},
		{"TIMESTAMP", `"2024-02-29 12:30"`, "'2024-02-29 12:30:00'"}, {"TIMESTAMP from us", `-1`, "'1969-12-31 23:59:59.999999'"}, {"TIMESTAMP", `"-0043-03-15T12:00:00.5"`, "'0044-03-15 (BC) 12:00:00.5'"},
		{"TIMESTAMP from ms", `253402300800000`, "'10000-01-01 00:00:00'"}, {"TIMESTAMP_S", `1709210096`, "'2024-02-29 12:34:56'"}, {"TIMESTAMP_MS", `1709210096120`, "'2024-02-29 12:34:56.12'"},
		{"TIMESTAMP_NS", `1709210096000000100`, "'2024-02-29 12:34:56.0000001'"}, {"TIMESTAMP_NS", `1709210096000000000`, "'2024-02-29 12:34:56'"}, {"TIMESTAMPTZ", `"2024-02-29T12:30:00.10+02:00"`, "'2024-02-29 12:30:00.10+02'"}, {"TIMESTAMPTZ from ms", `0`, "'1970-01-01 00:00:00+00'"},
	} {
		for _, key := range [][]string{{"x"}, {"x", "y"}} {
			r, err := window.NewReader(window.Options{Format: "json", Key: key, Columns: map[string]string{"x": test.declared}})
			if err != nil {
				t.Fatal(err)
			}
			reading, err := r.Read(&model.Event{Value: []byte(`{"x":` + test.json + `,"y":"a\"\\\u0008é"}`)}, nil)
			if err != nil || len(reading.Changes) != 1 {
				t.Errorf("%s of %s: %+v %v", test.declared, test.json, reading.Problem, err)
				continue
			}
			c := reading.Changes[0]
			typ := c.Columns[0].Type
			m := people("SELECT CAST("+test.sql+" AS "+typ+") AS x, 'a\"\\' || chr(8) || 'é' AS y", key...)
			w, columns := walked(t, e, m, MatchCheck{})
			entries := all(t, w)
			row := fetchAll(t, w, entries)[0]
			w.Close()
			if entries[0].Key != c.Key || columns[0].Type != typ {
				t.Errorf("%s of %s: the event's key is %q of type %s, the row's %q of type %s", test.declared, test.json, c.Key, typ, entries[0].Key, columns[0].Type)
			}
			if v, _ := c.Row.Get("x"); v != row.Values[0] {
				t.Errorf("%s of %s: the event's value is %+v, the row's %+v", test.declared, test.json, v, row.Values[0])
			}
		}
	}
}
