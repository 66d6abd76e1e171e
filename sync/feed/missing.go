package feed

import (
	"fmt"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/window"
)

// columnGone is the code of a column that events without a schema have ceased to carry.
const columnGone = "feed.column_gone"

// always and ceased are how many whole events in a row must have carried a column, and then must not have, before it counts as gone.
// One that was left out even once before that is optional, and leaving it out says nothing.
const (
	always = 100
	ceased = 100
)

// presence is how one column was carried by the events since the feed began to be read.
type presence struct {
	present, absent int64
	optional        bool
	since           time.Time // of the first event without it
}

func (p *presence) gone() bool { return !p.optional && p.present >= always && p.absent >= ceased }

// miss counts the columns of a whole event without a schema, and gives what to say of one that is gone with it. A schema says by
// itself which columns there are. The caller holds mu.
func (f *Feed) miss(c *window.Change) (said []string) {
	if c.Op != window.Write || len(c.Absent) > 0 || slices.ContainsFunc(c.Columns, f.bySchema) {
		return nil
	}
	if f.carried == nil {
		f.carried = map[string]*presence{}
	}
	here := 0
	for _, column := range c.Columns {
		p := f.carried[column.Name]
		if p == nil {
			p = &presence{}
			f.carried[column.Name] = p
		}
		if p.absent > 0 {
			p.optional, p.absent = p.optional || !p.gone(), 0
		}
		p.present++
		here++
	}
	if here == len(f.carried) {
		return nil
	}
	for name, p := range f.carried {
		if slices.ContainsFunc(c.Columns, func(x window.Column) bool { return x.Name == name }) {
			continue
		}
		if p.absent++; p.absent == 1 {
			p.since = time.Now()
		}
		if p.absent == ceased && p.gone() {
			said = append(said, goneSays(name, p))
		}
	}
	return said
}

func (f *Feed) bySchema(x window.Column) bool { return x.Known && f.def.Columns[x.Name] == "" }

func goneSays(name string, p *presence) string {
	return fmt.Sprintf("the column %s was in each of %d events and is in none of the last %d: the source may have dropped it, and its rows have null there",
		name, p.present, p.absent)
}

// missing lists the columns that are gone now. The caller holds mu.
func (f *Feed) missing() (list []Warning) {
	for name, p := range f.carried {
		if p.gone() {
			list = append(list, Warning{Code: columnGone, Message: goneSays(name, p), Since: p.since})
		}
	}
	return list
}
