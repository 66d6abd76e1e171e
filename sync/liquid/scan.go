package liquid

import (
	"regexp"
	"strings"
)

type chunkKind uint8

const (
	textChunk chunkKind = iota
	outputChunk
	tagChunk
)

// chunk is a stretch of a template: plain text, {{ output }} or {% tag %}.
type chunk struct {
	kind chunkKind
	name string // tagChunk: "if"
	body string // the text; what stands between the braces; a tag's arguments
	at   int    // offset of body in the source
}

// scan cuts a template into chunks. Braces that are not closed are an error: printed as text they would be sent.
func scan(source string) ([]chunk, *Error) {
	var chunks []chunk
	trim := false
	for at := 0; at < len(source); {
		start := nextOpen(source, at)
		plain := source[at:start]
		if trim {
			plain = strings.TrimLeft(plain, spaces)
		}
		if start < len(source) && strings.HasPrefix(source[start+2:], "-") {
			plain = strings.TrimRight(plain, spaces)
		}
		if plain != "" {
			chunks = append(chunks, chunk{kind: textChunk, body: plain, at: at})
		}
		if start == len(source) {
			break
		}
		c, end, err := scanBraces(source, start)
		if err != nil {
			return nil, err
		}
		trim = source[end-3] == '-' && end-3 > start+1
		at = end
		if c.kind == tagChunk && (c.name == "comment" || c.name == "raw") {
			body, after, err := scanVerbatim(source, end, c.name, start)
			if err != nil {
				return nil, err
			}
			if c.name == "raw" && body != "" {
				chunks = append(chunks, chunk{kind: textChunk, body: body, at: end})
			}
			at = after
			trim = strings.HasSuffix(source[:after], "-%}")
			continue
		}
		if c.kind != tagChunk || c.name != "#" {
			chunks = append(chunks, c)
		}
	}
	return chunks, nil
}

const spaces = " \t\r\n\f\v"

func nextOpen(source string, at int) int {
	for i := at; i+1 < len(source); i++ {
		if source[i] == '{' && (source[i+1] == '{' || source[i+1] == '%') {
			return i
		}
	}
	return len(source)
}

// scanBraces reads from an opening brace to behind its closing one. Braces inside quotes are text.
func scanBraces(source string, start int) (c chunk, end int, err *Error) {
	closing, c := "}}", chunk{kind: outputChunk}
	if source[start+1] == '%' {
		closing, c.kind = "%}", tagChunk
	}
	inner := strings.TrimPrefix(source[start+2:], "-")
	comment := c.kind == tagChunk && strings.HasPrefix(strings.TrimLeft(inner, spaces), "#")
	end = findClosing(source, start+2, closing, !comment)
	if end < 0 {
		return c, 0, errorAt(source, start, source[start:start+2]+" is not closed with "+closing)
	}
	body := source[start+2 : end]
	at := start + 2
	if strings.HasPrefix(body, "-") {
		body, at = body[1:], at+1
	}
	body = strings.TrimSuffix(body, "-")
	if c.kind == tagChunk {
		trimmed := strings.TrimLeft(body, spaces)
		at += len(body) - len(trimmed)
		c.name = tagName(trimmed)
		body = trimmed[len(c.name):]
		at += len(c.name)
	}
	c.body, c.at = body, at
	return c, end + 2, nil
}

func tagName(s string) string {
	if strings.HasPrefix(s, "#") {
		return "#"
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		return s
	}
	return s[:end]
}

func findClosing(source string, from int, closing string, quotes bool) int {
	quote := byte(0)
	for i := from; i < len(source); i++ {
		switch {
		case quote != 0:
			if source[i] == quote {
				quote = 0
			}
		case quotes && (source[i] == '"' || source[i] == '\''):
			quote = source[i]
		case strings.HasPrefix(source[i:], closing):
			return i
		}
	}
	return -1
}

var verbatimEnd = map[string]*regexp.Regexp{
	"comment": regexp.MustCompile(`\{%-?\s*endcomment\s*-?%\}`),
	"raw":     regexp.MustCompile(`\{%-?\s*endraw\s*-?%\}`),
}

// scanVerbatim reads what stands between a comment or raw tag and its end, which nothing inside can be mistaken for.
func scanVerbatim(source string, from int, name string, start int) (body string, after int, err *Error) {
	found := verbatimEnd[name].FindStringIndex(source[from:])
	if found == nil {
		return "", 0, errorAt(source, start, "{% "+name+" %} has no {% end"+name+" %}")
	}
	return source[from : from+found[0]], from + found[1], nil
}
