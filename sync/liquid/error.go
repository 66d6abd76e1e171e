package liquid

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is what is wrong with a template, or with rendering it. Line and Col count from 1, Col in characters. Message
// never holds values of a row.
type Error struct {
	Line, Col  int
	Message    string
	Suggestion string // "" where there is none
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d of the template: %s", e.Line, e.Col, e.Message)
}

func errorAt(source string, at int, message string) *Error {
	at = min(at, len(source))
	before := source[:at]
	line := strings.Count(before, "\n") + 1
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &Error{Line: line, Col: col, Message: message}
}
