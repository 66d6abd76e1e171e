package freshet_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	slugDrop = regexp.MustCompile("[^\\p{L}\\p{N} _-]")
	ours     = regexp.MustCompile("`((?:sync|server|connectors|build|docs)/[a-zA-Z0-9_/.-]*[a-zA-Z0-9_/])`")
	makeRun  = regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)")
	freshets = regexp.MustCompile("(?m)(?:^|`|\\./bin/)freshet ([a-z]+)")
	target   = regexp.MustCompile(`(?m)^([a-z]+):`)
	command  = regexp.MustCompile(`Use: +"([a-z]+)`)
)

// documents gives every Markdown file of the repository with its text.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata", ".cache"}, d.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".md") {
			text, err := os.ReadFile(name)
			found[filepath.ToSlash(name)] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestLinksResolve: a link of a document leads to a file that is there, and to a heading that is in it.
func TestLinksResolve(t *testing.T) {
	all := documents(t)
	for name, text := range all {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			to := found[1] + found[2]
			if strings.Contains(to, "://") {
				continue
			}
			file, anchor, _ := strings.Cut(to, "#")
			file = path.Join(path.Dir(name), file)
			if strings.HasPrefix(to, "#") {
				file = name
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s, which is not there", name, to)
			} else if anchor != "" && !slices.Contains(anchors(all[file]), anchor) {
				t.Errorf("%s links to %s, which has no such heading", name, to)
			}
		}
	}
}

// anchors are the names that a page's headings can be linked by.
func anchors(text string) []string {
	var list []string
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		plain := slugDrop.ReplaceAllString(strings.ToLower(h[1]), "")
		list = append(list, strings.ReplaceAll(plain, " ", "-"))
	}
	return list
}

// TestNamedFilesExist: a file or folder of ours that a document names is there.
func TestNamedFilesExist(t *testing.T) {
	for name, text := range documents(t) {
		for _, found := range ours.FindAllStringSubmatch(text, -1) {
			if testName.MatchString(found[0]) {
				continue
			}
			if matches, _ := filepath.Glob(found[1]); len(matches) == 0 {
				t.Errorf("%s names %s, which is not there", name, found[1])
			}
		}
	}
}

// TestNamedCommandsExist: what a document tells to type can be typed.
func TestNamedCommandsExist(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets, commands := firsts(target, string(makefile)), programCommands(t)
	for name, text := range documents(t) {
		for _, found := range firsts(makeRun, text) {
			if !slices.Contains(targets, found) {
				t.Errorf("%s names make %s, which the Makefile does not have", name, found)
			}
		}
		for _, found := range firsts(freshets, text) {
			if !slices.Contains(commands, found) {
				t.Errorf("%s names freshet %s, which the program does not have", name, found)
			}
		}
	}
}

func programCommands(t *testing.T) []string {
	t.Helper()
	var list []string
	for dir, files := range goFiles(t) {
		if !strings.HasPrefix(dir, "server/") {
			continue
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, firsts(command, string(text))...)
		}
	}
	return list
}

// firsts lists what the first group of an expression matches.
func firsts(re *regexp.Regexp, text string) []string {
	var list []string
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}
