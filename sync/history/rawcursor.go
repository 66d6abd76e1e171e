package history

import (
	"errors"
	"io"
	"time"

	"github.com/freshet/freshet/sync/model"
	"github.com/parquet-go/parquet-go"
)

// cursor reads rows of a file one after the other, with a page of each column in memory.
type cursor struct {
	file     *rawFile
	row, end int64 // the next row, and the one before which to stop
	only     bounds
	group    int   // of the open columns
	groupEnd int64 // the first row behind it
	columns  []*columnReader
	memory   arena
}

// bounds are what is wanted of a run, all included.
type bounds struct {
	first, last int64 // offsets
	from, to    int64 // times in milliseconds
}

func (b bounds) has(e *model.Event) bool {
	at := e.At.UnixMilli()
	return e.Offset >= b.first && e.Offset <= b.last && at >= b.from && at <= b.to
}

// limit makes the cursor give these rows of its file from now on.
func (c *cursor) limit(row, end int64, only bounds) error {
	var err error
	if row != c.row {
		err = c.close()
	}
	c.row, c.end, c.only = row, end, only
	return err
}

// next gives the next event that is wanted, which is the caller's to keep; nil at the end.
func (c *cursor) next() (*model.Event, error) {
	for c.row < c.end {
		if len(c.columns) == 0 || c.row == c.groupEnd {
			skipped, err := c.enter()
			if err != nil {
				return nil, err
			}
			if skipped {
				continue
			}
		}
		e := new(model.Event)
		if err := c.read(e); err != nil {
			return nil, c.torn(err)
		}
		c.row++
		if c.only.has(e) {
			return e, nil
		}
		if e.Offset > c.only.last {
			c.end = c.row
		}
	}
	return nil, nil
}

// torn is an error in the middle of a file that has the right checksum.
func (c *cursor) torn(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// enter opens the row group of the next row, or skips it where nothing of it is wanted.
func (c *cursor) enter() (skipped bool, err error) {
	if err := c.close(); err != nil {
		return false, err
	}
	var start int64
	for i, g := range c.file.rows.RowGroups() {
		end := start + g.NumRows()
		if c.row < end {
			c.group, c.groupEnd = i, end
			if !c.wanted(g) {
				c.row = min(end, c.end)
				return true, nil
			}
			return false, c.open(g, c.row-start)
		}
		start = end
	}
	return false, io.ErrUnexpectedEOF
}

// wanted says whether a row group can hold an event within the bounds.
func (c *cursor) wanted(g parquet.RowGroup) bool {
	first, last, known := extent(g, inOffset)
	from, to, timed := extent(g, inAt)
	return (!known || first <= c.only.last && last >= c.only.first) && (!timed || from <= c.only.to && to >= c.only.from)
}

// extent is the smallest and the largest value of a column of numbers.
func extent(g parquet.RowGroup, column int) (least, most int64, known bool) {
	index, err := g.ColumnChunks()[column].ColumnIndex()
	if err != nil || index == nil || index.NumPages() == 0 {
		return 0, 0, false
	}
	least, most = index.MinValue(0).Int64(), index.MaxValue(0).Int64()
	for i := range index.NumPages() {
		least, most = min(least, index.MinValue(i).Int64()), max(most, index.MaxValue(i).Int64())
	}
	return least, most, true
}

func (c *cursor) open(g parquet.RowGroup, row int64) error {
	for _, chunk := range g.ColumnChunks()[:rawColumns] {
		r := &columnReader{pages: chunk.Pages()}
		c.columns = append(c.columns, r)
		if row == 0 {
			continue
		}
		if err := r.pages.SeekToRow(row); err != nil {
			return err
		}
	}
	return nil
}

func (c *cursor) close() error {
	var err error
	for _, r := range c.columns {
		err = errors.Join(err, r.close())
	}
	c.columns = nil
	return err
}

// read puts the row together.
func (c *cursor) read(e *model.Event) error {
	for i := range inHeaderName {
		v, err := c.columns[i].peek()
		if err != nil {
			return err
		}
		c.set(e, i, v)
		c.columns[i].take()
	}
	return c.readHeaders(e)
}

func (c *cursor) set(e *model.Event, column int, v *parquet.Value) {
	switch column {
	case inTopic:
		e.Topic = c.memory.text(v.ByteArray())
	case inTopicID:
		copy(e.TopicID[:], v.ByteArray())
	case inPartition:
		e.Partition = v.Int32()
	case inOffset:
		e.Offset = v.Int64()
	case inEpoch:
		e.Epoch = v.Int32()
	case inAt:
		e.At = time.UnixMilli(v.Int64()).UTC()
	case inKey:
		e.Key = c.memory.copied(v)
	case inValue:
		e.Value = c.memory.copied(v)
	}
}

// readHeaders reads the three columns of headers in step; the first value of a row has the repetition level 0.
func (c *cursor) readHeaders(e *model.Event) error {
	for first := true; ; first = false {
		v, err := c.columns[inHeaderName].peek()
		if errors.Is(err, io.EOF) && !first || err == nil && !first && v.RepetitionLevel() == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if v.DefinitionLevel() > 0 {
			e.Headers = append(e.Headers, model.Header{Name: c.memory.text(v.ByteArray())})
		}
		c.columns[inHeaderName].take()
		if err := c.readHeaderRest(e); err != nil {
			return err
		}
	}
}

func (c *cursor) readHeaderRest(e *model.Event) error {
	value, err := c.columns[inHeaderValue].peek()
	if err != nil {
		return err
	}
	name, err := c.columns[inHeaderBytes].peek()
	if err != nil {
		return err
	}
	if n := len(e.Headers); n > 0 {
		e.Headers[n-1].Value = c.memory.copied(value)
		if !name.IsNull() {
			e.Headers[n-1].Name = string(name.ByteArray())
		}
	}
	c.columns[inHeaderValue].take()
	c.columns[inHeaderBytes].take()
	return nil
}
