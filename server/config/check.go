package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// report collects what is wrong, so that people see everything at once.
type report struct {
	getenv   func(string) (string, bool)
	faults   []placed
	warnings []placed
	visits   int
}

// placed is a fault with its place in a form that sorts.
type placed struct {
	pos   model.Pos
	fault *fault.Fault
}

// maxVisits bounds the work on files in which aliases multiply.
const maxVisits = 1_000_000

func (r *report) fail(p model.Pos, code, message, suggestion string) {
	r.faults = append(r.faults, placed{p, newFault(p, code, message, suggestion)})
}

func (r *report) warn(p model.Pos, code, message, suggestion string) {
	r.warnings = append(r.warnings, placed{p, newFault(p, code, message, suggestion)})
}

func newFault(p model.Pos, code, message, suggestion string) *fault.Fault {
	return fault.New(fault.Usage, "config."+code, message).At(where(p)).Do(suggestion)
}

// check reports everything at v that is not in the shape.
func (r *report) check(v value, s *shape, depth int) {
	if r.visits++; r.visits > maxVisits || depth > maxDepth {
		if r.visits == maxVisits+1 || depth > maxDepth {
			r.fail(v.pos(), "too_deep", v.name+" is nested too deeply, or its aliases multiply", "write it out plainly")
		}
		return
	}
	switch s.kind {
	case recordKind:
		r.record(v, s, depth)
	case variantKind:
		r.variant(v, s, depth)
	case namedKind:
		r.named(v, s, depth)
	case listKind:
		r.list(v, s, depth)
	case openKind:
		r.open(v, s, depth)
	case eitherKind:
		r.either(v, s, depth)
	case conditionKind:
		r.condition(v, depth)
	case anyKind:
	default:
		r.scalar(v, s)
	}
}

func (r *report) wrong(v value, s *shape) {
	r.fail(v.pos(), "wrong_type", fmt.Sprintf("%s wants %s, and there is %s", cmp.Or(v.name, label(v)), s.wants(), v.found()), remedy(v, s))
}

// remedy guesses what was meant where that is plain.
func remedy(v value, s *shape) string {
	if v.isNull() {
		return "write a value after " + v.name + ":, or take the line out"
	}
	if s.kind == textKind && v.kind() == yaml.ScalarNode {
		return "put it in quotes if it is meant as text"
	}
	return "write " + s.wants()
}

func (r *report) record(v value, s *shape, depth int) {
	if v.kind() != yaml.MappingNode {
		r.wrong(v, s)
		return
	}
	r.duplicates(v)
	var misspelt []string
	for _, m := range v.members() {
		f, ok := s.field(m.key.name)
		switch {
		case !ok:
			r.unknownKey(m.key, v, s.names())
			misspelt = append(misspelt, fault.Nearest(m.key.name, s.names()))
		case f.later != "":
			r.fail(m.key.pos(), "not_yet", f.later, "take it out for now")
		default:
			r.check(m.val, f.shape, depth+1)
		}
	}
	r.required(v, s.fields, misspelt)
}

// required reports what is missing, but for keys that are there and misspelt.
func (r *report) required(v value, fields []field, misspelt []string) {
	for _, f := range fields {
		if f.required && !slices.Contains(misspelt, f.name) && v.get(f.name).absent() {
			r.fail(v.pos(), "required", fmt.Sprintf("%s has no %s", label(v), f.name), "add "+f.name+": "+f.shape.wants())
		}
	}
}

func label(v value) string {
	if v.path == "" {
		return "the workspace"
	}
	return v.path
}

func (r *report) unknownKey(key, in value, valid []string) {
	message := fmt.Sprintf("%s knows no key %s", label(in), quote(key.name))
	r.fail(key.pos(), "unknown_key", message, suggest(key.name, valid))
}

// duplicates reports a key that stands twice in one mapping.
func (r *report) duplicates(v value) {
	first := map[string]*yaml.Node{}
	n := v.content()
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode {
			r.fail(v.child("", k).pos(), "wrong_type", "a key in "+label(v)+" is not text", "write a plain name before the colon")
			continue
		}
		if before, ok := first[k.Value]; ok {
			r.fail(v.child(k.Value, k).pos(), "duplicate_key",
				fmt.Sprintf("%s stands twice in %s; the first is in line %d", quote(k.Value), label(v), before.Line),
				"keep one of the two")
			continue
		}
		first[k.Value] = k
	}
}

func (r *report) named(v value, s *shape, depth int) {
	if v.isNull() {
		return // a section that is all comments
	}
	if v.kind() != yaml.MappingNode {
		r.wrong(v, s)
		return
	}
	r.duplicates(v)
	for _, m := range v.members() {
		if s.rule != nil && !s.rule.MatchString(m.key.name) {
			r.fail(m.key.pos(), "bad_name", fmt.Sprintf("%s cannot be a name: %s", quote(m.key.name), s.says), "choose another name")
		}
		r.check(m.val, s.of, depth+1)
	}
}

