package contract_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/contract"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// standard has the examples and the schema of version 3.1.0 as the standard publishes them.
const standard = "testdata/odcs-3.1.0"

// packages is where make setup puts what PyPI carries of version 3.2.
const packages = "../../build/odcs/packages"

// packed reads every file of the packages whose name the filter takes; none where they could not be fetched.
func packed(t *testing.T, wanted func(string) bool) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	sources, _ := filepath.Glob(packages + "/*.tar.gz")
	for _, name := range sources {
		unpack(t, name, wanted, found)
	}
	return found
}

func slurp(t *testing.T, r io.Reader) []byte {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unpack(t *testing.T, name string, wanted func(string) bool, into map[string][]byte) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if wanted(h.Name) {
			into[filepath.Base(name)+"/"+h.Name] = slurp(t, r)
		}
	}
}

// examples are the published examples: those of version 3.1.0, those of the packages, and those of a folder the environment
// names.
func examples(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, dir := range []string{standard, os.Getenv("FRESHET_ODCS_EXAMPLES")} {
		if dir == "" {
			continue
		}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".odcs.yaml") {
				found[path], err = os.ReadFile(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	maps.Copy(found, packed(t, func(name string) bool { return strings.HasSuffix(name, ".odcs.yaml") }))
	return found
}

// schemas are the official JSON Schemas by the beginning of the apiVersion they are for.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	texts := packed(t, func(name string) bool { return strings.HasSuffix(name, "open_data_contract_standard/schema.json") })
	text, err := os.ReadFile(standard + "/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	texts[standard] = text
	found := map[string]*jsonschema.Schema{}
	for name, text := range texts {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		mended(doc.(map[string]any))
		c := jsonschema.NewCompiler()
		if err := c.AddResource("odcs.json", doc); err != nil {
			t.Fatal(err)
		}
		schema, err := c.Compile("odcs.json")
		if err != nil {
			t.Fatal(err)
		}
		found[map[bool]string{true: "v3.2", false: "v3.1"}[strings.Contains(name, "-3.2")]] = schema
	}
	return found
}

// mended takes out of a schema what cannot be meant: its description takes keys of any name, and, from 3.2 on, a property
// without a logicalType has to be a map and a vector. Of what an id and a reference may be, 3.2 is published in two
// forms; Read takes the wider.
func mended(schema map[string]any) {
	defs := schema["$defs"].(map[string]any)
	if _, ok := defs["Synonym"]; ok { // 3.2
		defs["StableId"].(map[string]any)["pattern"] = `^[^\s.#/\\@!%&^]+$`
		defs["FullyQualifiedReference"].(map[string]any)["pattern"] =
			`^(?:(?:https?://)?[A-Za-z0-9._\-/]+\.ya?ml#)?/?[A-Za-z_][A-Za-z0-9_]*/[^\s.#/\\@!%&^]+(?:/[A-Za-z_][A-Za-z0-9_]*/[^\s.#/\\@!%&^]+)*$`
	}
	schema["properties"].(map[string]any)["description"].(map[string]any)["additionalProperties"] = false
	base := defs["SchemaBaseProperty"].(map[string]any)
	for _, part := range base["allOf"].([]any) {
		condition, _ := part.(map[string]any)["if"].(map[string]any)
		of, _ := condition["properties"].(map[string]any)
		if logical, _ := of["logicalType"].(map[string]any); logical["const"] == "map" || logical["const"] == "vector" {
			condition["required"] = []any{"logicalType"}
		}
	}
}

// plain reads YAML as JSON has it: a date that is not quoted is a text.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return plainNode(&doc)
}

func plainNode(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plainNode(n.Content[0])
	case yaml.AliasNode:
		return plainNode(n.Alias)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, plainNode(item))
		}
		return list
	case yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			all[n.Content[i].Value] = plainNode(n.Content[i+1])
		}
		return all
	}
	if n.ShortTag() == "!!timestamp" {
		return n.Value
	}
	var v any
	_ = n.Decode(&v)
	return v
}

func valid(schemas map[string]*jsonschema.Schema, doc any) error {
	version, _ := doc.(map[string]any)["apiVersion"].(string)
	if strings.HasPrefix(version, "v3.2") {
		return schemas["v3.2"].Validate(doc)
	}
	return schemas["v3.1"].Validate(doc)
}

// TestPublishedExamplesRoundTrip: every example of the standard is read, written and read again without a change of
// meaning, and what was written is valid by the standard's own schema.
func TestPublishedExamplesRoundTrip(t *testing.T) {
	schemas := schemas(t)
	all := examples(t)
	for name, text := range all {
		c, err := contract.Read(name, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		written, err := contract.Write(c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(plain(t, text), plain(t, written)); diff != "" {
			t.Errorf("%s is not what it was (+):\n%s", name, diff)
		}
		if err := valid(schemas, plain(t, written)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		anew(t, name, c)
		for i := range c.Schema {
			if _, err := contract.Compile(c, &c.Schema[i]); err != nil {
				t.Errorf("%s, %s: %v", name, c.Schema[i].Name, err)
			}
		}
	}
	if len(all) < 18 {
		t.Errorf("%d examples were found: version 3.1.0 alone has 18", len(all))
	}
	t.Logf("%d examples", len(all))
}

// anew writes the types without the document they were read from, and reads them back.
func anew(t *testing.T, name string, c *contract.Contract) {
	t.Helper()
	bare := reflect.New(reflect.TypeFor[contract.Contract]())
	for i := range bare.Elem().NumField() {
		if bare.Elem().Field(i).CanSet() {
			bare.Elem().Field(i).Set(reflect.ValueOf(c).Elem().Field(i))
		}
	}
	written, err := contract.Write(bare.Interface().(*contract.Contract))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	again, err := contract.Read(name, written)
	if err != nil {
		t.Errorf("%s, written anew: %v\n%s", name, err, written)
		return
	}
	was, _ := contract.Write(c)
	is, _ := contract.Write(again)
	if diff := cmp.Diff(dropEmpty(plain(t, was)), dropEmpty(plain(t, is))); diff != "" {
		t.Errorf("%s, written anew, is not what it was (+):\n%s", name, diff)
	}
}

// dropEmpty leaves out empty texts, and writes the short form of a team in full.
func dropEmpty(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for key, inner := range x {
			if list, ok := inner.([]any); ok && key == "team" {
				inner = map[string]any{"members": list}
			}
			if text, ok := inner.(string); ok && key == "context" {
				inner = map[string]any{"instructions": text}
			}
			x[key] = dropEmpty(inner)
			if x[key] == "" {
				delete(x, key)
			}
		}
	case []any:
		for i := range x {
			x[i] = dropEmpty(x[i])
		}
	}
	return v
}
