// Package batch packs steps into calls within a destination's limits.
//
// It must not know how calls are made or what became of them.
package batch

import (
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/plan"
)

// Item is one step of a plan on its way out.
type Item struct {
	Ord  int64 // the step's ordinal in its plan
	Step *plan.Step
	Size int // bytes, as Size tells
}

// Size estimates the bytes an operation takes in a call's body: the JSON of its key, fields and match, plus the
// connector's own overhead.
func Size(s *plan.Step, overhead int) int {
	n := overhead + len(s.Key) + 2
	for _, f := range s.Fields {
		n += len(f.Name) + len(f.Value.Text) + 6
	}
	for _, f := range s.Match {
		n += len(f.Name) + len(f.Value.Text) + 6
	}
	return n
}

// Packer fills batches in the order in which steps come.
type Packer struct {
	limits connect.Limits
	open   []Item
	bytes  int
}

// NewPacker packs within limits; Rows 0 is taken as 1, Bytes 0 as no limit.
func NewPacker(limits connect.Limits) *Packer {
	limits.Rows = max(1, limits.Rows)
	return &Packer{limits: limits}
}

// Add takes a step and gives back the batch that is full without it, or nil. A single step above the byte limit
// travels alone: the destination, not we, decides whether to take it.
func (p *Packer) Add(ord int64, s *plan.Step) []Item {
	item := Item{Ord: ord, Step: s, Size: Size(s, p.limits.Overhead)}
	tooMany := len(p.open) >= p.limits.Rows
	tooBig := p.limits.Bytes > 0 && len(p.open) > 0 && p.bytes+item.Size > p.limits.Bytes
	var full []Item
	if tooMany || tooBig {
		full = p.Flush()
	}
	p.open = append(p.open, item)
	p.bytes += item.Size
	return full
}

// Flush gives what is open, nil where nothing is.
func (p *Packer) Flush() []Item {
	full := p.open
	p.open, p.bytes = nil, 0
	return full
}
