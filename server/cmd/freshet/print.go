package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/fault"
)

// printJSON writes one JSON value, on one line, with nothing of it escaped for HTML.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fault.New(fault.Internal, "cli.output", "the result cannot be written").Because(err)
	}
	return nil
}

// count writes a number with separators for thousands: 1,234,567.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// counted writes "1 row", "2 rows".
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

func seconds(s float64) string {
	if s < 60 {
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	}
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}

// moment writes a time of RFC 3339 in the reader's own zone.
func moment(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return clean(text)
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// clean makes text from sources and destinations safe to print: what would steer a terminal becomes U+FFFD.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return utf8.RuneError
		}
		return r
	}, s)
}

// table prints rows under headings. Numbers, whose headings begin with ">", stand to the right.
type table struct {
	heads []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(w io.Writer, paint func(color, string) string) {
	widths := make([]int, len(t.heads))
	for i, h := range t.heads {
		widths[i] = utf8.RuneCountInString(strings.TrimPrefix(h, ">"))
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	line := func(cells []string, color color) {
		var b strings.Builder
		for i, cell := range cells {
			right := strings.HasPrefix(t.heads[i], ">")
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right {
				cell = pad + cell
			} else {
				cell += pad
			}
			b.WriteString(cell + "  ")
		}
		fmt.Fprintln(w, paint(color, strings.TrimRight(b.String(), " ")))
	}
	heads := make([]string, len(t.heads))
	for i, h := range t.heads {
		heads[i] = strings.TrimPrefix(h, ">")
	}
	line(heads, dim)
	for _, row := range t.rows {
		line(row, plain)
	}
}

// color is an ANSI colour by its number.
type color string

const (
	plain  color = ""
	dim    color = "2"
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	bold   color = "1"
)

func (a *app) colored(terminal bool) bool {
	value, set := a.getenv("NO_COLOR")
	return terminal && !a.noColor && (!set || value == "")
}

// painter colours text for a terminal and leaves it alone elsewhere.
func (a *app) painter(terminal bool) func(color, string) string {
	if !a.colored(terminal) {
		return func(_ color, s string) string { return s }
	}
	return func(c color, s string) string {
		if c == plain {
			return s
		}
		return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
	}
}
