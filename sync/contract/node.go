package contract

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// maxNodes bounds a contract with all its aliases written out.
const maxNodes = 500_000

// maxDepth bounds the nesting of a contract.
const maxDepth = 200

// parse reads the text as one YAML document whose aliases can be followed without further care.
func (r *reader) parse(text []byte) (*yaml.Node, bool) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	start := model.Pos{File: r.file, Line: 1, Col: 1}
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.fail(start, "empty", "the contract is empty", "see docs/CONTRACTS.md for one to begin with")
		return nil, false
	case err != nil:
		r.syntax(err)
		return nil, false
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		r.fail(r.pos(&second), "syntax", "the file holds a second YAML document", "put it in a file of its own")
		return nil, false
	case !errors.Is(err, io.EOF):
		r.syntax(err)
		return nil, false
	}
	if size := 0; multiplies(&doc, nil, &size) {
		r.fail(start, "too_deep", "an anchor holds itself, or aliases multiply beyond reason", "write it out plainly")
		return nil, false
	}
	return &doc, true
}

// multiplies says whether aliases lead back to where they stand, or make too much of a file.
func multiplies(n *yaml.Node, above []*yaml.Node, size *int) bool {
	if *size++; *size > maxNodes || len(above) > maxDepth || slices.Contains(above, n) {
		return true
	}
	above = append(above, n)
	if n.Kind == yaml.AliasNode {
		return n.Alias == nil || multiplies(n.Alias, above, size)
	}
	return slices.ContainsFunc(n.Content, func(inner *yaml.Node) bool { return multiplies(inner, above, size) })
}

// lineInError finds the line the parser names. It is a place for people, never a reason to decide anything.
var lineInError = regexp.MustCompile(`^yaml: line (\d+): `)

// syntax reports the parser's words without the texts they quote.
func (r *reader) syntax(err error) {
	pos := model.Pos{File: r.file, Line: 1, Col: 1}
	words := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := lineInError.FindStringSubmatch(err.Error()); found != nil {
		pos.Line, _ = strconv.Atoi(found[1])
		words = err.Error()[len(found[0]):]
	}
	if i := strings.IndexAny(words, "'\"`"); i >= 0 {
		words = strings.TrimSpace(words[:i])
	}
	r.fail(pos, "syntax", "this is not YAML: "+words, "look at this line and the one before it: indentation, quotes, colons")
}

// entry is one key of a mapping with its value.
type entry struct{ key, value *yaml.Node }

// membersOf lists the entries of a mapping, its own first, then those of its merge keys that it does not override.
func membersOf(n *yaml.Node) []entry {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var own, merged []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" {
			merged = append(merged, mergedInto(n.Content[i+1])...)
			continue
		}
		own = append(own, entry{n.Content[i], n.Content[i+1]})
	}
	for _, m := range merged {
		if !slices.ContainsFunc(own, func(o entry) bool { return o.key.Value == m.key.Value }) {
			own = append(own, m)
		}
	}
	return own
}

func mergedInto(n *yaml.Node) []entry {
	n = resolved(n)
	if n.Kind != yaml.SequenceNode {
		return membersOf(n)
	}
	var all []entry
	for _, item := range n.Content {
		all = append(all, membersOf(item)...)
	}
	return all
}

// resolved is the node itself, or what an alias stands for.
func resolved(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// found says in words what stands at a place.
func found(n *yaml.Node) string {
	switch n = resolved(n); n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int":
		return "a whole number"
	case "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	default:
		return "text"
	}
}
