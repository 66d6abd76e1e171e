package model

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// Field is a name at the destination and its value. A dot in the name nests: "address.city".
type Field struct {
	Name  string
	Value Value
}

// Fields is what a record carries, sorted by name, each name once. A field that is not there is left alone at the
// destination; a field that is Null is cleared.
type Fields []Field

// Sort brings the fields into name order.
func (f Fields) Sort() {
	slices.SortFunc(f, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
}

// Get finds a field by name; ok is false where it is absent (which is not the same as Null).
func (f Fields) Get(name string) (v Value, ok bool) {
	i, ok := slices.BinarySearchFunc(f, name, func(a Field, n string) int { return cmp.Compare(a.Name, n) })
	if !ok {
		return Value{}, false
	}
	return f[i].Value, true
}

// Equal says whether both carry the same names with the same values.
func (f Fields) Equal(g Fields) bool { return slices.Equal(f, g) }

// AppendFlat appends the canonical JSON of the fields: one object, names in order, dotted names kept as they are.
// It is what the ledger stores and what Hash covers.
func (f Fields) AppendFlat(dst []byte) []byte {
	dst = append(dst, '{')
	for i, field := range f {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendQuoted(dst, field.Name)
		dst = append(dst, ':')
		dst = field.Value.AppendJSON(dst)
	}
	return append(dst, '}')
}

// AppendNested appends the fields as a JSON object in which "a.b" is the member b of the object a.
// Sorting keeps members of one parent together, so one pass with a stack of open parents is enough.
func (f Fields) AppendNested(dst []byte) []byte {
	if !f.nests() {
		return f.AppendFlat(dst)
	}
	dst = append(dst, '{')
	var open []string
	first := true
	for _, field := range f.byPath() {
		parts := strings.Split(field.Name, ".")
		keep := commonPrefix(open, parts[:len(parts)-1])
		for range open[keep:] {
			dst = append(dst, '}')
		}
		open = open[:keep]
		for _, p := range parts[keep : len(parts)-1] {
			dst = appendName(dst, p, first)
			dst = append(dst, '{')
			open = append(open, p)
			first = true
		}
		dst = appendName(dst, parts[len(parts)-1], first)
		dst = field.Value.AppendJSON(dst)
		first = false
	}
	for range open {
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func appendName(dst []byte, name string, first bool) []byte {
	if !first {
		dst = append(dst, ',')
	}
	dst = AppendQuoted(dst, name)
	return append(dst, ':')
}

func (f Fields) nests() bool {
	return slices.ContainsFunc(f, func(x Field) bool { return strings.IndexByte(x.Name, '.') >= 0 })
}

// byPath orders "a.b" beside "a.c" even where a name such as "a!" sorts between them as bytes.
func (f Fields) byPath() Fields {
	g := slices.Clone(f)
	slices.SortFunc(g, func(a, b Field) int {
		return slices.Compare(strings.Split(a.Name, "."), strings.Split(b.Name, "."))
	})
	return g
}

func commonPrefix(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// Hash is a stable 64-bit hash of the canonical JSON: the first 8 bytes, big-endian, of its SHA-256. It is stored.
func (f Fields) Hash() uint64 {
	sum := sha256.Sum256(f.AppendFlat(nil))
	return binary.BigEndian.Uint64(sum[:8])
}
