package salesforcefake

import (
	"bytes"
	"errors"
	"strings"
)

var errCSV = errors.New("the CSV has an unclosed quote or text after one")

// readCSV reads comma-separated rows that end in LF. Unlike encoding/csv it leaves every character inside quotes as
// it is.
func readCSV(data []byte) ([][]string, error) {
	var rows [][]string
	for len(data) > 0 {
		var row []string
		for more := true; more; {
			field, rest, err := cell(data)
			if err != nil {
				return nil, err
			}
			more = len(rest) > 0 && rest[0] == ','
			row = append(row, field)
			if len(rest) > 0 {
				if !more && rest[0] != '\n' {
					return nil, errCSV
				}
				rest = rest[1:]
				if more && len(rest) == 0 {
					row = append(row, "")
					more = false
				}
			}
			data = rest
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// cell reads one field; rest starts with what ended it.
func cell(data []byte) (field string, rest []byte, err error) {
	if data[0] != '"' {
		end := bytes.IndexAny(data, ",\n")
		if end < 0 {
			end = len(data)
		}
		return string(data[:end]), data[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(data); i++ {
		if data[i] != '"' {
			b.WriteByte(data[i])
			continue
		}
		if i+1 < len(data) && data[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		return b.String(), data[i+1:], nil
	}
	return "", nil, errCSV
}

// writeRow appends a row with every field in quotes, as the vendor's result files have them.
func writeRow(dst *bytes.Buffer, fields ...string) {
	for i, f := range fields {
		if i > 0 {
			dst.WriteByte(',')
		}
		dst.WriteByte('"')
		dst.WriteString(strings.ReplaceAll(f, `"`, `""`))
		dst.WriteByte('"')
	}
	dst.WriteByte('\n')
}
