package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/fault"
)

// eachJSON calls each with every object of a file, or with the code of what is wrong where one should stand.
func (t *table) eachJSON(ctx context.Context, path string, each func(line int64, object []byte, wrong string) error) error {
	text, err := openText(path, t.encoding)
	if err != nil {
		return t.cannotOpen(path, err)
	}
	defer func() { _ = text.Close() }()
	checked := func(line int64, object []byte, wrong string) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return each(line, object, wrong)
	}
	if opensArray(text.Reader) {
		return t.eachElement(path, text.Reader, checked)
	}
	return t.eachLine(path, text.Reader, checked)
}

func opensArray(r *bufio.Reader) bool {
	start, _ := r.Peek(4096)
	return bytes.HasPrefix(bytes.TrimLeft(start, " \t\r\n"), []byte("["))
}

func (t *table) eachLine(path string, r *bufio.Reader, each func(int64, []byte, string) error) error {
	ls := &lines{r: r, ending: '\n'}
	for {
		line, tooLong, err := ls.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return t.cannotOpen(path, err)
		}
		object := bytes.TrimSpace(line)
		if len(object) == 0 {
			continue
		}
		if err := each(ls.number, object, judgeObject(object, tooLong)); err != nil {
			return err
		}
	}
}

func judgeObject(object []byte, tooLong bool) string {
	switch {
	case tooLong:
		return "files.too_long"
	case !utf8.Valid(object):
		return "files.bad_encoding"
	case object[0] != '{' || !json.Valid(object):
		return "files.bad_json"
	}
	return ""
}

// eachElement reads one array. Behind a broken element nobody can tell where the next begins, and rows that are not
// read would look as if they had left, so this is an error of the whole file.
func (t *table) eachElement(path string, r *bufio.Reader, each func(int64, []byte, string) error) error {
	counter := &lineCounter{r: r, line: 1}
	decoder := json.NewDecoder(counter)
	broken := func(err error) error {
		offset := decoder.InputOffset()
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &syntax):
			offset = max(offset, syntax.Offset)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			offset = counter.read
		}
		where := fmt.Sprintf("%s:%d", filepath.Base(path), counter.at(offset))
		return fault.New(fault.Source, "files.bad_array", "the array of objects breaks off here").At(where).
			Do("mend the file, or write one object a line, so that one broken line does not stop the others")
	}
	if _, err := decoder.Token(); err != nil {
		return broken(err)
	}
	for decoder.More() {
		var object json.RawMessage
		if err := decoder.Decode(&object); err != nil {
			return broken(err)
		}
		line := counter.at(decoder.InputOffset() - int64(len(object)))
		if err := each(line, object, judgeObject(object, false)); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return broken(err)
	}
	return nil
}

// lineCounter turns offsets that only grow into line numbers.
type lineCounter struct {
	r    io.Reader
	read int64
	ends []int64 // offsets of line ends that were read and not passed yet
	line int64
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

func (c *lineCounter) at(offset int64) int64 {
	for len(c.ends) > 0 && c.ends[0] < offset {
		c.ends = c.ends[1:]
		c.line++
	}
	return c.line
}
