package config

import (
	"fmt"
	"math"
	"strings"

	"github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

func (b *builder) audience(m member) {
	v := m.val
	a := Audience{Name: m.key.name, Model: b.str(v.get("model")), Owner: b.str(v.get("owner")), Pos: m.key.pos(), Places: map[string]model.Pos{}}
	if from := v.get("model"); !from.absent() {
		b.known(from, "model", "unknown_model", b.names("models"))
	}
	a.Definition = audience.Definition{Name: a.Name, Model: a.Model, Zone: b.str(v.get("zone"))}
	where, include := v.get("where"), v.get("include")
	if !where.absent() && !include.absent() {
		b.fail(include.pos(), "conflict", v.path+" has both where and include", "keep one")
	}
	if where.absent() {
		where = include
	}
	c := reading{b, a.Places}
	a.Definition.Include = c.node(where, "include")
	a.Definition.Exclude = c.node(v.get("exclude"), "exclude")
	a.Definition.Split = b.split(v.get("split"), a.Name)
	a.Definition.Limit = b.first(v.get("limit"))
	for path, at := range map[string]value{"zone": v.get("zone"), "limit": v.get("limit"), "limit.by": v.get("limit").get("by"), "split": v.get("split")} {
		if !at.absent() {
			a.Places[path] = at.pos()
		}
	}
	b.w.Audiences[a.Name] = a
}

// split reads shares that follow one another.
func (b *builder) split(v value, name string) *audience.Split {
	if v.absent() {
		return nil
	}
	s := &audience.Split{Salt: b.or(v.get("salt"), name)}
	from := 0
	for _, g := range v.get("groups").members() {
		to := from + b.share(g.val)
		if to > 10000 {
			b.fail(g.val.pos(), "bad_share", v.path+" deals out more than 100%", "let the shares come to 100% at most")
			return nil
		}
		s.Groups = append(s.Groups, audience.Group{Name: g.key.name, From: from, To: to})
		from = to
	}
	return s
}

// share reads a percentage as hundredths of a percent, which is as fine as shares are.
func (b *builder) share(v value) int {
	p, err := parsePercent(b.str(v))
	if err != nil {
		return 0
	}
	n := math.Round(p * 100)
	if math.Abs(n-p*100) > 1e-6 {
		b.fail(v.pos(), "bad_share", v.path+" is finer than a hundredth of a percent", "write two decimals at most")
	}
	return int(n)
}

func (b *builder) first(v value) *audience.Limit {
	if v.absent() {
		return nil
	}
	n, err := parseCount(b.str(v.get("count")))
	if err != nil || n > math.MaxInt32 {
		n = 0
	}
	return &audience.Limit{N: int(n), By: b.str(v.get("by")), Ascending: b.str(v.get("order")) == "lowest"}
}

// definitions checks every audience against what is written of its model. Types of columns are checked where the engine
// knows them.
func (b *builder) definitions() {
	if len(b.faults) > 0 {
		return // a condition that could not be read would be missed a second time
	}
	for _, m := range b.sections["audiences"] {
		a := b.w.Audiences[m.key.name]
		c := b.w.Catalogue(a.Model)
		for _, f := range Faults(audience.Check(a.Definition, &c)) {
			b.faults = append(b.faults, placed{a.place(f.Where), a.Placed(f)})
		}
	}
}

// Catalogue is what is written of a model for audiences: related tables, consent and all audiences. Nothing in it has
// columns.
func (w *Workspace) Catalogue(of string) audience.Catalogue {
	c := w.Related[of]
	c.Audiences = map[string]audience.Definition{}
	for name, a := range w.Audiences {
		c.Audiences[name] = a.Definition
	}
	return c
}

// place finds where the nearest part of a definition stands in the files.
func (a Audience) place(path string) model.Pos {
	for {
		if p, ok := a.Places[path]; ok {
			return p
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return a.Pos
		}
		path = path[:i]
	}
}

// Placed gives a fault of package audience its place in the files, and the audience's name.
func (a Audience) Placed(f *fault.Fault) *fault.Fault {
	moved := *f
	moved.Where = where(a.place(f.Where))
	moved.Message = fmt.Sprintf("audiences.%s: %s", a.Name, f.Message)
	return &moved
}
