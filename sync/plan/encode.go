package plan

import (
	"encoding/binary"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// names numbers the field names of a file, in the order they are first met.
type names struct {
	ids  map[string]uint64
	list []string
}

func (n *names) id(name string) uint64 {
	id, ok := n.ids[name]
	if !ok {
		id = uint64(len(n.list))
		n.ids[name] = id
		n.list = append(n.list, name)
	}
	return id
}

// The texts of a step that most steps do not have; a bit in the step's mask says which are there.
const (
	hasCause uint64 = 1 << iota
	hasMatch
	hasPriorMatch
	hasRemoteID
	hasFields
	hasBefore
	hasVersion
	hasCode
	hasMessage
	hasWhere
	hasStage
)

// appendStep appends a step: three bytes of kind, verb and origin, the mask, the key, two hashes, what the mask names.
func (n *names) appendStep(dst []byte, s *Step) []byte {
	dst = append(dst, byte(s.Kind), byte(s.Verb), byte(s.Origin))
	dst = binary.AppendUvarint(dst, mask(s))
	dst = appendText(dst, string(s.Key))
	dst = binary.LittleEndian.AppendUint64(dst, s.RowHash)
	dst = binary.LittleEndian.AppendUint64(dst, s.PayloadHash)
	for _, text := range [...]string{s.Cause, s.RemoteID, s.Version, s.Code, s.Message, s.Where, s.Stage} {
		if text != "" {
			dst = appendText(dst, text)
		}
	}
	for _, fields := range [...]model.Fields{s.Match, s.PriorMatch, s.Fields, s.Before} {
		if len(fields) > 0 {
			dst = n.appendFields(dst, fields)
		}
	}
	return dst
}

func mask(s *Step) (bits uint64) {
	set := func(on bool, bit uint64) {
		if on {
			bits |= bit
		}
	}
	set(s.Cause != "", hasCause)
	set(s.RemoteID != "", hasRemoteID)
	set(s.Version != "", hasVersion)
	set(s.Code != "", hasCode)
	set(s.Message != "", hasMessage)
	set(s.Where != "", hasWhere)
	set(s.Stage != "", hasStage)
	set(len(s.Match) > 0, hasMatch)
	set(len(s.PriorMatch) > 0, hasPriorMatch)
	set(len(s.Fields) > 0, hasFields)
	set(len(s.Before) > 0, hasBefore)
	return bits
}

func appendText(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func (n *names) appendFields(dst []byte, fields model.Fields) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(fields)))
	for _, f := range fields {
		dst = binary.AppendUvarint(dst, n.id(f.Name))
		dst = append(dst, byte(f.Value.Kind))
		dst = appendText(dst, f.Value.Text)
	}
	return dst
}

// decoder reads the steps of one block. Texts are parts of the block's one string, fields parts of one slab.
type decoder struct {
	rest  string
	names []string
	slab  []model.Field
	bad   bool
}

func (d *decoder) step(s *Step) {
	head := d.take(3)
	if d.bad || head[0] > byte(Quarantine) || head[1] > byte(connect.Delete) || head[2] > byte(model.Matched) {
		d.bad = true
		return
	}
	s.Kind, s.Verb, s.Origin = Kind(head[0]), connect.Verb(head[1]), model.Origin(head[2])
	bits := d.number()
	s.Key = model.Key(d.text())
	s.RowHash, s.PayloadHash = d.hash(), d.hash()
	d.texts(bits, s)
	for _, part := range [...]struct {
		bit uint64
		to  *model.Fields
	}{{hasMatch, &s.Match}, {hasPriorMatch, &s.PriorMatch}, {hasFields, &s.Fields}, {hasBefore, &s.Before}} {
		if bits&part.bit != 0 {
			*part.to = d.fields()
		}
	}
}

func (d *decoder) texts(bits uint64, s *Step) {
	if bits&(hasCause|hasRemoteID|hasVersion|hasCode|hasMessage|hasWhere|hasStage) == 0 {
		return
	}
	for _, part := range [...]struct {
		bit uint64
		to  *string
	}{
		{hasCause, &s.Cause}, {hasRemoteID, &s.RemoteID}, {hasVersion, &s.Version}, {hasCode, &s.Code},
		{hasMessage, &s.Message}, {hasWhere, &s.Where}, {hasStage, &s.Stage},
	} {
		if bits&part.bit != 0 {
			*part.to = d.text()
		}
	}
}

func (d *decoder) fields() model.Fields {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	if uint64(cap(d.slab)-len(d.slab)) < n {
		d.slab = make([]model.Field, 0, max(4096, int(n)))
	}
	from := len(d.slab)
	for range n {
		id := d.number()
		kind := d.take(1)
		text := d.text()
		if d.bad || id >= uint64(len(d.names)) || kind[0] > byte(model.JSON) {
			d.bad = true
			return nil
		}
		d.slab = append(d.slab, model.Field{Name: d.names[id], Value: model.Value{Kind: model.Kind(kind[0]), Text: text}})
	}
	return model.Fields(d.slab[from:len(d.slab):len(d.slab)])
}

// take gives the next n bytes; once the block has run out everything is zero and bad is set.
func (d *decoder) take(n uint64) string {
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return zeros[:min(n, uint64(len(zeros)))]
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00"

func (d *decoder) text() string {
	n := d.number()
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) hash() (h uint64) {
	s := d.take(8)
	for i := range 8 {
		h |= uint64(s[i]) << (8 * i)
	}
	return h
}

func (d *decoder) number() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		if len(d.rest) == 0 {
			break
		}
		c := d.rest[0]
		d.rest = d.rest[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	d.bad = true
	return 0
}
