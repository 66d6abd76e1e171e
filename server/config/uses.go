package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// uses finds which models each model reads as models.NAME, reports names that are not there and cycles, and orders the
// models so that each comes after those it reads.
func (b *builder) uses() {
	names := b.names("models")
	for _, name := range names {
		m := b.w.Models[name]
		b.usesFeeds(&m)
		for _, ref := range refs(m.SQL, "models") {
			i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, ref.name) })
			if i < 0 {
				b.fail(inSQL(m, ref), "unknown_model", fmt.Sprintf("models.%s reads models.%s, and there is none of that name", name, ref.name),
					suggest(ref.name, names))
				continue
			}
			if !slices.Contains(m.Uses, names[i]) {
				m.Uses = append(m.Uses, names[i])
			}
		}
		b.w.Models[name] = m
	}
	w := walk{b: b, done: map[string]bool{}}
	for _, name := range names {
		w.visit(name)
	}
}

// usesFeeds finds which feeds a model reads as feeds.NAME and reports names that are not there.
func (b *builder) usesFeeds(m *model.Model) {
	names := b.names("feeds")
	for _, ref := range refs(m.SQL, "feeds") {
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, ref.name) })
		switch {
		case i < 0:
			b.fail(inSQL(*m, ref), "unknown_feed", fmt.Sprintf("models.%s reads feeds.%s, and there is none of that name", m.Name, ref.name),
				suggest(ref.name, names))
		case !slices.Contains(m.Feeds, names[i]):
			m.Feeds = append(m.Feeds, names[i])
		}
	}
}

// inSQL places a reference in the file. It is exact for a block and for SQL of one line.
func inSQL(m model.Model, ref sqlRef) model.Pos {
	p := m.SQLPos
	p.Line += ref.line
	p.Col += ref.col
	return p
}

// walk orders the models depth first.
type walk struct {
	b    *builder
	path []string
	done map[string]bool
}

func (w *walk) visit(name string) {
	if w.done[name] {
		return
	}
	if i := slices.Index(w.path, name); i >= 0 {
		circle := append(slices.Clone(w.path[i:]), name)
		w.b.fail(w.b.w.Models[name].SQLPos, "cycle", "models read each other in a circle: "+strings.Join(circle, " → "),
			"take one of these references out")
		w.done[name] = true
		return
	}
	w.path = append(w.path, name)
	for _, used := range w.b.w.Models[name].Uses {
		w.visit(used)
	}
	w.path = w.path[:len(w.path)-1]
	if !w.done[name] {
		w.done[name] = true
		w.b.w.Order = append(w.b.w.Order, name)
	}
}
