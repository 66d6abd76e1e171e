package plan

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Options of Render.
type Options struct {
	Color   bool   // ANSI colors
	Width   int    // columns of the terminal; 0 is 100
	Full    bool   // show every sample and field, not the first few
	Program string // how people call the program for this workspace; "" is freshet
}

// Render tells a plan to people: what would happen and why, whether a guard minds, and what to type next.
func Render(w io.Writer, s Summary, o Options) error {
	if o.Width <= 0 {
		o.Width = 100
	}
	o.Program = cmp.Or(o.Program, "freshet")
	p := &page{Options: o}
	p.title(s)
	p.counts(s)
	p.removals(s)
	p.setAside(s)
	p.changes(s)
	p.samples(s)
	p.effort(s)
	p.guards(s)
	p.next(s)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page gathers the text.
type page struct {
	Options
	b strings.Builder
}

func (p *page) line(format string, args ...any) {
	p.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	p.b.WriteByte('\n')
}

func (p *page) heading(text string) {
	p.line("")
	p.line("%s", p.paint(bold, text))
}

type color string

const (
	bold   color = "1"
	dim    color = "2"
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	cyan   color = "36"
)

func (p *page) paint(c color, text string) string {
	if !p.Color || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

func (p *page) title(s Summary) {
	p.line("%s", p.paint(bold, "Plan for "+clean(s.Sync)))
	p.line("%s", p.paint(dim, fmt.Sprintf("%s → %s %s · mode %s · on leave %s", clean(s.Model), clean(s.Destination), clean(s.Object), s.Mode, s.OnLeave)))
	p.line("")
	p.line("  %s read, %s unchanged", count(s.Rows+s.unreadable(), "row", "rows"), number(s.Unchanged))
	p.line("  %s at the destination now, %s after", count(s.Holds, "record", "records"), number(s.After))
}

// marks are the sign, the color and the words of every kind, in the order they are told.
var marks = []struct {
	kind  Kind
	sign  string
	color color
	says  string
}{
	{Enter, "+", green, "enter: new in the model"},
	{Change, "~", yellow, "change: the payload differs"},
	{Return, "^", green, "return: had left, and are back"},
	{Again, "*", yellow, "again: refused or unknown before, tried once more"},
	{Leave, "-", red, "leave: a removal is due"},
	{Touch, "=", dim, "touched: the row changed, the payload did not; nothing is sent"},
	{Lapse, "=", dim, "lapse: left the model and are kept; nothing is sent"},
	{Quarantine, "!", yellow, "set aside: not sent, with a reason"},
}

func mark(k Kind) (sign string, c color) {
	for _, m := range marks {
		if m.kind == k {
			return m.sign, m.color
		}
	}
	return " ", dim
}

func (p *page) counts(s Summary) {
	t := tally{counts: s.Counts}
	widest := 0
	for _, m := range marks {
		widest = max(widest, len(number(*t.counter(m.kind))))
	}
	p.line("")
	told := false
	for _, m := range marks {
		if n := *t.counter(m.kind); n > 0 {
			p.line("  %s  %s", p.paint(m.color, fmt.Sprintf("%s %*s", m.sign, widest, number(n))), m.says)
			told = true
		}
	}
	if !told {
		p.line("  Nothing to do: the destination has what the model says.")
	}
	if s.Superseded+s.Filtered+s.Waiting > 0 {
		p.line("  %s", p.paint(dim, fmt.Sprintf("%s superseded, %s filtered, %s waiting", number(s.Superseded), number(s.Filtered), number(s.Waiting))))
	}
}

var makers = map[string]string{
	"made":    "made by Freshet",
	"matched": "there before Freshet",
	"unknown": "maker not known",
}

func (p *page) removals(s Summary) {
	if len(s.Removed) == 0 {
		return
	}
	p.heading("Removals")
	widest, cause := 0, 0
	for _, r := range s.Removed {
		widest, cause = max(widest, len(number(r.Steps))), max(cause, columns(clean(r.Cause)))
	}
	for _, r := range s.Removed {
		p.line("  %s  %-7s  %s  %s", p.paint(red, fmt.Sprintf("- %*s", widest, number(r.Steps))), r.Verb, pad(clean(r.Cause), cause),
			p.paint(dim, makers[r.Origin]))
	}
}

func (p *page) setAside(s Summary) {
	if len(s.Quarantined) == 0 {
		return
	}
	p.heading("Set aside")
	widest, code := 0, 0
	for _, q := range s.Quarantined {
		widest, code = max(widest, len(number(q.Rows))), max(code, columns(clean(q.Code)))
	}
	for _, q := range s.Quarantined {
		head := fmt.Sprintf("  %s  %s  ", p.paint(yellow, fmt.Sprintf("! %*s", widest, number(q.Rows))), pad(clean(q.Code), code))
		p.line("%s%s", head, p.paint(dim, cut(clean(q.Message), p.Width-widest-code-8)))
	}
}

func (p *page) changes(s Summary) {
	if len(s.Changed) == 0 {
		return
	}
	p.heading("Fields that change")
	const few = 12
	list, rest := s.Changed, 0
	if len(list) > few && !p.Full {
		list, rest = list[:few], len(list)-few
	}
	name, digits := 0, len(number(list[0].Changed))
	for _, f := range list {
		name = max(name, columns(clean(f.Field)))
	}
	name = min(name, p.Width/2)
	for _, f := range list {
		bar := strings.Repeat("▪", int(math.Ceil(20*float64(f.Changed)/float64(list[0].Changed))))
		p.line("  %s  %*s  %s", pad(cut(clean(f.Field), name), name), digits, number(f.Changed), p.paint(dim, bar))
	}
	p.more(rest, "field", "fields", "  ")
}

func (p *page) more(n int, one, many, indent string) {
	if n > 0 {
		p.line("%s%s", indent, p.paint(dim, "… and "+count(int64(n), "more "+one, "more "+many)))
	}
}

// fewSamples is how many samples of each kind are shown unless all are asked for. What ends in the ledger has nothing to
// show.
const fewSamples = 3

func (p *page) samples(s Summary) {
	if s.Sends+s.Quarantine == 0 {
		return
	}
	p.heading("Samples")
	for _, m := range marks {
		shown := 0
		for _, sample := range s.Samples {
			if sample.Kind != m.kind || m.color == dim || shown == fewSamples && !p.Full {
				continue
			}
			p.sample(sample)
			shown++
		}
	}
}

func (p *page) sample(s Sample) {
	sign, c := mark(s.Kind)
	about := s.Kind.String()
	switch {
	case s.Kind == Quarantine:
		about = clean(s.Code)
	case s.Kind == Leave:
		about = s.Verb + ", " + clean(s.Cause) + ", " + makers[s.Origin]
	}
	key := "key " + isolate(cut(clean(string(s.Key)), p.Width/2))
	if s.Key == "" {
		key = "no key"
	}
	p.line("  %s %s  %s", p.paint(c, sign), key, p.paint(dim, about))
	if s.Message != "" {
		p.line("      %s", cut(clean(s.Message), p.Width-6))
	}
	if s.Where != "" {
		p.line("      %s", p.paint(dim, cut(clean(s.Where), p.Width-6)))
	}
	p.fields(s)
}

func (p *page) fields(s Sample) {
	const few = 6
	list, rest := s.Fields, 0
	if s.Kind == Change || slices.ContainsFunc(list, func(f SampleField) bool { return f.Changed }) {
		list = slices.DeleteFunc(slices.Clone(list), func(f SampleField) bool { return !f.Changed })
	}
	if len(list) > few && !p.Full {
		list, rest = list[:few], len(list)-few
	}
	name := 0
	for _, f := range list {
		name = max(name, columns(clean(f.Field)))
	}
	name = min(name, p.Width/3)
	for _, f := range list {
		head := "      " + pad(cut(clean(f.Field), name), name) + "  "
		room := p.Width - 6 - name - 2
		if !f.Changed {
			p.line("%s%s", head, show(f.After, room))
			continue
		}
		before, after := beforeAfter(f, (room-3)/2)
		p.line("%s%s %s %s", head, p.paint(dim, before), p.paint(dim, "→"), after)
	}
	p.more(rest, "field", "fields", "      ")
}

func (p *page) effort(s Summary) {
	if s.Sends == 0 {
		return
	}
	p.heading("Calls")
	var parts []string
	for _, v := range s.Verbs {
		parts = append(parts, number(v.Steps)+" "+v.Verb)
	}
	p.line("  %s in %s, about %s at the destination's limits", strings.Join(parts, ", "), count(s.Calls, "call", "calls"), span(s.Seconds))
}

func (p *page) guards(s Summary) {
	if len(s.Guards) == 0 {
		return
	}
	p.heading("Guards")
	for _, g := range s.Guards {
		sign, says := p.paint(green, "ok  "), p.paint(dim, g.Says)
		if g.Held {
			sign, says = p.paint(red, "HELD"), g.Says
		}
		p.line("  %s  %-13s  %s", sign, g.Guard, says)
	}
	for _, note := range s.Notes {
		p.line("  %s  %s", p.paint(cyan, "note"), clean(note))
	}
}

func (p *page) next(s Summary) {
	p.line("")
	p.line("%s", p.paint(dim, s.Hash))
	switch {
	case Held(s.Guards):
		p.line("%s Nothing is sent until somebody says yes to exactly this plan:", p.paint(red, "Held."))
		p.line("  %s run %s --approve %s", p.Program, clean(s.Sync), s.Hash)
	case s.Sends > 0:
		p.line("To run it:  %s run %s", p.Program, clean(s.Sync))
	}
	if s.Quarantine > 0 {
		p.line("To see what is set aside:  %s quarantine %s", p.Program, clean(s.Sync))
	}
}

// beforeAfter shows both sides of a change. Where they look alike, as the number 7 and the text "7" do, they are shown as
// the payload has them.
func beforeAfter(f SampleField, room int) (before, after string) {
	before, after = "—", show(f.After, room)
	if f.Before != nil {
		before = show(*f.Before, room)
	}
	if f.Before == nil || before != after || *f.Before == f.After {
		return before, after
	}
	return exact(*f.Before, room), exact(f.After, room)
}

// exact writes a value as the payload has it.
func exact(v JSONValue, room int) string {
	text, err := v.MarshalJSON()
	if err != nil {
		return show(v, room)
	}
	return isolate(cut(clean(string(text)), max(room, 8)))
}

// show writes a value in at most room columns.
func show(v JSONValue, room int) string {
	text := clean(v.Text)
	switch {
	case v.Kind == model.Null:
		return "—"
	case v.Kind == model.String && (text == "" || strings.TrimSpace(text) != text || text == "—"):
		text = `"` + text + `"`
	}
	return isolate(cut(text, max(room, 8)))
}

// span says a time roughly, as people do.
func span(seconds float64) string {
	switch {
	case seconds < 1:
		return "a second"
	case seconds < 90:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 90*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	default:
		return fmt.Sprintf("%.1f h", seconds/3600)
	}
}
