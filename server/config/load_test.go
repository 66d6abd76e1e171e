package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/kafka"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/google/go-cmp/cmp"
)

// shop is the workspace of the design, without the parts that need Kafka.
const shop = `workspace: shop
data_dir: .freshet

sources:
  warehouse: {type: duckdb, path: warehouse.duckdb}
  lake:      {type: files, tables: {orders: "orders/*.parquet", refunds: "refunds.csv"}}

models:
  customers:
    sql: select customer_id, email, first_name, plan, ltv, updated_at from warehouse.customers
    key: customer_id
    updated_at: updated_at
    owner: growth@example.com
    fields:
      email: {class: email, purposes: [crm, advertising]}

audiences:
  lapsed_pros:
    model: customers
    where: {all: [{field: plan, op: is, value: pro}, {field: ltv, op: ">", value: 100}]}

destinations:
  crm:  {type: hubspot, token: "${HUBSPOT_TOKEN}", purposes: [crm]}
  hook: {type: webhook, url: "http://127.0.0.1:9000/in", secret: "${HOOK_SECRET}"}

syncs:
  customers_to_crm:
    model: customers
    destination: crm
    object: contacts
    mode: upsert
    match: {email: email}
    fields:
      firstname: first_name
      plan: {template: "{{ plan | upcase }}"}
      lifecyclestage: {value: customer}
    on_leave: keep
    tier: hourly
    slo: {freshness: 90m, success: 99.9%}
    guard: {max_leaves: 10%, max_changes: 50%, min_rows: 1}
`

const canary = "canary-9f1b"

func environment(name string) (string, bool) {
	values := map[string]string{"HUBSPOT_TOKEN": canary, "HOOK_SECRET": canary, "PORT": "9000", "MODE": "mirror", "EMPTY": ""}
	v, ok := values[name]
	return v, ok
}

// folder writes files into a new workspace; names and contents alternate.
func folder(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, files ...string) (*config.Workspace, error) {
	t.Helper()
	return config.Load(folder(t, files...), testDrivers(), environment)
}

func mustLoad(t testing.TB, files ...string) *config.Workspace {
	t.Helper()
	w, err := load(t, files...)
	if err != nil {
		t.Fatalf("the workspace is refused: %v", err)
	}
	return w
}

func TestTheWorkspaceOfTheDesign(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", shop)
	if w.Name != "shop" || w.DataDir != filepath.Join(w.Root, ".freshet") || len(w.Warnings) != 0 {
		t.Errorf("name %q, data in %q, warnings %v", w.Name, w.DataDir, w.Warnings)
	}
	customer := model.Text("customer")
	want := model.Sync{
		Name: "customers_to_crm", Model: "customers", Destination: "crm", Object: "contacts", Mode: model.Upsert, OnLeave: model.Keep,
		Match: []model.Mapping{{Target: "email", Column: "email", Pos: model.Pos{File: "freshet.yaml", Line: 32, Col: 13}}},
		Fields: []model.Mapping{
			{Target: "firstname", Column: "first_name", Pos: model.Pos{File: "freshet.yaml", Line: 34, Col: 7}},
			{Target: "lifecyclestage", Literal: &customer, Pos: model.Pos{File: "freshet.yaml", Line: 36, Col: 7}},
			{Target: "plan", Template: "{{ plan | upcase }}", Pos: model.Pos{File: "freshet.yaml", Line: 35, Col: 7}},
		},
		Guard: model.Guard{MaxLeaves: &model.Limit{Percent: 10, IsShare: true}, MaxChanges: &model.Limit{Percent: 50, IsShare: true}, MinRows: 1},
		Tier:  "hourly", Zone: "UTC", Freshness: 90 * time.Minute, Success: 99.9, Pos: model.Pos{File: "freshet.yaml", Line: 27, Col: 3},
	}
	if diff := cmp.Diff([]model.Sync{want}, w.Syncs); diff != "" {
		t.Errorf("the sync is not what is written (-want +got):\n%s", diff)
	}
	if m := w.Models["customers"]; !slices.Equal(m.Key, []string{"customer_id"}) || m.Fields["email"].Class != "email" {
		t.Errorf("the model is %+v", m)
	}
}

