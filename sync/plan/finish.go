package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"io"
)

// Close puts the file together and gives the summary with the writer's counts, samples and the hash filled in. The
// spills are closed whatever happens.
func (w *Writer) Close(s Summary) (Summary, error) {
	defer w.Discard()
	s = w.tally.fill(s)
	out := &sealer{to: w.out, sum: sha256.New()}
	out.write(append([]byte(magic), Format))
	idx := index{Names: w.names.list}
	var ord int64
	for i, p := range w.parts {
		if p == nil {
			continue
		}
		if err := w.flush(p); err != nil {
			return s, err
		}
		ord = p.settle(out.wrote, ord)
		if _, err := p.spill.Seek(0, io.SeekStart); err != nil {
			return s, writing(err)
		}
		out.copy(p.spill, p.wrote)
		idx.Segments = append(idx.Segments, segmentIndex{Kind: order[i].Kind, Verb: order[i].Verb, Blocks: p.blocks})
	}
	idx.Summary = s
	idx.Summary.Hash = "" // the file cannot hold its own hash: a reader takes it from the tail
	sum, err := out.finish(idx)
	s.Hash = sum
	return s, err
}

// settle turns a part's offsets into the file's and numbers its steps from ord.
func (p *part) settle(base, ord int64) int64 {
	for i := range p.blocks {
		p.blocks[i].Offset += base
		p.blocks[i].From = ord
		ord += p.blocks[i].Steps
	}
	return ord
}

// sealer writes, hashes and remembers the first failure.
type sealer struct {
	to    io.Writer
	sum   hash.Hash
	wrote int64
	err   error
}

func (o *sealer) write(b []byte) {
	if o.err != nil {
		return
	}
	n, err := o.to.Write(b)
	o.sum.Write(b[:n])
	o.wrote += int64(n)
	o.err = err
}

func (o *sealer) copy(from io.Reader, size int64) {
	if o.err != nil {
		return
	}
	n, err := io.CopyN(io.MultiWriter(o.to, o.sum), from, size)
	o.wrote += n
	o.err = err
}

// finish writes the index and the tail.
func (o *sealer) finish(idx index) (string, error) {
	text, err := json.Marshal(idx)
	if err != nil {
		return "", writing(err)
	}
	at := o.wrote
	o.write(text)
	sum := o.sum.Sum(nil)
	tail := binary.LittleEndian.AppendUint64(nil, uint64(at))
	tail = binary.LittleEndian.AppendUint64(tail, uint64(len(text)))
	tail = append(tail, sum...)
	o.write(append(tail, closing...))
	if o.err != nil {
		return "", writing(o.err)
	}
	return hashText(sum), nil
}
