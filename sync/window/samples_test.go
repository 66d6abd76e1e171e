package window

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/freshet/freshet/sync/model"
)

// samples are events that Debezium has sent of one PostgreSQL database under several settings: build/kafkalab records them, and
// its README says which settings.
const samples = "testdata/debezium-postgres"

// sampleFormats are the formats that the connectors write.
var sampleFormats = map[string]string{"rich": "debezium-json", "plain": "debezium-json", "careful": "debezium-json", "flat": "debezium-json-flat",
	"flatmeta": "debezium-json-flat", "avro": "debezium-avro"}

// sample reads the recorded events of one topic.
func sample(t testing.TB, topic string) []*model.Event {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samples, topic+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var events []*model.Event
	for line := range bytes.Lines(text) {
		var r struct {
			Topic      string
			Offset     int64
			At         time.Time
			Key, Value []byte
			Headers    []struct {
				Name  string
				Value []byte
			}
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		e := &model.Event{Topic: r.Topic, Offset: r.Offset, At: r.At, Key: r.Key, Value: r.Value}
		for _, h := range r.Headers {
			e.Headers = append(e.Headers, model.Header{Name: h.Name, Value: h.Value})
		}
		events = append(events, e)
	}
	return events
}

// sampleSchemas are those that the events in Avro name.
func sampleSchemas(t testing.TB) schemas {
	t.Helper()
	text, err := os.ReadFile(samples + "/avro.schemas.json")
	if err != nil {
		t.Fatal(err)
	}
	var named map[int]json.RawMessage
	if err := json.Unmarshal(text, &named); err != nil {
		t.Fatal(err)
	}
	found := schemas{}
	for id, schema := range named {
		found[id] = model.Schema{Text: string(schema)}
	}
	return found
}

// played is what the events of a topic come to.
type played struct {
	rows     map[string]string // the table in the end; a truncation removes nothing
	ops      string            // w, p, d, t for each change
	ignored  []string
	problems []string // codes
	moved    []string // old and new keys
	absent   []string // columns that were not sent, of the last patch
}

// play reads a topic's events and applies their changes one after the other.
func play(t *testing.T, connector, topic string, o Options) played {
	t.Helper()
	o.Format = sampleFormats[connector]
	r, registry := reader(t, o), sampleSchemas(t)
	var out played
	rows := table{}
	for _, e := range sample(t, connector+"."+topic) {
		reading, err := r.Read(e, registry.lookup)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case reading.Problem != nil:
			out.problems = append(out.problems, reading.Problem.Code)
		case reading.Ignored != "":
			out.ignored = append(out.ignored, reading.Ignored)
		}
		for _, c := range reading.Changes {
			out.ops += map[Op]string{Write: "w", Patch: "p", Delete: "d", Truncate: "t"}[c.Op]
			if c.Op == Truncate {
				continue
			}
			if c.OldKey != "" {
				out.moved = append(out.moved, string(c.OldKey)+" "+string(c.Key))
			}
			if c.Op == Patch {
				out.absent = c.Absent
			}
			rows.apply([]Change{c})
		}
	}
	out.rows = map[string]string{}
	for key, row := range rows {
		var fields model.Fields
		for _, name := range slices.Sorted(maps.Keys(row)) {
			fields = append(fields, model.Field{Name: name, Value: row[name]})
		}
		out.rows[string(key)] = short.Replace(rowJSON(fields))
	}
	return out
}

// short writes the long values of the samples in a few letters.
var short = strings.NewReplacer(strings.Repeat("a", 2100), "a…", strings.Repeat("n", 2100), "n…", strings.Repeat("b", 300), "b…", strings.Repeat("j", 300), "j…",
	strings.Repeat("AP8A/wD/", 50), "bytes…", strings.Repeat("00ff", 150), "bytes…", strings.Repeat("AQEB", 100), "ones…", strings.Repeat("01", 300), "ones…",
	strings.Repeat("w", 150), "w…", strings.Repeat("x", 150), "x…", strings.Repeat("h", 300), "h…",
	strings.TrimSuffix(strings.Repeat("7,", 80), ","), "7…", strings.TrimSuffix(strings.Repeat("8,", 40), ","), "8…",
	strings.TrimSuffix(strings.Repeat(`"a81bc81b-dead-4e5d-abff-90865d1e13b1",`, 20), ","), "uuid…")