func TestSettingsReachTheConnector(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", shop)
	hook := w.Destinations["hook"].Settings
	if hook.Secret("secret").Reveal() != canary || hook.Integer("batch_size") != 500 || hook.Duration("timeout") != 30*time.Second || !hook.Boolean("verify") {
		t.Errorf("the hook's settings are %+v", hook)
	}
	if got := w.Sources["warehouse"].Settings.Text("path"); got != filepath.Join(w.Root, "warehouse.duckdb") {
		t.Errorf("the path is %q", got)
	}
	want := map[string]any{"orders": "orders/*.parquet", "refunds": "refunds.csv"}
	if diff := cmp.Diff(want, w.Sources["lake"].Settings.Map("tables")); diff != "" {
		t.Error(diff)
	}
	if w.Sources["lake"].Settings.Text("root") != w.Root {
		t.Error("a source does not learn where the workspace is")
	}
}

func TestTheEnvironment(t *testing.T) {
	hook := func(rest string) string { return "destinations:\n  hook: {type: webhook, " + rest + "}\n" }
	w := mustLoad(t, "freshet.yaml", hook(`url: "http://${HOOK_SECRET}:${PORT}/$${PORT}", batch_size: "${PORT}", headers: {a: {b: "${PORT}!"}}`))
	s := w.Destinations["hook"].Settings
	if got, want := s.Text("url"), "http://"+canary+":9000/${PORT}"; got != want {
		t.Errorf("the address is %q, want %q", got, want)
	}
	if s.Integer("batch_size") != 9000 {
		t.Error("a number is not read from the environment")
	}
	if diff := cmp.Diff(map[string]any{"a": map[string]any{"b": "9000!"}}, s.Map("headers")); diff != "" {
		t.Error(diff)
	}
}

