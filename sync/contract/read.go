package contract

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// Read reads a contract. file is its name for people and is not opened. Everything that is wrong comes back at once, as
// joined *fault.Fault of kind Usage in the order of the lines, each with file, line and column.
func Read(file string, text []byte) (*Contract, error) {
	r := &reader{file: file}
	doc, ok := r.parse(text)
	if ok {
		r.at = versionIn(doc.Content[0])
		c := &Contract{doc: doc}
		r.value(doc.Content[0], reflect.ValueOf(c).Elem(), rule{}, "")
		if len(r.faults) == 0 {
			return c, nil
		}
	}
	slices.SortStableFunc(r.faults, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Col, b.pos.Col))
	})
	errs := make([]error, len(r.faults))
	for i, f := range r.faults {
		errs[i] = f.fault
	}
	return nil, errors.Join(errs...)
}

// reader fills the types from YAML and collects what is wrong.
type reader struct {
	file   string
	at     version
	faults []placed
}

type placed struct {
	pos   model.Pos
	fault *fault.Fault
}

func (r *reader) fail(p model.Pos, code, message, suggestion string) {
	f := fault.New(fault.Usage, "contract."+code, message).At(where(p)).Do(suggestion)
	r.faults = append(r.faults, placed{p, f})
}

func where(p model.Pos) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

func (r *reader) pos(n *yaml.Node) model.Pos {
	return model.Pos{File: r.file, Line: n.Line, Col: n.Column}
}

func versionIn(top *yaml.Node) version {
	for _, m := range membersOf(top) {
		if m.key.Value == "apiVersion" {
			return versionOf(resolved(m.value).Value)
		}
	}
	return v31
}

func (r *reader) wrong(n *yaml.Node, path, wants string) {
	message := fmt.Sprintf("%s wants %s, and there is %s", label(path), wants, found(n))
	suggestion := "write " + wants
	if resolved(n).ShortTag() == "!!null" {
		suggestion = "write a value, or take the line out"
	} else if wants == "text" && resolved(n).Kind == yaml.ScalarNode {
		suggestion = "put it in quotes"
	}
	r.fail(r.pos(n), "wrong_type", message, suggestion)
}

func label(path string) string { return cmp.Or(path, "the contract") }

// value fills v from n. How deep it goes is bounded by parse.
func (r *reader) value(n *yaml.Node, v reflect.Value, f rule, path string) {
	at := n
	n = resolved(n)
	switch v.Interface().(type) {
	case Any:
		r.any(n, v, f, path)
		return
	case References:
		r.references(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.value(at, v.Elem(), f, path)
	case reflect.Struct:
		r.record(n, v, path)
	case reflect.Slice:
		r.list(n, v, f, path)
	case reflect.String:
		r.text(n, v, f, path)
	case reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
			r.wrong(n, path, "true or false")
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int:
		r.whole(n, v, f, path)
	}
}

func (r *reader) text(n *yaml.Node, v reflect.Value, f rule, path string) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" && n.ShortTag() != "!!timestamp" {
		r.wrong(n, path, "text")
		return
	}
	v.SetString(n.Value)
	if len(f.one) > 0 {
		r.choice(n, f.one, path)
	}
	if pattern := idPattern(r.at); f.id && !pattern.MatchString(n.Value) {
		r.fail(r.pos(n), "bad_id", path+" has a character that no id has", "use letters, digits, underscores and dashes")
	}
}

var (
	strictID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	looseID  = regexp.MustCompile(`^[^\s.#/\\@!%&^]+$`)
)

func idPattern(at version) *regexp.Regexp {
	if at >= v32 {
		return looseID
	}
	return strictID
}

// choice checks a text against the values it may have in this version.
func (r *reader) choice(n *yaml.Node, one []string, path string) {
	var valid []string
	for _, option := range one {
		name, since, later := strings.Cut(option, "@")
		if !later || r.at >= versionOf("v"+since) {
			valid = append(valid, name)
		}
	}
	if !slices.Contains(valid, n.Value) {
		r.fail(r.pos(n), "unknown_value", fmt.Sprintf("%s is %s, which is not one of its values", path, strconv.Quote(n.Value)), suggest(n.Value, valid))
	}
}

