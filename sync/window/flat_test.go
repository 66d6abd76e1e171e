package window

import (
	"testing"
	"time"
)

func TestFlattened(t *testing.T) {
	o := Options{Format: "debezium-json-flat"}
	value := `{"id":7,"email":"a@x.io","__deleted":"false","__op":"u","__table":"customers","__lsn":24023128,"__source_ts_ms":1750000000123}`
	c := one(t, read(t, o, eventOf(`{"id":7}`, value)))
	if c.Op != Write || rowJSON(c.Row) != `{"email":"a@x.io","id":7}` || !c.At.Equal(time.UnixMilli(1750000000123)) || c.AtFrom != "__source_ts_ms" || c.Source != "lsn:24023128" || len(c.Columns) != 2 {
		t.Errorf("%+v", c)
	}
	for name, e := range map[string]string{"text": `{"id":7,"email":"a","__deleted":"true"}`, "truth": `{"id":7,"email":"a","__deleted":true}`, "op": `{"id":7,"email":"a","__op":"d"}`} {
		if c := one(t, read(t, o, eventOf("", e))); c.Op != Delete || c.Key != "7" || rowJSON(c.Before) != `{"email":"a","id":7}` || c.Row != nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := one(t, read(t, o, eventOf("7", ""))); c.Op != Delete || c.Key != "7" || !c.Tombstone {
		t.Errorf("%+v", c)
	}
	c = one(t, read(t, o, eventOf("7", `{"id":7}`, "__op", `"r"`, "__source_ts_ms", "1750000000123")))
	if !c.Snapshot || c.AtFrom != "__source_ts_ms" {
		t.Errorf("headers: %+v", c)
	}
	c = one(t, read(t, Options{Format: "debezium-json-flat", Columns: map[string]string{"__table": "VARCHAR"}}, eventOf("", value)))
	if rowJSON(c.Row) != `{"__table":"customers","email":"a@x.io","id":7}` {
		t.Errorf("declared metadata: %+v", c)
	}
	if c := one(t, read(t, o, eventOf("", `{"id":7,"bio":"__debezium_unavailable_value"}`))); c.Op != Patch {
		t.Errorf("%+v", c)
	}
}