// declared are the types that a person says where the events do not.
var declared = map[string]map[string]string{
	"customers": {"born": "DATE", "seen": "TIMESTAMPTZ", "updated": "TIMESTAMP from ms", "settings": "JSON", "tags": "JSON", "score": "DOUBLE"},
	"kinds": {"bits": "BLOB", "exact": "DECIMAL(20,4)", "whole": "DECIMAL(5,0)", "cash": "DECIMAL(18,2)", "bytes": "BLOB", "day": "DATE", "clock": "TIME from us",
		"clock_ms": "TIME from ms", "stamp": "TIMESTAMP from us", "stamp_ms": "TIMESTAMP from ms", "stamp_tz": "TIMESTAMPTZ", "ident": "UUID", "doc": "JSON", "docb": "JSON",
		"label": "JSON"},
}

// TestSamplesOfKinds: a row with a column of every type comes out with every digit, from Avro, from JSON with its schema beside it, and
// from JSON without one where the types are declared.
func TestSamplesOfKinds(t *testing.T) {
	typed := `{"address":"192.0.2.1/24","big":9223372036854775807,"bits":"1010","bytes":"3q2+7wA=","cash":1234.56,"clock":"23:59:59.999999","clock_ms":"12:00:00.5",` +
		`"clock_tz":"06:30:00+00:00","day":"2026-02-28","days":["2026-01-01"],"doc":{"a":1.0},"docb":{"a":1.0},"double":0.1,"exact":1234567890123456.7891,` +
		`"exacts":[1.10,null],"flag":true,"free":1.5,"id":1,"ident":"a81bc81b-dead-4e5d-abff-90865d1e13b1","ints":[1,null,3],"label":{"a":"1","b":null},` +
		`"letters":"ab  ","markup":"<a>1</a>","nested":[null,null],"network":"192.0.2.0/24","period":"[\"2026-01-01 00:00:00+00\",\"2026-02-01 00:00:00+00\")",` +
		`"place":{"x":1.5,"y":-2,"wkb":"AQEAAAAAAAAAAAD4PwAAAAAAAADA","srid":null},"single":1.5,"small":1,"span":"PT37091106.5S","stamp":"2026-02-28T12:34:56.123456",` +
		`"stamp_ms":"2026-02-28T12:34:56.123","stamp_tz":"2026-02-28T11:34:56.123456Z","stamps":["2026-01-01T00:00:00Z"],"whole":12345}`
	plain := strings.NewReplacer(`"bits":"1010"`, `"bits":"Cg=="`, `"clock_tz":"06:30:00+00:00"`, `"clock_tz":"06:30:00Z"`, `"days":["2026-01-01"]`, `"days":[20454]`,
		`"exacts":[1.10,null]`, `"exacts":["bg==",null]`, `"free":1.5`, `"free":{"scale":1,"value":"Dw=="}`, `"y":-2,`, `"y":-2.0,`, `"span":"PT37091106.5S"`, `"span":37091106500000`,
		`"stamps":["2026-01-01T00:00:00Z"]`, `"stamps":["2026-01-01T00:00:00.000000Z"]`).Replace(typed)
	for connector, want := range map[string]string{"rich": typed, "avro": typed, "plain": plain, "flat": plain, "flatmeta": plain} {
		o := Options{}
		if want == plain {
			o.Columns = declared["kinds"]
		}
		got := play(t, connector, "kinds", o)
		if diff := cmp.Diff(want, got.rows["1"]); diff != "" {
			t.Errorf("%s: %s", connector, diff)
		}
		if got.rows["2"] == "" || strings.Count(got.rows["2"], "null") != strings.Count(got.rows["2"], ":")-1 {
			t.Errorf("%s: of a row of nulls comes %s", connector, got.rows["2"])
		}
		if len(got.problems) != 1 || got.rows["3"] != "" { // infinite numbers and dates
			t.Errorf("%s: %v, %s", connector, got.problems, got.rows["3"])
		}
	}
}

