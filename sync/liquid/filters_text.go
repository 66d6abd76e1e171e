package liquid

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// onText makes a filter of a function of text. Nothing stays nothing, so that default works after it.
func onText(do func(string) string) func(value, []value) (value, error) {
	return func(in value, _ []value) (value, error) {
		s, err := in.print()
		if err != nil || in.kind == nilKind {
			return nothing, err
		}
		return text(do(s)), nil
	}
}

// onTexts makes a filter of a function of several texts. Nothing counts as "" here: {{ a | append: b }} shows what there is.
func onTexts(do func(s string, args []string) (string, error)) func(value, []value) (value, error) {
	return func(in value, args []value) (value, error) {
		s, err := in.print()
		if err != nil {
			return nothing, err
		}
		var room [2]string
		texts := room[:0]
		for _, a := range args {
			t, err := a.print()
			if err != nil {
				return nothing, err
			}
			texts = append(texts, t)
		}
		out, err := do(s, texts)
		return text(out), err
	}
}

func upcase(s string) string        { return strings.ToUpper(s) }
func downcase(s string) string      { return strings.ToLower(s) }
func strip(s string) string         { return strings.TrimSpace(s) }
func lstrip(s string) string        { return strings.TrimLeftFunc(s, unicode.IsSpace) }
func rstrip(s string) string        { return strings.TrimRightFunc(s, unicode.IsSpace) }
func urlEncode(s string) string     { return url.QueryEscape(s) }
func base64Encode(s string) string  { return base64.StdEncoding.EncodeToString([]byte(s)) }
func stripNewlines(s string) string { return strings.NewReplacer("\r\n", "", "\n", "").Replace(s) }
func newlineToBr(s string) string {
	return strings.NewReplacer("\r\n", "<br />\n", "\n", "<br />\n").Replace(s)
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s)
}

func escapeOnce(s string) string { return escape(html.UnescapeString(s)) }

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + strings.ToLower(s[n:])
}

func urlDecode(in value, _ []value) (value, error) {
	s, err := in.print()
	if err != nil || in.kind == nilKind {
		return nothing, err
	}
	if s, err = url.QueryUnescape(s); err != nil {
		return nothing, errors.New("the text is not URL-encoded")
	}
	return text(s), nil
}

func base64Decode(in value, _ []value) (value, error) {
	s, err := in.print()
	if err != nil || in.kind == nilKind {
		return nothing, err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || !utf8.Valid(b) {
		return nothing, errors.New("the text is not base64 of a text")
	}
	return text(string(b)), nil
}

// hashed leaves nothing as it is: the hash of no text would match everybody who has none.
func hashed(do func([]byte) string) func(value, []value) (value, error) {
	return func(in value, _ []value) (value, error) {
		s, err := in.print()
		if err != nil || in.kind == nilKind {
			return nothing, err
		}
		return text(do([]byte(s))), nil
	}
}

func sha256Hex(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }
func sha1Hex(b []byte) string   { s := sha1.Sum(b); return hex.EncodeToString(s[:]) }
func md5Hex(b []byte) string    { s := md5.Sum(b); return hex.EncodeToString(s[:]) }

func appended(s string, a []string) (string, error)  { return s + a[0], nil }
func prepended(s string, a []string) (string, error) { return a[0] + s, nil }
func removed(s string, a []string) (string, error)   { return strings.ReplaceAll(s, a[0], ""), nil }

func removedFirst(s string, a []string) (string, error) { return strings.Replace(s, a[0], "", 1), nil }

func removedLast(s string, a []string) (string, error) {
	return replacedLast(s, []string{a[0], ""})
}

func replaced(s string, a []string) (string, error) {
	if n := strings.Count(s, a[0]); len(s)+n*max(0, len(a[1])-len(a[0])) > maxOutput {
		return "", errors.New("the text gets too long")
	}
	return strings.ReplaceAll(s, a[0], a[1]), nil
}

func replacedFirst(s string, a []string) (string, error) {
	return strings.Replace(s, a[0], a[1], 1), nil
}

func replacedLast(s string, a []string) (string, error) {
	i := strings.LastIndex(s, a[0])
	if i < 0 {
		return s, nil
	}
	return s[:i] + a[1] + s[i+len(a[0]):], nil
}

// truncate shortens to so many characters, of which the ending is a part.
func truncate(in value, args []value) (value, error) {
	s, n, ending, err := shorten(in, args, 50)
	if err != nil || in.kind == nilKind {
		return nothing, err
	}
	r := []rune(s)
	if len(r) <= n {
		return text(s), nil
	}
	return text(string(r[:max(0, n-utf8.RuneCountInString(ending))]) + ending), nil
}

// truncateWords keeps so many words, one at least.
func truncateWords(in value, args []value) (value, error) {
	s, n, ending, err := shorten(in, args, 15)
	if err != nil || in.kind == nilKind {
		return nothing, err
	}
	words := strings.Fields(s)
	if len(words) <= max(1, n) {
		return text(s), nil
	}
	return text(strings.Join(words[:max(1, n)], " ") + ending), nil
}

func shorten(in value, args []value, n int) (s string, to int, ending string, err error) {
	s, err = in.print()
	ending = "..."
	if err == nil && len(args) > 0 {
		n, err = args[0].small()
	}
	if err == nil && len(args) > 1 {
		ending, err = args[1].print()
	}
	return s, n, ending, err
}

// slice takes characters of a text or items of a list, from the end where the start is negative.
func slice(in value, args []value) (value, error) {
	start, err := args[0].small()
	length := 1
	if err == nil && len(args) > 1 {
		length, err = args[1].small()
	}
	if err != nil {
		return nothing, err
	}
	if in.kind == listKind {
		from, to := window(len(in.list), start, length)
		return list(in.list[from:to]), nil
	}
	s, err := in.print()
	if err != nil {
		return nothing, err
	}
	r := []rune(s)
	from, to := window(len(r), start, length)
	return text(string(r[from:to])), nil
}

func window(n, start, length int) (from, to int) {
	if start < 0 {
		start += n
	}
	if start < 0 || start > n || length < 0 {
		return 0, 0
	}
	return start, min(n, start+length)
}

// split cuts a text; "" cuts between all characters, and empty pieces at the end are left out.
func split(in value, args []value) (value, error) {
	s, err := in.print()
	if err != nil {
		return nothing, err
	}
	by, err := args[0].print()
	if err != nil {
		return nothing, err
	}
	if strings.Count(s, by) > maxList {
		return nothing, errors.New("the list gets too long")
	}
	pieces := strings.Split(s, by)
	if by == " " {
		pieces = strings.Fields(s)
	}
	for len(pieces) > 0 && pieces[len(pieces)-1] == "" {
		pieces = pieces[:len(pieces)-1]
	}
	items := make([]value, len(pieces))
	for i, p := range pieces {
		items[i] = text(p)
	}
	return list(items), nil
}

// size counts the characters of a text, the items of a list or the names of an object; nothing has size 0.
func size(in value, _ []value) (value, error) {
	switch in.kind {
	case nilKind:
		return whole(0), nil
	case listKind, mapKind:
		return whole(int64(len(in.list))), nil
	}
	s, err := in.print()
	return whole(int64(utf8.RuneCountInString(s))), err
}
