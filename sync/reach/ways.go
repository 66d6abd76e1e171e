package reach

import (
	"cmp"
	"slices"
	"strings"
)

// Pair is one equality of a hop: a column of the table it comes from and one of the table it goes to.
type Pair struct{ From, To string }

// Hop leads from rows of a table to the rows of the next one that equal them.
type Hop struct {
	On []Pair
	To Table // the one of the last hop has By whole
}

// Way leads from a table to the key: through rows of other tables, as these are.
type Way []Hop

const (
	unbound  = 1 << 30
	mostWays = 16 // of one use of a table; more are not worth following
)

// link is a step to the key: through one of several tables, for each of which there are pairs of columns.
type link []step

type step struct {
	to    *use
	pairs []Pair
}

// settle finds for every use of a table how it leads to the key.
func (f *finder) settle(keys [][]origin) {
	known := map[place]map[int]bool{}
	for i, key := range keys {
		for _, o := range key {
			note(known, o, i)
		}
	}
	for more := true; more; {
		more = false
		for _, e := range f.edges {
			for i := range keys {
				if all(e.from, func(o origin) bool { return known[o.place()][i] }) {
					for _, o := range e.to {
						more = note(known, o, i) || more
					}
				}
			}
		}
	}
	for _, u := range f.uses {
		u.directly(known, len(keys))
	}
	f.throughOthers()
}

// place is a column of a use of a table.
type place struct {
	use    *use
	column string
}

func (o origin) place() place { return place{o.use, o.column} }

func note(known map[place]map[int]bool, o origin, key int) (isNew bool) {
	if known[o.place()] == nil {
		known[o.place()] = map[int]bool{}
	}
	isNew = !known[o.place()][key]
	known[o.place()][key] = true
	return isNew
}

func all(list []origin, is func(origin) bool) bool {
	return !slices.ContainsFunc(list, func(o origin) bool { return !is(o) })
}

// directly notes the columns that equal the key's.
func (u *use) directly(known map[place]map[int]bool, keys int) {
	u.by = make([]string, keys)
	for i := range keys {
		for _, c := range u.columns {
			if known[place{u, c.Name}][i] {
				u.by[i] = c.Name
				break
			}
		}
	}
	if !slices.Contains(u.by, "") {
		u.rank = 0
	}
}

// throughOthers finds the shortest ways of the tables that have no key of their own, nearest first.
func (f *finder) throughOthers() {
	links := f.links()
	for rank := 1; ; rank++ {
		found := map[*use]link{}
		for _, u := range f.uses {
			if u.rank != unbound {
				continue
			}
			for _, l := range links[u] {
				if !slices.ContainsFunc(l, func(s step) bool { return s.to.rank == unbound }) && (found[u] == nil || l.pairs() > found[u].pairs()) {
					found[u] = l
				}
			}
		}
		if len(found) == 0 {
			return
		}
		for u, l := range found {
			u.rank, u.link = rank, l
		}
	}
}

func (l link) pairs() (n int) {
	for _, s := range l {
		n += len(s.pairs)
	}
	return n
}

// links are the steps that the edges allow. Those between the same two tables are one, of several columns, where it is sure
// that they speak of the same rows.
func (f *finder) links() map[*use][]link {
	links := map[*use][]link{}
	single := map[[2]*use]int{}
	for _, e := range f.edges {
		for _, to := range e.to {
			l := make(link, len(e.from))
			for i, from := range e.from {
				l[i] = step{to: from.use, pairs: []Pair{{From: to.column, To: from.column}}}
			}
			plain := len(e.from) == 1 && !e.from[0].loose && !to.loose
			at, again := single[[2]*use{to.use, l[0].to}]
			switch {
			case !plain:
			case again:
				links[to.use][at][0].add(l[0].pairs[0])
				continue
			default:
				single[[2]*use{to.use, l[0].to}] = len(links[to.use])
			}
			links[to.use] = append(links[to.use], l)
		}
	}
	return links
}

func (s *step) add(p Pair) {
	if !slices.Contains(s.pairs, p) {
		s.pairs = append(s.pairs, p)
		slices.SortFunc(s.pairs, func(a, b Pair) int { return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To)) })
	}
}

// ways are the chains of hops from a use to the key, each of which is to be followed; none where there are too many.
func (u *use) ways() (ways []Way) {
	for _, s := range u.link {
		hop := Hop{On: s.pairs, To: s.to.table()}
		further := []Way{nil}
		if s.to.rank > 0 {
			further = s.to.ways()
		}
		if further == nil {
			return nil
		}
		for _, w := range further {
			ways = append(ways, append(Way{hop}, w...))
		}
	}
	if len(ways) > mostWays {
		return nil
	}
	return ways
}
