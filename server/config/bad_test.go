package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/fault"
)

// TestBadInput: one mistake in a good workspace gives one fault, placed, with words that help.
func TestBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		old, new          string // what is changed in the shop's workspace
		code, where, says string
	}{
		"unknown key":           {"mode: upsert", "mod: upsert", "unknown_key", "31:5", "did you mean mode?"},
		"unknown section":       {"syncs:", "sinks:", "unknown_key", "26:1", "did you mean syncs?"},
		"unknown setting":       {"token:", "tokn:", "unknown_key", "23:25", "did you mean token?"},
		"unknown mapping key":   {"{template:", "{tmplate:", "unknown_key", "35:14", "did you mean template?"},
		"wrong type":            {"key: customer_id", "key: {a: b}", "wrong_type", "11:10", "a column or a list of columns, and there is a mapping"},
		"no value":              {"tier: hourly", "tier:", "wrong_type", "38:10", "there is nothing"},
		"text for a mapping":    {"guard: {max_leaves: 10%, max_changes: 50%, min_rows: 1}", "guard: strict", "wrong_type", "40:12", "guard wants a mapping, and there is text"},
		"truth for a text":      {"object: contacts", "object: true", "wrong_type", "30:13", "in quotes"},
		"number for a column":   {"firstname: first_name", "firstname: 5", "wrong_type", "34:18", "{value: …}"},
		"template for a column": {`plan: {template: "{{ plan | upcase }}"}`, `plan: "{{ plan }}"`, "wrong_type", "35:13", "{template:"},
		"bad share":             {"max_leaves: 10%", "max_leaves: 10 percent", "wrong_type", "40:25", "500 or 10%"},
		"share above all":       {"max_leaves: 10%", "max_leaves: 110%", "wrong_type", "40:25", "500 or 10%"},
		"negative count":        {"min_rows: 1", "min_rows: -1", "wrong_type", "40:58", "a count"},
		"bad span":              {"freshness: 90m", "freshness: 90", "wrong_type", "39:22", "90m"},
		"bad percentage":        {"success: 99.9%", "success: 99.9", "wrong_type", "39:36", "99.9%"},
		"bad cron":              {"tier: hourly", "schedule: {cron: \"* *\"}", "wrong_type", "38:22", "five cron fields"},
		"tier and schedule":     {"tier: hourly", "tier: hourly\n    schedule: {every: 5m}", "conflict", "39:15", "keep one"},
		"cron with seconds":     {"tier: hourly", "schedule: {cron: \"0 0 6 * * *\"}", "wrong_type", "38:22", "leave the first one out"},
		"cron hour":             {"tier: hourly", "schedule: {cron: \"0 25 * * *\"}", "wrong_type", "38:22", "the hour is 0 to 23"},
		"cron day":              {"tier: hourly", "schedule: {cron: \"0 6 * * mo\"}", "wrong_type", "38:22", "did you mean mon?"},
		"cron that never comes": {"tier: hourly", "schedule: {cron: \"0 6 31 2 *\"}", "wrong_type", "38:22", "no such day"},
		"zone":                  {"tier: hourly", "schedule: {cron: \"@daily\", zone: Europe/Berln}", "wrong_type", "38:38", "did you mean Europe/Berlin?"},
		"a city for a zone":     {"workspace: shop", "workspace: shop\ntime_zone: new york", "wrong_type", "2:12", "did you mean America/New_York?"},
		"the machine's zone":    {"workspace: shop", "workspace: shop\ntime_zone: Local", "wrong_type", "2:12", "Europe/Berlin, America/New_York or UTC"},
		"zone beside every":     {"tier: hourly", "schedule: {every: 5m, zone: UTC}", "conflict", "38:33", "take zone out"},
		"too often":             {"tier: hourly", "schedule: {every: 100ms}", "wrong_type", "38:23", "write 1s or more"},
		"empty schedule":        {"tier: hourly", "schedule: {zone: UTC}", "required", "38:15", "{every: 15m}"},
		"promise of all":        {"success: 99.9%", "success: 100%", "wrong_type", "39:36", "there is no error budget"},
		"promise of nothing":    {"success: 99.9%", "success: 0%", "wrong_type", "39:36", "promises nothing"},
		"promise of an instant": {"freshness: 90m", "freshness: 10ms", "wrong_type", "39:22", "write 1s or more"},
		"empty promise":         {"slo: {freshness: 90m, success: 99.9%}", "slo: {}", "required", "39:10", "freshness: 15m, success: 99.5%"},
		"misspelt promise":      {"freshness: 90m", "freshnes: 90m", "unknown_key", "39:11", "did you mean freshness?"},
		"alert's way":           {"syncs:\n", "alerts: {ops: {type: slak, url: \"https://a.b\"}}\nsyncs:\n", "unknown_type", "26:22", "did you mean slack?"},
		"alert without a url":   {"syncs:\n", "alerts: {ops: {type: slack}}\nsyncs:\n", "required", "26:15", "add url"},
		"alert's address":       {"syncs:\n", "alerts: {ops: {type: webhook, url: nowhere}}\nsyncs:\n", "wrong_type", "26:36", "an address such as"},
		"alert's receiver":      {"syncs:\n", "alerts: {ops: {type: email, server: \"a:25\", from: a@b.c, to: [nobody]}}\nsyncs:\n", "wrong_type", "26:63", "an e-mail address"},
		"alert's sync":          {"syncs:\n", "alerts: {ops: {type: webhook, url: \"http://a.b\", syncs: [customers]}}\nsyncs:\n", "unknown_sync", "26:58", "customers_to_crm"},
		"alert's state":         {"syncs:\n", "alerts: {ops: {type: webhook, url: \"http://a.b\", on: {states: [lat]}}}\nsyncs:\n", "unknown_value", "26:64", "did you mean late?"},
		"every and cron":        {"tier: hourly", "schedule: {every: 5m, cron: \"@daily\"}", "conflict", "38:33", "keep one"},
		"ambiguous literal":     {"{value: customer}", "{value: 007}", "wrong_type", "36:31", "in quotes"},
		"template and value":    {"{value: customer}", "{value: customer, column: plan}", "conflict", "36:31", "keep one"},
		"empty mapping":         {"{value: customer}", "{nulls: omit}", "required", "36:23", "column, template or value"},
		"field in a field":      {"firstname: first_name", "plan.name: first_name", "same_field", "34:7", "in line 35"},
		"empty part of a field": {"firstname: first_name", "a..b: first_name", "bad_name", "34:7", "outer.inner"},
		"duplicate key":         {"tier: hourly", "mode: upsert", "duplicate_key", "38:5", "first is in line 31"},
		"duplicate name":        {"audiences:", "  customers: {sql: select 1, key: a}\naudiences:", "duplicate_key", "17:3", "first is in line 9"},
		"missing variable":      {"${HOOK_SECRET}", "${HOOK_SECRT}", "env_missing", "24:66", "HOOK_SECRT, which is not set"},
		"broken reference":      {"${HOOK_SECRET}", "${HOOK-SECRET}", "bad_reference", "24:66", "$${"},
		"empty required":        {"${HUBSPOT_TOKEN}", "${EMPTY}", "required", "23:32", "is empty"},
		"missing setting":       {`token: "${HUBSPOT_TOKEN}", `, "", "required", "23:9", "add token"},
		"not an address":        {"http://127.0.0.1:9000/in", "127.0.0.1", "wrong_type", "24:30", "an address such as"},
		"unknown type":          {"type: hubspot", "type: hubspt", "unknown_type", "23:16", "did you mean hubspot?"},
		"source as destination": {"type: hubspot", "type: duckdb", "unknown_type", "23:16", "webhook or hubspot"},
		"no type":               {"type: hubspot, ", "", "required", "23:9", "add type: webhook or hubspot"},
		"feed of no stream":     {"models:", "feeds: {carts: {source: warehouse, topic: t, format: json, key: id}}\nmodels:", "not_a_stream", "8:25", "no stream"},
		"feed without a source": {"models:", "feeds: {carts: {source: strem, topic: t, format: json, key: id}}\nmodels:", "unknown_source", "8:25", "there is none of that name"},
		"feed without a topic":  {"models:", "  stream: {type: kafka, brokers: [a]}\nfeeds: {carts: {source: stream, format: json, key: id}}\nmodels:", "required", "9:16", "topic"},
		"feed's format":         {"models:", "  stream: {type: kafka, brokers: [a]}\nfeeds: {carts: {source: stream, topic: t, format: debezium-jsn, key: id}}\nmodels:", "unknown_value", "9:51", "did you mean debezium-json?"},
		"feed in SQL":           {"from warehouse.customers", "from feeds.cats", "unknown_feed", "10:76", "feeds.cats"},
		"audience in a sync":    {"model: customers\n    destination", "audience: lapsed_pro\n    destination", "unknown_audience", "28:15", "did you mean lapsed_pros?"},
		"audience and model":    {"model: customers\n    destination", "model: customers\n    audience: lapsed_pros\n    destination", "conflict", "29:15", "keep one"},
		"mode members":          {"mode: upsert", "mode: members", "not_yet", "31:11", "upsert, update, insert or mirror"},
		"on_leave remove":       {"on_leave: keep", "on_leave: remove", "not_yet", "37:15", "keep, clear, archive or delete"},
		"unknown mode":          {"mode: upsert", "mode: upsrt", "unknown_value", "31:11", "did you mean upsert?"},
		"unknown tier":          {"tier: hourly", "tier: yearly", "unknown_value", "38:11", "daily"},
		"missing model":         {"model: customers\n    destination", "model: custmers\n    destination", "unknown_model", "28:12", "did you mean customers?"},
		"audience's model":      {"model: customers\n    where", "model: persons\n    where", "unknown_model", "19:12", "it can be customers"},
		"model in SQL":          {"from warehouse.customers", "from models.peopel", "unknown_model", "10:76", "models.peopel"},
		"cycle":                 {"from warehouse.customers", "from models.customers", "cycle", "10:10", "customers → customers"},
		"missing destination":   {"destination: crm", "destination: cmr", "unknown_destination", "29:18", "did you mean crm?"},
		"missing object":        {"object: contacts", "object: contact", "unknown_object", "30:13", "did you mean contacts?"},
		"no object":             {"    object: contacts\n", "", "required", "28:5", "contacts or companies"},
		"mode out of reach":     {"mode: upsert", "mode: insert", "no_ability", "31:11", "it can do upsert or update"},
		"leave out of reach":    {"on_leave: keep", "on_leave: delete", "no_ability", "37:15", "keep, clear or archive"},
		"no match":              {"    match: {email: email}\n", "", "match_needed", "28:5", "add match: {email"},
		"two matches":           {"match: {email: email}", "match: {email: email, hs_object_id: id}", "match_single", "32:12", "exactly one"},
		"match field":           {"match: {email: email}", "match: {emial: email}", "match_field", "32:13", "did you mean email?"},
		"no fields":             {"      firstname: first_name\n      plan: {template: \"{{ plan | upcase }}\"}\n      lifecyclestage: {value: customer}\n", "", "required", "", "name at least one field"},
		"key twice":             {"key: customer_id", "key: [a, a]", "duplicate_key", "11:14", "keep one"},
		"empty key":             {"key: customer_id", "key: []", "required", "11:10", "tell records apart"},
		"no key":                {"    key: customer_id\n", "", "required", "10:5", "add key: a column"},
		"reserved source":       {"  warehouse:", "  temp:", "bad_name", "5:3", "its own meaning"},
		"source in two cases":   {"  lake:", "  Warehouse:", "same_name", "6:3", "one name to SQL"},
		"source no SQL name":    {"  lake:", "  my-lake:", "bad_name", "6:3", "letters, digits and underscores"},
		"tab":                   {"    tier: hourly", "\ttier: hourly", "syntax", "38:1", "a tab"},
		"open quote":            {"object: contacts", `object: "contacts`, "syntax", "", "this is not YAML"},
		"second document":       {"models:", "---\nmodels:", "syntax", "8:1", "second YAML document"},
		"mapping as a key":      {"tier: hourly", "? {a: b}\n    : c", "wrong_type", "38:7", "plain name"},
		"list at the top":       {shop, "- a\n", "wrong_type", "1:1", "a list"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(shop, c.old) {
				t.Fatalf("the workspace does not hold %q", c.old)
			}
			_, err := load(t, "freshet.yaml", strings.Replace(shop, c.old, c.new, 1))
			faults := config.Faults(err)
			i := 0 // some mistakes cannot but cause a second fault: the first in the file is theirs unless named otherwise
			for ; i < len(faults) && faults[i].Code != "config."+c.code; i++ {
			}
			if i == len(faults) {
				t.Fatalf("no config.%s among %v", c.code, err)
			}
			f := faults[i]
			if c.where != "" && f.Where != "freshet.yaml:"+c.where {
				t.Errorf("it is placed at %s, want %s (%s)", f.Where, c.where, f.Message)
			}
			if !strings.Contains(f.Message+" "+f.Suggestion, c.says) {
				t.Errorf("%q / %q do not say %q", f.Message, f.Suggestion, c.says)
			}
			if f.Kind != fault.Usage || f.Suggestion == "" || strings.Contains(err.Error(), canary) {
				t.Errorf("kind %d, suggestion %q: %v", f.Kind, f.Suggestion, err)
			}
			if len(faults) > 1 && name != "unknown section" && c.code != "duplicate_key" {
				t.Errorf("one mistake gives %d faults: %v", len(faults), err)
			}
		})
	}
}

