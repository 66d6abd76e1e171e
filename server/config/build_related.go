package config

import (
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/audience"
)

// catalogue reads what a model says of related tables and of consent. Columns and types are the engine's to know.
func (b *builder) catalogue(m member) audience.Catalogue {
	c := audience.Catalogue{Model: m.key.name, Entity: audience.Relation{Table: "models." + m.key.name}, Key: b.w.Models[m.key.name].Key,
		Related: map[string]audience.Related{}}
	related := m.val.get("related")
	for _, r := range related.members() {
		c.Related[r.key.name] = audience.Related{Relation: b.relation(r.val.get("table")), On: b.joins(r.val.get("on")), At: b.str(r.val.get("at")), Via: b.str(r.val.get("via"))}
	}
	b.vias(related, c)
	b.consent(m.val.get("consent"), &c)
	return c
}

// relation reads a table's name and makes sure that its first part is there.
func (b *builder) relation(v value) audience.Relation {
	table := b.str(v)
	if table == "" {
		return audience.Relation{}
	}
	first, rest, ok := strings.Cut(table, ".")
	valid := append(b.names("sources"), "models", "feeds")
	switch {
	case !ok:
		b.fail(v.pos(), "unknown_table", v.path+" does not say where the table is", "write source.table, feeds.name or models.name")
	case !slices.Contains(valid, first):
		b.fail(v.pos(), "unknown_table", v.path+" names the source "+quote(first)+", and there is none of that name", suggest(first, valid))
	case first == "models" && !slices.Contains(b.names("models"), rest):
		b.fail(v.pos(), "unknown_model", v.path+" names the model "+quote(rest)+", and there is none of that name", suggest(rest, b.names("models")))
	case first == "feeds" && !slices.Contains(b.names("feeds"), rest):
		b.fail(v.pos(), "unknown_feed", v.path+" names the feed "+quote(rest)+", and there is none of that name", suggest(rest, b.names("feeds")))
	}
	return audience.Relation{Table: table}
}

// joins reads on: its column: our column.
func (b *builder) joins(v value) []audience.Join {
	var all []audience.Join
	for _, m := range v.members() {
		all = append(all, audience.Join{Theirs: m.key.name, Ours: b.str(m.val)})
	}
	if !v.absent() && len(all) == 0 {
		b.fail(v.pos(), "required", v.path+" is empty", "write {its column: our column}")
	}
	return all
}

// vias makes sure that every related table leads to the model.
func (b *builder) vias(related value, c audience.Catalogue) {
	for _, r := range related.members() {
		via := r.val.get("via")
		if via.absent() || !b.known(via, "related table", "unknown_related", names(related)) {
			continue
		}
		at := r.key.name
		for hops := 0; at != ""; hops++ {
			if hops > len(c.Related) {
				b.fail(via.pos(), "cycle", via.path+" leads in a circle and never to the model", "name a table that belongs to the record")
				break
			}
			at = c.Related[at].Via
		}
	}
}

func names(v value) []string {
	var all []string
	for _, m := range v.members() {
		all = append(all, m.key.name)
	}
	return all
}

func (b *builder) consent(v value, c *audience.Catalogue) {
	if v.absent() {
		return
	}
	c.Consent = audience.Consents{Columns: map[string]string{}}
	for _, m := range v.get("columns").members() {
		c.Consent.Columns[m.key.name] = b.str(m.val)
	}
	table := v.get("table")
	if table.absent() {
		for _, key := range []string{"on", "purpose", "granted", "at"} {
			if extra := v.get(key); !extra.absent() {
				b.fail(extra.pos(), "required", v.path+" has "+key+" and no table", "add table, or take it out")
			}
		}
		if v.get("columns").absent() {
			b.fail(v.pos(), "required", v.path+" has neither columns nor a table", "add one of them")
		}
		return
	}
	c.Consent.Table = audience.Related{Relation: b.relation(table), On: b.joins(v.get("on")), At: b.str(v.get("at"))}
	c.Consent.Purpose, c.Consent.Granted = b.or(v.get("purpose"), "purpose"), b.or(v.get("granted"), "granted")
	if v.get("on").absent() {
		b.fail(v.pos(), "required", v.path+" has no on", "add on: {its column: our column}")
	}
}

func (b *builder) or(v value, otherwise string) string {
	if v.absent() {
		return otherwise
	}
	return b.str(v)
}
