package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/audience"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// stage is a workspace in which conditions can be tried; they stand from line 25 on.
const stage = `sources:
  warehouse: {type: duckdb, path: w.duckdb}
models:
  purchases: {sql: select 1 as a, key: a}
  customers:
    sql: select * from warehouse.customers
    key: customer_id
    related:
      orders:       {table: warehouse.orders, on: {customer_id: customer_id}, at: ordered_at}
      items:        {table: warehouse.items, via: orders, on: {order_id: order_id}}
      cart_updates: {table: warehouse.carts, on: {email: email}, at: at}
      purchases:    {table: models.purchases, on: {customer_id: customer_id}, at: at}
    consent:
      columns: {advertising: ads_ok}
      table: warehouse.consents
      on: {customer_id: customer_id}
      at: at
audiences:
  vip: {model: customers}
  other: {model: purchases}
  recently_contacted: {model: customers, where: {field: x, op: is set}}
  tried:
    model: customers
    where:
`

// tried loads conditions, indented as they have to be.
func tried(t *testing.T, conditions string) (*config.Workspace, error) {
	t.Helper()
	return load(t, "freshet.yaml", stage+"      "+strings.ReplaceAll(strings.TrimSpace(conditions), "\n", "\n      ")+"\n")
}

// blocks are the examples of a document, in YAML.
func blocks(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, b := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, b[1])
	}
	return all
}

// TestTheDocumentsExamples: every example of docs/AUDIENCES.md is read, by the program and by editors.
func TestTheDocumentsExamples(t *testing.T) {
	schema := compiled(t)
	lists := 0
	for _, b := range blocks(t, "AUDIENCES.md") {
		whole := b
		switch {
		case strings.HasPrefix(b, "- "):
			whole = stage + "      " + strings.ReplaceAll(strings.TrimSpace(b), "\n", "\n      ") + "\n"
			lists++
		case strings.HasPrefix(b, "audiences:"):
			whole = stage[:strings.Index(stage, "audiences:")] + b + "destinations: {hook: {type: webhook, url: \"http://a\"}}\n"
		default:
			whole = "sources: {warehouse: {type: duckdb, path: w}}\n" + strings.Replace(b, "models:\n", "models:\n  purchases: {sql: select 1 as a, key: a}\n", 1)
		}
		w, err := load(t, "freshet.yaml", whole)
		if err != nil {
			t.Errorf("%v\n%s", err, b)
			continue
		}
		if err := schema.Validate(plainDays(yamlValue(t, whole))); err != nil {
			t.Errorf("an editor would refuse it: %v\n%s", err, b)
		}
		if !strings.HasPrefix(b, "- ") {
			continue
		}
		all, _ := w.Audiences["tried"].Definition.Include.(audience.All)
		for _, n := range all.Of {
			t.Log(audience.Phrase(n))
		}
		var items []any
		if err := yaml.Unmarshal([]byte(b), &items); err != nil || len(items) != len(all.Of) {
			t.Errorf("%d conditions of %d were read\n%s", len(all.Of), len(items), b)
		}
	}
	if lists < 4 {
		t.Errorf("only %d lists of examples were found", lists)
	}
}

// plainDays makes texts of days: editors read YAML without its timestamps.
func plainDays(v any) any {
	switch x := v.(type) {
	case time.Time:
		return x.Format(time.DateOnly)
	case map[string]any:
		for k := range x {
			x[k] = plainDays(x[k])
		}
	case []any:
		for i := range x {
			x[i] = plainDays(x[i])
		}
	}
	return v
}

