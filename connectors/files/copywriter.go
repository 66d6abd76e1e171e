package files

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
)

// copyWriter writes rows as CSV that no reader can take apart in two ways: every value quoted, NULL bare and empty.
type copyWriter struct {
	f   *os.File
	w   *bufio.Writer
	num []byte
}

func newCopyWriter(f *os.File) *copyWriter {
	return &copyWriter{f: f, w: bufio.NewWriterSize(f, bufferBytes)}
}

// Errors of the buffered writer stay with it and come out of close.

func (c *copyWriter) line(n int64) {
	c.num = strconv.AppendInt(c.num[:0], n, 10)
	_, _ = c.w.Write(c.num)
}

func (c *copyWriter) null() { _ = c.w.WriteByte(',') }

func (c *copyWriter) value(text []byte) {
	_, _ = c.w.WriteString(`,"`)
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		_, _ = c.w.Write(text[:i+1])
		_ = c.w.WriteByte('"')
		text = text[i+1:]
	}
	_, _ = c.w.Write(text)
	_ = c.w.WriteByte('"')
}

func (c *copyWriter) end() error { return c.w.WriteByte('\n') }

func (c *copyWriter) close() error {
	if err := c.w.Flush(); err != nil {
		_ = c.f.Close()
		return err
	}
	return c.f.Close()
}
