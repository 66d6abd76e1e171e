package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

func (b *builder) sync(m member) {
	v := m.val
	s := model.Sync{Name: m.key.name, Pos: m.key.pos(), Model: b.str(v.get("model")), Destination: b.str(v.get("destination")),
		Object: b.str(v.get("object")), Tier: b.str(v.get("tier"))}
	s.Mode = model.Mode(cmp.Or(b.str(v.get("mode")), string(model.Upsert)))
	s.OnLeave = b.onLeave(v, s.Mode)
	s.Match = b.mappings(v.get("match"))
	s.Fields = b.mappings(v.get("fields"))
	s.Guard = b.guard(v.get("guard"))
	b.promises(v, &s)
	if v.kind() == yaml.MappingNode {
		b.references(v, &s)
	}
	b.w.Syncs = append(b.w.Syncs, s)
}

func (b *builder) onLeave(v value, mode model.Mode) model.OnLeave {
	written := model.OnLeave(b.str(v.get("on_leave")))
	switch {
	case written == "" && mode == model.Mirror:
		return model.Delete
	case written == "":
		return model.Keep
	case written == model.Keep && mode == model.Mirror:
		b.warn(v.get("on_leave").pos(), "mirror_keeps", "a mirror that keeps what leaves is an upsert", "write mode: upsert, or leave on_leave out")
	}
	return written
}

func (b *builder) promises(v value, s *model.Sync) {
	b.schedule(v, s)
	b.slo(v.get("slo"), s)
}

// schedule reads when a sync runs. A tier says it, or a schedule; beside tier realtime a schedule is for the time in which the
// sync cannot be live.
func (b *builder) schedule(v value, s *model.Sync) {
	schedule := v.get("schedule")
	every, cron, zone := schedule.get("every"), schedule.get("cron"), schedule.get("zone")
	s.Every, _ = parseInterval(b.str(every))
	s.Cron = b.str(cron)
	s.Zone = cmp.Or(b.str(zone), b.w.TimeZone)
	switch {
	case !every.absent() && !cron.absent():
		b.fail(cron.pos(), "conflict", schedule.path+" has both every and cron", "keep one")
	case !schedule.absent() && !v.get("tier").absent() && s.Tier != "realtime":
		b.fail(schedule.pos(), "conflict", "syncs."+s.Name+" has both a tier and a schedule", "keep one; only tier realtime takes a schedule beside it")
	case schedule.kind() == yaml.MappingNode && every.absent() && cron.absent():
		b.fail(schedule.pos(), "required", schedule.path+" has neither every nor cron", "write {every: 15m} or {cron: \"0 6 * * *\"}")
	case !zone.absent() && !every.absent():
		b.fail(zone.pos(), "conflict", schedule.path+" has a zone, and every is the same in all zones", "take zone out, or write cron")
	}
}

func (b *builder) guard(v value) model.Guard {
	var g model.Guard
	g.MaxLeaves = b.limit(v.get("max_leaves"))
	g.MaxChanges = b.limit(v.get("max_changes"))
	g.MinRows, _ = parseCount(b.str(v.get("min_rows")))
	return g
}

func (b *builder) limit(v value) *model.Limit {
	l, err := parseLimit(b.str(v))
	if v.absent() || err != nil {
		return nil
	}
	return &l
}

// mappings reads "match" or "fields", sorted by target so that the order of the lines means nothing.
func (b *builder) mappings(v value) []model.Mapping {
	var all []model.Mapping
	for _, m := range v.members() {
		all = append(all, b.mapping(m))
	}
	slices.SortFunc(all, func(x, y model.Mapping) int { return cmp.Compare(x.Target, y.Target) })
	for _, outer := range all {
		for _, inner := range all {
			if strings.HasPrefix(inner.Target, outer.Target+".") {
				b.fail(inner.Pos, "same_field", fmt.Sprintf("%s writes %s inside %s, which is written as a whole in line %d",
					v.path, quote(inner.Target), quote(outer.Target), outer.Pos.Line), "keep one of the two")
			}
		}
	}
	return all
}

var mappingKeys = []string{"column", "template", "value", "nulls", "type"}

func (b *builder) mapping(m member) model.Mapping {
	made := model.Mapping{Target: m.key.name, Pos: m.key.pos()}
	if slices.Contains(strings.Split(made.Target, "."), "") {
		b.fail(m.key.pos(), "bad_name", fmt.Sprintf("%s cannot be a field: a part of it is empty", quote(made.Target)), "write it as outer.inner")
	}
	v := m.val
	if v.kind() == yaml.ScalarNode {
		made.Column = b.shortColumn(v)
		return made
	}
	made.Column, made.Template = b.str(v.get("column")), b.str(v.get("template"))
	made.Nulls, made.Type = model.Nulls(b.str(v.get("nulls"))), b.str(v.get("type"))
	if literal := v.get("value"); !literal.absent() && literal.kind() == yaml.ScalarNode {
		if read, ok := literalOf(literal, b.getenv); ok {
			made.Literal = &read
		}
	}
	if !slices.ContainsFunc(v.members(), func(m member) bool { return !slices.Contains(mappingKeys, m.key.name) }) {
		b.oneOf(v, "column", "template", "value") // a misspelt key was reported, and is likely the one that lacks
	}
	return made
}

// shortColumn reads "field: column", and catches what is plainly meant as a value or a template.
func (b *builder) shortColumn(v value) string {
	text := b.str(v)
	switch tag := v.content().ShortTag(); {
	case tag == "!!int" || tag == "!!float":
		b.fail(v.pos(), "wrong_type", v.path+" wants a model column, and there is "+v.found(), "for a fixed value write {value: …}; for a column of that name use quotes")
	case strings.Contains(text, "{{") || strings.Contains(text, "{%"):
		b.fail(v.pos(), "wrong_type", v.path+" wants a model column, and there is a template", "write {template: \"…\"}")
	}
	return text
}

func (b *builder) oneOf(v value, names ...string) {
	if v.kind() != yaml.MappingNode {
		return
	}
	var there []string
	for _, n := range names {
		if !v.get(n).absent() {
			there = append(there, n)
		}
	}
	switch {
	case len(there) == 0:
		b.fail(v.pos(), "required", v.path+" has none of "+list(names), "add one of them")
	case len(there) > 1:
		b.fail(v.get(there[1]).pos(), "conflict", v.path+" has both "+there[0]+" and "+there[1], "keep one")
	}
}
