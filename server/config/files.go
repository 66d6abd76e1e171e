package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// mainFile is the file that makes a folder a workspace.
const mainFile = "freshet.yaml"

// document is one file, read.
type document struct {
	name string // relative to the workspace
	text []byte
	top  value // absent where the file is empty
}

// locate lists the files of a workspace: the one file named, or every YAML file directly in the folder.
// Files whose names begin with a dot belong to other tools.
func locate(dir string) (root string, names []string, err error) {
	root, err = filepath.Abs(dir)
	if err != nil {
		return "", nil, fault.New(fault.Usage, "config.absent", "the workspace's folder cannot be found").Because(err)
	}
	info, err := os.Stat(root)
	if err == nil && !info.IsDir() {
		return filepath.Dir(root), []string{filepath.Base(root)}, nil
	}
	entries, err := os.ReadDir(root)
	if err != nil && !os.IsNotExist(err) {
		return "", nil, fault.New(fault.Usage, "config.unreadable", "the workspace's folder cannot be read").At(dir).
			Do("check its permissions").Because(err)
	}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (ext == ".yaml" || ext == ".yml") {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return "", nil, absent(dir)
	}
	return root, names, nil
}

func absent(dir string) error {
	return fault.New(fault.Usage, "config.absent", "there is no "+mainFile+" here").At(dir).
		Do("run freshet init to write one, or name its folder with -w")
}

// parse reads one file. Everything wrong with its YAML is in the report.
func (r *report) parse(root, name string) (document, bool) {
	doc := document{name: name, top: value{file: name}}
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		r.fail(model.Pos{File: name}, "unreadable", "the file cannot be read", "check its permissions")
		return doc, false
	}
	doc.text = content
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var node, second yaml.Node
	err = decoder.Decode(&node)
	if errors.Is(err, io.EOF) {
		return doc, true
	}
	if err != nil {
		r.syntax(doc, err)
		return doc, false
	}
	if err := decoder.Decode(&second); err == nil {
		r.fail(model.Pos{File: name, Line: second.Line, Col: second.Column}, "syntax", "the file holds a second YAML document",
			"put it in a file of its own")
		return doc, false
	} else if !errors.Is(err, io.EOF) {
		r.syntax(doc, err)
		return doc, false
	}
	if n, size := node.Content[0], 0; loops(n, nil, &size) {
		r.fail(model.Pos{File: name, Line: 1, Col: 1}, "too_deep", "an anchor holds itself, or aliases multiply beyond reason", "write it out plainly")
		return doc, false
	}
	doc.top.node = node.Content[0]
	return doc, true
}

// maxNodes bounds a file with all its aliases written out.
const maxNodes = 200_000

// loops says whether aliases lead back to where they stand, or make too much of a file. What passes can be walked
// without further care.
func loops(n *yaml.Node, above []*yaml.Node, size *int) bool {
	if *size++; *size > maxNodes || len(above) > 1000 || slices.Contains(above, n) {
		return true
	}
	above = append(above, n)
	if n.Kind == yaml.AliasNode {
		return loops(n.Alias, above, size)
	}
	return slices.ContainsFunc(n.Content, func(inner *yaml.Node) bool { return loops(inner, above, size) })
}

// lineInError finds the line the parser names. It is a place for people, never a reason to decide anything.
var lineInError = regexp.MustCompile(`^yaml: line (\d+): `)

func (r *report) syntax(doc document, err error) {
	pos := model.Pos{File: doc.name, Line: 1, Col: 1}
	words := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := lineInError.FindStringSubmatch(err.Error()); found != nil {
		pos.Line, _ = strconv.Atoi(found[1])
		words = err.Error()[len(found[0]):]
	}
	if line, col, ok := tab(doc.text); ok {
		r.fail(model.Pos{File: doc.name, Line: line, Col: col}, "syntax", "a tab stands where YAML takes only spaces",
			"indent with spaces")
		return
	}
	r.fail(pos, "syntax", "this is not YAML: "+scrub(words),
		"look at this line and the one before it: indentation, quotes, colons; between { and } ${NAME} needs quotes")
}

// scrub takes quoted text out of the parser's words: it may be a secret.
func scrub(words string) string {
	if i := strings.IndexAny(words, "'\"`"); i >= 0 {
		words = strings.TrimSpace(words[:i])
	}
	return words
}

// tab finds the first line indented with a tab.
func tab(text []byte) (line, col int, ok bool) {
	for i, l := range bytes.Split(text, []byte("\n")) {
		indent := l[:len(l)-len(bytes.TrimLeft(l, " \t"))]
		if j := bytes.IndexByte(indent, '\t'); j >= 0 && len(bytes.TrimSpace(l)) > 0 {
			return i + 1, j + 1, true
		}
	}
	return 0, 0, false
}

// foreign says whether a file belongs to another tool: it is not the main file and has no section of ours, nor one
// that could be meant as ours. Such a file is left alone with a warning.
func (r *report) foreign(doc document, grammar *shape) bool {
	if doc.name == mainFile || len(doc.top.members()) == 0 {
		return false
	}
	if doc.top.get("kind").raw() == "DataContract" {
		return true // models name the contracts they keep
	}
	for _, m := range doc.top.members() {
		if _, ok := grammar.field(m.key.name); ok || fault.Nearest(m.key.name, grammar.names()) != "" {
			return false
		}
	}
	r.warn(model.Pos{File: doc.name}, "ignored_file", "the file holds no section of a workspace and is left alone",
		"move it elsewhere, or begin its name with a dot, and this warning goes away")
	return true
}

// merge puts the files' sections together in the order of the files' names, the main file first. A name that stands in
// two files is reported with both places.
func (r *report) merge(docs []document) map[string][]member {
	sections := map[string][]member{}
	scalars := map[string]value{}
	for _, doc := range docs {
		for _, section := range doc.top.members() {
			name := section.key.name
			if name == "workspace" || name == "data_dir" || name == "time_zone" {
				r.mergeScalar(scalars, sections, section)
				continue
			}
			for _, m := range section.val.members() {
				r.mergeMember(sections, name, m)
			}
		}
	}
	return sections
}

func (r *report) mergeScalar(seen map[string]value, sections map[string][]member, section member) {
	name := section.key.name
	before, again := seen[name]
	if !again {
		seen[name] = section.val
		sections[name] = append(sections[name], section)
		return
	}
	if before.file != section.val.file && before.raw() != section.val.raw() {
		r.fail(section.val.pos(), "conflict", fmt.Sprintf("%s is not what %s says it is", name, where(before.pos())),
			"say it in one file only")
	}
}

func (r *report) mergeMember(sections map[string][]member, section string, m member) {
	i := slices.IndexFunc(sections[section], func(o member) bool { return o.key.name == m.key.name })
	if i < 0 {
		sections[section] = append(sections[section], m)
		return
	}
	before := sections[section][i].key
	if before.file == m.key.file {
		return // reported as a duplicate key
	}
	r.fail(m.key.pos(), "same_name", fmt.Sprintf("%s is defined twice; the first is at %s", m.key.path, where(before.pos())),
		"rename or remove one of the two")
}

func (v value) raw() string {
	if n := v.content(); n != nil {
		return n.Value
	}
	return ""
}
