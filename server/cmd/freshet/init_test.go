package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/server/config"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// TestANewWorkspaceFitsItsSchema: the editor shows no mistake in what init writes, and nor does the program, whatever the
// folder is called.
func TestANewWorkspaceFitsItsSchema(t *testing.T) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema(connectors.All())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("freshet.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema := c.MustCompile("freshet.json")
	for _, name := range []string{"shop", "my shop: #1", "${HOME}", "null", "'", "Café"} {
		dir := filepath.Join(t.TempDir(), name)
		a, _, _ := quiet()
		if err := a.initialize(dir); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "freshet.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(text, &v); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		w, err := config.Load(dir, connectors.All(), os.LookupEnv)
		if err != nil || w.Name != name || len(w.Warnings) > 0 {
			t.Errorf("a workspace in %q is read as %+v: %v", name, w, err)
		}
	}
}
