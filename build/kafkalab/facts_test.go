//go:build kafkalab

package lab_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	lab "github.com/freshet/freshet/build/kafkalab"
)

// checkFacts checks what readers of Debezium rely on, and what they must not be fooled by.
func checkFacts(t *testing.T, topics map[string][]lab.Record) {
	for name, check := range map[string]func(*testing.T, map[string][]lab.Record){
		"before is made up":                checkBefore,
		"null becomes the default":         checkNulls,
		"a new key is three records":       checkNewKey,
		"an unchanged long value":          checkUnavailable,
		"truncate only when asked":         checkTruncate,
		"rolled back is not there":         checkRolledBack,
		"a snapshot on demand":             checkIncremental,
		"a transaction has several ids":    checkTransaction,
		"a flat tombstone is not null":     checkFlatTombstone,
		"values that do not fit":           checkMisfits,
		"a table changes while it is read": checkDDL,
	} {
		t.Run(name, func(t *testing.T) { check(t, topics) })
	}
}

// event is a value without a schema beside it.
type event = map[string]any

func events(t *testing.T, records []lab.Record) []event {
	t.Helper()
	var out []event
	for _, r := range records {
		if e, ok := document(t, r.Value).(event); ok {
			out = append(out, e)
		}
	}
	return out
}

// of picks the events of one operation.
func of(op string, all []event) []event {
	return slices.DeleteFunc(slices.Clone(all), func(e event) bool { return e["op"] != op })
}

func at(e event, path ...string) any {
	var value any = e
	for _, name := range path {
		inner, ok := value.(event)
		if !ok {
			return "no " + name
		}
		value = inner[name]
	}
	return value
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := text(got), text(want); g != w {
		t.Errorf("%s is %s, want %s", what, g, w)
	}
}

// checkBefore: with the replica identity that every table has unless told otherwise, only the key of a deleted row is
// true. The rest of before is null, or where the column allows no null, a default or zero value that was never there.
func checkBefore(t *testing.T, topics map[string][]lab.Record) {
	deleted := of("d", events(t, topics["plain.customers"]))
	want(t, "deletes", len(deleted), 2)
	for i, id := range []any{2, 3} {
		want(t, "key", at(deleted[i], "before", "id"), id)
		want(t, "email, which was never empty", at(deleted[i], "before", "email"), "")
		want(t, "active, which was false in row 3", at(deleted[i], "before", "active"), true)
	}
	full := of("d", events(t, topics["plain.orders"]))
	want(t, "note, full identity", at(full[1], "before", "note"), "kept")
	for _, e := range of("u", events(t, topics["plain.customers"])) {
		want(t, "before of an update", at(e, "before"), nil)
	}
}

// checkNulls: the JSON converter writes a column's default for its null unless told not to, in the plain envelope too;
// a default that is a function is the epoch.
func checkNulls(t *testing.T, topics map[string][]lab.Record) {
	want(t, "seen, which is null", at(events(t, topics["usual.customers"])[1], "after", "seen"), "1970-01-01T00:00:00.000000Z")
	want(t, "seen, which is null", at(events(t, topics["careful.customers"])[1], "after", "seen"), nil)
	want(t, "seen, which is null", at(events(t, topics["flat.customers"])[1], "seen"), "1970-01-01T00:00:00.000000Z")
	want(t, "seen, which is null", at(events(t, topics["flatmeta.customers"])[1], "seen"), nil)
}

func checkNewKey(t *testing.T, topics map[string][]lab.Record) {
	records := topics["plain.customers"]
	i := slices.IndexFunc(records, func(r lab.Record) bool { return header(r, "__debezium.newkey") != "" })
	if i < 0 || i+2 >= len(records) {
		t.Fatal("no event says that a key changed")
	}
	want(t, "old key", string(records[i].Key), `{"id":2}`)
	want(t, "new key", header(records[i], "__debezium.newkey"), `{"id":20}`)
	want(t, "tombstone", records[i+1].Value == nil && string(records[i+1].Key) == `{"id":2}`, true)
	want(t, "key", string(records[i+2].Key), `{"id":20}`)
	want(t, "old key", header(records[i+2], "__debezium.oldkey"), `{"id":2}`)
	want(t, "their position is one", at(document(t, records[i].Value).(event), "source", "lsn"), at(document(t, records[i+2].Value).(event), "source", "lsn"))
	last := slices.IndexFunc(topics["careful.customers"], func(r lab.Record) bool { return r.Value == nil })
	want(t, "tombstone without tombstones.on.delete", last, -1)
}

func header(r lab.Record, name string) string {
	for _, h := range r.Headers {
		if h.Name == name {
			return string(h.Value)
		}
	}
	return ""
}

const unavailable = "__debezium_unavailable_value"

// checkUnavailable: what stands for a long value that did not change depends on the column's type and on settings.
func checkUnavailable(t *testing.T, topics map[string][]lab.Record) {
	codes := make([]any, 0, len(unavailable))
	for _, c := range []byte(unavailable) {
		codes = append(codes, int(c))
	}
	plain := map[string]any{
		"body": unavailable, "data": unavailable, "raw": "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",
		"words": []any{unavailable}, "raws": []any{"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="}, "numbers": codes, "bigs": codes,
		"idents": []any{"b68a35a7-17ad-35b3-af2a-ae46edb4545a"},
		"labels": `{"` + unavailable + `":"` + unavailable + `"}`, // an hstore is a text of JSON unless hstore.handling.mode=map
	}
	for column, value := range plain {
		want(t, column, at(of("u", events(t, topics["plain.documents"]))[0], "after", column), value)
	}
	careful := of("u", events(t, topics["careful.documents"]))[0]
	want(t, "bytea as hex", at(careful, "after", "raw"), unavailable)
	want(t, "bytea[] as hex, which is not null", at(careful, "after", "raws"), nil)
}

