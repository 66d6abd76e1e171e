package format

import (
	"encoding/binary"

	"github.com/freshet/freshet/sync/model"
)

// Frame is a payload in Confluent's wire form, taken apart.
type Frame struct {
	Ref  model.SchemaRef
	Rest []byte // behind the prefix; all of the payload where the schema is named in a header

	header []byte // the indexes, where they stand in a header
	inHead bool
}

// The headers that name schemas.
const (
	KeyHeader   = "__key_schema_id"
	ValueHeader = "__value_schema_id"
)

// CutFrame finds the schema that a payload names: in the header, or before its bytes. ok is false where none is named.
func CutFrame(payload, header []byte) (f Frame, ok bool, p *Problem) {
	if header != nil {
		f, p = cutID(header)
		f.header, f.inHead, f.Rest = f.Rest, true, payload
		return f, true, p
	}
	if len(payload) == 0 || payload[0] != 0 {
		return Frame{}, false, nil
	}
	f, p = cutID(payload)
	return f, true, p
}

// cutID reads a schema id: 00 and four bytes, or 01 and the sixteen of a GUID.
func cutID(b []byte) (Frame, *Problem) {
	switch {
	case len(b) >= 5 && b[0] == 0 && [4]byte(b[1:5]) != [4]byte{}: // no registry has a schema 0
		return Frame{Ref: model.SchemaRef{ID: int(binary.BigEndian.Uint32(b[1:5]))}, Rest: b[5:]}, nil
	case len(b) >= 17 && b[0] == 1:
		return Frame{Ref: model.SchemaRef{GUID: [16]byte(b[1:17])}, Rest: b[17:]}, nil
	}
	return Frame{}, badFrame
}

// maxIndexes is how deep messages may be declared within messages.
const maxIndexes = 64

// message takes the indexes of a Protobuf message off: their number and they themselves as zig-zag numbers. A single
// 0, the first message of the file, is written as one byte 0.
func (f Frame) message() (indexes []int, payload []byte, p *Problem) {
	if f.inHead {
		indexes, rest, p := cutIndexes(f.header)
		if p == nil && len(rest) > 0 {
			p = badFrame
		}
		return indexes, f.Rest, p
	}
	return cutIndexes(f.Rest)
}

func cutIndexes(b []byte) (indexes []int, rest []byte, p *Problem) {
	count, n := binary.Varint(b)
	if n <= 0 || count < 0 || count > maxIndexes {
		return nil, nil, badFrame
	}
	if b = b[n:]; count == 0 {
		return []int{0}, b, nil
	}
	for range count {
		index, n := binary.Varint(b)
		if n <= 0 || index < 0 || index > 1<<20 {
			return nil, nil, badFrame
		}
		indexes, b = append(indexes, int(index)), b[n:]
	}
	return indexes, b, nil
}
