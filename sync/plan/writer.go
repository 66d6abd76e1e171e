package plan

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/klauspost/compress/zstd"
)

// Spill keeps the blocks of one segment until the file is put together: it is written to its end, rewound and read once,
// then closed. *os.File is one.
type Spill interface {
	io.ReadWriteSeeker
	io.Closer
}

// packer packs blocks for every writer: it keeps nothing between two of them, and making one takes longer than packing the
// few steps of a live sync's plan. Its level is fixed: the bytes depend on the steps alone.
var packer = sync.OnceValue(func() *zstd.Encoder {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(bytesABlock)) // a block at a time: an encoder keeps twice its window for good
	if err != nil {
		panic(err) // the options above are constants that the library takes
	}
	return zip
})

// Writer makes a plan file. It holds one unpacked block for every segment and the index.
type Writer struct {
	out    io.Writer
	spill  func() (Spill, error)
	names  names
	parts  [len(order)]*part
	tally  tally
	packed []byte
}

// part is one segment while it is written.
type part struct {
	spill  Spill
	raw    []byte
	open   block // the block being filled
	blocks []block
	wrote  int64
}

// NewWriter starts a plan that ends up in w. spill gives the place for one segment's blocks and is called at most once
// for each segment (nine at most); nil keeps them in memory.
func NewWriter(w io.Writer, spill func() (Spill, error)) *Writer {
	if spill == nil {
		spill = func() (Spill, error) { return &memory{}, nil }
	}
	return &Writer{out: w, spill: spill, names: names{ids: map[string]uint64{}}, tally: newTally()}
}

// Add takes one step. The step and what it points at may be changed afterwards. A step without a kind, and a sending
// step without a verb, are plan.bad_step.
func (w *Writer) Add(s *Step) error {
	at := place(s)
	if at < 0 {
		return fault.New(fault.Internal, "plan.bad_step", "a step of kind "+s.Kind.String()+" asks for "+s.Verb.String()).
			Do("Please report this.")
	}
	p, err := w.part(at)
	if err != nil {
		return err
	}
	w.tally.add(s)
	if p.open.Steps == 0 || string(s.Key) < string(p.open.Low) {
		p.open.Low = append(p.open.Low[:0], s.Key...)
	}
	if p.open.Steps == 0 || string(s.Key) > string(p.open.High) {
		p.open.High = append(p.open.High[:0], s.Key...)
	}
	p.raw = w.names.appendStep(p.raw, s)
	p.open.Steps++
	if p.open.Steps == stepsABlock || len(p.raw) >= bytesABlock {
		return w.flush(p)
	}
	return nil
}

func (w *Writer) part(at int) (*part, error) {
	if w.parts[at] == nil {
		spill, err := w.spill()
		if err != nil {
			return nil, writing(err)
		}
		w.parts[at] = &part{spill: spill}
	}
	return w.parts[at], nil
}

// flush packs the open block into the part's spill.
func (w *Writer) flush(p *part) error {
	if p.open.Steps == 0 {
		return nil
	}
	w.packed = packer().EncodeAll(p.raw, w.packed[:0])
	if _, err := p.spill.Write(w.packed); err != nil {
		return writing(err)
	}
	b := p.open
	b.Offset, b.Packed, b.Size = p.wrote, int64(len(w.packed)), int64(len(p.raw))
	b.Low, b.High = slices.Clone(b.Low), slices.Clone(b.High)
	p.blocks = append(p.blocks, b)
	p.wrote += b.Packed
	p.open = block{Low: p.open.Low[:0], High: p.open.High[:0]}
	p.raw = p.raw[:0]
	return nil
}

// Counts are the counts so far; the caller's group of them is zero.
func (w *Writer) Counts() Counts { return w.tally.counts }

// Verbs is how many steps ask for each verb so far, in the order in which they will be sent.
func (w *Writer) Verbs() []VerbCount { return w.tally.verbList() }

// Discard gives the spills back; after it the writer is of no use. It may be called after Close.
func (w *Writer) Discard() {
	for i, p := range w.parts {
		if p != nil {
			_ = p.spill.Close()
			w.parts[i] = nil
		}
	}
}

func writing(err error) error {
	return fault.New(fault.Storage, "plan.write", "the plan file cannot be written").
		Do("Free some space on the disk of the data directory, and see that it can be written.").Because(err)
}

// memory is a Spill without a file.
type memory struct{ bytes.Buffer }

func (m *memory) Seek(int64, int) (int64, error) { return 0, nil }
func (m *memory) Close() error                   { return nil }

// verbNamed finds a verb by its name.
func verbNamed(name string) connect.Verb {
	for v := connect.NoVerb; v <= connect.Delete; v++ {
		if v.String() == name {
			return v
		}
	}
	return connect.NoVerb
}