// checkTruncate: a connector says nothing of a TRUNCATE unless skipped.operations is changed.
func checkTruncate(t *testing.T, topics map[string][]lab.Record) {
	for _, table := range []string{"orders", "visits", "documents"} {
		want(t, "usual."+table, len(of("t", events(t, topics["usual."+table]))), 0)
		want(t, "plain."+table, len(of("t", events(t, topics["plain."+table]))), 1)
		want(t, "key of "+table, topics["plain."+table][len(topics["plain."+table])-1].Key == nil, true)
	}
	want(t, "flat.orders", len(topics["flat.orders"]), 8)
}

func checkRolledBack(t *testing.T, topics map[string][]lab.Record) {
	for topic, records := range topics {
		for _, r := range records {
			if bytes.Contains(r.Value, []byte("nobody@example.com")) || bytes.Contains(r.Value, []byte("given up")) {
				t.Errorf("%s has a row that was rolled back, at %d", topic, r.Offset)
			}
		}
	}
}

func checkIncremental(t *testing.T, topics map[string][]lab.Record) {
	all := events(t, topics["plain.customers"])
	last := all[len(all)-4:]
	for i, id := range []any{1, 3, 4, 20} {
		want(t, "op", last[i]["op"], "r")
		want(t, "id", at(last[i], "after", "id"), id)
		want(t, "snapshot", at(last[i], "source", "snapshot"), "incremental")
		want(t, "txId", at(last[i], "source", "txId"), nil)
		want(t, "lsn", at(last[i], "source", "lsn"), nil)
	}
}

// checkTransaction: the id of a transaction is its number and a position. The position is another one at its end, and
// in every event; only the number is the same.
func checkTransaction(t *testing.T, topics map[string][]lab.Record) {
	order := of("c", events(t, topics["plain.orders"]))[0]
	number, _, _ := strings.Cut(at(order, "transaction", "id").(string), ":")
	ids := map[string]bool{}
	for _, table := range []string{"plain.orders", "plain.customers", "plain.transaction"} {
		for _, e := range events(t, topics[table]) {
			id, _ := at(e, "transaction", "id").(string)
			if table == "plain.transaction" {
				id = e["id"].(string)
			}
			if strings.HasPrefix(id, number+":") {
				ids[id] = true
			}
		}
	}
	want(t, "ids of a transaction of three events", len(ids), 4)
	end := slices.IndexFunc(events(t, topics["plain.transaction"]), func(e event) bool {
		return e["status"] == "END" && strings.HasPrefix(e["id"].(string), number+":")
	})
	want(t, "events", events(t, topics["plain.transaction"])[end]["event_count"], 3)
}

// checkFlatTombstone: without schemas, the flattened tombstone is the four letters null, and no tombstone to Kafka.
func checkFlatTombstone(t *testing.T, topics map[string][]lab.Record) {
	var values []string
	for _, r := range topics["flat.customers"] {
		if r.Value == nil || string(r.Value) == "null" {
			values = append(values, text(r.Value == nil))
		}
	}
	want(t, "tombstones that are null", values, []string{"false", "false"})
	rewritten := slices.DeleteFunc(events(t, topics["flatmeta.customers"]), func(e event) bool { return e["__deleted"] != "true" })
	want(t, "deletes that say so", len(rewritten), 2)
	want(t, "email of a deleted row", rewritten[0]["email"], "")
}

// checkMisfits: what JSON or Connect has no place for.
func checkMisfits(t *testing.T, topics map[string][]lab.Record) {
	plain := events(t, topics["plain.kinds"])
	want(t, "integer[][]", at(plain[0], "after", "nested"), []any{nil, nil})
	want(t, "numeric", at(plain[0], "after", "free"), event{"scale": 1, "value": "Dw=="})
	want(t, "numeric(20,4)", at(plain[0], "after", "exact"), "AKtUqYzrHwrT")
	want(t, "interval, in microseconds of mean years", at(plain[0], "after", "span"), 37091106500000)
	want(t, "timestamptz", at(plain[0], "after", "stamp_tz"), "2026-02-28T11:34:56.123456Z")
	want(t, "infinite double", at(plain[2], "after", "double"), "-Infinity")
	want(t, "infinite date, which overflows", at(plain[2], "after", "day"), -622191234)
	want(t, "infinite timestamp", at(plain[2], "after", "stamp"), 9223372036825200000)
	want(t, "infinite timestamptz", at(plain[2], "after", "stamp_tz"), "-infinity")
}

// checkDDL: the database's log has no DDL; the next event of the table has its new form.
func checkDDL(t *testing.T, topics map[string][]lab.Record) {
	updates := of("u", events(t, topics["plain.customers"]))
	added, dropped, retyped, renamed := updates[len(updates)-4], updates[len(updates)-3], updates[len(updates)-2], updates[len(updates)-1]
	want(t, "added column", at(added, "after", "phone"), "none")
	_, there := at(dropped, "after").(event)["score"]
	want(t, "dropped column is there", there, false)
	want(t, "numeric that became a text", at(retyped, "after", "balance"), "much")
	want(t, "renamed column", at(renamed, "after", "full_name"), "Dan D.")
}
