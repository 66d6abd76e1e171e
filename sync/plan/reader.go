package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"unsafe"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/klauspost/compress/zstd"
)

// File is a plan to be read. It may be read by several goroutines at once.
type File struct {
	from    io.ReaderAt
	size    int64
	sum     [sha256.Size]byte
	summary Summary
	names   []string
	parts   []segmentIndex
	total   int64
}

// Open reads a plan's summary and index: plan.damaged where it is cut or edited, plan.newer where a newer Freshet wrote
// it. What it does not see is an edit inside a block; Verify does.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{from: r, size: size}
	if err := f.checkHead(); err != nil {
		return nil, err
	}
	idx, err := f.readIndex()
	if err != nil {
		return nil, err
	}
	f.summary, f.names, f.parts = idx.Summary, idx.Names, idx.Segments
	f.summary.Hash = hashText(f.sum[:])
	return f, f.checkIndex()
}

func (f *File) checkHead() error {
	head := make([]byte, headSize)
	if f.size < int64(headSize) {
		return damaged("it is too short to be a plan")
	}
	if _, err := f.from.ReadAt(head, 0); err != nil {
		return reading(err)
	}
	if string(head[:len(magic)]) != magic {
		return damaged("it does not start like a plan")
	}
	if head[len(magic)] > Format {
		return fault.New(fault.Usage, "plan.newer", fmt.Sprintf("the plan is of format %d, and this Freshet reads up to %d", head[len(magic)], Format)).
			Do("Run it with the Freshet that made it, or make the plan again.")
	}
	if head[len(magic)] == 0 || f.size < int64(headSize+tailSize) {
		return damaged("it is cut short")
	}
	return nil
}

func (f *File) readIndex() (idx index, err error) {
	tail := make([]byte, tailSize)
	if _, err := f.from.ReadAt(tail, f.size-int64(tailSize)); err != nil {
		return idx, reading(err)
	}
	if string(tail[tailSize-len(closing):]) != closing {
		return idx, damaged("it is cut short")
	}
	at, n := binary.LittleEndian.Uint64(tail), binary.LittleEndian.Uint64(tail[8:])
	body := uint64(f.size) - uint64(tailSize)
	if at < uint64(headSize) || n > body || at != body-n {
		return idx, damaged("its index is not where it says")
	}
	copy(f.sum[:], tail[16:])
	text := make([]byte, n)
	if _, err := f.from.ReadAt(text, int64(at)); err != nil {
		return idx, reading(err)
	}
	if json.Unmarshal(text, &idx) != nil {
		return idx, damaged("its index cannot be read")
	}
	return idx, nil
}

// checkIndex makes sure that blocks are where a file has them and that ordinals go on without a gap.
func (f *File) checkIndex() error {
	at := int64(headSize)
	for _, part := range f.parts {
		for _, b := range part.Blocks {
			fits := b.Offset == at && b.Packed > 0 && b.Packed <= f.size-at && b.From == f.total
			if !fits || b.Steps <= 0 || b.Size <= 0 || b.Size > maxBlock {
				return damaged("its index does not fit its blocks")
			}
			at += b.Packed
			f.total += b.Steps
		}
	}
	return nil
}

// maxBlock bounds what a damaged index can make a reader allocate: one step may be far larger than a block should be.
const maxBlock = 1 << 30

// Verify reads the whole file and compares its hash: plan.damaged where it is another.
func (f *File) Verify() error {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f.from, 0, f.size-int64(tailSize))); err != nil {
		return reading(err)
	}
	if [sha256.Size]byte(sum.Sum(nil)) != f.sum {
		return damaged("its content does not have the hash it was closed with")
	}
	return nil
}

// Summary is what Close returned.
func (f *File) Summary() Summary { return f.summary }

// Total is how many steps the file has.
func (f *File) Total() int64 { return f.total }

// Segments are the segments that hold steps, in file order.
func (f *File) Segments() []Segment {
	var list []Segment
	for _, part := range f.parts {
		if n := len(part.Blocks); n > 0 {
			last := part.Blocks[n-1]
			list = append(list, Segment{Kind: part.Kind, Verb: part.Verb, From: part.Blocks[0].From, To: last.From + last.Steps})
		}
	}
	return list
}

// Steps calls each for the steps from (in) to (not in), in order. It stops at the first error. A step may be kept; it
// keeps the block it is of in memory, which is 512 steps.
func (f *File) Steps(from, to int64, each func(ord int64, s *Step) error) error {
	var buf []byte
	for _, part := range f.parts {
		first, _ := slices.BinarySearchFunc(part.Blocks, from, func(b block, from int64) int { return cmp.Compare(b.From+b.Steps-1, from) })
		for _, b := range part.Blocks[first:] {
			if b.From >= to {
				return nil
			}
			steps, room, err := f.block(b, buf)
			if err != nil {
				return err
			}
			buf = room
			for i := max(from-b.From, 0); i < min(to-b.From, b.Steps); i++ {
				if err := each(b.From+i, &steps[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Found is a step and its place.
type Found struct {
	Ord  int64
	Step *Step
}

// Find gives every step of a key with its ordinal, in file order; none where the plan does not name it.
func (f *File) Find(key model.Key) ([]Found, error) {
	var found []Found
	for _, part := range f.parts {
		for _, b := range part.Blocks {
			if string(key) < string(b.Low) || string(key) > string(b.High) {
				continue
			}
			err := f.Steps(b.From, b.From+b.Steps, func(ord int64, s *Step) error {
				if s.Key == key {
					found = append(found, Found{Ord: ord, Step: s})
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// block unpacks one block; buf is room for its packed bytes.
func (f *File) block(b block, buf []byte) ([]Step, []byte, error) {
	if int64(cap(buf)) < b.Packed {
		buf = make([]byte, b.Packed)
	}
	buf = buf[:b.Packed]
	if _, err := f.from.ReadAt(buf, b.Offset); err != nil {
		return nil, buf, reading(err)
	}
	zip, err := unpacker()
	if err != nil {
		return nil, buf, err
	}
	raw, err := zip.DecodeAll(buf, make([]byte, 0, b.Size))
	if err != nil || int64(len(raw)) != b.Size || b.Steps > b.Size {
		return nil, buf, damaged("a block cannot be unpacked")
	}
	// raw is written by nobody any more, so the steps' texts can be parts of it.
	d := decoder{rest: unsafe.String(unsafe.SliceData(raw), len(raw)), names: f.names}
	steps := make([]Step, b.Steps)
	for i := range steps {
		d.step(&steps[i])
	}
	if d.bad || d.rest != "" {
		return nil, buf, damaged("a block does not hold the steps it should")
	}
	return steps, buf, nil
}

// unpacker serves everybody who reads a plan: it keeps nothing between two blocks.
var unpacker = sync.OnceValues(func() (*zstd.Decoder, error) {
	zip, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBlock))
	if err != nil {
		return nil, fault.New(fault.Internal, "plan.unpacker", "the plan's unpacker cannot be made").Because(err)
	}
	return zip, nil
})

func reading(err error) error {
	return fault.New(fault.Storage, "plan.read", "the plan file cannot be read").
		Do("See that the file is there and can be read, or make the plan again.").Because(err)
}
