package audience

import (
	"fmt"
	"maps"
	"slices"
)

// nodeKeys are the keys of each op, beside op and id.
func nodeKeys() map[string][]string {
	return map[string][]string{
		"all": {"of"}, "any": {"of"}, "not": {"of"},
		"prop":     {"field", "cmp", "value", "unset"},
		"rel":      {"path", "where", "agg", "cmp", "value", "window"},
		"event":    {"event", "where", "agg", "cmp", "value", "window"},
		"seq":      {"steps", "window"},
		"audience": {"audience"},
		"consent":  {"purpose"},
		"bucket":   {"salt", "from", "to"},
	}
}

// node reads one node and what is below it; nil where that cannot be read.
func (r *reader) node(path string, v any, depth int) Node {
	if depth > maxDepth {
		r.fail(path, "too_deep", fmt.Sprintf("conditions stand in each other more than %d deep", maxDepth), "take a level out")
		return nil
	}
	has, _ := v.(map[string]any)
	op, _ := has["op"].(string)
	keys, ok := nodeKeys()[op]
	if has != nil && !ok {
		r.fail(under(path, "op"), "unknown_word", "there is no op "+quote(op), suggest(op, slices.Sorted(maps.Keys(nodeKeys()))))
		return nil
	}
	o, ok := r.object(path, v, append([]string{"op", "id"}, keys...)...)
	if !ok {
		return nil
	}
	id := o.text("id")
	switch op {
	case "all":
		return All{ID: id, Of: r.nodes(o, depth)}
	case "any":
		return Any{ID: id, Of: r.nodes(o, depth)}
	case "not":
		return Not{ID: id, Of: r.node(under(path, "of"), o.has["of"], depth+1)}
	case "prop":
		return Prop{ID: id, Field: o.must("field"), Test: r.test(o)}
	case "rel", "event":
		return r.related(o, id, op)
	case "seq":
		return Seq{ID: id, Steps: r.steps(o), Window: r.window(o)}
	case "audience":
		return Member{ID: id, Audience: o.must("audience")}
	case "consent":
		return Consent{ID: id, Purpose: o.must("purpose")}
	}
	return Bucket{ID: id, Salt: o.text("salt"), From: o.integer("from"), To: o.integer("to")}
}

func (r *reader) nodes(o object, depth int) []Node {
	var all []Node
	for i, v := range o.list("of") {
		if n := r.node(fmt.Sprintf("%s.%d", under(o.path, "of"), i), v, depth+1); n != nil {
			all = append(all, n)
		}
	}
	return all
}

func (r *reader) test(o object) Test {
	o.must("cmp")
	return Test{Cmp: word(o, "cmp", Comparisons()), Values: o.values("value"), Unset: word(o, "unset", []Unset{UnsetIn, UnsetOut})}
}

// related reads rel, whose path ends with the table that is meant, and event.
func (r *reader) related(o object, id, op string) Node {
	n := Rel{ID: id, Event: op == "event", Window: r.window(o), Where: r.rows(o), Test: r.test(o)}
	if n.Event {
		n.Names = o.texts("event")
	} else if path := o.texts("path"); len(path) > 0 {
		n.Names = path[len(path)-1:]
	}
	if len(n.Names) == 0 {
		r.fail(o.path, "required", "nothing says which rows are meant", "add path: [orders] to rel, event: orders to event")
	}
	if a, ok := r.object(under(o.path, "agg"), o.has["agg"], "fn", "field"); ok {
		a.must("fn")
		n.Agg = Agg{Fn: word(a, "fn", Functions()), Field: a.text("field")}
	}
	return n
}

func (r *reader) rows(o object) Rows {
	v, ok := o.has["where"]
	if !ok {
		return Rows{}
	}
	w, ok := r.object(under(o.path, "where"), v, "all", "any")
	if !ok {
		return Rows{}
	}
	return Rows{All: r.preds(w, "all"), Any: r.preds(w, "any")}
}

func (r *reader) preds(o object, key string) []Pred {
	var all []Pred
	for i, v := range o.list(key) {
		if p, ok := r.object(fmt.Sprintf("%s.%d", under(o.path, key), i), v, "field", "cmp", "value", "unset", "ref"); ok {
			pred := Pred{Field: p.must("field"), Test: r.test(p)}
			pred.Ref = word(p, "ref", []Ref{RefEntity, RefStep0})
			all = append(all, pred)
		}
	}
	return all
}

func (r *reader) window(o object) Window {
	v, ok := o.has["window"]
	if !ok {
		return Window{}
	}
	w, ok := r.object(under(o.path, "window"), v, "all", "last", "align", "from", "to", "ago")
	if !ok {
		return Window{}
	}
	w.truth("all")
	out := Window{Last: w.span("last"), Align: word(w, "align", []Align{Days, Weeks}), From: w.text("from"), To: w.text("to")}
	if ago := w.list("ago"); ago != nil {
		out.Ago = r.ago(under(w.path, "ago"), ago)
	}
	return out
}

func (r *reader) ago(path string, v []any) (ago [2]Span) {
	if len(v) != 2 {
		r.fail(path, "wrong_form", "ago is a list of two spans", `write ["90d", "30d"]`)
		return ago
	}
	for i := range ago {
		text, _ := v[i].(string)
		s, err := ParseSpan(text)
		if err != nil {
			r.fail(fmt.Sprintf("%s.%d", path, i), "bad_value", "there is no span of time", "write 30d")
		}
		ago[i] = s
	}
	return ago
}

func (r *reader) steps(o object) []Step {
	var all []Step
	for i, v := range o.list("steps") {
		if s, ok := r.object(fmt.Sprintf("%s.%d", under(o.path, "steps"), i), v, "event", "where", "neg", "within", "same"); ok {
			all = append(all, Step{Event: s.must("event"), Where: r.rows(s), Not: s.truth("neg"), Within: s.span("within"), Same: s.texts("same")})
		}
	}
	return all
}
