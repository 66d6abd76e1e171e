package config

import (
	"fmt"
	"slices"

	"github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// reading turns conditions into nodes and notes where each stands. What is not in form was reported by the checks; nil
// stands for it.
type reading struct {
	*builder
	places map[string]model.Pos
}

func (r reading) node(v value, path string) audience.Node {
	if v.absent() {
		return nil
	}
	r.places[path] = v.pos()
	if v.kind() == yaml.SequenceNode {
		return audience.All{Of: r.nodes(v, path)}
	}
	f, ok := formOf(v)
	if !ok {
		return nil
	}
	id := r.str(v.get("id"))
	head := v.get(f.head())
	switch f.head() {
	case "all":
		return audience.All{ID: id, Of: r.nodes(head, path)}
	case "any":
		return audience.Any{ID: id, Of: r.nodes(head, path)}
	case "not":
		inner := r.node(head, path+".of")
		if inner == nil {
			return nil
		}
		return audience.Not{ID: id, Of: inner}
	case "field":
		return audience.Prop{ID: id, Field: r.str(head), Test: r.test(v)}
	case "related", "event":
		return r.related(v, head, path, id, f.head() == "event")
	case "no_related", "no_event":
		n := r.rel(v, head, path, id, f.head() == "no_event")
		n.Agg.Fn, n.Test = audience.Count, audience.Test{Cmp: audience.Eq, Values: []model.Value{model.Integer(0)}}
		return n
	case "sequence":
		return audience.Seq{ID: id, Steps: r.steps(head, path), Window: r.window(v)}
	case "abandoned":
		return r.abandoned(v, head, path, id)
	case "audience":
		return audience.Member{ID: id, Audience: r.str(head)}
	case "consent":
		return audience.Consent{ID: id, Purpose: r.str(head)}
	}
	return audience.Bucket{ID: id, Salt: r.str(head), From: r.share(v.get("from")), To: r.share(v.get("to"))}
}

func (r reading) nodes(v value, path string) []audience.Node {
	var all []audience.Node
	for i, item := range v.items() {
		if n := r.node(item, fmt.Sprintf("%s.of.%d", path, i)); n != nil {
			all = append(all, n)
		}
	}
	return all
}

// test reads op, value and unset.
func (r reading) test(v value) audience.Test {
	return audience.Test{Cmp: cmpOf(r.str(v.get("op"))), Values: r.values(v.get("value")), Unset: audience.Unset(r.str(v.get("unset")))}
}

// values reads one value or a list of them.
func (r reading) values(v value) []model.Value {
	if v.absent() {
		return nil
	}
	items := []value{v}
	if v.kind() == yaml.SequenceNode {
		items = v.items()
	}
	var all []model.Value
	for _, item := range items {
		if read, ok := literalOf(item, r.getenv); ok && item.kind() == yaml.ScalarNode {
			all = append(all, read)
		}
	}
	return all
}

// rel reads what related rows and events have in common.
func (r reading) rel(v, head value, path, id string, event bool) audience.Rel {
	n := audience.Rel{ID: id, Event: event, Names: r.oneOrMore(head), Window: r.window(v), Where: r.rows(v.get("where"), path+".where")}
	return n
}

func (r reading) oneOrMore(v value) []string {
	if v.kind() == yaml.SequenceNode {
		return r.strs(v)
	}
	return []string{r.str(v)}
}

// related reads a condition on rows with its measure; without one there is at least one row.
func (r reading) related(v, head value, path, id string, event bool) audience.Node {
	n := r.rel(v, head, path, id, event)
	n.Agg.Fn, n.Test = audience.Count, audience.Test{Cmp: audience.Ge, Values: []model.Value{model.Integer(1)}}
	measured := false
	for _, fn := range audience.Functions() {
		m := v.get(string(fn))
		if m.absent() {
			continue
		}
		if measured {
			r.fail(m.pos(), "conflict", v.path+" has two measures", "make a condition for each")
			break
		}
		measured = true
		r.places[path+".agg"] = m.pos()
		n.Agg = audience.Agg{Fn: fn, Field: r.str(m.get("of"))}
		n.Test = r.measure(m)
	}
	return n
}

// measure reads the one comparison of {at least: 3} or {of: amount, at least: 100}.
func (r reading) measure(v value) audience.Test {
	members := slices.DeleteFunc(v.members(), func(m member) bool { return m.key.name == "of" })
	if len(members) != 1 {
		if v.kind() == yaml.MappingNode {
			r.fail(v.pos(), "required", v.path+" wants one comparison", "write {at least: 3}, or another comparison")
		}
		return audience.Test{}
	}
	m := members[0]
	t := audience.Test{Cmp: cmpOf(m.key.name), Values: r.values(m.val)}
	switch t.Cmp {
	case audience.Set, audience.Empty, audience.Anniversary, audience.IsTrue, audience.IsFalse:
		t.Values = nil // {is set: true}: YAML wants something after the colon
	}
	return t
}

// rows reads a list of tests, or all and any.
func (r reading) rows(v value, path string) audience.Rows {
	if v.kind() == yaml.SequenceNode {
		return audience.Rows{All: r.preds(v, path+".all")}
	}
	return audience.Rows{All: r.preds(v.get("all"), path+".all"), Any: r.preds(v.get("any"), path+".any")}
}

func (r reading) preds(v value, path string) []audience.Pred {
	var all []audience.Pred
	for i, item := range v.items() {
		r.places[fmt.Sprintf("%s.%d", path, i)] = item.pos()
		p := audience.Pred{Field: r.str(item.get("field")), Test: r.test(item)}
		for key, ref := range map[string]audience.Ref{"record": audience.RefEntity, "first": audience.RefStep0} {
			other := item.get(key)
			switch {
			case other.absent():
			case p.Ref != audience.NoRef || !item.get("value").absent():
				r.fail(other.pos(), "conflict", item.path+" has more than one of value, record and first", "keep one")
			default:
				p.Ref, p.Values = ref, []model.Value{model.Text(r.str(other))}
			}
		}
		all = append(all, p)
	}
	return all
}

func (r reading) window(v value) audience.Window {
	w := audience.Window{Align: audience.Align(r.str(v.get("align"))), From: r.str(v.get("from")), To: r.str(v.get("to")), Last: r.span(v.get("last"))}
	if ago := v.get("ago"); !ago.absent() {
		items := ago.items()
		if len(items) != 2 {
			r.fail(ago.pos(), "wrong_type", "ago wants two spans of time", "write [90d, 30d]")
			return w
		}
		w.Ago = [2]audience.Span{r.span(items[0]), r.span(items[1])}
	}
	return w
}

func (r reading) span(v value) audience.Span {
	s, _ := audience.ParseSpan(r.str(v))
	return s
}

func (r reading) steps(v value, path string) []audience.Step {
	var all []audience.Step
	for i, item := range v.items() {
		at := fmt.Sprintf("%s.steps.%d", path, i)
		r.places[at] = item.pos()
		event, without := item.get("event"), item.get("without")
		if event.absent() == without.absent() {
			r.fail(item.pos(), "required", "a step of "+v.path+" is an event, or without one", "write event: or without:")
		}
		s := audience.Step{Event: r.str(event), Not: !without.absent(), Where: r.rows(item.get("where"), at+".where"),
			Within: r.span(item.get("within")), Same: r.strs(item.get("same"))}
		if s.Not {
			s.Event = r.str(without)
		}
		all = append(all, s)
	}
	return all
}

// abandoned is the sequence of an event and the absence of another.
func (r reading) abandoned(v, head value, path, id string) audience.Node {
	r.places[path+".steps.0"], r.places[path+".steps.1"] = head.pos(), head.pos()
	return audience.Seq{ID: id, Window: r.window(v), Steps: []audience.Step{
		{Event: r.str(head.get("event")), Where: r.rows(head.get("where"), path+".steps.0.where")},
		{Event: r.str(head.get("without")), Not: true, Within: r.span(head.get("within")), Same: r.strs(head.get("same"))},
	}}
}
