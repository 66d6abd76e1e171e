package model

import (
	"encoding/json"
	"strings"
)

// Key names one record of a model: the text of its key column, or, for a composite key, the compact JSON array of
// the texts of its columns in the order of the definition: ["eu","42"]. Keys order by their bytes.
type Key string

// CompositeKey joins the texts of several key columns into one Key.
func CompositeKey(parts []string) Key {
	if len(parts) == 1 {
		return Key(parts[0])
	}
	dst := []byte{'['}
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendQuoted(dst, p)
	}
	return Key(append(dst, ']'))
}

// Parts takes a key of n columns apart again; a key that does not have n parts is returned whole.
func (k Key) Parts(n int) []string {
	if n == 1 || !strings.HasPrefix(string(k), "[") {
		return []string{string(k)}
	}
	var parts []string
	if err := json.Unmarshal([]byte(k), &parts); err != nil || len(parts) != n {
		return []string{string(k)}
	}
	return parts
}
