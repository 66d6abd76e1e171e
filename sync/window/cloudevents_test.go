package window

import (
	"testing"
	"time"
)

var ceHeaders = []string{"ce_specversion", "1.0", "ce_id", "e1", "ce_source", "/shop", "ce_type", "cart.changed", "ce_time", "2025-06-15T15:00:00.25+02:00"}

func TestCloudEvents(t *testing.T) {
	o := Options{Format: "cloudevents"}
	at := time.Date(2025, 6, 15, 13, 0, 0, 250000000, time.UTC)
	c := one(t, read(t, o, eventOf("", `{"id":7,"total":1.10}`, append(ceHeaders, "content-type", "application/json; charset=utf-8")...)))
	if c.Op != Write || c.Key != "7" || rowJSON(c.Row) != `{"id":7,"total":1.10}` || !c.At.Equal(at) || c.AtFrom != "ce_time" {
		t.Errorf("binary: %+v", c)
	}
	structured := `{"specversion":"1.0","id":"e1","source":"/shop","type":"cart.changed","time":"2025-06-15T13:00:00.25Z","datacontenttype":"application/json",`
	c = one(t, read(t, o, eventOf("", structured+`"data":{"id":7,"total":1.10}}`, "content-type", "application/cloudevents+json")))
	if c.Key != "7" || rowJSON(c.Row) != `{"id":7,"total":1.10}` || !c.At.Equal(at) {
		t.Errorf("structured: %+v", c)
	}
	c = one(t, read(t, o, eventOf("", structured+`"data_base64":"eyJpZCI6N30="}`)))
	if c.Key != "7" {
		t.Errorf("base64: %+v", c)
	}
	if got := read(t, o, eventOf("7", structured+`"subject":"x"}`)); got.Ignored != "event without data" {
		t.Errorf("%+v", got)
	}
	if c := one(t, read(t, o, eventOf("7", "", ceHeaders...))); c.Op != Delete || c.Key != "7" {
		t.Errorf("a null value: %+v", c)
	}
	byID := Options{Format: "cloudevents", Key: []string{"ce_id"}, Columns: map[string]string{"ce_time": "TIMESTAMPTZ"}}
	c = one(t, read(t, byID, eventOf("", `[1,2]`, ceHeaders...)))
	if c.Key != "e1" || rowJSON(c.Row) != `{"ce_id":"e1","ce_time":"2025-06-15T13:00:00.25Z","data":[1,2]}` {
		t.Errorf("attributes: %+v", c)
	}
	c = one(t, read(t, byID, eventOf("", "hello", append(ceHeaders, "content-type", "text/plain")...)))
	if rowJSON(c.Row) != `{"ce_id":"e1","ce_time":"2025-06-15T13:00:00.25Z","data":"hello"}` {
		t.Errorf("text: %+v", c)
	}
	for _, value := range []string{`{"id":7}`, `[]`, `7`} {
		if got := read(t, o, eventOf("", value)); got.Problem == nil || got.Problem.Code != "window.no_cloudevent" {
			t.Errorf("%s: %+v", value, got)
		}
	}
}

func TestDebeziumCloudEvents(t *testing.T) {
	head := `{"id":"name:shop;lsn:29274832;txId:565","source":"/debezium/postgresql/shop","specversion":"1.0","type":"io.debezium.connector.postgresql.DataChangeEvent",` +
		`"time":"2020-01-13T13:55:39.738Z","datacontenttype":"application/json","iodebeziumsnapshot":"false","iodebeziumlsn":"29274832","iodebeziumop":`
	o := Options{Format: "cloudevents"}
	c := one(t, read(t, o, eventOf("", head+`"u","data":{"before":{"id":7,"n":1},"after":{"id":7,"n":2}}}`)))
	if c.Op != Write || c.Key != "7" || rowJSON(c.Row) != `{"id":7,"n":2}` || rowJSON(c.Before) != `{"id":7,"n":1}` || c.Source != "lsn:29274832" || c.AtFrom != "ce_time" {
		t.Errorf("%+v", c)
	}
	if c := one(t, read(t, o, eventOf("", head+`"d","data":{"before":{"id":7},"after":null}}`))); c.Op != Delete || c.Key != "7" {
		t.Errorf("%+v", c)
	}
	schema := `{"type":"struct","fields":[{"type":"struct","fields":[{"type":"int32","field":"id"},{"type":"int32","name":"io.debezium.time.Date","field":"d"}],"field":"after"}]}`
	c = one(t, read(t, o, eventOf("", head+`"r","data":{"schema":`+schema+`,"payload":{"before":null,"after":{"id":7,"d":1}}}}`)))
	if rowJSON(c.Row) != `{"d":"1970-01-02","id":7}` || !c.Snapshot {
		t.Errorf("%+v", c)
	}
}
