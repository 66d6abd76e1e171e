package config

import "strings"

// sqlRef is one models.NAME or feeds.NAME in SQL; line and col count from 0 at its beginning, col in runes.
type sqlRef struct {
	name      string
	line, col int
}

// refs finds every NAME of a schema, models.NAME or feeds.NAME, in SQL that is neither in a string nor in a comment. It reads
// tokens, not grammar: a column named through a table alias "models" would be taken for one too, and is reported as
// missing.
func refs(sql, schema string) []sqlRef {
	var found []sqlRef
	var last [3]token // the tokens before this one, newest first
	for s := (scanner{text: sql}); ; {
		t, ok := s.next()
		if !ok {
			return found
		}
		if t.word && last[0].text == "." && !last[0].word && last[1].word && strings.EqualFold(last[1].text, schema) && last[2].text != "." {
			line, col := place(sql, last[1].at)
			found = append(found, sqlRef{name: t.text, line: line, col: col})
		}
		last = [3]token{t, last[0], last[1]}
	}
}

func place(text string, at int) (line, col int) {
	before := text[:at]
	line = strings.Count(before, "\n")
	return line, len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
}

// token is a name (quoted or not) or one other character of SQL.
type token struct {
	text string
	word bool
	at   int
}

// scanner cuts SQL into tokens, leaving out space, comments and strings.
type scanner struct {
	text string
	at   int
}

func (s *scanner) next() (token, bool) {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch c := rest[0]; {
		case strings.HasPrefix(rest, "--"):
			s.past("\n", 2)
		case strings.HasPrefix(rest, "/*"):
			s.past("*/", 2)
		case c == '\'':
			s.quoted('\'')
			return token{text: "'"}, true
		case c == '"':
			at := s.at
			return token{text: s.quoted('"'), word: true, at: at}, true
		case c == '$' && dollarTag(rest) != "":
			s.past(dollarTag(rest), len(dollarTag(rest)))
		case wordByte(c):
			n := 1
			for n < len(rest) && (wordByte(rest[n]) || rest[n] == '$') {
				n++
			}
			s.at += n
			return token{text: rest[:n], word: true, at: s.at - n}, true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s.at++
		default:
			s.at++
			return token{text: string(c), at: s.at - 1}, true
		}
	}
	return token{}, false
}

// past moves behind the next end, looking from skip bytes on; to the end of the text where there is none.
func (s *scanner) past(end string, skip int) {
	i := strings.Index(s.text[s.at+skip:], end)
	if i < 0 {
		s.at = len(s.text)
		return
	}
	s.at += skip + i + len(end)
}

// quoted reads up to the closing quote; a doubled quote stands for itself.
func (s *scanner) quoted(q byte) string {
	var out strings.Builder
	for s.at++; s.at < len(s.text); s.at++ {
		if s.text[s.at] == q {
			if s.at+1 < len(s.text) && s.text[s.at+1] == q {
				s.at++
			} else {
				s.at++
				break
			}
		}
		out.WriteByte(s.text[s.at])
	}
	return out.String()
}

// dollarTag is the opening of a dollar-quoted string: "$$" or "$tag$"; "" where there is none.
func dollarTag(s string) string {
	i := strings.IndexByte(s[1:], '$')
	if i < 0 || i > 0 && !variable(s[1:i+1]) {
		return ""
	}
	return s[:i+2]
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