// TestSamplesOfCustomers: inserts, updates, deletes, a row that is made again, a changed key, long values that are not sent, columns that
// come, go, change their type and their name, and a snapshot beside it all end in the rows that the database had.
func TestSamplesOfCustomers(t *testing.T) {
	row := func(text string) string { return strings.ReplaceAll(text, "~", `"settings":null,"tags":null,"tier":"`) }
	dan := `{"active":true,"balance":"much","bio":"now short","born":"2000-01-01","email":"dan3@example.com","full_name":"Dan D.","id":4,"name":"Daniel","phone":"none","score":1,` +
		`"seen":"2026-04-01T00:00:00Z","settings":{},"tags":["a"],"tier":"paid","updated":"2026-04-01T00:00:00"}`
	without := func(text string, parts ...string) string {
		for _, part := range parts {
			text = strings.Replace(text, part, "", 1)
		}
		return text
	}
	dan = without(dan, `"name":"Daniel",`, `"score":1,`) // of whole rows, those the last one has
	before := map[string]string{
		"1": row(`{"active":true,"balance":12.50,"bio":"a…","born":"1990-02-28","email":"ann@example.com","id":1,"name":null,"score":0.5,"seen":"2026-01-02T01:04:05.678901Z",~paid","updated":"2026-01-02T03:04:05.678"}`),
		"3": row(`{"active":true,"balance":null,"bio":null,"born":null,"email":"new@example.com","id":3,"name":null,"score":null,"seen":"2026-04-01T12:00:00Z",~free","updated":null}`),
		"4": dan,
		// null in a column that has a default comes as the default, unless Debezium is told otherwise
		"20": row(`{"active":true,"balance":null,"bio":null,"born":null,"email":"bob@example.com","id":20,"name":null,"score":null,"seen":"1970-01-01T00:00:00Z",~free","updated":null}`),
	}
	after := map[string]string{"4": dan}
	for _, key := range []string{"1", "3", "20"} { // the snapshot at the end sees the table's new form
		after[key] = strings.NewReplacer(`"balance":12.50`, `"balance":"12.50"`, `"name":null,"score":0.5`, `"phone":"none"`, `"name":null,"score":null`, `"phone":"none"`).Replace(before[key])
		after[key] = strings.Replace(after[key], `@example.com","id"`, `@example.com","full_name":null,"id"`, 1)
	}
	for connector, want := range map[string]map[string]string{"rich": after, "plain": after, "avro": before, "flat": before, "flatmeta": before} {
		o := Options{}
		if connector != "rich" && connector != "avro" {
			o.Columns = declared["customers"]
		}
		got := play(t, connector, "customers", o)
		want = maps.Clone(want)
		if connector == "flat" || connector == "flatmeta" { // nobody has said what the balance is: it became a text in between
			want["1"] = strings.Replace(want["1"], "12.50", `"BOI="`, 1)
		}
		if connector == "flatmeta" { // told otherwise
			want["20"] = strings.Replace(want["20"], `"1970-01-01T00:00:00Z"`, "null", 1)
		}
		if diff := cmp.Diff(want, got.rows); diff != "" {
			t.Errorf("%s: %s", connector, diff)
		}
		if len(got.problems) != 1 || !slices.Equal(got.moved, []string{"2 20"}) { // a score that is no number
			t.Errorf("%s: %v, %v", connector, got.problems, got.moved)
		}
	}
}

