package audience

import (
	"encoding/json"

	"github.com/freshet/freshet/sync/model"
)

// Write gives the JSON form of a definition; Read reads it back as the same definition.
func Write(d Definition) ([]byte, error) {
	o := tree{"v": 1, "entity": d.Model}
	o.text("id", d.Name)
	o.text("zone", d.Zone)
	if d.Include != nil {
		o["include"] = treeOf(d.Include)
	}
	if d.Exclude != nil {
		o["exclude"] = treeOf(d.Exclude)
	}
	if s := d.Split; s != nil {
		groups := []tree{}
		for _, g := range s.Groups {
			groups = append(groups, tree{"name": g.Name, "from": g.From, "to": g.To})
		}
		o["split"] = tree{"salt": s.Salt, "groups": groups}
	}
	if l := d.Limit; l != nil {
		direction := "desc"
		if l.Ascending {
			direction = "asc"
		}
		o["limit"] = tree{"n": l.N, "by": l.By, "dir": direction}
	}
	return json.Marshal(o)
}

// tree is a JSON object.
type tree map[string]any

func (o tree) text(key, value string) {
	if value != "" {
		o[key] = value
	}
}

func treeOf(n Node) tree {
	o := tree{}
	switch n := n.(type) {
	case All:
		o["op"], o["of"] = "all", treesOf(n.Of)
	case Any:
		o["op"], o["of"] = "any", treesOf(n.Of)
	case Not:
		o["op"], o["of"] = "not", treeOf(n.Of)
	case Prop:
		o["op"], o["field"] = "prop", n.Field
		o.test(n.Test)
	case Rel:
		o.related(n)
	case Seq:
		o["op"] = "seq"
		o["steps"] = stepTrees(n.Steps)
		o.window(n.Window)
	case Member:
		o["op"], o["audience"] = "audience", n.Audience
	case Consent:
		o["op"], o["purpose"] = "consent", n.Purpose
	case Bucket:
		o["op"], o["salt"], o["from"], o["to"] = "bucket", n.Salt, n.From, n.To
	}
	o.text("id", n.id())
	return o
}

func treesOf(of []Node) []tree {
	all := []tree{}
	for _, n := range of {
		all = append(all, treeOf(n))
	}
	return all
}

func (o tree) related(n Rel) {
	if n.Event {
		o["op"], o["event"] = "event", n.Names
	} else {
		o["op"], o["path"] = "rel", n.Names
	}
	agg := tree{"fn": string(n.Agg.Fn)}
	agg.text("field", n.Agg.Field)
	o["agg"] = agg
	o.rows(n.Where)
	o.window(n.Window)
	o.test(n.Test)
}

func (o tree) test(t Test) {
	o["cmp"] = string(t.Cmp)
	o.text("unset", string(t.Unset))
	o.text("ref", string(t.Ref))
	switch {
	case len(t.Values) == 1 && t.Cmp != In && t.Cmp != NotIn && t.Cmp != HasAny && t.Cmp != HasAll:
		o["value"] = raw(t.Values[0])
	case len(t.Values) > 0:
		all := []json.RawMessage{}
		for _, v := range t.Values {
			all = append(all, raw(v))
		}
		o["value"] = all
	}
}

func raw(v model.Value) json.RawMessage { return v.AppendJSON(nil) }

func (o tree) rows(w Rows) {
	if len(w.All)+len(w.Any) == 0 {
		return
	}
	where := tree{}
	for key, preds := range map[string][]Pred{"all": w.All, "any": w.Any} {
		var all []tree
		for _, p := range preds {
			one := tree{"field": p.Field}
			one.test(p.Test)
			all = append(all, one)
		}
		if all != nil {
			where[key] = all
		}
	}
	o["where"] = where
}

func (o tree) window(w Window) {
	if w == (Window{}) {
		return
	}
	out := tree{}
	out.text("align", string(w.Align))
	out.text("from", w.From)
	out.text("to", w.To)
	if w.Last > 0 {
		out["last"] = w.Last.String()
	}
	if w.Ago[0] > 0 {
		out["ago"] = []string{w.Ago[0].String(), w.Ago[1].String()}
	}
	o["window"] = out
}

func stepTrees(steps []Step) []tree {
	all := []tree{}
	for _, s := range steps {
		o := tree{"event": s.Event}
		o.rows(s.Where)
		if s.Not {
			o["neg"] = true
		}
		if s.Within > 0 {
			o["within"] = s.Within.String()
		}
		if len(s.Same) > 0 {
			o["same"] = s.Same
		}
		all = append(all, o)
	}
	return all
}
