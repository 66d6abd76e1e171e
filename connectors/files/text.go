package files

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const bufferBytes = 1 << 18

var (
	utf8Mark    = []byte{0xEF, 0xBB, 0xBF}
	utf16Little = []byte{0xFF, 0xFE}
	utf16Big    = []byte{0xFE, 0xFF}
)

// textFile is a file as UTF-8 text, whatever it was stored as, without its byte-order mark.
type textFile struct {
	*bufio.Reader
	asStored bool // DuckDB's own reader sees the same text: nothing was re-encoded
	closers  []io.Closer
}

func openText(path, declared string) (*textFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &textFile{Reader: bufio.NewReaderSize(f, bufferBytes), asStored: true, closers: []io.Closer{f}}
	if strings.HasSuffix(strings.ToLower(path), ".gz") {
		z, err := gzip.NewReader(t.Reader)
		if err != nil {
			_ = f.Close()
			return nil, err
		}
		t.closers = append(t.closers, z)
		t.Reader = bufio.NewReaderSize(z, bufferBytes)
	}
	t.decode(declared)
	return t, nil
}

func (t *textFile) decode(declared string) {
	if d := decoding(t.Reader, declared); d != nil {
		t.asStored = false
		t.Reader = bufio.NewReaderSize(d.NewDecoder().Reader(t.Reader), bufferBytes)
	}
	if mark, _ := t.Peek(3); bytes.Equal(mark, utf8Mark) {
		_, _ = t.Discard(3)
	}
}

func decoding(r *bufio.Reader, declared string) encoding.Encoding {
	mark, _ := r.Peek(2)
	marked := bytes.Equal(mark, utf16Little) || bytes.Equal(mark, utf16Big)
	switch {
	case declared == "utf-16", declared == "" && marked:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case declared == "latin-1":
		return charmap.ISO8859_1
	case declared == "windows-1252":
		return charmap.Windows1252
	}
	return nil
}

// Close closes the file and what stands between.
func (t *textFile) Close() error {
	for i := len(t.closers) - 1; i >= 0; i-- {
		_ = t.closers[i].Close()
	}
	return nil
}