// TestSamplesOfLongValues: what stands for a value that was not sent is told in a column of every type that can be long, in every way of
// writing it, and the row keeps what it had.
func TestSamplesOfLongValues(t *testing.T) {
	rest := `"id":1,"idents":[uuid…],"labels":{"long":"h…"},"numbers":[7…],"raw":"bytes…","raws":["ones…"],"title":"second","words":["w…","x…"]}`
	want := `{"bigs":[8…],"body":"b…","data":{"text":"j…"},` + rest
	for _, connector := range slices.Sorted(maps.Keys(sampleFormats)) {
		o := Options{Columns: map[string]string{"data": "JSON", "labels": "JSON"}}
		want, absent := want, []string{"bigs", "body", "data", "idents", "labels", "numbers", "raw", "raws", "words"}
		if connector == "careful" { // a list of bytes in hex is sent as null, which nobody can tell from null
			want, absent = strings.Replace(want, `["ones…"]`, "null", 1), slices.DeleteFunc(absent, func(name string) bool { return name == "raws" })
		}
		got := play(t, connector, "documents", o)
		if diff := cmp.Diff(want, got.rows["1"]); diff != "" || len(got.rows) != 1 || !slices.Equal(got.absent, absent) || got.problems != nil {
			t.Errorf("%s: %s, %v left out, %v", connector, diff, got.absent, got.problems)
		}
	}
}

// TestSamplesOfOrders: a key of two columns, which changes under full identity, deletions, and a truncation where it is sent.
func TestSamplesOfOrders(t *testing.T) {
	for _, connector := range []string{"rich", "plain", "careful", "flat", "flatmeta", "avro"} {
		got := play(t, connector, "orders", Options{Key: []string{"customer", "line"}, Columns: map[string]string{"amount": "DECIMAL(12,2)", "note": "VARCHAR", "placed": "VARCHAR"}})
		first, second := model.CompositeKey([]string{"1", "1"}), model.CompositeKey([]string{"1", "3"})
		if len(got.rows) != 2 || !strings.Contains(got.rows[string(first)], `"amount":20.99,"customer":1,"line":1,"note":"n…"`) ||
			!strings.Contains(got.rows[string(second)], `"amount":0.00,"customer":1,"line":3,"note":null`) || got.problems != nil {
			t.Errorf("%s: %v, %v", connector, got.rows, got.problems)
		}
		if asked := connector == "rich" || connector == "plain" || connector == "careful"; strings.HasSuffix(got.ops, "t") != asked {
			t.Errorf("%s: %s", connector, got.ops)
		}
	}
}

// TestSamplesOfOtherTopics: what is no change of a row is ignored by its name; a table without a key is set aside, but its truncation is one.
func TestSamplesOfOtherTopics(t *testing.T) {
	for topic, want := range map[string]string{"rich.transaction": "transaction topic", "plain.transaction": "transaction topic", "rich.message": "logical message",
		"plain.message": "logical message", "careful.message": "logical message", "flat.message": "logical message", "flatmeta.message": "logical message", "avro.message": "logical message"} {
		connector, name, _ := strings.Cut(topic, ".")
		got := play(t, connector, name, Options{})
		if len(got.ignored) < 2 || got.ops != "" || got.problems != nil || slices.ContainsFunc(got.ignored, func(why string) bool { return why != want }) {
			t.Errorf("%s: %+v", topic, got)
		}
	}
	for _, connector := range []string{"rich", "plain"} {
		reading := read(t, Options{Format: "debezium-json"}, sample(t, "__debezium-heartbeat."+connector)[0])
		if reading.Ignored != "heartbeat" {
			t.Errorf("%+v", reading)
		}
	}
	for connector, ops := range map[string]string{"rich": "t", "plain": "t", "careful": "t", "flat": "", "avro": ""} {
		if got := play(t, connector, "visits", Options{}); got.ops != ops || !slices.Equal(got.problems, []string{"window.no_key", "window.no_key"}) {
			t.Errorf("%s: %+v", connector, got)
		}
	}
}
