package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// csvFile is one CSV file after its first reading.
type csvFile struct {
	path     string
	columns  []string
	delim    byte
	rows     int64 // that can be read
	problems []connect.Problem
	plain    bool // DuckDB's reader finds the same rows in it
	crlf     bool // lines end in CR LF
}

// scanCSV reads a file once, from end to end, without keeping it.
func (t *table) scanCSV(ctx context.Context, path string) (*csvFile, error) {
	f := &csvFile{path: path}
	err := t.eachCSV(ctx, f, func(c *csvRows, wrong string) error {
		if wrong != "" {
			f.problems = append(f.problems, t.problem(path, c.line, "", wrong))
			return nil
		}
		f.rows++
		return nil
	})
	return f, err
}

// eachCSV calls each with every row of the file behind its header, and fills in what the header says.
func (t *table) eachCSV(ctx context.Context, f *csvFile, each func(c *csvRows, wrong string) error) error {
	text, err := openText(f.path, t.encoding)
	if err != nil {
		return t.cannotOpen(f.path, err)
	}
	defer func() { _ = text.Close() }()
	f.delim = t.delimiter
	if f.delim == 0 {
		f.delim = sniffDelimiter(text, f.path, t.quote)
	}
	ls := newLines(text.Reader)
	c := &csvRows{lines: ls, parser: parser{delimiter: f.delim, quote: t.quote, ending: ls.ending}, plain: text.asStored}
	if err := t.readHeader(c, f, each); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	for n := 0; ; n++ {
		if n%10000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		wrong, err := c.next()
		if errors.Is(err, io.EOF) {
			f.plain, f.crlf = c.plain, c.crlf == 1
			return nil
		}
		if err != nil {
			return t.cannotOpen(f.path, err)
		}
		if err := each(c, wrong); err != nil {
			return err
		}
	}
}

func (t *table) readHeader(c *csvRows, f *csvFile, each func(*csvRows, string) error) error {
	wrong, err := c.next()
	where := fmt.Sprintf("%s:%d", filepath.Base(f.path), max(c.line, 1))
	switch {
	case errors.Is(err, io.EOF) && !t.header:
		f.columns = []string{"column1"}
		return err
	case errors.Is(err, io.EOF):
		return fault.New(fault.Source, "files.empty", "the file is empty: it has no line with column names").At(where).
			Do("write the column names in the first line, or take the file out of the pattern")
	case err != nil:
		return t.cannotOpen(f.path, err)
	case wrong != "":
		return fault.New(fault.Source, wrong, "the line with the column names cannot be read: "+messages[wrong]).At(where).
			Do(remedy(wrong))
	}
	c.width = len(c.ends)
	if !t.header {
		f.columns = numbered(c.width)
		return each(c, "")
	}
	f.columns, err = headerNames(c, where)
	return err
}

func headerNames(c *csvRows, where string) ([]string, error) {
	seen := map[string]bool{}
	names := numbered(c.width)
	for i := range names {
		if text := string(c.field(i)); text != "" {
			names[i] = text
		}
		folded := strings.ToLower(names[i])
		if seen[folded] {
			return nil, fault.New(fault.Source, "files.column_twice", fmt.Sprintf("two columns are called %q", names[i])).At(where).
				Do("give each column its own name; case makes no difference")
		}
		seen[folded] = true
	}
	return names, nil
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "column" + strconv.Itoa(i+1)
	}
	return names
}

// sniffDelimiter takes the candidate that stands most often in the first line, outside of quotes.
func sniffDelimiter(text *textFile, path string, quote byte) byte {
	if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(path), ".gz"), ".tsv") {
		return '\t'
	}
	first, _ := text.Peek(1 << 16)
	if end := bytes.IndexAny(first, "\r\n"); end >= 0 {
		first = first[:end]
	}
	counts, inside := map[byte]int{}, false
	for _, b := range first {
		if b == quote {
			inside = !inside
		} else if !inside {
			counts[b]++
		}
	}
	best := byte(',')
	for _, candidate := range []byte{';', '\t', '|'} {
		if counts[candidate] > counts[best] {
			best = candidate
		}
	}
	return best
}

func (t *table) cannotOpen(path string, err error) error {
	return fault.New(fault.Source, "files.cannot_read", fmt.Sprintf("%q cannot be read", filepath.Base(path))).At(t.where).Because(err).
		Do("check that the file is there, complete and readable by this user")
}
