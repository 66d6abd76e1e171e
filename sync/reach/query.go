package reach

// query is a SELECT, or several joined by UNION and the like, with the columns it gives.
type query struct {
	out    []*outcome
	parts  []*query // of a set operation
	joins  *item    // of a SELECT: its FROM
	where  []equality
	inner  []asked
	within map[*relation]bool // the relations of the FROM
	deep   bool               // its rows are grouped, windowed or cut: what it reads is better restricted first
}

// outcome is a column that a query gives.
type outcome struct {
	name, typ string
	from      []origin
	open      bool
	plain     *col  // of a SELECT: the column of its FROM that it is
	place     []int // of a set operation: which column of each part it is
}

// equality is two columns that a condition makes equal.
type equality struct{ a, b *col }

// asked is a sub-select inside an expression. Where it is asked by IN, by is what it is asked for, a column each.
type asked struct {
	query *query
	by    []*col
}

// item is one thing of a FROM: a relation, or a join of two items.
type item struct {
	relation *relation
	join     *join
}

type join struct {
	kind        string // INNER, LEFT, RIGHT, FULL, SEMI, ANTI
	left, right *item
	on          []equality
	asof        bool
}

func (i *item) has(r *relation) bool {
	switch {
	case i == nil:
		return false
	case i.relation != nil:
		return i.relation == r
	}
	return i.join.left.has(r) || i.join.right.has(r)
}

// holds says whether every relation of a column is below the item.
func (i *item) holds(c *col) bool {
	for _, r := range c.of {
		if !i.has(r) {
			return false
		}
	}
	return len(c.of) > 0
}

func (i *item) relations() []*relation {
	switch {
	case i == nil:
		return nil
	case i.relation != nil:
		return []*relation{i.relation}
	}
	return append(i.join.left.relations(), i.join.right.relations()...)
}

// relation makes a query something in a FROM.
func (q *query) relation(alias string, names []string) *relation {
	r := &relation{alias: alias, query: q}
	for _, o := range q.out {
		r.cols = append(r.cols, &col{name: o.name, typ: o.typ, of: []*relation{r}, from: o.from, open: o.open, class: &class{}})
	}
	rename(r, names)
	return r
}

// rename applies the column names of an alias such as t(a, b).
func rename(r *relation, names []string) {
	for i, name := range names {
		if i < len(r.cols) {
			r.cols[i].name = name
		}
	}
}
