package lab

import (
	"maps"
	"testing"
)

// Shop is where a test of everything behind the topics begins: a database made by the statements, and the connector
// "shop", which has taken its snapshot and streams. A row of the table t is an event in the topic shop.public.t, as
// JSON without a schema unless the config says otherwise.
func Shop(t *testing.T, statements string, config map[string]string) *Lab {
	t.Helper()
	l := Start(t)
	if _, err := l.DB(t).PgConn().Exec(t.Context(), statements).ReadAll(); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"schema.include.list":               "public",
		"key.converter":                     "org.apache.kafka.connect.json.JsonConverter",
		"key.converter.schemas.enable":      "false",
		"value.converter":                   "org.apache.kafka.connect.json.JsonConverter",
		"value.converter.schemas.enable":    "false",
		"poll.interval.ms":                  "20",
		"topic.creation.default.partitions": "4",
	}
	maps.Copy(all, config)
	l.CreateConnector(t, "shop", all)
	l.WaitSnapshot(t, "shop")
	l.WaitCaughtUp(t, "shop") // it has a position now, and would not take its snapshot again
	return l
}
