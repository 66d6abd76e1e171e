package config

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

var (
	plainInt     = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	plainDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)\.[0-9]+$`)
)

// literal reports a fixed value that could be read in two ways, or not at all.
func (r *report) literal(v value) {
	if _, ok := literalOf(v, r.getenv); !ok {
		r.fail(v.pos(), "wrong_type", v.path+" is a number that could be read in more than one way",
			"write it in plain digits, or in quotes if it is text")
	}
}

// literalOf reads a fixed value by the type that YAML gives it. Numbers keep every digit; 007, 0x10, 1_000, .inf and
// .nan are refused rather than guessed at.
func literalOf(v value, getenv func(string) (string, bool)) (model.Value, bool) {
	n := v.content()
	switch {
	case v.isNull():
		return model.Value{}, true
	case n.ShortTag() == "!!bool":
		return model.Value{Kind: model.Bool, Text: strings.ToLower(n.Value)}, true
	case n.ShortTag() != "!!int" && n.ShortTag() != "!!float":
		return model.Text(expand(n.Value, getenv).text), true
	case plainInt.MatchString(n.Value):
		return model.Value{Kind: model.Int, Text: integerText(n.Value)}, true
	case plainDecimal.MatchString(n.Value):
		return model.Value{Kind: model.Decimal, Text: n.Value}, true
	case n.ShortTag() == "!!int":
		return model.Value{}, false
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || f-f != 0 {
		return model.Value{}, false
	}
	return model.Value{Kind: model.Float, Text: strconv.FormatFloat(f, 'g', -1, 64)}, true
}

func integerText(s string) string {
	if s[0] == '+' {
		s = s[1:]
	}
	if s == "-0" {
		return "0"
	}
	return s
}
