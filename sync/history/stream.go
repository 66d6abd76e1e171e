package history

import (
	"context"
	"errors"
	"os"

	"github.com/parquet-go/parquet-go"
)

// stream writes deliveries, some at a time, so that a run of any length, with payloads of any size, is written with the
// memory of one row group. What a row group may hold also bounds what reading it takes.
type stream struct {
	next    func() ([]Delivery, error)
	columns []column
	out     *parquet.Writer
	values  []parquet.Value
	waiting []Delivery
	rows    int64
	group   int // bytes of the row group
	ended   bool
	err     error // what next failed with
}

// fill makes sure that something waits, unless the deliveries have ended.
func (s *stream) fill() error {
	for len(s.waiting) == 0 && !s.ended && s.err == nil {
		s.waiting, s.err = s.next()
		s.ended = len(s.waiting) == 0
	}
	return s.err
}

// save writes everything into a file that is not there yet, and waits until it is on the disk.
func (s *stream) save(ctx context.Context, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	options := []parquet.WriterOption{parquet.SchemaOf(deliveryRow{}), parquet.PageBufferSize(pageBytes / 8),
		parquet.Compression(new(packing)), parquet.CreatedBy("freshet", "1", "")}
	for _, name := range unboundedTexts {
		options = append(options, parquet.SkipPageBounds(name))
	}
	s.out = parquet.NewWriter(file, options...)
	err = s.write(ctx)
	if err == nil {
		err = s.out.Close()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (s *stream) write(ctx context.Context) error {
	for {
		if err := errors.Join(ctx.Err(), s.fill()); err != nil || s.ended {
			return err
		}
		n, size := some(s.waiting)
		if err := s.put(s.waiting[:n]); err != nil {
			return err
		}
		s.rows += int64(n)
		s.waiting = s.waiting[n:]
		if s.group += size; s.group < groupBytes {
			continue
		}
		s.group = 0
		if err := s.out.Flush(); err != nil {
			return err
		}
	}
}

// some is how many of the deliveries are turned into columns together, and their bytes.
func some(list []Delivery) (n, size int) {
	for n < len(list) && n < batchRows && size < batchBytes {
		size += list[n].size()
		n++
	}
	return n, size
}

func (s *stream) put(list []Delivery) error {
	for i, writer := range s.out.ColumnWriters() {
		s.values = s.values[:0]
		for k := range list {
			s.values = append(s.values, s.columns[i].get(&list[k], i))
		}
		if _, err := writer.WriteRowValues(s.values); err != nil {
			return err
		}
	}
	clear(s.values)
	return nil
}
