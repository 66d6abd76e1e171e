package history

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/freshet/freshet/sync/model"
)

const (
	heldFiles   = 256 // files that a merge keeps open between partitions
	heldCursors = 16  // of them with pages in memory
)

// merge reads some files as if they were one: partition by partition, in the order of offsets, an event that was kept
// twice once. Only files whose offsets overlap are read at the same time.
//
// Others may remove files meanwhile, or put one in the place of several. A file that was there when it was included is
// read whole, as long as no more files overlap than are held open.
type merge struct {
	dir    string
	parts  map[partition][]piece
	files  map[string]*rawFile // by the name they were included under; nil: gone
	parked map[string]*cursor
}

// piece is what is wanted of one partition of a file.
type piece struct {
	segment
	only bounds
}

func newMerge(dir string) *merge {
	return &merge{dir: dir, parts: map[partition][]piece{}, files: map[string]*rawFile{}, parked: map[string]*cursor{}}
}

// include adds a file, opening it. One that is gone is left out as a whole.
func (m *merge) include(s segment) error {
	m.trim()
	_, err := m.file(s)
	return err
}

// want adds what is wanted of a partition of a file that was included.
func (m *merge) want(p partition, s segment, only bounds) {
	m.parts[p] = append(m.parts[p], piece{s, only})
}

// file is the open file of a segment, or the one that took its place; nil where it was removed.
func (m *merge) file(s segment) (*rawFile, error) {
	if f, known := m.files[s.name]; known {
		return f, nil
	}
	f, err := openRaw(m.dir, s)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = m.instead(s)
	}
	if err == nil {
		m.files[s.name] = f
	}
	return f, err
}

// instead is the file that took the place of another. It holds events of more files than that: the bounds of what is
// wanted leave them out.
func (m *merge) instead(s segment) (*rawFile, error) {
	all, err := segments(m.dir)
	if err != nil {
		return nil, err
	}
	live, _ := counted(all)
	i := slices.IndexFunc(live, func(other segment) bool { return other.replaces(s) })
	if i < 0 {
		return nil, nil
	}
	return m.file(live[i])
}

// each gives every event to use, in order.
func (m *merge) each(ctx context.Context, use func(*model.Event) error) error {
	order := make([]partition, 0, len(m.parts))
	for p := range m.parts {
		order = append(order, p)
	}
	slices.SortFunc(order, comparePartitions)
	for _, p := range order {
		if err := m.partition(ctx, p, use); err != nil {
			return err
		}
		m.trim()
	}
	return nil
}

// head is a cursor with its next event.
type head struct {
	*cursor
	event *model.Event
}

func (m *merge) partition(ctx context.Context, p partition, use func(*model.Event) error) error {
	pieces := m.parts[p]
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Compare(a.only.first, b.only.first) })
	var heads []head
	var last *model.Event
	for len(pieces) > 0 || len(heads) > 0 {
		least := smallest(heads)
		if len(pieces) > 0 && (least < 0 || pieces[0].only.first <= heads[least].event.Offset) {
			if err := m.start(ctx, &heads, p, pieces[0]); err != nil {
				return err
			}
			pieces = pieces[1:]
			continue
		}
		e := heads[least].event
		if last == nil || compareEvents(last, e) != 0 {
			if err := use(e); err != nil {
				return err
			}
		}
		last = e
		if err := m.step(&heads, least); err != nil {
			return err
		}
	}
	return nil
}

func smallest(heads []head) int {
	least := -1
	for i := range heads {
		if least < 0 || compareEvents(heads[i].event, heads[least].event) < 0 {
			least = i
		}
	}
	return least
}

// start puts a cursor before the first event of a piece.
func (m *merge) start(ctx context.Context, heads *[]head, p partition, s piece) error {
	f, err := m.file(s.segment)
	if err != nil || f == nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	i := slices.IndexFunc(f.runs, func(r run) bool { return r.partition() == p })
	if i < 0 {
		return nil
	}
	c := m.parked[f.name]
	delete(m.parked, f.name)
	if c == nil {
		c = &cursor{file: f}
	}
	if err := c.limit(f.runs[i].Row, f.runs[i].Row+f.runs[i].Rows, s.only); err != nil {
		return m.torn(c, err)
	}
	*heads = append(*heads, head{cursor: c})
	return m.step(heads, len(*heads)-1)
}

// step goes on to a cursor's next event, and parts with the cursor where there is none.
func (m *merge) step(heads *[]head, i int) error {
	c := (*heads)[i].cursor
	e, err := c.next()
	if err != nil {
		return m.torn(c, err)
	}
	if (*heads)[i].event = e; e == nil {
		m.park(c)
		*heads = slices.Delete(*heads, i, i+1)
	}
	return nil
}

// park keeps a cursor for the next partition, which stands behind this one in the file.
func (m *merge) park(c *cursor) {
	if len(m.parked) < heldCursors && m.parked[c.file.name] == nil {
		m.parked[c.file.name] = c
	} else {
		_ = c.close()
	}
}

// trim closes all files where there are too many; what is needed is opened again.
func (m *merge) trim() {
	if len(m.files) >= heldFiles {
		m.close()
	}
}

func (m *merge) close() {
	for _, c := range m.parked {
		_ = c.close()
	}
	for _, f := range m.files {
		if f != nil {
			_ = f.close()
		}
	}
	clear(m.parked)
	clear(m.files)
}

func (m *merge) torn(c *cursor, err error) error {
	_ = c.close()
	return rawUnreadable(filepath.Join(m.dir, c.file.name), err)
}