func (r *reader) whole(n *yaml.Node, v reflect.Value, f rule, path string) {
	var i int64
	wants := "a whole number"
	if f.count {
		wants = "a whole number of 0 or more"
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || n.Decode(&i) != nil || f.count && i < 0 {
		r.wrong(n, path, wants)
		return
	}
	v.SetInt(i)
}

func (r *reader) any(n *yaml.Node, v reflect.Value, f rule, path string) {
	a := Any{expanded(n)}
	scalar := n.Kind == yaml.ScalarNode
	switch {
	case f.kind == "number" && !a.IsNumber():
		r.wrong(n, path, "a number")
	case f.kind == "scalar" && !scalar:
		r.wrong(n, path, "one value: text, a number, true, false or null")
	case f.kind == "mapping" && !a.IsMapping():
		r.wrong(n, path, "a mapping")
	case f.kind == "textOrMapping" && !a.IsMapping() && !a.IsText():
		r.wrong(n, path, "text or a mapping")
	case f.kind == "port" && !a.is("!!int") && !(r.at >= v32 && a.IsText()):
		r.wrong(n, path, "a whole number")
	}
	v.Set(reflect.ValueOf(a))
}

// expanded is the node with its aliases written out, so that it can stand in another document.
func expanded(n *yaml.Node) *yaml.Node {
	n = resolved(n)
	out := *n
	out.Anchor = ""
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	if n.Kind != yaml.MappingNode {
		for _, inner := range n.Content {
			out.Content = append(out.Content, expanded(inner))
		}
		return &out
	}
	for _, m := range membersOf(n) {
		out.Content = append(out.Content, expanded(m.key), expanded(m.value))
	}
	return &out
}

func (r *reader) list(n *yaml.Node, v reflect.Value, f rule, path string) {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, path, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.value(item, v.Index(i), rule{kind: f.kind}, at)
		if f.named {
			r.need(item, "name", at)
		}
	}
	switch {
	case f.pair && (len(n.Content) != 2 || same(n.Content[0], n.Content[1])):
		r.fail(r.pos(n), "wrong_type", path+" wants two different numbers", "write [from, to]")
	case f.filled && (len(n.Content) == 0 || twice(n.Content)):
		r.fail(r.pos(n), "wrong_type", path+" is empty or names something twice", "name at least one, each once")
	}
}

func twice(items []*yaml.Node) bool {
	for i, a := range items {
		if slices.ContainsFunc(items[i+1:], func(b *yaml.Node) bool { return same(a, b) }) {
			return true
		}
	}
	return false
}

func same(a, b *yaml.Node) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// references reads one path or a list of them.
func (r *reader) references(n *yaml.Node, v reflect.Value, path string) {
	refs := References{List: n.Kind == yaml.SequenceNode}
	items := n.Content
	if !refs.List {
		items = []*yaml.Node{n}
	}
	if len(items) == 0 {
		r.wrong(n, path, "at least one path such as object.property")
	}
	for _, item := range items {
		item = resolved(item)
		if item.Kind != yaml.ScalarNode || item.ShortTag() != "!!str" {
			r.wrong(item, path, "text")
			continue
		}
		if !isReference(item.Value, r.at) {
			r.fail(r.pos(item), "bad_reference", path+" is no path to a property", "write object.property")
		}
		refs.Names = append(refs.Names, item.Value)
	}
	v.Set(reflect.ValueOf(refs))
}

var (
	shortReference  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$`)
	deepReference   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)+$`)
	fullReference   = regexp.MustCompile(`^(?:(?:https?://)?[A-Za-z0-9._\-/]+\.yaml#)?/?[A-Za-z_][A-Za-z0-9_]*/[A-Za-z0-9_-]+(?:/[A-Za-z_][A-Za-z0-9_]*/[A-Za-z0-9_-]+)*$`)
	fullerReference = regexp.MustCompile(`^(?:(?:https?://)?[A-Za-z0-9._\-/]+\.ya?ml#)?/?[A-Za-z_][A-Za-z0-9_]*/[^\s.#/\\@!%&^]+(?:/[A-Za-z_][A-Za-z0-9_]*/[^\s.#/\\@!%&^]+)*$`)
)

func isReference(text string, at version) bool {
	if at >= v32 {
		return deepReference.MatchString(text) || fullerReference.MatchString(text)
	}
	return shortReference.MatchString(text) || fullReference.MatchString(text)
}