func TestConditionsAreRead(t *testing.T) {
	for yaml, want := range map[string]string{
		"{field: plan, op: is not, value: pro, unset: out, id: a}":                                         `{"op":"prop","id":"a","field":"plan","cmp":"ne","value":"pro","unset":"out"}`,
		"{field: n, op: in, value: [1, 2.50, x]}":                                                          `{"op":"prop","field":"n","cmp":"in","value":[1,2.50,"x"]}`,
		"{not: {field: n, op: is set}}":                                                                    `{"op":"not","of":{"op":"prop","field":"n","cmp":"set"}}`,
		"[{audience: vip}, {consent: advertising}]":                                                        `{"op":"all","of":[{"op":"audience","audience":"vip"},{"op":"consent","purpose":"advertising"}]}`,
		"{any: [{bucket: x, from: 0%, to: 12.34%}]}":                                                       `{"op":"any","of":[{"op":"bucket","salt":"x","from":0,"to":1234}]}`,
		"{related: orders}":                                                                                `{"op":"rel","path":["orders"],"agg":{"fn":"count"},"cmp":"ge","value":1}`,
		"{no_event: purchases, last: 7d}":                                                                  `{"op":"event","event":["purchases"],"agg":{"fn":"count"},"cmp":"eq","value":0,"window":{"last":"1w"}}`,
		"{related: orders, avg: {of: amount, at least: 9.5}, ago: [90d, 30d]}":                             `{"op":"rel","path":["orders"],"agg":{"fn":"avg","field":"amount"},"cmp":"ge","value":9.5,"window":{"ago":["90d","30d"]}}`,
		"{event: orders, first_at: {in the last: 36h}, last: 2w, align: week}":                             `{"op":"event","event":["orders"],"agg":{"fn":"first_at"},"cmp":"last","value":"36h","window":{"last":"2w","align":"week"}}`,
		"{event: [orders, purchases], where: {any: [{field: a, op: '>', record: ltv}]}, from: 2026-01-01}": `{"op":"event","event":["orders","purchases"],"where":{"any":[{"field":"a","cmp":"gt","ref":"entity","value":"ltv"}]},"agg":{"fn":"count"},"cmp":"ge","value":1,"window":{"from":"2026-01-01"}}`,
		"{abandoned: {event: cart_updates, without: orders, same: [cart_id], within: 30m}, last: 1d}":      `{"op":"seq","steps":[{"event":"cart_updates"},{"event":"orders","neg":true,"within":"30m","same":["cart_id"]}],"window":{"last":"1d"}}`,
		"{sequence: [{event: orders}, {event: purchases, where: [{field: a, op: is, first: b}]}]}":         `{"op":"seq","steps":[{"event":"orders"},{"event":"purchases","where":{"all":[{"field":"a","cmp":"eq","ref":"step0","value":"b"}]}}]}`,
	} {
		w, err := tried(t, yaml)
		if err != nil {
			t.Errorf("%s: %v", yaml, err)
			continue
		}
		want, err := audience.Read([]byte(`{"v":1,"id":"tried","entity":"customers","include":` + want + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, w.Audiences["tried"].Definition); diff != "" {
			t.Errorf("%s (-want +got):\n%s", yaml, diff)
		}
	}
}

// TestConditionsThatAreWrong: a mistake has its place, and the nearest word.
func TestConditionsThatAreWrong(t *testing.T) {
	for yaml, c := range map[string]struct{ code, where, says string }{
		"{feild: plan, op: is, value: pro}":      {"config.unknown_key", "25:8", "did you mean field?"},
		"{op: is, value: pro}":                   {"config.required", "25:7", "add field"},
		"{}":                                     {"config.required", "25:7", "begin it with all, any, not"},
		"pro":                                    {"config.wrong_type", "25:7", "a condition such as"},
		"{field: plan, op: iss, value: pro}":     {"config.unknown_value", "25:25", "did you mean is?"},
		"{field: plan, opp: is, value: pro}":     {"config.unknown_key", "25:21", "did you mean op?"},
		"{field: plan, op: is}":                  {"audience.bad_value", "25:7", "eq wants one value"},
		"{field: plan, op: between, value: [1]}": {"audience.bad_value", "25:7", "two values"},
		"{all: []}":                              {"audience.empty_group", "25:7", "add one"},
		"{all: {field: x, op: is set}}":          {"config.wrong_type", "25:13", "a list, and there is a mapping"},
		"{all: [{field: x, op: is set}, {related: order}]}": {"audience.unknown_related", "25:38", "did you mean orders?"},
		"{audience: vipp}":                                                    {"audience.unknown_audience", "25:7", "did you mean vip?"},
		"{audience: other}":                                                   {"audience.other_model", "25:7", "is of purchases"},
		"{audience: tried}":                                                   {"audience.cycle", "25:7", "tried → tried"},
		"{event: items, count: {at leest: 3}}":                                {"config.unknown_key", "25:30", "did you mean at least?"},
		"{related: orders, count: {at least: 3, at most: 5}}":                 {"config.required", "25:32", "one comparison"},
		"{related: orders, sum: {at least: 3}}":                               {"config.required", "25:30", "add of"},
		"{related: orders, count: {at least: 1}, sum: {of: a, is: 2}}":        {"config.conflict", "25:52", "a condition for each"},
		"{related: orders, count: 3}":                                         {"config.wrong_type", "25:32", "a mapping"},
		"{related: orders, last: 7 days}":                                     {"config.wrong_type", "25:31", "30m, 7d or 2w"},
		"{related: orders, last: 7d, align: month}":                           {"config.unknown_value", "25:42", "day or week"},
		"{related: orders, last: 36h, align: day}":                            {"audience.bad_window", "25:7", "whole days"},
		"{related: orders, last: 7d, from: 2026-01-01}":                       {"audience.bad_window", "25:7", "keep one"},
		"{related: orders, from: tomorrow}":                                   {"audience.bad_value", "25:7", "2026-01-31"},
		"{related: orders, ago: [30d, 90d]}":                                  {"audience.bad_window", "25:7", "longer span first"},
		"{related: orders, ago: [30d]}":                                       {"config.wrong_type", "25:30", "[90d, 30d]"},
		"{bucket: x, from: 10%, to: 5%}":                                      {"audience.bad_bucket", "25:7", "no share"},
		"{bucket: x, from: 0%, to: 5}":                                        {"config.wrong_type", "25:33", "10%"},
		"{bucket: x, from: 0%, to: 0.001%}":                                   {"config.bad_share", "25:33", "two decimals"},
		"{sequence: [{event: orders}]}":                                       {"audience.bad_sequence", "25:7", "2 to 10"},
		"{sequence: [{event: orders}, {within: 3d}]}":                         {"config.required", "25:36", "event: or without:"},
		"{sequence: [{without: orders}, {event: orders}]}":                    {"audience.bad_sequence", "25:19", "first step"},
		"{related: orders, where: [{field: a, op: is, value: 1, record: b}]}": {"config.conflict", "25:70", "keep one"},
		"{related: orders, where: [{field: a, op: is, first: b}]}":            {"audience.bad_value", "25:33", "no first step"},
		"{field: a, op: matches, value: '(', id: x}":                          {"", "", ""}, // the column's type is not known yet
		"{not: {not: {not: {not: {not: {not: {field: a, op: is set}}}}}}}":    {"audience.too_deep", "25:43", "more than 6"},
		"[{field: a, op: is set, id: x}, {field: a, op: is set, id: X}]":      {"audience.duplicate_id", "25:39", "own"},
	} {
		_, err := tried(t, yaml)
		faults := config.Faults(err)
		if c.code == "" {
			continue
		}
		if len(faults) == 0 {
			t.Errorf("%s is taken", yaml)
			continue
		}
		f := faults[0]
		if f.Code != c.code || f.Where != "freshet.yaml:"+c.where || !strings.Contains(f.Message+" / "+f.Suggestion, c.says) || f.Suggestion == "" {
			t.Errorf("%s: %s at %s: %s / %s", yaml, f.Code, f.Where, f.Message, f.Suggestion)
		}
		if len(faults) > 1 {
			t.Errorf("%s gives %d faults: %v", yaml, len(faults), err)
		}
	}
}

// TestRelatedTablesThatAreWrong: what a model says of its tables is checked where it stands.
func TestRelatedTablesThatAreWrong(t *testing.T) {
	for _, c := range []struct{ old, new, code, says string }{
		{"table: warehouse.orders", "table: warehose.orders", "config.unknown_table", "did you mean warehouse?"},
		{"table: warehouse.orders", "table: orders", "config.unknown_table", "source.table"},
		{"table: models.purchases", "table: models.purchase", "config.unknown_model", "did you mean purchases?"},
		{"table: warehouse.orders", "table: feeds.orders", "config.unknown_feed", "none"},
		{"via: orders", "via: order", "config.unknown_related", "did you mean orders?"},
		{"via: orders", "via: items", "config.cycle", "circle"},
		{"at: ordered_at", "att: ordered_at", "config.unknown_key", "did you mean at?"},
		{"on: {customer_id: customer_id}, at: ordered_at", "on: {}, at: ordered_at", "config.required", "its column: our column"},
		{"      table: warehouse.consents\n", "", "config.required", "add table"},
	} {
		_, err := load(t, "freshet.yaml", strings.Replace(stage+"      {audience: vip}\n", c.old, c.new, 1))
		faults := config.Faults(err)
		if len(faults) == 0 || faults[0].Code != c.code || !strings.Contains(faults[0].Message+faults[0].Suggestion, c.says) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
}

func TestSplitsAndLimits(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", strings.Replace(stage, "  vip: {model: customers}",
		"  vip: {model: customers, zone: Europe/Berlin, limit: {count: 10, by: ltv, order: lowest}, split: {groups: {a: 10%, b: 90%}}, exclude: {field: a, op: is set}}", 1)+"      {audience: recently_contacted}\n")
	got, err := audience.Write(w.Audiences["vip"].Definition)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"entity":"customers","exclude":{"cmp":"set","field":"a","op":"prop"},"id":"vip","limit":{"by":"ltv","dir":"asc","n":10},` +
		`"split":{"groups":[{"from":0,"name":"a","to":1000},{"from":1000,"name":"b","to":10000}],"salt":"vip"},"v":1,"zone":"Europe/Berlin"}`
	if string(got) != want || !json.Valid(got) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for bad, code := range map[string]string{"split: {groups: {a: 60%, b: 50%}}": "config.bad_share", "limit: {count: 0, by: ltv}": "audience.bad_limit",
		"limit: {count: 5}": "config.required", "zone: Europe/Berln": "audience.unknown_zone", "where: {audience: vip}, include: {audience: vip}": "config.conflict"} {
		_, err := load(t, "freshet.yaml", strings.Replace(stage, "  other: {model: purchases}", "  other: {model: customers, "+bad+"}", 1)+"      {audience: vip}\n")
		if faults := config.Faults(err); len(faults) != 1 || faults[0].Code != code {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestSyncsCarryAudiences: the audience's model is the sync's.
func TestSyncsCarryAudiences(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", strings.Replace(shop, "    model: customers\n    destination", "    audience: lapsed_pros\n    destination", 1))
	if s := w.Syncs[0]; s.Audience != "lapsed_pros" || s.Model != "customers" {
		t.Errorf("the sync carries %q of %q", s.Audience, s.Model)
	}
}
