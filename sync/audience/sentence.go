package audience

import (
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Sentence says a definition in plain English.
func Sentence(d Definition) string {
	text := "Records of " + d.Model
	if d.Include == nil {
		text = "All records of " + d.Model
	} else {
		text += " where " + Phrase(d.Include)
	}
	if d.Exclude != nil {
		text += ", except where " + Phrase(d.Exclude)
	}
	if l := d.Limit; l != nil {
		order := "highest"
		if l.Ascending {
			order = "lowest"
		}
		text += fmt.Sprintf("; of them the %d with the %s %s", l.N, order, l.By)
	}
	if s := d.Split; s != nil {
		var groups []string
		for _, g := range s.Groups {
			groups = append(groups, fmt.Sprintf("%s (%s)", g.Name, share(g.From, g.To)))
		}
		text += "; in the groups " + joined(groups, " and ")
	}
	if speaksOfDays(d) {
		text += "; days are those of " + zoneOf(d)
	}
	return text + "."
}

func share(from, to int) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(to-from)/100), "0"), ".") + "%"
}

// Phrase says one condition, as it stands behind "where".
func Phrase(n Node) string { return phrase(n, false) }

// phrase sets a group into brackets where it stands inside another.
func phrase(n Node, inside bool) string {
	switch n := n.(type) {
	case All:
		return group(n.Of, " and ", inside)
	case Any:
		return group(n.Of, " or ", inside)
	case Not:
		return "not (" + phrase(n.Of, false) + ")"
	case Prop:
		return test(n.Field, n.Test)
	case Rel:
		return relatedPhrase(n)
	case Seq:
		return sequencePhrase(n)
	case Member:
		return "it is in " + n.Audience
	case Consent:
		return "consent for " + n.Purpose + " is on record"
	case Bucket:
		return fmt.Sprintf("it falls into the %s of %s from %s to %s", share(n.From, n.To), quote(n.Salt), share(0, n.From), share(0, n.To))
	}
	return ""
}

func group(of []Node, word string, inside bool) string {
	var all []string
	for _, n := range of {
		all = append(all, phrase(n, len(of) > 1))
	}
	text := strings.Join(all, word)
	if inside && len(of) > 1 {
		return "(" + text + ")"
	}
	return text
}

// cmpWords are the comparisons as they stand between a field and a value.
func cmpWords(c Cmp) string {
	return map[Cmp]string{Eq: "is", Ne: "is not", Lt: "is less than", Le: "is at most", Gt: "is more than", Ge: "is at least", Between: "is between",
		In: "is one of", NotIn: "is none of", Contains: "contains", NotContains: "does not contain", Starts: "starts with", Ends: "ends with",
		Matches: "matches", Set: "has a value", Empty: "has no value", On: "is on", Before: "is before", After: "is after", Last: "is in the last",
		Next: "is in the next", BeforeLast: "is more than", AfterNext: "is more than", Anniversary: "has its anniversary today", IsTrue: "is true",
		IsFalse: "is false", HasAny: "has any of", HasAll: "has all of"}[c]
}

func test(what string, t Test) string {
	text := what + " " + cmpWords(t.Cmp)
	switch t.Cmp {
	case Between:
		text += " " + said(t.Values[0]) + " and " + said(t.Values[1])
	case BeforeLast:
		text += " " + spoken(t.Values[0].Text) + " ago"
	case AfterNext:
		text += " " + spoken(t.Values[0].Text) + " ahead"
	case Last, Next:
		text += " " + spoken(t.Values[0].Text)
	default:
		if len(t.Values) > 0 {
			text += " " + saidAll(t)
		}
	}
	if t.Unset != UnsetDefault || t.Unset.in(t.Cmp) {
		text += unsetWords(t)
	}
	return text
}

func unsetWords(t Test) string {
	switch {
	case t.Cmp == Set || t.Cmp == Empty:
		return ""
	case t.Unset.in(t.Cmp):
		return " (or has no value)"
	}
	return " (and has a value)"
}

// saidAll lists values, at most ten of them.
func saidAll(t Test) string {
	if t.Ref == RefEntity {
		return "the record's " + t.Values[0].Text
	}
	if t.Ref == RefStep0 {
		return "the first one's " + t.Values[0].Text
	}
	var all []string
	for i, v := range t.Values {
		if i == 10 {
			all = append(all, fmt.Sprintf("%d more", len(t.Values)-i))
			break
		}
		all = append(all, said(v))
	}
	if t.Cmp == HasAll {
		return joined(all, " and ")
	}
	return listed(all)
}

func said(v model.Value) string {
	if v.Kind == model.String {
		if _, err := parseMoment(v.Text); err == nil {
			return v.Text
		}
		return quote(v.Text)
	}
	return v.Text
}

// spoken says a span in words: 7 days.
func spoken(text string) string {
	s, err := ParseSpan(text)
	if err != nil {
		return text
	}
	return s.spoken()
}

func (s Span) spoken() string {
	for _, unit := range []struct {
		length Span
		word   string
	}{{week, "week"}, {day, "day"}, {Span(3600e9), "hour"}, {Span(60e9), "minute"}, {Span(1e9), "second"}} {
		if n := s / unit.length; n > 0 && s%unit.length == 0 && !(unit.length == week && n == 1) {
			if n == 1 {
				return "1 " + unit.word
			}
			return fmt.Sprintf("%d %ss", n, unit.word)
		}
	}
	return s.String()
}
