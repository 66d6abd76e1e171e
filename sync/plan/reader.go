package plan

import (
	"io"

	"github.com/freshet/freshet/sync/model"
)

// File is a plan to be read. It may be read by several goroutines at once.
type File struct{}

// Open reads a plan's summary and index: plan.damaged where it is cut or edited, plan.newer where a newer Freshet wrote it.
func Open(r io.ReaderAt, size int64) (*File, error) { return &File{}, nil }

// Verify reads the whole file and compares its hash: plan.damaged where it is another.
func (f *File) Verify() error { return nil }

// Summary is what Close returned.
func (f *File) Summary() Summary { return Summary{} }

// Segments are the segments that hold steps, in file order.
func (f *File) Segments() []Segment { return nil }

// Steps calls each for the steps from (in) to (not in), in order. Steps may be kept.
func (f *File) Steps(from, to int64, each func(ord int64, s *Step) error) error { return nil }

// Find gives every step of a key with its ordinal, in file order; none where the plan does not name it.
func (f *File) Find(key model.Key) ([]Found, error) { return nil, nil }

// Found is a step and its place.
type Found struct {
	Ord  int64
	Step *Step
}
