package window

import (
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
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
	for _, row := range []string{`{"id":7,"status":"END"}`, `{"id":7,"op":"m","message":"hello","source":"web"}`, `{"id":7,"ts_ms":5}`, `{"id":7,"type":"a","aggregate_type":"b"}`} {
		if c := one(t, read(t, o, eventOf("", row))); c.Op != Write || rowJSON(c.Row) == "" {
			t.Errorf("a row that resembles something else: %+v", c)
		}
	}
}

// TestFlattenedOfOtherDatabases: MySQL's and MongoDB's rows, with deletions told in the row, in a header, and by a null value.
func TestFlattenedOfOtherDatabases(t *testing.T) {
	mysql := Options{Format: "debezium-json-flat", Columns: map[string]string{"total": "DECIMAL(10,2)", "at": "TIMESTAMP from ms"}}
	c := one(t, read(t, mysql, eventOf(`{"id":7}`, `{"id":7,"total":"MDk=","at":1709210096001,"__op":"u","__source_file":"mysql-bin.000003","__source_pos":484,"__source_ts_ms":1750000000123}`)))
	if c.Op != Write || c.Key != "7" || rowJSON(c.Row) != `{"at":"2024-02-29T12:34:56.001","id":7,"total":123.45}` || c.Source != "source_pos:484" || c.AtFrom != "__source_ts_ms" {
		t.Errorf("%+v", c)
	}
	mongo, key := Options{Format: "debezium-json-flat", Key: []string{"_id"}}, `{"id":"596e275826f08b2730779e1f"}`
	c = one(t, read(t, mongo, eventOf(key, `{"_id":"596e275826f08b2730779e1f","name":"Ann","tags":["a"],"address":{"city":"Oslo"},"__deleted":false,"__op":"u","__collection":"people"}`)))
	if c.Op != Write || c.Key != "596e275826f08b2730779e1f" || rowJSON(c.Row) != `{"_id":"596e275826f08b2730779e1f","address":{"city":"Oslo"},"name":"Ann","tags":["a"]}` {
		t.Errorf("%+v", c)
	}
	for name, e := range map[string]*model.Event{"told": eventOf(key, `{"_id":"596e275826f08b2730779e1f","__deleted":true}`), "by its header": eventOf(key, `{"_id":"596e275826f08b2730779e1f"}`, "__op", "d"),
		"null": eventOf(key, ""), "null in words": eventOf(key, "null")} {
		if c := one(t, read(t, mongo, e)); c.Op != Delete || c.Key != "596e275826f08b2730779e1f" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := one(t, read(t, mongo, eventOf(`{"id":7}`, ""))); c.Op != Delete || c.Key != "7" {
		t.Errorf("a number: %+v", c)
	}
}
