package audience

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The bounds of a definition.
const (
	maxDepth  = 6
	maxLeaves = 100
	maxSteps  = 10
	maxValues = 10_000
)

// Check finds everything that is wrong with a definition, as joined *fault.Fault of kind Usage whose Where is the path
// of the node: include.of.0.where.all.1. What depends on columns that the catalogue does not know is not checked.
// Faults: audience.unknown_zone, too_deep, too_many, empty_group, duplicate_id, bad_text, unknown_field, unknown_related,
// unknown_audience, unknown_consent, unknown_word, other_model, cycle, wrong_type, bad_value, bad_window, no_time,
// bad_sequence, bad_bucket, bad_limit, bad_table.
func Check(d Definition, c *Catalogue) error {
	k := &checker{catalogue: c}
	k.top(d)
	ids, leaves := map[string]bool{}, 0
	d.visit(func(n Node, path string, depth int) {
		if depth == maxDepth+1 {
			k.fail(path, "too_deep", fmt.Sprintf("conditions stand in each other more than %d deep", maxDepth), "take a level out: an all inside an all, or an any inside an any, can be one")
		}
		if len(children(n)) == 0 {
			leaves++
		}
		id := strings.ToLower(n.id())
		if id != "" && ids[id] {
			k.fail(path, "duplicate_id", "two conditions have the id "+quote(n.id()), "give each its own, or none")
		}
		ids[id] = true
		k.texts(path, "id", n.id())
		k.node(n, path)
	})
	if leaves > maxLeaves {
		k.fail("include", "too_many", fmt.Sprintf("there are %d conditions, and %d is the most", leaves, maxLeaves), "put values into one list (is one of), or a part into an audience of its own")
	}
	return k.err()
}

type checker struct {
	faults
	catalogue *Catalogue
}

func (k *checker) top(d Definition) {
	if _, err := time.LoadLocation(d.Zone); err != nil || d.Zone == "Local" {
		k.fail("zone", "unknown_zone", "there is no time zone "+quote(d.Zone), "write a name such as Europe/Berlin or UTC")
	}
	if c := circle(d, k.catalogue.Audiences); c != nil {
		k.fail("include", "cycle", "audiences name each other in a circle: "+strings.Join(c, " → "), "take one of these references out")
	}
	if l := d.Limit; l != nil {
		k.field("limit.by", k.catalogue.Entity, "the model "+d.Model, l.By)
		if l.N < 1 {
			k.fail("limit", "bad_limit", "a limit keeps at least one", "write a count such as 1000")
		}
	}
	if s := d.Split; s != nil {
		k.split(*s)
	}
	if k.catalogue.Entity.Columns != nil {
		for _, key := range k.catalogue.Key {
			k.field("model", k.catalogue.Entity, "the model "+d.Model, key)
		}
	}
}

func (k *checker) split(s Split) {
	k.texts("split", "salt", s.Salt)
	names, taken := map[string]bool{}, [buckets]bool{}
	for i, g := range s.Groups {
		path := fmt.Sprintf("split.groups.%d", i)
		k.texts(path, "name", g.Name)
		if g.Name == "" || names[g.Name] {
			k.fail(path, "duplicate_id", "groups of a split have names of their own", "name it otherwise")
		}
		names[g.Name] = true
		if !k.share(path, g.From, g.To) {
			continue
		}
		for b := g.From; b < g.To; b++ {
			if taken[b] {
				k.fail(path, "bad_bucket", "the group "+quote(g.Name)+" takes a share that another has taken", "let each begin where the one before it ends")
				break
			}
			taken[b] = true
		}
	}
}

func (k *checker) share(path string, from, to int) bool {
	if from < 0 || to > buckets || from >= to {
		k.fail(path, "bad_bucket", fmt.Sprintf("from %d to %d is no share: 0 is the lowest, %d the highest", from, to, buckets), "write from below to, in hundredths of a percent")
		return false
	}
	return true
}

