package window

import (
	"testing"
)

// TestPlaceholders: a value that was not sent is absent in every form that Debezium can give its placeholder, and is
// never a value. The row is a patch then.
func TestPlaceholders(t *testing.T) {
	const codes = `[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]`
	for name, test := range map[string]struct{ placeholder, value string }{
		"text":            {"", `"__debezium_unavailable_value"`},
		"base64":          {"", `"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="`},
		"hex":             {"", `"5f5f646562657a69756d5f756e617661696c61626c655f76616c7565"`},
		"texts":           {"", `["__debezium_unavailable_value"]`},
		"bytes in a list": {"", `["X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="]`},
		"codes":           {"", codes},
		"hstore":          {"", `{"__debezium_unavailable_value":"__debezium_unavailable_value"}`},
		"hstore as text":  {"", `"{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}"`},
		"uuids":           {"", `["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]`},
		"custom":          {"unchanged_toast", `"unchanged_toast"`},
		"custom codes":    {"ab", `[97,98]`},
		"custom bytes":    {"hex:00ff", `"AP8="`},
		"negative codes":  {"hex:00ff", `[0,-1]`},
		"still Debezium":  {"unchanged_toast", `"__debezium_unavailable_value"`},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Format: "debezium-json"}
			if test.placeholder != "" {
				o.Placeholders = []string{test.placeholder}
			}
			c := one(t, read(t, o, eventOf(`{"id":7}`, `{"before":null,"after":{"id":7,"bio":`+test.value+`,"n":null},"op":"u"`+pgTail)))
			if c.Op != Patch || len(c.Absent) != 1 || c.Absent[0] != "bio" || rowJSON(c.Row) != `{"id":7,"n":null}` {
				t.Errorf("%+v", c)
			}
		})
	}
}

// TestNoPlaceholder: values that only look a little like one are values.
func TestNoPlaceholder(t *testing.T) {
	for _, value := range []string{`"__debezium_unavailable_value "`, `["__debezium_unavailable_value","x"]`, `[95,95]`, `[]`, `{}`, `""`,
		`{"__debezium_unavailable_value":"x"}`, `["b68a35a7-17ad-35b3-af2a-ae46edb4545b"]`, `[["__debezium_unavailable_value"]]`, `null`} {
		c := one(t, read(t, Options{Format: "debezium-json"}, eventOf("", `{"after":{"id":7,"bio":`+value+`},"op":"u"`+pgTail)))
		if _, there := c.Row.Get("bio"); !there || c.Op != Write {
			t.Errorf("%s: %+v", value, c)
		}
	}
}

// TestPlaceholderUnderTypes: a placeholder is none of the values of the types it is forced into.
func TestPlaceholderUnderTypes(t *testing.T) {
	for declared, value := range map[string]string{"UUID": `"__debezium_unavailable_value"`, "JSON": `"__debezium_unavailable_value"`,
		"DECIMAL(10,2)": `"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="`, "BLOB": `"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="`, "TIMESTAMP": `"__debezium_unavailable_value"`} {
		c := one(t, read(t, Options{Format: "debezium-json", Columns: map[string]string{"bio": declared}},
			eventOf("", `{"after":{"id":7,"bio":`+value+`},"op":"u"`+pgTail)))
		if len(c.Absent) != 1 || len(c.Columns) != 2 || !c.Columns[0].Known {
			t.Errorf("%s: %+v", declared, c)
		}
	}
	for _, field := range []string{`{"type":"string","name":"io.debezium.data.Json","field":"bio"}`, `{"type":"string","name":"io.debezium.data.Uuid","field":"bio"}`} {
		schema := `{"type":"struct","fields":[{"type":"struct","fields":[{"type":"int32","field":"id"},` + field + `],"field":"after"}]}`
		value := `{"schema":` + schema + `,"payload":{"after":{"id":7,"bio":"__debezium_unavailable_value"},"op":"u"}}`
		if c := one(t, read(t, Options{Format: "debezium-json"}, eventOf("", value))); len(c.Absent) != 1 || c.Op != Patch {
			t.Errorf("%s: %+v", field, c)
		}
	}
}

func TestBadPlaceholders(t *testing.T) {
	for _, text := range []string{"", "hex:zz", "hex:"} {
		if _, err := NewReader(Options{Format: "json", Key: []string{"id"}, Placeholders: []string{text}}); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
