package files

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxRecord is the longest row that is read, in bytes. A longer one is nearly always a quote that never closes.
const maxRecord = 1 << 20

// lines gives a text's lines, each with its ending, and takes lines back.
type lines struct {
	r      *bufio.Reader
	ending byte // the byte that ends a line: '\n', or '\r' in files that have no '\n' after it
	number int64
	back   [][]byte
	long   []byte
}

func newLines(r *bufio.Reader) *lines {
	l := &lines{r: r, ending: '\n'}
	start, _ := r.Peek(bufferBytes)
	if cr := bytes.IndexByte(start, '\r'); cr >= 0 && bytes.IndexByte(start, '\n') < 0 && cr < len(start)-1 {
		l.ending = '\r'
	}
	return l
}

// next gives a line that holds until the next call. tooLong says that it was longer than maxRecord and is cut.
func (l *lines) next() (line []byte, tooLong bool, err error) {
	if len(l.back) > 0 {
		line, l.back = l.back[0], l.back[1:]
		l.number++
		return line, false, nil
	}
	line, err = l.r.ReadSlice(l.ending)
	if err == nil || errors.Is(err, io.EOF) && len(line) > 0 {
		l.number++
		return line, false, nil
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return nil, false, err
	}
	l.number++
	return l.rest(line)
}

// rest reads on in a line that is longer than the buffer.
func (l *lines) rest(start []byte) ([]byte, bool, error) {
	l.long = append(l.long[:0], start...)
	for {
		more, err := l.r.ReadSlice(l.ending)
		if len(l.long) <= maxRecord {
			l.long = append(l.long, more...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, false, err
		}
		return l.long, len(l.long) > maxRecord, nil
	}
}

// unread takes lines back: they come again, in their order.
func (l *lines) unread(again [][]byte) {
	l.number -= int64(len(again))
	l.back = append(again, l.back...)
}

// body is the length of a line without its ending.
func body(line []byte, ending byte) int {
	n := len(line)
	if n > 0 && line[n-1] == ending {
		n--
		if ending == '\n' && n > 0 && line[n-1] == '\r' {
			n--
		}
	}
	return n
}
