package reach

// edge says of tables: of the rows with the columns to, only those matter that have there a value which a row that matters
// has in one of the columns from.
type edge struct{ from, to []origin }

// restrict notes what follows where only rows of a query are looked at that have certain values in these of its columns. deep
// says that it stands in a group or the like.
func (f *finder) restrict(q *query, asked []int, deep bool) {
	for i, part := range q.parts {
		var inPart []int
		for _, at := range asked {
			if o := q.out[at]; o.open {
				inPart = append(inPart, o.place[i])
			}
		}
		f.restrict(part, inPart, deep)
	}
	if q.parts != nil {
		return
	}
	sure, chosen := map[*relation]bool{}, map[*col]bool{}
	for _, at := range asked {
		if o := q.out[at]; o.open && o.plain != nil {
			sure[o.plain.sure()], chosen[o.plain] = true, true
		}
	}
	for _, e := range q.where {
		sure[e.a.sure()], sure[e.b.sure()] = true, true
	}
	f.where(q, chosen)
	f.joins(q, q.joins, sure, chosen)
	f.below(q, chosen, deep)
}

// where: what a WHERE makes equal is equal in every row. A statement around this one is no business of it.
func (f *finder) where(q *query, chosen map[*col]bool) {
	for _, e := range q.where {
		for _, pair := range []equality{e, {e.b, e.a}} {
			if q.owns(pair.b) {
				f.lead(pair.a, pair.b, nil, chosen)
			}
		}
	}
}

func (q *query) owns(c *col) bool {
	for _, r := range c.of {
		if !q.within[r] {
			return false
		}
	}
	return len(c.of) > 0
}

// joins: an ON is fulfilled by the rows of a side that the join does not keep when nothing matches them. Where a relation is
// sure to have a row, joins that would leave it without one are as good as stricter ones.
func (f *finder) joins(q *query, i *item, sure map[*relation]bool, chosen map[*col]bool) {
	if i == nil || i.join == nil {
		return
	}
	j := i.join
	f.joins(q, j.left, sure, chosen)
	f.joins(q, j.right, sure, chosen)
	left, right := j.bound(anySure(j.left, sure), anySure(j.right, sure))
	for _, e := range j.on {
		for _, pair := range []equality{e, {e.b, e.a}} {
			if left && j.left.holds(pair.b) && q.reads(j, pair.a) || right && j.right.holds(pair.b) && q.reads(j, pair.a) {
				f.lead(pair.a, pair.b, j, chosen)
			}
		}
	}
}

// reads says whether a column stands below a join, or in a statement around the SELECT.
func (q *query) reads(j *join, c *col) bool { return (&item{join: j}).holds(c) || !q.owns(c) }

func anySure(i *item, sure map[*relation]bool) bool {
	for _, r := range i.relations() {
		if sure[r] {
			return true
		}
	}
	return false
}

// bound says of both sides of a join whether all of their rows in its result fulfil its condition, where only those of the
// result matter in which the sides that are sure have rows.
func (j *join) bound(leftSure, rightSure bool) (left, right bool) {
	switch j.kind {
	case "INNER":
		return true, true
	case "SEMI":
		return true, true
	case "ANTI":
		return false, true
	case "LEFT":
		return rightSure, true
	case "RIGHT":
		return true, leftSure
	case "FULL":
		return rightSure, leftSure
	}
	return false, false
}

// lead notes that rows of one column's tables are chosen by another column.
func (f *finder) lead(from, to *col, by *join, chosen map[*col]bool) {
	for _, r := range to.of {
		if r.nearby != nil && r.nearby != by {
			return
		}
	}
	if !to.open || from.from == nil {
		return
	}
	chosen[to] = true
	f.edges = append(f.edges, edge{from: from.from, to: to.from})
}

// below goes on inside the queries of the FROM, and in those of the expressions.
func (f *finder) below(q *query, chosen map[*col]bool, deep bool) {
	for _, r := range q.joins.relations() {
		if r.use != nil {
			r.use.deep = deep
			continue
		}
		var asked []int
		for i, c := range r.cols {
			if chosen[c] {
				asked = append(asked, i)
			}
		}
		if r.query != nil {
			f.restrict(r.query, asked, deep || r.query.deep)
		}
	}
	for _, a := range q.inner {
		var asked []int
		for i, by := range a.by {
			if by == nil || i >= len(a.query.out) {
				continue
			}
			if o := a.query.out[i]; o.open && by.from != nil && comparable(by.typ, o.typ) {
				f.edges = append(f.edges, edge{from: by.from, to: o.from})
				asked = append(asked, i)
			}
		}
		f.restrict(a.query, asked, true)
	}
}
