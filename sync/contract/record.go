package contract

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"go.yaml.in/yaml/v3"
)

// record fills a struct from a mapping, or, where it has one, its short field from a plain value.
func (r *reader) record(n *yaml.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	if at := v.FieldByName("Pos"); at.IsValid() {
		at.Set(reflect.ValueOf(r.pos(n)))
	}
	if n.Kind != yaml.MappingNode {
		r.short(n, v, fields, path)
		return
	}
	r.duplicates(n, path)
	valid, why := r.allowed(v, n, fields)
	var misspelt []string
	for _, m := range membersOf(n) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.key.Value })
		switch {
		case i >= 0 && fields[i].since > r.at:
			r.fail(r.pos(m.key), "later_key", fmt.Sprintf("%s has the key %s, which came with version 3.2 of the standard", label(path), fields[i].name),
				"write apiVersion: v3.2.0, or take it out")
		case i >= 0 && slices.Contains(valid, fields[i].name):
			r.value(m.value, v.Field(fields[i].index), fields[i].rule, below(path, fields[i].name))
		default:
			r.fail(r.pos(m.key), "unknown_key", fmt.Sprintf("%s knows no key %s%s", label(path), strconv.Quote(m.key.Value), why), suggest(m.key.Value, valid))
			misspelt = append(misspelt, fault.Nearest(m.key.Value, valid))
		}
	}
	for _, f := range fields {
		if f.requiredAt(r.at) && f.since <= r.at && !slices.Contains(misspelt, f.name) {
			r.need(n, f.name, path)
		}
	}
	r.rules(v, n, path)
}

func (r *reader) short(n *yaml.Node, v reflect.Value, fields []field, path string) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.short })
	null := n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
	if i < 0 || null || (n.Kind == yaml.SequenceNode) != (v.Field(fields[i].index).Kind() == reflect.Slice) {
		r.wrong(n, path, "a mapping")
		return
	}
	r.value(n, v.Field(fields[i].index), fields[i].rule, path)
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// duplicates reports a key that stands twice in one mapping, or is not text.
func (r *reader) duplicates(n *yaml.Node, path string) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		before, again := first[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode:
			r.fail(r.pos(k), "wrong_type", "a key of "+label(path)+" is not text", "write a plain name before the colon")
		case again:
			r.fail(r.pos(k), "duplicate_key", fmt.Sprintf("%s stands twice in %s; the first is in line %d", strconv.Quote(k.Value), label(path), before.Line), "keep one of the two")
		default:
			first[k.Value] = k
		}
	}
}

// need reports a key that is missing.
func (r *reader) need(n *yaml.Node, name, path string) {
	if n = resolved(n); n.Kind == yaml.MappingNode && !has(n, name) {
		r.fail(r.pos(n), "required", label(path)+" has no "+name, "add "+name+":")
	}
}

func has(n *yaml.Node, name string) bool {
	return slices.ContainsFunc(membersOf(n), func(m entry) bool { return m.key.Value == name })
}

func textOf(n *yaml.Node, name string) string {
	for _, m := range membersOf(n) {
		if m.key.Value == name && resolved(m.value).Kind == yaml.ScalarNode {
			return resolved(m.value).Value
		}
	}
	return ""
}

// allowed lists the keys that may stand in a mapping, where what it says elsewhere decides; why tells it in words.
func (r *reader) allowed(v reflect.Value, n *yaml.Node, fields []field) (valid []string, why string) {
	switch v.Interface().(type) {
	case Server:
		if kind := textOf(n, "type"); kind != "" {
			if server, ok := serverRuleOf(kind, r.at); ok {
				return server.keys, " for the type " + kind
			}
		}
	case Quality:
		return qualityKeys(n)
	}
	for _, f := range fields {
		if f.since <= r.at {
			valid = append(valid, f.name)
		}
	}
	return valid, ""
}

// rules checks what concerns several keys at once.
func (r *reader) rules(v reflect.Value, n *yaml.Node, path string) {
	switch of := v.Addr().Interface().(type) {
	case *Server:
		r.serverRules(of, n, path)
	case *Property:
		r.propertyRules(of, n, path)
	case *Object:
		for i := range of.Relationships {
			r.tableRelationship(&of.Relationships[i], below(path, "relationships"))
		}
	case *Quality:
		r.qualityRules(n, path)
	}
}

func (r *reader) serverRules(s *Server, n *yaml.Node, path string) {
	if s.Type == "" && textOf(n, "type") != "" || !has(n, "type") {
		return // reported where it stands
	}
	server, ok := serverRuleOf(s.Type, r.at)
	if !ok || server.later && r.at < v32 {
		r.fail(r.pos(n), "unknown_value", fmt.Sprintf("%s has the type %s, which is no type of server", path, strconv.Quote(s.Type)),
			suggest(s.Type, serverNames(r.at)))
		return
	}
	for _, key := range server.required {
		r.need(n, key, path)
	}
	if s.Type == "sftp" && s.Location != "" && !strings.HasPrefix(s.Location, "sftp://") {
		r.fail(r.pos(n), "bad_location", path+" has a location that does not begin with sftp://", "write sftp://host/path")
	}
}

func serverNames(at version) (names []string) {
	for name, text := range serverTypes() {
		if at >= v32 || !strings.HasPrefix(text, "3.2:") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (r *reader) tableRelationship(rel *Relationship, path string) {
	switch {
	case rel.From == nil:
		r.fail(rel.Pos, "required", path+" has no from", "add from: the property, or the list of properties")
	case rel.To != nil && rel.From.List != rel.To.List:
		r.fail(rel.Pos, "wrong_type", path+" has a list on one side only", "write from and to both as lists, or both as one path")
	}
}

// suggest names the nearest valid name, or else some of them.
func suggest(word string, valid []string) string {
	const most = 30
	switch near := fault.Nearest(word, valid); {
	case near != "":
		return "did you mean " + near + "?"
	case len(valid) > most:
		return "it can be " + strings.Join(valid[:most], ", ") + " and others"
	default:
		return "it can be " + strings.Join(valid, ", ")
	}
}
