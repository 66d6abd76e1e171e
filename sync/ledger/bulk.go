package ledger

import (
	"database/sql/driver"
	"strings"
)

// bulkSizes are the numbers of rows one statement takes, largest first: few statements to prepare, few to run.
var bulkSizes = [...]int{64, 8, 1}

// bulk is one statement prepared for each of the sizes: head, the row's placeholders once for every row, tail.
type bulk [len(bulkSizes)]string

func newBulk(head, row, tail string) (b bulk) {
	for i, n := range bulkSizes {
		b[i] = head + strings.Repeat(row+", ", n-1) + row + tail
	}
	return b
}

// slices calls each with consecutive parts of 0…n and the statement for a part of that size.
func (b *bulk) slices(n int, each func(query string, from, to int) error) error {
	from := 0
	for i, size := range bulkSizes {
		for ; n-from >= size; from += size {
			if err := each(b[i], from, from+size); err != nil {
				return err
			}
		}
	}
	return nil
}

// bulkRows runs a bulk statement over rows; add appends the arguments of one row.
func bulkRows[T any](t *tx, b *bulk, rows []T, add func([]driver.Value, T) []driver.Value) error {
	args := make([]driver.Value, 0, 8*min(len(rows), bulkSizes[0]))
	return b.slices(len(rows), func(query string, from, to int) error {
		args = args[:0]
		for i := from; i < to; i++ {
			args = add(args, rows[i])
		}
		_, err := t.exec(query, args...)
		return err
	})
}