func TestTwoFiles(t *testing.T) {
	for name, c := range map[string]struct{ second, code, where, says string }{
		"same model":        {"models:\n  customers: {sql: select 1, key: a}\n", "same_name", "two.yaml:2:3", "the first is at freshet.yaml:9:3"},
		"another workspace": {"workspace: store\n", "conflict", "two.yaml:1:12", "freshet.yaml:1:12"},
		"misspelt section":  {"modles: {}\n", "unknown_key", "two.yaml:1:1", "did you mean models?"},
		"broken":            {"a: [\n", "syntax", "", "this is not YAML"},
	} {
		_, err := load(t, "freshet.yaml", shop, "two.yaml", c.second)
		faults := config.Faults(err)
		if len(faults) != 1 || faults[0].Code != "config."+c.code || c.where != "" && faults[0].Where != c.where ||
			!strings.Contains(faults[0].Message+" "+faults[0].Suggestion, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := load(t, "freshet.yaml", shop, "two.yaml", "workspace: shop\n"); err != nil {
		t.Errorf("saying the same twice is refused: %v", err)
	}
}

func TestNoWorkspace(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "nowhere"), folder(t, "docker-compose.yml", "services: {}\n")} {
		_, err := config.Load(dir, testDrivers(), environment)
		if f := fault.As(err); f.Code != "config.absent" || !strings.Contains(f.Suggestion, "freshet init") || f.Kind.Exit() != fault.ExitUsage {
			t.Errorf("got %+v", f)
		}
	}
}