// circle finds audiences that name each other; nil where there are none.
func circle(d Definition, all map[string]Definition) []string {
	var path []string
	done := map[string]bool{}
	var search func(d Definition, name string) []string
	search = func(d Definition, name string) (found []string) {
		if i := slices.Index(path, name); i >= 0 {
			return append(slices.Clone(path[i:]), name)
		}
		if done[name] && name != "" {
			return nil
		}
		path = append(path, name)
		for _, used := range d.Uses() {
			if inner, ok := all[used]; ok && found == nil {
				found = search(inner, used)
			}
		}
		path, done[name] = path[:len(path)-1], true
		return found
	}
	return search(d, d.Name)
}

// Uses lists the audiences that a definition names, sorted.
func (d Definition) Uses() []string {
	used := map[string]bool{}
	d.visit(func(n Node, _ string, _ int) {
		if m, ok := n.(Member); ok {
			used[m.Audience] = true
		}
	})
	return slices.Sorted(maps.Keys(used))
}

// texts refuses what SQL's text cannot hold.
func (k *checker) texts(path, what string, all ...string) {
	for _, t := range all {
		if strings.ContainsRune(t, 0) || !utf8.ValidString(t) {
			k.fail(path, "bad_text", what+" holds bytes that are no text", "write it anew")
		}
	}
}

// field finds a column; ok is false where it is not there or nothing is known of it.
func (k *checker) field(path string, of Relation, what, field string) (Column, bool) {
	if of.Columns == nil && field != "" {
		return Column{}, false
	}
	c, ok := of.column(field)
	if !ok {
		k.fail(path, "unknown_field", what+" has no column "+quote(field), suggest(field, of.names()))
	}
	return c, ok
}

func (k *checker) node(n Node, path string) {
	switch n := n.(type) {
	case All, Any:
		if len(children(n)) == 0 {
			k.fail(path, "empty_group", "a group has no conditions", "add one, or take the group out")
		}
	case Not:
		if n.Of == nil {
			k.fail(path, "empty_group", "there is nothing after not", "add a condition")
		}
	case Prop:
		c, _ := k.field(path, k.catalogue.Entity, "the model "+k.catalogue.Model, n.Field)
		if n.Ref != NoRef {
			k.fail(path, "bad_value", "a condition on a field of the record compares with values only", "compare in the model's SQL")
			return
		}
		k.test(path, n.Field, classOf(c.Type), n.Test)
	case Rel:
		k.related(path, n)
	case Seq:
		k.sequence(path, n)
	case Member:
		k.member(path, n)
	case Consent:
		k.consent(path, n)
	case Bucket:
		k.texts(path, "salt", n.Salt)
		k.share(path, n.From, n.To)
	}
}

func (k *checker) member(path string, n Member) {
	d, ok := k.catalogue.Audiences[n.Audience]
	switch {
	case !ok:
		k.fail(path, "unknown_audience", "there is no audience "+quote(n.Audience), suggest(n.Audience, slices.Sorted(maps.Keys(k.catalogue.Audiences))))
	case d.Model != k.catalogue.Model:
		k.fail(path, "other_model", fmt.Sprintf("the audience %s is of %s, and this one of %s", n.Audience, d.Model, k.catalogue.Model), "name an audience of the same model")
	}
}

func (k *checker) consent(path string, n Consent) {
	k.texts(path, "purpose", n.Purpose)
	c := k.catalogue.Consent
	if column, ok := c.Columns[n.Purpose]; ok {
		k.truth(path, k.catalogue.Entity, "the model "+k.catalogue.Model, column)
		return
	}
	if c.Table.Table == "" {
		k.fail(path, "unknown_consent", fmt.Sprintf("the model %s says nothing of consent for %s", k.catalogue.Model, quote(n.Purpose)),
			suggest(n.Purpose, slices.Sorted(maps.Keys(c.Columns)))+"; consent stands under the model")
		return
	}
	k.joined(path, c.Table, k.catalogue.Entity)
	k.truth(path, c.Table.Relation, c.Table.Table, c.Granted)
	k.field(path, c.Table.Relation, c.Table.Table, c.Purpose)
	if c.Table.At != "" {
		k.time(path, c.Table)
	}
}

func (k *checker) truth(path string, of Relation, what, column string) {
	if c, ok := k.field(path, of, what, column); ok && classOf(c.Type) != truthValue {
		k.fail(path, "wrong_type", fmt.Sprintf("column %s of %s is a %s, and consent is true or false", column, what, c.Type), "make it a BOOLEAN in a model's SQL")
	}
}
