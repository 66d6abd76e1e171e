package demo

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// screen is where the story is told: plain lines, and on a terminal one more line that says what goes on.
type screen struct {
	to       io.Writer
	live     bool // a terminal: there is a line of progress
	colored  bool
	width    int // columns
	mu       sync.Mutex
	shown    bool // the line of progress is there
	last     time.Time
	chapters int
}

type color string

const (
	bold  color = "1"
	dim   color = "2"
	red   color = "31"
	green color = "32"
)

// widest is where lines end in a pipe.
const widest = 100

func newScreen(o Options) *screen {
	width := o.Width
	if width <= 0 {
		width = widest
	}
	return &screen{to: o.Out, live: o.Terminal, colored: o.Color, width: width}
}

func (s *screen) paint(c color, text string) string {
	if !s.colored {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// heading begins a chapter.
func (s *screen) heading(text string) {
	s.chapters++
	s.say("")
	s.say("%s", s.paint(bold, strconv.Itoa(s.chapters)+"  "+text))
}

// say writes a line.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	line := strings.TrimRight(fmt.Sprintf(format, args...), " ")
	_, _ = io.WriteString(s.to, line+"\n")
}

// tell writes a line of the chapter.
func (s *screen) tell(format string, args ...any) { s.say("   "+format, args...) }

// quiet writes a line of the chapter that matters less.
func (s *screen) quiet(format string, args ...any) {
	s.tell("%s", s.paint(dim, fmt.Sprintf(format, args...)))
}

// block writes many lines as they are, further in.
func (s *screen) block(text string) {
	for line := range strings.Lines(strings.Trim(text, "\n")) {
		s.tell("  %s", strings.TrimRight(line, "\n"))
	}
}

// typed shows a command line as somebody would type it.
func (s *screen) typed(line string) { s.tell("%s", s.paint(dim, "$ ")+s.paint(bold, line)) }

// refresh is how often the line of progress changes.
const refresh = 80 * time.Millisecond

// doing says on a terminal what goes on; elsewhere nothing.
func (s *screen) doing(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live || s.shown && time.Since(s.last) < refresh {
		return
	}
	text := []rune("   " + fmt.Sprintf(format, args...))
	if len(text) > s.width-1 {
		text = text[:s.width-1]
	}
	s.erase()
	_, _ = io.WriteString(s.to, s.paint(dim, string(text)))
	s.shown, s.last = true, time.Now()
}

// clear takes the line of progress away.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

func (s *screen) erase() {
	if s.shown {
		_, _ = io.WriteString(s.to, "\r\x1b[K")
	}
	s.shown = false
}

// columns lines cells up: texts to the left, numbers (widths below zero) to the right.
func columns(widths []int, cells ...string) string {
	var b strings.Builder
	for i, cell := range cells {
		w := widths[i]
		pad := strings.Repeat(" ", max(0, max(w, -w)-utf8.RuneCountInString(cell)))
		if w < 0 {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
		b.WriteString("  ")
	}
	return strings.TrimRight(b.String(), " ")
}

// number writes 1234567 as 1,234,567.
func number[N int | int64](n N) string {
	text := strconv.FormatInt(int64(n), 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// counted writes "1 call", "2 calls".
func counted[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
