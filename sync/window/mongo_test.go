package window

import "testing"

const mongoTail = `,"source":{"connector":"mongodb","ts_ms":1558965508000,"snapshot":"false","db":"inventory","collection":"customers","ord":31},"op":"`

func TestMongoDB(t *testing.T) {
	o := Options{Format: "debezium-json", Key: []string{"_id"}}
	key := `{"id":"{\"$oid\": \"596e275826f08b2730779e1f\"}"}`
	after := `"{\"_id\": {\"$oid\": \"596e275826f08b2730779e1f\"},\"n\": {\"$numberLong\": \"9007199254740993\"},\"d\": {\"$numberDecimal\": \"1.10\"},` +
		`\"at\": {\"$date\": 1519862400000},\"at2\": {\"$date\": {\"$numberLong\": \"-1\"}},\"at3\": {\"$date\": \"2018-03-01T00:00:00.5Z\"},` +
		`\"f\": {\"$numberDouble\": \"1.5\"},\"b\": {\"$binary\": {\"base64\": \"AQI=\", \"subType\": \"00\"}},\"b1\": {\"$binary\": \"AQI=\", \"$type\": \"00\"},` +
		`\"u\": {\"$uuid\": \"5B3E0A6E-8A2B-4C3D-9E4F-0123456789AB\"},\"r\": {\"$regularExpression\": {\"pattern\": \"a\", \"options\": \"i\"}},` +
		`\"items\": [{\"_id\": {\"$oid\": \"0a\"}, \"q\": {\"$numberInt\": \"2\"}}],\"none\": null}"`
	c := one(t, read(t, o, eventOf(key, `{"before":null,"after":`+after+mongoTail+`c"}`)))
	want := `{"_id":"596e275826f08b2730779e1f","at":"2018-03-01T00:00:00Z","at2":"1969-12-31T23:59:59.999Z","at3":"2018-03-01T00:00:00.5Z","b":"AQI=","b1":"AQI=",` +
		`"d":1.10,"f":1.5,"items":[{"_id":"0a","q":2}],"n":9007199254740993,"none":null,"r":{"$regularExpression":{"pattern":"a","options":"i"}},"u":"5b3e0a6e-8a2b-4c3d-9e4f-0123456789ab"}`
	if got := rowJSON(c.Row); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c.Key != "596e275826f08b2730779e1f" || c.Op != Write || c.Source != "ord:31" {
		t.Errorf("%+v", c)
	}
	for _, col := range c.Columns {
		if col.Known {
			t.Errorf("documents have no schema: %+v", col)
		}
	}
	for _, value := range []string{"", `{"before":null,"after":null` + mongoTail + `d"}`} {
		if c := one(t, read(t, o, eventOf(key, value))); c.Key != "596e275826f08b2730779e1f" || c.Op != Delete {
			t.Errorf("%+v", c)
		}
	}
	for text, want := range map[string]string{`1004`: "1004", `{\"$numberLong\": \"1004\"}`: "1004", `\"abc\"`: "abc", `abc`: "abc"} {
		if c := one(t, read(t, o, eventOf(`{"id":"`+text+`"}`, ""))); string(c.Key) != want {
			t.Errorf("%s: %q", text, c.Key)
		}
	}
}

func TestMongoUpdates(t *testing.T) {
	o := Options{Format: "debezium-json", Key: []string{"_id"}}
	update := func(fields, removed, truncated string) Reading {
		return read(t, o, eventOf(`{"id":"1004"}`, `{"before":null,"after":null,"updateDescription":{"updatedFields":`+fields+`,"removedFields":`+removed+
			`,"truncatedArrays":`+truncated+`}`+mongoTail+`u"}`))
	}
	c := one(t, update(`"{\"first_name\": \"Anne\"}"`, `["plan"]`, "null"))
	if c.Op != Patch || c.Key != "1004" || rowJSON(c.Row) != `{"first_name":"Anne","plan":null}` {
		t.Errorf("%+v", c)
	}
	c = one(t, update("null", `["plan"]`, "[]"))
	if c.Op != Patch || rowJSON(c.Row) != `{"plan":null}` {
		t.Errorf("%+v", c)
	}
	for name, got := range map[string]Reading{"dotted": update(`"{\"address.city\": \"X\"}"`, "null", "null"), "removed": update("null", `["a.b"]`, "null"),
		"truncated": update(`"{\"a\": 1}"`, "null", `[{"field":"list","size":1}]`)} {
		if got.Problem == nil || got.Problem.Code != "window.partial_column" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
