package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/connect"
)

// TestDocumentsAreFresh: what stands in docs is what the Specs say today.
func TestDocumentsAreFresh(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	want := generated()
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(docs, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("docs/%s is stale: run go run ./build/docgen", name)
		}
	}
	pages, err := filepath.Glob(filepath.Join(docs, "connectors", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if _, ok := want["connectors/"+filepath.Base(p)]; !ok {
			t.Errorf("%s belongs to no connector: remove it", p)
		}
	}
}

// TestExamplesAreValid: what a page shows to copy is a workspace that loads.
func TestExamplesAreValid(t *testing.T) {
	for _, d := range connectors.All() {
		var b strings.Builder
		example(&b, d)
		text := strings.TrimSuffix(strings.TrimPrefix(b.String(), "\n```yaml\n"), "```\n")
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "freshet.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		set := func(string) (string, bool) { return "set", true }
		if _, err := config.Load(dir, []connect.Driver{d}, set); err != nil {
			t.Errorf("the example of %s does not load: %v\n%s", d.Spec.Type, err, text)
		}
	}
}
