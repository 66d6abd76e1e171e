// Command docgen writes the documents that come from the connectors' Specs: a page for each connector, their index, and
// the JSON Schema of the workspace. Run it from the top of the repository: go run ./build/docgen.
//
// It must not know any connector by name: what is in the catalogue gets a page.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/server/config"
)

func main() {
	if err := write("docs"); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

func write(docs string) error {
	for name, text := range generated() {
		path := filepath.Join(docs, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("making the folder of %s: %w", name, err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}

// generated gives every generated document by its place under docs.
func generated() map[string][]byte {
	drivers := connectors.All()
	files := map[string][]byte{
		config.SchemaFile:      config.Schema(drivers),
		"connectors/README.md": index(drivers),
	}
	for _, d := range drivers {
		files["connectors/"+d.Spec.Type+".md"] = page(d)
	}
	return files
}
