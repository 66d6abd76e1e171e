package history

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
)

// reach is how far a file's events of one partition go.
type reach struct {
	part        int32 // index of the partition
	first, last int64 // offsets, both included
}

// outline is what the footers of some files say: enough to tell which of them have to be read together.
type outline struct {
	files []segment
	parts []partition
	known map[partition]int32
	reach [][]reach // of each file
}

// newOutline reads the footers. What is wrong with a file goes to damaged, which decides whether to go on without it.
func newOutline(ctx context.Context, dir string, files []segment, damaged func(error) error) (*outline, error) {
	o := &outline{known: map[partition]int32{}}
	for _, s := range files {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		runs, err := readRuns(dir, s)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil {
			if err := damaged(err); err != nil {
				return nil, err
			}
			continue
		}
		o.add(s, runs)
	}
	return o, nil
}

func (o *outline) add(s segment, runs []run) {
	list := make([]reach, len(runs))
	for i, r := range runs {
		p, known := o.known[r.partition()]
		if !known {
			p = int32(len(o.parts))
			o.known[r.partition()] = p
			o.parts = append(o.parts, r.partition())
		}
		list[i] = reach{p, r.First, r.Last}
	}
	o.files = append(o.files, s)
	o.reach = append(o.reach, list)
}

// together parts the files into groups [from, to) such that every partition's offsets in one group are below those in
// the next. Where a feed was only ever read forward each file is a group of its own; one that was read again, after a
// crash or from an earlier position, stands in a group with what it repeats.
func (o *outline) together() [][2]int {
	joined := make([]int, len(o.files)) // the earliest file that this one has to be read with
	highest := make([][]mark, len(o.parts))
	for i, list := range o.reach {
		joined[i] = i
		for _, r := range list {
			marks := highest[r.part]
			if n := len(marks); n > 0 && marks[n-1].last >= r.first {
				at, _ := slices.BinarySearchFunc(marks, r.first, func(m mark, first int64) int { return cmp.Compare(m.last, first) })
				joined[i] = min(joined[i], marks[at].file)
			}
			if n := len(marks); n == 0 || r.last > marks[n-1].last {
				highest[r.part] = append(marks, mark{i, r.last})
			}
		}
	}
	var groups [][2]int
	for i := len(joined) - 1; i >= 0; {
		from := joined[i]
		for j := i; j >= from; j-- {
			from = min(from, joined[j])
		}
		groups = append(groups, [2]int{from, i + 1})
		i = from - 1
	}
	slices.Reverse(groups)
	return groups
}

// mark is the highest offset of a partition in the files up to this one.
type mark struct {
	file int
	last int64
}
