package files

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// csvRows gives the rows of a CSV text one by one, and says which cannot be read.
type csvRows struct {
	lines *lines
	parser
	width int   // values a row must have; 0: not known yet
	line  int64 // where the present row begins
	plain bool  // so far, every reader of CSV would find the same rows
	crlf  int   // 1 once a line ended in CR LF, 2 once one did not, 3 both
}

// next moves to the next row. wrong is the code of what is wrong with it, "" where it can be read; io.EOF ends.
func (c *csvRows) next() (wrong string, err error) {
	for {
		line, tooLong, err := c.lines.next()
		if err != nil {
			return "", err
		}
		c.line = c.lines.number
		if tooLong {
			return c.bad("files.too_long"), nil
		}
		if body(line, c.ending) == 0 {
			c.plain = false
			continue
		}
		c.reset()
		return c.row(line)
	}
}

func (c *csvRows) row(line []byte) (string, error) {
	c.noteEnding(line)
	state := c.feed(line)
	if state == openQuote {
		return c.longRow(len(line))
	}
	return c.judge(state), nil
}

// longRow reads the further lines of a row whose quote is open. Where it does not close, only its first line is lost:
// the others are read again as rows of their own.
func (c *csvRows) longRow(size int) (string, error) {
	var further [][]byte
	for {
		line, tooLong, err := c.lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if err == nil {
			line = slices.Clone(line)
			further = append(further, line)
			size += len(line)
		}
		if err != nil || tooLong || size > maxRecord {
			c.lines.unread(further)
			return c.bad("files.open_quote"), nil
		}
		switch c.feed(line) {
		case complete:
			c.noteEnding(line)
			return c.judge(complete), nil
		case strayQuote:
			c.lines.unread(further)
			return c.bad("files.open_quote"), nil
		}
	}
}

func (c *csvRows) judge(state parseState) string {
	switch {
	case c.broken:
		return c.bad("files.bad_encoding")
	case state == strayQuote:
		return c.bad("files.stray_quote")
	case c.width > 0 && len(c.ends) < c.width:
		return c.bad("files.too_few_values")
	case c.width > 0 && len(c.ends) > c.width:
		return c.bad("files.too_many_values")
	}
	c.plain = c.plain && !c.odd
	return ""
}

func (c *csvRows) bad(code string) string {
	c.plain = false
	return code
}

// noteEnding finds files that mix line endings, which readers take apart differently.
func (c *csvRows) noteEnding(line []byte) {
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		c.crlf |= 1
	case bytes.HasSuffix(line, []byte("\n")):
		c.crlf |= 2
	}
	if c.crlf == 3 || c.ending == '\r' {
		c.plain = false
	}
}
