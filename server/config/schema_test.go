package config_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/freshet/freshet/server/config"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema(testDrivers())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("freshet.json", parsed); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("freshet.json")
	if err != nil {
		t.Fatalf("the schema is no schema of draft 2020-12: %v", err)
	}
	return s
}

func yamlValue(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaTakesWhatLoadTakes(t *testing.T) {
	s := compiled(t)
	for _, text := range []string{shop, "models:\n", "workspace: 7\n",
		strings.Replace(shop, "max_leaves: 10%", "max_leaves: 500", 1),
		strings.Replace(shop, "mode: upsert", "mode: ${MODE}", 1),
		strings.Replace(shop, "key: customer_id", "key: [a, b]", 1),
		strings.Replace(shop, "tier: hourly", "schedule: {every: 7d}", 1),
		strings.Replace(shop, "tier: hourly", "tier: realtime\n    schedule: {cron: \"0 6 * * 1-5\", zone: Europe/Berlin}", 1),
		strings.Replace(shop, "workspace: shop", "workspace: shop\ntime_zone: Europe/Berlin", 1),
		strings.Replace(shop, "{value: customer}", "{value: null}", 1),
		strings.Replace(shop, `secret: "${HOOK_SECRET}"`, `batch_size: "${PORT}", verify: false, style: plain, headers: {a: b}, hosts: [a]`, 1),
	} {
		if err := s.Validate(yamlValue(t, text)); err != nil {
			t.Errorf("an editor would refuse a good workspace: %v\n%s", err, text)
		}
	}
}

func TestSchemaRefusesWhatLoadRefuses(t *testing.T) {
	s := compiled(t)
	for _, change := range [][2]string{
		{"mode: upsert", "mod: upsert"}, {"syncs:", "sinks:"}, {"token:", "tokn:"}, {"{template:", "{tmplate:"},
		{"key: customer_id", "key: {a: b}"}, {"object: contacts", "object: true"}, {"max_leaves: 10%", "max_leaves: lots"},
		{"mode: upsert", "mode: upsrt"}, {"tier: hourly", "tier: yearly"}, {"type: hubspot", "type: hubspt"},
		{"type: hubspot, ", ""}, {`token: "${HUBSPOT_TOKEN}", `, ""}, {"    key: customer_id\n", ""}, {"freshness: 90m", "freshness: 90"},
		{`secret: "${HOOK_SECRET}"`, "verify: 5"}, {"  lake:", "  my-lake:"}, {"audiences:", "feeds:"}, {"guard: {", "guard: {max: 1, "},
	} {
		if !strings.Contains(shop, change[0]) {
			t.Fatalf("the workspace does not hold %q", change[0])
		}
		if s.Validate(yamlValue(t, strings.Replace(shop, change[0], change[1], 1))) == nil {
			t.Errorf("an editor would not show that %q is wrong", change[1])
		}
	}
}
