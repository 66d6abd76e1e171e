package liquid

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	endToken tokenKind = iota
	nameToken
	numberToken
	stringToken
	signToken // punctuation and comparisons
)

type token struct {
	kind tokenKind
	text string
	at   int // offset in the source
}

var signs = [...]string{"==", "!=", "<>", "<=", ">=", "..", "<", ">", "=", "|", ":", ",", ".", "[", "]", "(", ")"}

// lex cuts an expression into tokens, with an endToken last.
func lex(source string, at int, expr string) ([]token, *Error) {
	var tokens []token
	for i := 0; i < len(expr); {
		rest := expr[i:]
		n, kind := lexOne(rest)
		switch {
		case strings.ContainsRune(spaces, rune(rest[0])):
			i++
			continue
		case n == 0:
			r, _ := utf8.DecodeRuneInString(rest)
			if r == '"' || r == '\'' {
				return nil, errorAt(source, at+i, "a quote is not closed")
			}
			return nil, errorAt(source, at+i, "the character "+string(r)+" has no meaning here")
		}
		word := rest[:n]
		if kind == stringToken {
			word = word[1 : n-1]
		}
		tokens = append(tokens, token{kind: kind, text: word, at: at + i})
		i += n
	}
	return append(tokens, token{kind: endToken, at: at + len(expr)}), nil
}

// lexOne measures the token that s starts with, 0 where it starts with none.
func lexOne(s string) (int, tokenKind) {
	switch c := s[0]; {
	case c == '"' || c == '\'':
		if end := strings.IndexByte(s[1:], c); end >= 0 {
			return end + 2, stringToken
		}
		return 0, stringToken
	case c >= '0' && c <= '9', c == '-' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
		return numberLength(s), numberToken
	}
	if n := nameLength(s); n > 0 {
		return n, nameToken
	}
	for _, sign := range signs {
		if strings.HasPrefix(s, sign) {
			return len(sign), signToken
		}
	}
	return 0, endToken
}

// numberLength stops before ".." so that (1..5) is a range.
func numberLength(s string) int {
	i := 1
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i+1 < len(s) && s[i] == '.' && s[i+1] >= '0' && s[i+1] <= '9' {
		i++
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
	}
	return i
}

func nameLength(s string) int {
	for i, r := range s {
		letter := r == '_' || unicode.IsLetter(r)
		if !letter && (i == 0 || r != '-' && !unicode.IsDigit(r)) {
			if i > 0 && r == '?' {
				return i + 1
			}
			return i
		}
	}
	return len(s)
}