func (r *report) list(v value, s *shape, depth int) {
	if v.kind() != yaml.SequenceNode {
		r.wrong(v, s)
		return
	}
	for _, item := range v.items() {
		r.check(item, s.of, depth+1)
	}
}

func (r *report) open(v value, s *shape, depth int) {
	if v.kind() != yaml.MappingNode {
		r.wrong(v, s)
		return
	}
	inner := &shape{kind: eitherKind, form: "text, a list of texts or a mapping", either: []*shape{text(""), s, texts("")}}
	r.duplicates(v)
	for _, m := range v.members() {
		if n := m.val.content(); n != nil && n.ShortTag() == "!!bool" {
			continue
		}
		r.check(m.val, inner, depth+1)
	}
}

// either checks the first alternative that YAML's own kind fits.
func (r *report) either(v value, s *shape, depth int) {
	for _, option := range s.either {
		if option.yamlKind() == v.kind() && !v.isNull() {
			r.check(v, option, depth)
			return
		}
	}
	r.wrong(v, s)
}

func (s *shape) yamlKind() yaml.Kind {
	switch s.kind {
	case recordKind, namedKind, variantKind, openKind:
		return yaml.MappingNode
	case listKind:
		return yaml.SequenceNode
	default:
		return yaml.ScalarNode
	}
}

// variant checks a record whose type says which keys it has.
func (r *report) variant(v value, s *shape, depth int) {
	if v.kind() != yaml.MappingNode {
		r.wrong(v, s)
		return
	}
	name := v.get("type")
	if name.absent() {
		r.fail(v.pos(), "required", v.path+" has no type", "add type: "+list(s.typeNames()))
		return
	}
	text, ok := r.text(name)
	if !ok {
		return
	}
	if words, ok := s.later[text]; ok {
		r.fail(name.pos(), "not_yet", words, "take "+v.path+" out for now")
		return
	}
	i := slices.IndexFunc(s.types, func(t variant) bool { return t.name == text })
	if i < 0 {
		r.fail(name.pos(), "unknown_type", fmt.Sprintf("%s %s: there is no such %s", v.path, "has type "+quoteUnless(name, text), s.form),
			suggest(text, s.typeNames()))
		return
	}
	r.record(v, &shape{kind: recordKind, fields: append(slices.Clone(s.fields), s.types[i].fields...)}, depth)
}

func (s *shape) typeNames() []string {
	names := make([]string, len(s.types))
	for i, t := range s.types {
		names[i] = t.name
	}
	return names
}

// scalar checks a text, number, truth or literal.
func (r *report) scalar(v value, s *shape) {
	if v.kind() != yaml.ScalarNode || v.isNull() && s.kind != literalKind {
		r.wrong(v, s)
		return
	}
	text, ok := r.text(v)
	if !ok {
		return
	}
	switch {
	case s.kind == literalKind:
		r.literal(v)
	case s.kind == integerKind && !(wholeNumber.MatchString(text) && (v.content().ShortTag() == "!!int" || text != v.content().Value)):
		r.wrong(v, s)
	case s.kind == booleanKind && !(text == "true" || text == "false"):
		r.wrong(v, s)
	case s.kind == textKind && v.content().ShortTag() == "!!bool":
		r.wrong(v, s)
	case s.kind == textKind:
		r.form(v, s, text)
	}
}

var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// form checks the choices and the special form of a text.
func (r *report) form(v value, s *shape, text string) {
	if words, ok := s.later[text]; ok {
		r.fail(v.pos(), "not_yet", words, "write "+s.wants())
		return
	}
	if len(s.choices) > 0 && !slices.Contains(s.choices, text) {
		r.fail(v.pos(), "unknown_value", fmt.Sprintf("%s is %s, which is not one of its values", v.name, quoteUnless(v, text)),
			suggest(text, s.choices))
	}
	if s.parse == nil {
		return
	}
	err := s.parse(text)
	var known *misfit
	switch {
	case errors.As(err, &known) && v.content().Value == text:
		r.fail(v.pos(), "wrong_type", v.name+" "+known.message, known.suggestion)
	case errors.As(err, &known):
		r.fail(v.pos(), "wrong_type", v.name+" "+known.plain, "write "+s.wants())
	case err != nil:
		r.fail(v.pos(), "wrong_type", fmt.Sprintf("%s wants %s", v.name, s.wants()), "write "+s.wants())
	}
}

// text reads a scalar with its environment references, and reports those that fail.
func (r *report) text(v value) (string, bool) {
	n := v.content()
	if n == nil || n.Kind != yaml.ScalarNode {
		return "", false
	}
	e := expand(n.Value, r.getenv)
	for _, name := range e.missing {
		r.fail(v.pos(), "env_missing", fmt.Sprintf("%s reads the environment variable %s, which is not set", label(v), name),
			"set it: export "+name+"=…")
	}
	if e.broken {
		r.fail(v.pos(), "bad_reference", label(v)+" holds a ${ that is not ${NAME}", "close it, or write $${ for a plain ${")
	}
	return e.text, len(e.missing) == 0 && !e.broken
}
