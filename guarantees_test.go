package freshet_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const guaranteesPage = "docs/GUARANTEES.md"

var (
	guaranteeRow  = regexp.MustCompile(`(?m)^\| (G[0-9]+) \|(.*)\|$`)
	guaranteeName = regexp.MustCompile(`\bG[1-9][0-9]*\b`)
	testName      = regexp.MustCompile("`([a-z0-9/.]+)\\.(Test[A-Za-z0-9_]+)`")
)

// guarantee is one row of the page.
type guarantee struct {
	name  string
	cells []string // promise, mechanism, limit, tests
}

func guarantees(t *testing.T) []guarantee {
	t.Helper()
	page, err := os.ReadFile(guaranteesPage)
	if err != nil {
		t.Fatal(err)
	}
	var list []guarantee
	for _, row := range guaranteeRow.FindAllStringSubmatch(string(page), -1) {
		list = append(list, guarantee{name: row[1], cells: strings.Split(row[2], " | ")})
	}
	return list
}

// TestGuaranteesAreNumbered: the numbers are 1, 2, 3 and so on, and every row is whole.
func TestGuaranteesAreNumbered(t *testing.T) {
	list := guarantees(t)
	if len(list) == 0 {
		t.Fatalf("%s has no rows", guaranteesPage)
	}
	for i, g := range list {
		if want := "G" + strconv.Itoa(i+1); g.name != want {
			t.Errorf("row %d of the guarantees is %s, want %s", i+1, g.name, want)
		}
		if len(g.cells) != 4 || slices.ContainsFunc(g.cells, func(c string) bool { return strings.TrimSpace(c) == "" }) {
			t.Errorf("%s does not say promise, mechanism, limit and tests: %q", g.name, g.cells)
		}
		if strings.Contains(strings.ToLower(strings.Join(g.cells, " ")), "mostly") {
			t.Errorf("%s says mostly: a guarantee holds, or says where it does not", g.name)
		}
	}
}

// TestGuaranteesAreCited: the code names each guarantee at a line that enforces it, and names no other.
func TestGuaranteesAreCited(t *testing.T) {
	cited := map[string]bool{}
	for _, file := range allGoFiles(t) {
		names := guaranteesIn(t, file)
		for _, name := range names {
			if !slices.ContainsFunc(guarantees(t), func(g guarantee) bool { return g.name == name }) {
				t.Errorf("%s names %s, which %s does not have", file, name, guaranteesPage)
			}
			cited[name] = cited[name] || !strings.HasSuffix(file, "_test.go")
		}
	}
	for _, g := range guarantees(t) {
		if !cited[g.name] {
			t.Errorf("no comment of the code names %s: cite it at the line that enforces it", g.name)
		}
	}
}

// guaranteesIn lists the guarantees that the comments of a file name.
func guaranteesIn(t *testing.T, file string) []string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(content)) {
		if _, comment, ok := strings.Cut(line, "//"); ok {
			names = append(names, guaranteeName.FindAllString(comment, -1)...)
		}
	}
	return names
}

// allGoFiles lists the Go files of the repository, tests among them; this folder's own tests speak of the form only.
func allGoFiles(t *testing.T) []string {
	t.Helper()
	var all []string
	for dir, files := range goFiles(t) {
		all = append(all, files...)
		if dir != "." {
			tests, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
			all = append(all, tests...)
		}
	}
	slices.Sort(all)
	return all
}

// TestGuaranteesAreTested: every guarantee names tests, and they are there.
func TestGuaranteesAreTested(t *testing.T) {
	for _, g := range guarantees(t) {
		if len(g.cells) != 4 {
			continue
		}
		tests := testName.FindAllStringSubmatch(g.cells[3], -1)
		if len(tests) == 0 {
			t.Errorf("%s names no test as `folder.TestName`", g.name)
		}
		for _, test := range tests {
			if len(matching(t, test[1], "func "+test[2]+"(t *testing.T)")) == 0 {
				t.Errorf("%s names %s, which %s does not have", g.name, test[2], test[1])
			}
		}
	}
}
