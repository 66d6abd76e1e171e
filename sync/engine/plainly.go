package engine

import (
	"bytes"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// plainly is Reaches without a query, where that is certain to find the same: where the model's key is one column of the
// feed, of its type, and the text that is kept of each value is the text that DuckDB would make of it. ok is false where it is not.
func (s *Scope) plainly(t FeedTable, images []Image) (keys []ReachedKey, ok bool) {
	columns, ok := s.plainColumns(t)
	if !ok {
		return nil, false
	}
	earliest := make(map[model.Key]time.Time, len(images))
	for _, image := range images {
		at := time.UnixMicro(image.At.UnixMicro())
		for _, c := range columns {
			text, null, ok := plainText(image.Row, c.Name)
			if !ok || !null && !plainAs(c.Type, text) {
				return nil, false
			}
			if null {
				continue
			}
			key := model.Key(text)
			was, known := earliest[key]
			if !known {
				keys = append(keys, ReachedKey{Key: key})
			}
			if !known || at.Before(was) {
				earliest[key] = at
			}
		}
	}
	for i := range keys {
		keys[i].At = earliest[keys[i].Key]
	}
	return keys, true
}

// plainColumns are the columns of a feed that equal the model's key, one for each mention.
func (s *Scope) plainColumns(t FeedTable) (columns []FeedColumn, ok bool) {
	for _, f := range s.Feeds {
		if !strings.EqualFold(f.Feed, t.Name) {
			continue
		}
		if f.Lookup != "" || len(f.Way) > 0 || len(f.By) != 1 {
			return nil, false
		}
		for _, c := range t.Columns {
			if strings.EqualFold(c.Name, f.By[0]) {
				if c.Type != s.key[0].Type || c.Type != "VARCHAR" && c.Type != "BIGINT" && c.Type != "INTEGER" {
					return nil, false
				}
				columns = append(columns, c)
			}
		}
	}
	return columns, true
}

// plainText finds a value in what AppendFeedRow wrote; null where there is none. ok is false where the text must be read more
// carefully.
func plainText(row []byte, name string) (text string, null, ok bool) {
	rest := bytes.TrimPrefix(row, []byte("{"))
	for len(rest) > 0 && rest[0] == '"' {
		end := bytes.IndexByte(rest[1:], '"') + 1
		if end <= 0 || end+1 >= len(rest) || rest[end+1] != ':' || bytes.IndexByte(rest[1:end], '\\') >= 0 {
			return "", false, false
		}
		found := string(rest[1:end]) == name
		rest = rest[end+2:]
		if bytes.HasPrefix(rest, []byte("null")) {
			if found {
				return "", true, true
			}
			rest = bytes.TrimPrefix(rest[4:], []byte(","))
			continue
		}
		value, after, ok := quotedText(rest)
		if !ok || found && bytes.IndexByte(value, '\\') >= 0 {
			return "", false, false
		}
		if found {
			return string(value), false, true
		}
		rest = bytes.TrimPrefix(after, []byte(","))
	}
	return "", true, string(rest) == "}"
}

// quotedText is what stands between the quotes that a text begins with, escapes as they are, and what comes after.
func quotedText(text []byte) (value, after []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		return nil, nil, false
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[1:i], text[i+1:], true
		}
	}
	return nil, nil, false
}

// plainAs says whether DuckDB's text of a value is the text that it was made from.
func plainAs(typ, text string) bool {
	switch typ {
	case "VARCHAR":
		return true
	case "BIGINT":
		return plainInteger(text, 18)
	default:
		return plainInteger(text, 9)
	}
}

// plainInteger says whether a text is that of a whole number of so many digits at most.
func plainInteger(text string, most int) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > most || digits[0] == '0' && text != "0" {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}
