package contract

import (
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// layouts read dates and times that are written as texts: ISO 8601, with "T" or a space, with a zone or without.
func (s sort) layouts() []string {
	switch s {
	case dateSort:
		return []string{"2006-01-02"}
	case timeSort:
		return []string{"15:04:05.999999999", "15:04:05.999999999Z07:00", "15:04"}
	default:
		return []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
			"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z0700", "2006-01-02"}
	}
}

// canonical are forms whose texts order as the moments do.
func (s sort) canonical() string {
	switch s {
	case dateSort:
		return "2006-01-02"
	case timeSort:
		return "15:04:05.999999999"
	default:
		return "2006-01-02T15:04:05.999999999"
	}
}

// moment gives a date or time as a text that orders as the moments do; a zone is brought to UTC. Values that the source
// has a type for are canonical already: years that four digits cannot say begin with a sign.
func (t *columnTest) moment(v model.Value) (string, bool) {
	if v.Kind != model.String {
		return strings.TrimSuffix(v.Text, "Z"), true
	}
	for _, layout := range t.layouts {
		if parsed, err := time.Parse(layout, v.Text); err == nil {
			return parsed.UTC().Format(t.sort.canonical()), true
		}
	}
	return "", false
}

// before orders two canonical texts.
func before(a, b string) bool {
	if rank(a) != rank(b) {
		return rank(a) < rank(b)
	}
	return a < b
}

// rank tells years before our era, years of four digits and later ones apart.
func rank(text string) int {
	switch {
	case strings.HasPrefix(text, "-"):
		return 0
	case strings.HasPrefix(text, "+"):
		return 2
	default:
		return 1
	}
}

// layoutOf turns a pattern of the JDK's DateTimeFormatter, which the standard uses, into a layout; ok is false where it
// has a part that is not one of the usual ones.
func layoutOf(pattern string) (layout string, ok bool) {
	parts := []struct{ from, to string }{{"yyyy", "2006"}, {"uuuu", "2006"}, {"YYYY", "2006"}, {"MM", "01"}, {"dd", "02"}, {"DD", "02"},
		{"HH", "15"}, {"hh", "03"}, {"mm", "04"}, {"ss", "05"}, {"SSSSSSSSS", "000000000"}, {"SSSSSS", "000000"}, {"SSS", "000"},
		{"XXX", "Z07:00"}, {"XX", "Z0700"}, {"xxx", "-07:00"}, {"Z", "Z0700"}, {"a", "PM"}}
	var out strings.Builder
	for pattern != "" {
		if text, rest, quoted := literal(pattern); quoted {
			out.WriteString(text)
			pattern = rest
			continue
		}
		i := slices.IndexFunc(parts, func(p struct{ from, to string }) bool { return strings.HasPrefix(pattern, p.from) })
		if i < 0 {
			return "", false
		}
		out.WriteString(parts[i].to)
		pattern = pattern[len(parts[i].from):]
	}
	return out.String(), true
}

// literal takes text that stands for itself: in quotes, or no letter, or the T between date and time.
func literal(pattern string) (text, rest string, ok bool) {
	switch c := pattern[0]; {
	case c == '\'':
		inner, after, closed := strings.Cut(pattern[1:], "'")
		return inner, after, closed
	case strings.IndexByte("-/.:, T", c) >= 0:
		return pattern[:1], pattern[1:], true
	}
	return "", pattern, false
}
