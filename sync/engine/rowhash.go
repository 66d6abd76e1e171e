package engine

import (
	"crypto/md5"
	"database/sql/driver"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// rowHasher takes in Go the hash that stableHash(rowText(columns)) takes in SQL: for a few rows DuckDB takes far longer to plan
// for that expression than to evaluate it. TestHashInGoIsHashInSQL holds the two together.
type rowHasher struct {
	columns []column
	at      []int // of each column's text in a row of the query
}

// newRowHasher finds the texts among those that the query selects already, the first of which stands at place from, and gives SQL
// for those that are missing, to be selected after them.
func newRowHasher(columns, selected []column, from int) (h rowHasher, missing []string) {
	h.columns = columns
	for _, c := range columns {
		text, at := cast(c.expr), -1
		if c.form.free {
			text = c.form.text(c.expr)
		}
		for i, s := range selected {
			if s.form.text(s.expr) == text {
				at = from + i
			}
		}
		if at < 0 {
			at = from + len(selected) + len(missing)
			missing = append(missing, text)
		}
		h.at = append(h.at, at)
	}
	return h, missing
}

const (
	separator = "\x1f"
	nullMark  = "\x1e"
)

// hash is the hash of one row.
func (h rowHasher) hash(row []driver.Value) uint64 {
	var plain, lengths, long []string
	clash := false
	for i, c := range h.columns {
		text, has := row[h.at[i]].(string)
		if !c.form.free {
			if !has && c.form.kind == model.Bytes {
				text = nullMark
			}
			plain = append(plain, text)
			continue
		}
		clash = clash || has && (text == nullMark || strings.Contains(text, separator))
		length := len(text)
		if !has {
			text, length = nullMark, -1
		}
		lengths, long = append(lengths, strconv.Itoa(length)), append(long, text)
	}
	if clash {
		plain = append(plain, lengths...)
	}
	sum := md5.Sum([]byte(strings.Join(append(plain, long...), separator)))
	return binary.LittleEndian.Uint64(sum[8:])
}
