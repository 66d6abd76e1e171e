package ledger

import (
	"encoding/binary"
	"errors"

	"github.com/freshet/freshet/sync/model"
)

// errMatch is what kept match values that cannot be read again amount to: a damaged ledger.
var errMatch = errors.New("kept match values cannot be read")

// encodeMatch writes match values as name, kind and text, each text after its length: unlike the payload it must give
// back the very values, kinds and all. It is nil where there are none.
func encodeMatch(f model.Fields) []byte {
	var dst []byte
	for _, field := range f {
		dst = append(binary.AppendUvarint(dst, uint64(len(field.Name))), field.Name...)
		dst = append(dst, byte(field.Value.Kind))
		dst = append(binary.AppendUvarint(dst, uint64(len(field.Value.Text))), field.Value.Text...)
	}
	return dst
}

func decodeMatch(src []byte) (f model.Fields, err error) {
	for len(src) > 0 {
		var field model.Field
		if field.Name, src, err = decodeText(src); err != nil {
			return nil, err
		}
		if len(src) == 0 {
			return nil, errMatch
		}
		field.Value.Kind = model.Kind(src[0])
		if field.Value.Text, src, err = decodeText(src[1:]); err != nil {
			return nil, err
		}
		f = append(f, field)
	}
	return f, nil
}

func decodeText(src []byte) (text string, rest []byte, err error) {
	n, used := binary.Uvarint(src)
	if used <= 0 || n > uint64(len(src)-used) {
		return "", nil, errMatch
	}
	end := used + int(n)
	return string(src[used:end]), src[end:], nil
}
