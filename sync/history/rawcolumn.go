package history

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
)

// columnReader reads one column of a row group, value by value, with a page of it in memory.
type columnReader struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer [64]parquet.Value
	at, n  int
}

// peek shows the next value without going on; io.EOF at the end. It is valid until peek is called after take.
func (r *columnReader) peek() (*parquet.Value, error) {
	for r.at == r.n {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	return &r.buffer[r.at], nil
}

func (r *columnReader) take() { r.at++ }

func (r *columnReader) fill() error {
	if r.values == nil {
		page, err := r.pages.ReadPage()
		if err != nil {
			return err
		}
		r.page, r.values = page, page.Values()
	}
	n, err := r.values.ReadValues(r.buffer[:])
	r.at, r.n = 0, n
	if errors.Is(err, io.EOF) {
		err = nil
		if n == 0 {
			r.letGo()
		}
	}
	return err
}

func (r *columnReader) letGo() {
	if r.page != nil {
		parquet.Release(r.page)
	}
	r.page, r.values, r.at, r.n = nil, nil, 0, 0
}

func (r *columnReader) close() error {
	r.letGo()
	return r.pages.Close()
}
