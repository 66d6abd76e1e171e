package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// references checks what a sync names: model, destination, object, and whether that object can do what is asked.
func (b *builder) references(v value, s *model.Sync) {
	b.carried(v, s)
	if fields := v.get("fields"); !fields.absent() && len(fields.members()) == 0 && (fields.isNull() || fields.kind() == yaml.MappingNode) {
		b.fail(fields.pos(), "required", fields.path+" is empty", "name at least one field: destination field: model column")
	}
	to := v.get("destination")
	if to.absent() || !b.known(to, "destination", "unknown_destination", b.names("destinations")) {
		return
	}
	e, ok := b.w.Destinations[s.Destination]
	if !ok {
		return // the destination's own mistake was reported
	}
	object, ok := b.object(v, e, s)
	if !ok {
		return
	}
	b.verbs(v, e, object, s)
	b.match(v, object, s)
}

// carried checks what the sync carries: a model, or an audience of one.
func (b *builder) carried(v value, s *model.Sync) {
	from, part := v.get("model"), v.get("audience")
	switch {
	case !from.absent() && !part.absent():
		b.fail(part.pos(), "conflict", v.path+" has both a model and an audience", "keep one: an audience has its model")
	case !from.absent():
		b.known(from, "model", "unknown_model", b.names("models"))
	case part.absent():
		b.fail(v.pos(), "required", v.path+" has no model", "add model: "+list(b.names("models")))
	case b.known(part, "audience", "unknown_audience", b.names("audiences")):
		s.Audience = b.str(part)
		s.Model = b.w.Audiences[s.Audience].Model
	}
}

// object finds what the sync writes to. Where a connector takes any name, "*" says how it behaves.
func (b *builder) object(v value, e Endpoint, s *model.Sync) (connect.Object, bool) {
	spec := e.Driver.Spec
	var named []connect.Object
	var any connect.Object
	var hasAny bool
	for _, o := range spec.Objects {
		if o.Name == "*" {
			any, hasAny = o, true
		} else {
			named = append(named, o)
		}
	}
	names := make([]string, len(named))
	for i, o := range named {
		names[i] = o.Name
	}
	at := v.get("object")
	switch i := slices.Index(names, s.Object); {
	case i >= 0:
		return named[i], true
	case s.Object == "" && len(named) == 0 && hasAny:
		return any, true
	case s.Object == "" && len(spec.Objects) == 1:
		s.Object = named[0].Name
		return named[0], true
	case s.Object == "":
		b.fail(v.pos(), "required", fmt.Sprintf("%s has no object, and %s has several", v.path, spec.Title), "add object: "+list(names))
	case spec.Open && hasAny:
		return any, true
	default:
		b.fail(at.pos(), "unknown_object", fmt.Sprintf("%s has no object %s", spec.Title, quoteUnless(at, s.Object)), suggest(s.Object, names))
	}
	return connect.Object{}, false
}

// modeVerbs and leaveVerbs say what a definition asks of its destination.
var (
	modeVerbs = map[model.Mode]connect.Verb{model.Upsert: connect.Upsert, model.Update: connect.Update,
		model.Insert: connect.Insert, model.Mirror: connect.Upsert}
	leaveVerbs = map[model.OnLeave]connect.Verb{model.Clear: connect.Clear, model.Archive: connect.Archive, model.Delete: connect.Delete}
)

func (b *builder) verbs(v value, e Endpoint, o connect.Object, s *model.Sync) {
	label := strings.TrimSpace(e.Driver.Spec.Title + " " + s.Object)
	if verb := modeVerbs[s.Mode]; verb != connect.NoVerb && !takes(o, verb) {
		b.fail(at(v, "mode"), "no_ability", fmt.Sprintf("mode %s needs %s, which %s cannot do", s.Mode, verb, label),
			"it can do "+list(abilities(o, func(w connect.Verb) bool { return !w.Leaving() })))
	}
	if s.Mode == model.Mirror && v.get("on_leave").absent() && final(o, connect.Delete) && takes(o, connect.Archive) {
		s.OnLeave = model.Archive // what nobody can undo is done only where a person wrote it
	}
	if verb := leaveVerbs[s.OnLeave]; verb != connect.NoVerb && !takes(o, verb) {
		can := append([]string{"keep"}, abilities(o, connect.Verb.Leaving)...)
		b.fail(at(v, "on_leave", "mode"), "no_ability", fmt.Sprintf("on_leave %s is something %s cannot do", s.OnLeave, label),
			"write on_leave: "+list(can))
	}
}

// final says that nobody can undo the verb, the vendor included. Guarantee G26.
func final(o connect.Object, verb connect.Verb) bool {
	return slices.ContainsFunc(o.Verbs, func(a connect.Ability) bool { return a.Verb == verb && a.Final })
}

// at is the place of the first of these keys that is there, else of the whole.
func at(v value, names ...string) model.Pos {
	for _, n := range names {
		if found := v.get(n); !found.absent() {
			return found.pos()
		}
	}
	return v.pos()
}

func abilities(o connect.Object, want func(connect.Verb) bool) []string {
	var names []string
	for _, a := range o.Verbs {
		if want(a.Verb) {
			names = append(names, a.Verb.String())
		}
	}
	return names
}

// match checks how records are to be found against what the object allows.
func (b *builder) match(v value, o connect.Object, s *model.Sync) {
	written := v.get("match")
	if o.Match.Need && len(s.Match) == 0 {
		b.fail(at(v, "match"), "match_needed", fmt.Sprintf("%s has no match, and records of %s are found by one", v.path, s.Object),
			"add match: {"+example(o.Match)+"}")
		return
	}
	if o.Match.Single && len(s.Match) > 1 {
		b.fail(written.pos(), "match_single", fmt.Sprintf("%s has %d fields, and records of %s are found by exactly one", written.path, len(s.Match), s.Object),
			"keep one of them")
	}
	for _, m := range s.Match {
		if len(o.Match.Fields) > 0 && !slices.Contains(o.Match.Fields, m.Target) {
			b.fail(m.Pos, "match_field", fmt.Sprintf("records of %s cannot be found by %s", s.Object, quote(m.Target)), suggest(m.Target, o.Match.Fields))
		}
	}
}

func example(rule connect.MatchRule) string {
	if len(rule.Fields) > 0 {
		return rule.Fields[0] + ": model column"
	}
	return "destination field: model column"
}

func takes(o connect.Object, verb connect.Verb) bool {
	return slices.ContainsFunc(o.Verbs, func(a connect.Ability) bool { return a.Verb == verb })
}
