package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"go.yaml.in/yaml/v3"
)

// reserved are names that DuckDB or Freshet uses for catalogs and schemas of its own.
var reserved = []string{"main", "temp", "system", "memory", "models", "feeds", "audiences", "information_schema", "pg_catalog"}

func (b *builder) source(m member) {
	folded := strings.ToLower(m.key.name)
	if slices.Contains(reserved, folded) {
		b.fail(m.key.pos(), "bad_name", fmt.Sprintf("%s cannot be a source's name: SQL has its own meaning for it", quote(m.key.name)),
			"choose another name")
	}
	for name, other := range b.w.Sources {
		if strings.ToLower(name) == folded {
			b.fail(m.key.pos(), "same_name", fmt.Sprintf("%s and %s are one name to SQL; the first is at %s", m.key.name, name, where(other.Pos)),
				"rename one of the two")
		}
	}
	if e, ok := b.endpoint(m, func(d connect.Driver) bool { return d.Source != nil }); ok {
		b.w.Sources[e.Name] = e
	}
}

func (b *builder) destination(m member) {
	if e, ok := b.endpoint(m, func(d connect.Driver) bool { return d.Destination != nil }); ok {
		e.Purposes = b.strs(m.val.get("purposes"))
		b.w.Destinations[e.Name] = e
	}
}

func (b *builder) endpoint(m member, fits func(connect.Driver) bool) (Endpoint, bool) {
	name := b.str(m.val.get("type"))
	i := slices.IndexFunc(b.drivers, func(d connect.Driver) bool { return d.Spec.Type == name && fits(d) })
	if i < 0 {
		return Endpoint{Name: m.key.name}, false
	}
	e := Endpoint{Name: m.key.name, Type: name, Driver: b.drivers[i], Pos: m.key.pos()}
	e.Settings = connect.Settings{Name: e.Name, Values: map[string]string{"root": b.root}, Secrets: map[string]connect.Secret{},
		Maps: map[string]map[string]any{}, Lists: map[string][]string{}}
	for _, s := range e.Driver.Spec.Settings {
		b.setting(&e.Settings, s, m.val)
	}
	return e, true
}

func (b *builder) setting(into *connect.Settings, s connect.Setting, in value) {
	v := in.get(s.Name)
	if v.absent() && s.Default == "" {
		return
	}
	text := s.Default
	if !v.absent() {
		text = b.str(v)
	}
	if s.Required && text == "" && v.kind() == yaml.ScalarNode && len(expand(v.raw(), b.getenv).missing) == 0 {
		b.fail(v.pos(), "required", v.path+" is empty", "write a value, or set the environment variable it reads")
	}
	switch s.Kind {
	case connect.SecretSetting:
		b.plainSecret(v)
		into.Secrets[s.Name] = connect.NewSecret(text)
	case connect.MapSetting:
		into.Maps[s.Name] = b.tree(v, 0)
		b.plainHeaders(v)
	case connect.ListSetting:
		into.Lists[s.Name] = b.strs(v)
	case connect.PathSetting:
		if text != "" {
			into.Values[s.Name] = b.path(text)
		}
	case connect.DurationSetting:
		if d, err := parseDuration(text); err == nil {
			text = d.String()
		}
		into.Values[s.Name] = text
	case connect.URLSetting:
		b.plainPassword(v)
		into.Values[s.Name] = text
	default:
		into.Values[s.Name] = text
	}
}

// tree reads a mapping to texts, lists of texts ([]any) or further mappings.
func (b *builder) tree(v value, depth int) map[string]any {
	all := map[string]any{}
	for _, m := range v.members() {
		switch m.val.kind() {
		case yaml.MappingNode:
			if depth < maxDepth {
				all[m.key.name] = b.tree(m.val, depth+1)
			}
		case yaml.SequenceNode:
			texts := []any{}
			for _, item := range b.strs(m.val) {
				texts = append(texts, item)
			}
			all[m.key.name] = texts
		default:
			all[m.key.name] = b.str(m.val)
		}
	}
	return all
}

// plain says whether a text stands in the file as it is, with nothing read from the environment.
func (b *builder) plain(v value) bool {
	return !v.absent() && v.raw() != "" && !expand(v.raw(), b.getenv).used
}

const secretRemedy = "write ${NAME} and set that environment variable; if the file was ever shared, replace the secret too"

func (b *builder) plainSecret(v value) {
	if b.plain(v) {
		b.warn(v.pos(), "plain_secret", "a secret stands in plain sight in "+v.path, secretRemedy)
	}
}

var secretName = regexp.MustCompile(`(?i)auth|token|secret|password|api[-_]?key|cookie`)

func (b *builder) plainHeaders(v value) {
	for _, m := range v.members() {
		if secretName.MatchString(m.key.name) {
			b.plainSecret(m.val)
		}
	}
}

var userInfo = regexp.MustCompile(`^[a-z+]+://[^/@]+:[^/@]+@`)

func (b *builder) plainPassword(v value) {
	if userInfo.MatchString(v.raw()) {
		b.plainSecret(v)
	}
}
