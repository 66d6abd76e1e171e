package window

import (
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// image is one row as an event says it.
type image struct {
	fields  model.Fields
	absent  []string
	columns []Column
}

// source says what is special about the rows of an event.
type rowRules struct {
	skip   string // a prefix: columns whose names begin so are not the row's, unless declared
	unsure bool   // types come from the values, whatever they say of themselves
}

// image makes a row of an object. Columns have to differ by more than case, as they do in the engine.
func (r *Reader) image(n *format.Node, rules rowRules) (image, *Problem) {
	im := image{fields: make(model.Fields, 0, len(n.Items))}
	r.scratch = r.scratch[:0]
	for _, i := range r.inOrder(n.Items) {
		item := &n.Items[i]
		if rules.skip != "" && strings.HasPrefix(item.Name, rules.skip) && !r.mine(item.Name) {
			continue
		}
		c := r.columnOf(item, rules.unsure)
		if r.placeholders.stand(item) {
			im.absent = append(im.absent, item.Name)
			r.scratch = append(r.scratch, c)
			continue
		}
		v, p := r.value(item)
		if p != nil {
			return im, &Problem{Code: p.Code, Message: "column " + item.Name + ": " + p.Message}
		}
		if c.Type == "" {
			c.Type = format.Guess(v).Name
		}
		r.scratch = append(r.scratch, c)
		im.fields = append(im.fields, model.Field{Name: item.Name, Value: v})
	}
	var p *Problem
	im.columns, p = r.settled()
	return im, p
}

// inOrder gives the places of items in the order of their names. Most rows of a feed have the same columns in the same
// order, so the answer for the row before is tried first.
func (r *Reader) inOrder(items []format.Node) []int {
	same := len(r.order) == len(items)
	for i := 1; same && i < len(items); i++ {
		same = items[r.order[i-1]].Name < items[r.order[i]].Name
	}
	if same {
		return r.order
	}
	r.order = r.order[:0]
	for i := range items {
		r.order = append(r.order, i)
	}
	slices.SortFunc(r.order, func(a, b int) int { return strings.Compare(items[a].Name, items[b].Name) })
	return r.order
}

// mine says whether a name is one that a person has used.
func (r *Reader) mine(name string) bool {
	_, declared := r.declared[name]
	return declared || slices.Contains(r.key, name)
}

func (r *Reader) value(n *format.Node) (model.Value, *Problem) {
	if t, ok := r.declared[n.Name]; ok {
		return n.As(t)
	}
	return n.Whole()
}

func (r *Reader) columnOf(n *format.Node, unsure bool) Column {
	if t, ok := r.declared[n.Name]; ok {
		return Column{Name: n.Name, Type: t.Name, Known: true}
	}
	if n.Type != nil && n.Type.Known() {
		return Column{Name: n.Name, Type: n.Type.Name, Known: !unsure}
	}
	return Column{Name: n.Name}
}

// settled gives the columns of the row just read: those of the row before where they are the same.
func (r *Reader) settled() ([]Column, *Problem) {
	if slices.Equal(r.scratch, r.columns) {
		return r.columns, nil
	}
	columns := slices.Clone(r.scratch)
	if slices.EqualFunc(columns, r.columns, func(a, b Column) bool { return a.Name == b.Name }) {
		for i := range columns {
			columns[i].Name = r.columns[i].Name
		}
	} else if p := ownNames(columns); p != nil {
		return nil, p
	}
	r.columns = columns
	return columns, nil
}

// ownNames makes the names independent of the event they were read in, and sees that all of them differ.
func ownNames(columns []Column) *Problem {
	seen := make(map[string]bool, len(columns))
	for i := range columns {
		columns[i].Name = strings.Clone(columns[i].Name)
		folded := strings.ToLower(columns[i].Name)
		if seen[folded] {
			return &Problem{Code: "window.columns_alike", Message: "two columns differ only by case: " + columns[i].Name}
		}
		seen[folded] = true
	}
	return nil
}