func TestFilesAreMerged(t *testing.T) {
	head, tail, _ := strings.Cut(shop, "destinations:")
	w := mustLoad(t, "freshet.yaml", "workspace: shop\n", "b.yml", "destinations:"+tail, "a.yaml", head, "empty.yaml", "# nothing\n",
		".hidden.yaml", "x: y", "docker-compose.yml", "services: {db: {image: x}}\n")
	if len(w.Syncs) != 1 || w.Syncs[0].Pos.File != "b.yml" || w.Models["customers"].Pos.File != "a.yaml" {
		t.Errorf("merged to %+v", w)
	}
	if len(w.Warnings) != 1 || w.Warnings[0].Code != "config.ignored_file" || w.Warnings[0].Where != "docker-compose.yml" {
		t.Errorf("a file of another tool is not passed over with a warning: %+v", w.Warnings)
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	plain := strings.Replace(shop, "    on_leave: keep\n", "", 1)
	w := mustLoad(t, "freshet.yaml", strings.Replace(plain, "    model: customers\n    destination: crm", `    <<: {model: nothing, tier: daily, on_leave: archive}
    model: &m customers
    destination: crm`, 1)+`  second:
    model: *m
    destination: hook
    fields: {email: email}
`)
	if w.Syncs[0].Model != "customers" || w.Syncs[0].Tier != "hourly" || w.Syncs[0].OnLeave != model.Archive || w.Syncs[1].Model != "customers" {
		t.Errorf("aliases read as %+v", w.Syncs)
	}
}

func TestLiteralsKeepTheirType(t *testing.T) {
	for text, want := range map[string]model.Value{
		`customer`: model.Text("customer"), `"42"`: model.Text("42"), `42`: model.Integer(42), `+7`: model.Integer(7),
		`123456789012345678901234567890`: {Kind: model.Int, Text: "123456789012345678901234567890"},
		`19.90`:                          {Kind: model.Decimal, Text: "19.90"}, `1e3`: {Kind: model.Float, Text: "1000"}, `true`: model.Boolean(true),
		`null`: {}, `~`: {}, `yes`: model.Text("yes"), `2024-01-31`: model.Text("2024-01-31"), `"${PORT}"`: model.Text("9000"),
	} {
		w := mustLoad(t, "freshet.yaml", strings.Replace(shop, "{value: customer}", "{value: "+text+"}", 1))
		if got := *w.Syncs[0].Fields[1].Literal; got != want {
			t.Errorf("value: %s is %+v, want %+v", text, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", `models: {a: {sql: select 1 as x, key: [x, y]}}
destinations: {hook: {type: webhook, url: "https://example.com"}}
syncs:
  one: {model: a, destination: hook, fields: {x: {column: x, nulls: omit, type: integer}}, schedule: {every: 7d}, guard: {max_leaves: 500}}
  two: {model: a, destination: hook, fields: {x: x}, mode: "${MODE}", schedule: {cron: "0 6 * * *"}}
audiences:
`)
	one, two := w.Syncs[0], w.Syncs[1]
	if one.Mode != model.Upsert || one.OnLeave != model.Keep || two.Mode != model.Mirror || two.OnLeave != model.Delete {
		t.Errorf("modes %q %q, on_leave %q %q", one.Mode, two.Mode, one.OnLeave, two.OnLeave)
	}
	if one.Every != 7*24*time.Hour || two.Cron != "0 6 * * *" || *one.Guard.MaxLeaves != (model.Limit{Count: 500}) {
		t.Errorf("schedule and guard are %+v and %+v", one, two)
	}
	if m := one.Fields[0]; m.Nulls != model.OmitNulls || m.Type != "integer" || w.Name != filepath.Base(w.Root) {
		t.Errorf("mapping %+v, name %q", m, w.Name)
	}
}

func TestModelsReadModels(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", `models:
  c: {sql: "select * from models.b join \"models\".\"a\" using (x) where '-- models.no' <> $$models.no$$ /* models.no */", key: x}
  b:
    sql: |
      -- models.no
      select * from main.models.no, MODELS . A
    key: x
  a: {sql: select 1 as x, key: x}
`)
	if !slices.Equal(w.Models["c"].Uses, []string{"b", "a"}) || !slices.Equal(w.Models["b"].Uses, []string{"a"}) {
		t.Errorf("c reads %q, b reads %q", w.Models["c"].Uses, w.Models["b"].Uses)
	}
	if !slices.Equal(w.Order, []string{"a", "b", "c"}) {
		t.Errorf("the order is %q", w.Order)
	}
	if got, want := w.Models["b"].SQLPos, (model.Pos{File: "freshet.yaml", Line: 5, Col: 7}); got != want {
		t.Errorf("b's SQL begins at %+v, want %+v", got, want)
	}
}

func TestPlainSecretsAreWarnedOf(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", `destinations:
  crm: {type: hubspot, token: `+canary+`}
  hook: {type: webhook, url: "https://me:`+canary+`@example.com/", headers: {Authorization: "Bearer `+canary+`", X-Team: growth}}
`)
	var places []string
	for _, warning := range w.Warnings {
		places = append(places, warning.Code+" "+warning.Where)
		if text := warning.Error() + warning.Suggestion; strings.Contains(text, canary) {
			t.Errorf("the warning tells the secret: %s", text)
		}
	}
	want := []string{"config.plain_secret freshet.yaml:2:31", "config.plain_secret freshet.yaml:3:30", "config.plain_secret freshet.yaml:3:94"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff)
	}
}

func TestSyncByName(t *testing.T) {
	w := mustLoad(t, "freshet.yaml", shop)
	if _, err := w.Sync("customers_to_crm"); err != nil {
		t.Error(err)
	}
	if _, err := w.Sync("customer_to_crm"); fault.As(err).Suggestion != "did you mean customers_to_crm?" {
		t.Errorf("got %+v", fault.As(err))
	}
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	text := strings.NewReplacer("mode: upsert", "mod: upsert", "key: customer_id", "key: {}", "tier: hourly", "tier: hurly").Replace(shop)
	_, err := load(t, "freshet.yaml", text)
	var codes []string
	for _, f := range config.Faults(err) {
		codes = append(codes, f.Code+" "+f.Where)
	}
	want := []string{"config.wrong_type freshet.yaml:11:10", "config.unknown_key freshet.yaml:31:5", "config.unknown_value freshet.yaml:38:11"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(shop)
	f.Add("a: &a {<<: *a, b: [*a]}\n")
	f.Add("models: {a: {sql: \"models.\\\"a\", key: [a, a]}}\nsyncs: {x: {model: a, fields: {a: {value: 0x1}}, match: []}}")
	f.Add("destinations: {hook: &h {type: webhook, url: ${X, headers: &x {a: *x}}}")
	drivers := testDrivers()
	f.Fuzz(func(t *testing.T, text string) {
		dir := folder(t, "freshet.yaml", text)
		w, err := config.Load(dir, drivers, environment)
		if (w == nil) == (err == nil) {
			t.Errorf("workspace %v and error %v", w, err)
		}
		for _, fault := range config.Faults(err) {
			if fault.Code == "internal" || fault.Where == "" || strings.Contains(fault.Error(), canary) {
				t.Errorf("a fault without code or place, or one that tells a secret: %+v", fault)
			}
		}
	})
}

// TestASourceOfStreams: a source that needs a list, with secrets and choices, is read like any other.
func TestASourceOfStreams(t *testing.T) {
	const workspace = `sources:
  stream: {type: kafka, brokers: ["a:9092", "b:9092"], auth: scram-sha-256, username: ada, password: "${PASSWORD}", ca_file: ca.pem}
models: {a: {sql: select 1 as x, key: x}}
`
	dir := folder(t, "freshet.yaml", workspace)
	w, err := config.Load(dir, []connect.Driver{kafka.Driver()}, func(string) (string, bool) { return canary, true })
	if err != nil {
		t.Fatal(err)
	}
	s := w.Sources["stream"].Settings
	if diff := cmp.Diff([]string{"a:9092", "b:9092"}, s.Lists["brokers"]); diff != "" {
		t.Error(diff)
	}
	if s.Text("auth") != "scram-sha-256" || s.Secret("password").Reveal() != canary || s.Text("protocol") != "classic" || s.Text("ca_file") != filepath.Join(dir, "ca.pem") {
		t.Errorf("settings are %+v", s)
	}
	for wrong, c := range map[string][2]string{`, brokers: ["a:9092", "b:9092"]`: {"", "brokers"}, "scram-sha-256": {"scram", "scram-sha-512"}} {
		_, err := config.Load(folder(t, "freshet.yaml", strings.Replace(workspace, wrong, c[0], 1)), []connect.Driver{kafka.Driver()}, func(string) (string, bool) { return canary, true })
		if err == nil || !strings.Contains(fault.As(err).Error()+fault.As(err).Suggestion, c[1]) {
			t.Errorf("without %q it says %v", wrong, err)
		}
	}
}

// TestSchedules: a tier or a schedule says when a sync runs, and beside tier realtime both may stand.
func TestSchedules(t *testing.T) {
	text := strings.Replace(shop, "workspace: shop", "workspace: shop\ntime_zone: Europe/Berlin", 1)
	for change, want := range map[string]model.Sync{
		"tier: daily": {Tier: "daily", Zone: "Europe/Berlin"},
		"tier: realtime\n    schedule: {every: 15m}":              {Tier: "realtime", Every: 15 * time.Minute, Zone: "Europe/Berlin"},
		`schedule: {cron: "0 6 * * 1-5", zone: America/New_York}`: {Cron: "0 6 * * 1-5", Zone: "America/New_York"},
		`schedule: {cron: "@hourly"}`:                             {Cron: "@hourly", Zone: "Europe/Berlin"},
	} {
		got := mustLoad(t, "freshet.yaml", strings.Replace(text, "tier: hourly", change, 1)).Syncs[0]
		if got.Tier != want.Tier || got.Every != want.Every || got.Cron != want.Cron || got.Zone != want.Zone {
			t.Errorf("%s: %q %s %q %q", change, got.Tier, got.Every, got.Cron, got.Zone)
		}
	}
}
