// Package freshet_test holds the laws of the whole repository: its floors, its doc comments, its connectors.
package freshet_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/freshet/freshet/"

// floors gives every package its floor. A package imports only packages on lower floors, never its own.
// Pure floors (p) are functions of their arguments: the outside world and the clock come in as values.
var floors = map[string]string{
	"sync/model":               "0p",
	"sync/fault":               "0p",
	"frontend":                 "0",
	"sync/diff":                "1p",
	"sync/liquid":              "1p",
	"sync/reach":               "1p",
	"sync/contract":            "1p",
	"sync/timetable":           "1p",
	"sync/freshness":           "1p",
	"sync/connect":             "1",
	"sync/format":              "1p",
	"sync/window":              "2p",
	"sync/mapping":             "2p",
	"sync/audience":            "2p",
	"sync/policy":              "2p",
	"sync/httpcall":            "2",
	"sync/plan":                "3p",
	"sync/batch":               "4p",
	"sync/ledger":              "4",
	"sync/history":             "4",
	"sync/engine":              "4",
	"sync/deliver":             "5",
	"sync/feed":                "5",
	"sync/run":                 "6",
	"sync/supervise":           "7",
	"sync/connect/connecttest": "6",
	"sync/connect/sourcetest":  "6",
	"sync/connect/streamtest":  "6",
	"connectors/*":             "7",
	"connectors/*/*":           "6", // a connector's fake stands below it: it knows the vendor, not us
	"connectors":               "8",
	"server/wire":              "1",
	"server/client":            "2",
	"server/config":            "3",
	"server/metrics":           "3",
	"server/alert":             "4",
	"server/control":           "8",
	"server/auth":              "9",
	"server/api":               "10",
	"server/server":            "11",
	"server/demo":              "11",
	"server/cmd/freshet":       "12",
}

// impure are the imports that pure floors do not have, each with the reason.
var impure = map[string]string{
	"os":           "a pure package reads no files or environment",
	"net":          "a pure package opens no connections",
	"net/http":     "a pure package opens no connections",
	"database/sql": "a pure package keeps no state",
	"context":      "a pure package has nothing to wait for",
	"log/slog":     "a pure package returns what it knows",
}

func TestFloors(t *testing.T) {
	for dir, files := range goFiles(t) {
		floor, pure, ok := floorOf(dir)
		if !ok {
			if !strings.HasPrefix(dir, "build") && dir != "." {
				t.Errorf("%s has no floor: give it one in floors_test.go", dir)
			}
			continue
		}
		for _, file := range files {
			checkImports(t, dir, file, floor, pure)
		}
	}
}

func checkImports(t *testing.T, dir, file string, floor int, pure bool) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if reason, bad := impure[path]; bad && pure {
			t.Errorf("%s imports %s: %s", file, path, reason)
		}
		target, ours := strings.CutPrefix(path, module)
		if !ours {
			continue
		}
		below, _, ok := floorOf(target)
		if ok && below >= floor {
			t.Errorf("%s (floor %d) imports %s (floor %d): a package imports only lower floors", file, floor, target, below)
		}
		if dir == "sync" || strings.HasPrefix(dir, "sync/") && !strings.HasPrefix(target, "sync/") {
			t.Errorf("%s imports %s: the engine knows no server, no pages and no vendor", file, target)
		}
	}
}

func floorOf(dir string) (floor int, pure, ok bool) {
	text, ok := floors[dir]
	if !ok && strings.HasPrefix(dir, "connectors/") {
		text, ok = floors["connectors"+strings.Repeat("/*", strings.Count(dir, "/"))]
	}
	number, isPure := strings.CutSuffix(text, "p")
	floor, _ = strconv.Atoi(number)
	return floor, isPure, ok
}

// goFiles lists every non-test Go file of the repository by folder.
func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata", ".cache"}, d.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			dir := filepath.ToSlash(filepath.Dir(path))
			found[dir] = append(found[dir], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestSyncIsANamespace: sync/ itself holds no Go file, so nobody's sync.Mutex is ever in doubt.
func TestSyncIsANamespace(t *testing.T) {
	names, _ := filepath.Glob("sync/*.go")
	if len(names) > 0 {
		t.Errorf("sync/ holds Go files: %v", names)
	}
}

// TestPackageDocs: every package says its job, and what it must not know, in exactly one doc comment.
func TestPackageDocs(t *testing.T) {
	for dir, files := range goFiles(t) {
		docs := 0
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Doc != nil {
				docs++
			}
		}
		if docs != 1 {
			t.Errorf("%s has %d package comments, want 1", dir, docs)
		}
	}
}

// TestConnectorsConform: a connector without its fake and its conformance test fails the build.
func TestConnectorsConform(t *testing.T) {
	entries, err := os.ReadDir("connectors")
	if err != nil {
		t.Skip("no connectors yet")
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir := filepath.Join("connectors", e.Name())
		if len(matching(t, dir, "func TestConformance(")) == 0 {
			t.Errorf("%s has no TestConformance", dir)
		}
	}
}

func matching(t *testing.T, dir, text string) []string {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	return slices.DeleteFunc(names, func(name string) bool {
		content, err := os.ReadFile(name)
		return err != nil || !strings.Contains(string(content), text)
	})
}
