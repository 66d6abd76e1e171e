package mapping

import (
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// checkKey makes sure that the model's key is there.
func (c *compiler) checkKey() {
	for _, key := range c.model.Key {
		if _, ok := c.column(key); !ok {
			where := "models." + c.model.Name + ".key"
			if c.model.Pos.Line > 0 {
				where = place(c.model.Pos)
			}
			c.fail(where, "unknown_key", didYouMean(key, c.columnNames(), "The model has: "+shortList(c.columnNames())+"."),
				"the key %q is not a column of the model %q", key, c.model.Name)
		}
	}
}

// checkTargets finds targets that cannot be, and those that stand in each other's way: the same one twice, or one that
// is both a value and the parent of others.
func (c *compiler) checkTargets() {
	c.checkSection("match", c.sync.Match)
	c.checkSection("fields", c.sync.Fields)
	// What is matched on is written as well, so the two sections may not cross either.
	for i := range c.sync.Fields {
		for j := range c.sync.Match {
			c.checkNesting("fields", &c.sync.Fields[i], c.sync.Match[j].Target)
			c.checkNesting("match", &c.sync.Match[j], c.sync.Fields[i].Target)
		}
	}
}

func (c *compiler) checkSection(section string, list []model.Mapping) {
	for i := range list {
		m := &list[i]
		if slices.Contains(strings.Split(m.Target, "."), "") {
			c.fail(c.at(section, m), "bad_target", "Write it as in: address.city", "%q is not the name of a field", m.Target)
		}
		for j := range list[:i] {
			if list[j].Target == m.Target {
				c.fail(c.at(section, m), "target_conflict", "Keep one of the two.", "the field %q is mapped twice", m.Target)
			}
		}
		for j := range list {
			c.checkNesting(section, m, list[j].Target)
		}
	}
}

// checkNesting reports m where it stands inside another target.
func (c *compiler) checkNesting(section string, m *model.Mapping, parent string) {
	if parent != "" && strings.HasPrefix(m.Target, parent+".") {
		c.fail(c.at(section, m), "target_conflict", "Map either the whole or its parts.",
			"the field %q is inside %q, which has a value of its own", m.Target, parent)
	}
}

// checkMatchRule compares the match with what the destination's object asks for.
func (c *compiler) checkMatchRule() {
	where := c.atSync()
	if len(c.sync.Match) > 0 && c.sync.Match[0].Pos.Line > 0 {
		where = place(c.sync.Match[0].Pos)
	}
	meaning := c.rule.Meaning
	if meaning == "" {
		meaning = "See the connector's page for how it finds records."
	}
	if c.rule.Need && len(c.sync.Match) == 0 {
		c.fail(where, "match_needed", meaning, "%s are found by a match field, and the sync has none", c.sync.Object)
	}
	if c.rule.Single && len(c.sync.Match) > 1 {
		c.fail(where, "match_single", meaning, "%s are found by one match field, and the sync has %d", c.sync.Object, len(c.sync.Match))
	}
	for i := range c.sync.Match {
		c.checkMatchField(&c.sync.Match[i], meaning)
	}
}

func (c *compiler) checkMatchField(m *model.Mapping, meaning string) {
	if len(c.rule.Fields) > 0 {
		if !slices.Contains(c.rule.Fields, m.Target) {
			c.fail(c.at("match", m), "match_field", didYouMean(m.Target, c.rule.Fields, "Match on one of: "+shortList(c.rule.Fields)+"."),
				"%s cannot be found by %q", c.sync.Object, m.Target)
		}
		return
	}
	unique := c.uniqueFields()
	if info, known := c.field(m.Target); known && !info.Unique && len(unique) > 0 {
		c.fail(c.at("match", m), "match_field", "Match on one of: "+shortList(unique)+".", "%s cannot be found by %q, which is not unique there. %s",
			c.sync.Object, m.Target, meaning)
	}
}

// uniqueFields are those that the destination says can be matched on; none where it does not say.
func (c *compiler) uniqueFields() (names []string) {
	if c.object == nil {
		return nil
	}
	for _, f := range c.object.Fields {
		if f.Unique {
			names = append(names, f.Name)
		}
	}
	return names
}

// checkRequired makes sure that a sync which makes records gives them what they must have.
func (c *compiler) checkRequired() {
	if c.object == nil || c.sync.Mode == model.Update {
		return
	}
	for _, f := range c.object.Fields {
		given := func(m model.Mapping) bool { return m.Target == f.Name || strings.HasPrefix(m.Target, f.Name+".") }
		if f.Required && !f.ReadOnly && !slices.ContainsFunc(c.sync.Fields, given) && !slices.ContainsFunc(c.sync.Match, given) {
			c.fail(c.atSync(), "required_field", "Map it, or use mode: update if the records are always there.",
				"%s need the field %q, and the sync does not map it", c.sync.Object, f.Name)
		}
	}
}

// field finds a target at the destination: itself, or the field that "address" is of "address.city".
func (c *compiler) field(target string) (connect.FieldInfo, bool) {
	if c.object == nil {
		return connect.FieldInfo{}, false
	}
	if info, ok := c.object.Field(target); ok {
		return info, true
	}
	root, _, nested := strings.Cut(target, ".")
	info, ok := c.object.Field(root)
	if !nested || !ok || info.Type != asJSON && info.Type != asIs {
		return connect.FieldInfo{}, false
	}
	return info, true
}

func (c *compiler) fieldNames() (names []string) {
	for _, f := range c.object.Fields {
		names = append(names, f.Name)
	}
	return names
}

// shortList names a dozen, and how many more there are.
func shortList(names []string) string {
	const most = 12
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + ", …"
}