func TestSyncsThatUndoEachOther(t *testing.T) {
	second := func(fields string) string {
		return shop + "  second:\n    model: customers\n    destination: crm\n    object: contacts\n    match: {email: email}\n    " + fields + "\n"
	}
	for name, c := range map[string]struct{ text, says string }{
		"shared field":            {second("fields: {plan: plan}"), `both write "plan"`},
		"nested field":            {second("fields: {plan.name: plan}"), `both write "plan.name"`},
		"removal":                 {second("fields: {other: plan}\n    on_leave: archive"), "syncs.second removes records"},
		"fields apart":            {second("fields: {other: plan}"), ""},
		"match as field":          {strings.Replace(second("fields: {email: email, other: plan}"), "firstname:", "email: email\n      firstname:", 1), ""},
		"two names of one":        {strings.Replace(strings.Replace(second("fields: {plan: plan}"), "destination: crm\n    object: contacts\n    match: {email: email}\n    fields: {plan", "destination: crm2\n    object: contacts\n    match: {email: email}\n    fields: {plan", 1), "destinations:", "destinations:\n  crm2: {type: hubspot, token: \"${HUBSPOT_TOKEN}\"}", 1), `both write "plan"`},
		"hooks without an object": {shop + "  a: {model: customers, destination: hook, fields: {x: plan}}\n  b: {model: customers, destination: hook, fields: {x: plan}}\n", ""},
		"hooks with an object":    {shop + "  a: {model: customers, object: o, destination: hook, fields: {x: plan}}\n  b: {model: customers, object: o, destination: hook, fields: {x: plan}}\n", `both write "x"`},
	} {
		_, err := load(t, "freshet.yaml", c.text)
		faults := config.Faults(err)
		if c.says == "" {
			if err != nil {
				t.Errorf("%s is refused: %v", name, err)
			}
			continue
		}
		if len(faults) != 1 || faults[0].Code != "config.same_object" || !strings.Contains(faults[0].Message, c.says) ||
			!strings.Contains(faults[0].Message, "at freshet.yaml:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheEnvironmentIsNotQuoted: what came from the environment may be a secret that stands in the wrong place.
func TestTheEnvironmentIsNotQuoted(t *testing.T) {
	for _, place := range [][2]string{
		{"mode: upsert", "mode: ${HOOK_SECRET}"}, {"tier: hourly", "tier: ${HOOK_SECRET}"},
		{"tier: hourly", "schedule: {cron: \"${HOOK_SECRET}\"}"}, {"tier: hourly", "schedule: {cron: \"@daily\", zone: \"${HOOK_SECRET}\"}"}, {"type: hubspot", "type: \"${HOOK_SECRET}\""},
		{"model: customers\n    destination", "model: ${HOOK_SECRET}\n    destination"}, {"object: contacts", "object: ${HOOK_SECRET}"},
		{"destination: crm", "destination: ${HOOK_SECRET}"}, {"max_leaves: 10%", "max_leaves: \"${HOOK_SECRET}\""},
		{"http://127.0.0.1:9000/in", "${HOOK_SECRET}"}, {"\"${HUBSPOT_TOKEN}\"", "*" + canary}, {"\"${HUBSPOT_TOKEN}\"", "\"" + canary},
	} {
		_, err := load(t, "freshet.yaml", strings.Replace(shop, place[0], place[1], 1))
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", place[1], err)
		}
		for _, f := range config.Faults(err) {
			if strings.Contains(f.Suggestion, canary) {
				t.Errorf("%s: the suggestion tells it: %s", place[1], f.Suggestion)
			}
		}
	}
}

// TestAliasesThatNeverEnd: a file that would be endless when written out is refused at once.
func TestAliasesThatNeverEnd(t *testing.T) {
	multiply := "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
	for i := range 8 {
		multiply += fmt.Sprintf("x%d: &x%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*x%d, ", i), 9)+fmt.Sprintf("*x%d", i))
	}
	for _, text := range []string{multiply,
		"destinations:\n  hook: {type: webhook, url: \"http://a\", headers: &h {a: *h, b: *h, c: *h, d: *h}}\n",
		"models:\n  a: {sql: select 1, key: a, <<: &x {<<: [*x, *x, *x, *x]}}\n",
	} {
		_, err := load(t, "freshet.yaml", text)
		if !fault.Is(err, "config.too_deep") {
			t.Errorf("got %v for %.60s", err, text)
		}
	}
}

func TestModelCycles(t *testing.T) {
	_, err := load(t, "freshet.yaml", `models:
  a: {sql: select * from models.b, key: x}
  b: {sql: select * from models.c, key: x}
  c: {sql: select * from models.a, key: x}
`)
	if f := fault.As(err); f.Code != "config.cycle" || !strings.HasSuffix(f.Message, "circle: a → b → c → a") || f.Where != "freshet.yaml:2:12" {
		t.Errorf("got %+v", f)
	}
}
