package audience

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/model"
)

// sorts says which comparisons each sort of value takes part in.
var sorts = map[class][]Cmp{
	other:      {Set, Empty},
	numeric:    {Eq, Ne, Lt, Le, Gt, Ge, Between, In, NotIn, Set, Empty},
	textual:    {Eq, Ne, Lt, Le, Gt, Ge, Between, In, NotIn, Contains, NotContains, Starts, Ends, Matches, Set, Empty},
	truthValue: {Eq, Ne, IsTrue, IsFalse, Set, Empty},
	instant:    {Eq, Ne, Lt, Le, Gt, Ge, Between, In, NotIn, On, Before, After, Last, Next, BeforeLast, AfterNext, Anniversary, Set, Empty},
	list:       {HasAny, HasAll, Set, Empty},
}

// fits checks that a comparison is one for values of this sort.
func (k *checker) fits(path, what string, sort class, c Cmp) bool {
	if !slices.Contains(Comparisons(), c) {
		k.fail(path, "unknown_word", "there is no comparison "+quote(string(c)), suggest(string(c), wordsOf(Comparisons())))
		return false
	}
	if sort != anything && !slices.Contains(sorts[sort], c) {
		k.fail(path, "wrong_type", fmt.Sprintf("%s is %s, which does not compare by %s", what, classNames[sort], c), "it can be "+listed(wordsOf(sorts[sort])))
		return false
	}
	return true
}

// test checks a comparison with values.
func (k *checker) test(path, what string, sort class, t Test) {
	if !k.fits(path, what, sort, t.Cmp) {
		return
	}
	if t.Unset != UnsetDefault && t.Unset != UnsetIn && t.Unset != UnsetOut {
		k.fail(path, "unknown_word", "unset is in or out", suggest(string(t.Unset), []string{"in", "out"}))
	}
	least, most := counts(t.Cmp)
	if len(t.Values) < least || len(t.Values) > most {
		k.fail(path, "bad_value", fmt.Sprintf("%s wants %s", t.Cmp, countWords(least, most)), "correct the value")
		return
	}
	for _, v := range t.Values {
		if !k.value(path, what, sort, t.Cmp, v) {
			return
		}
	}
}

// counts is how many values a comparison has.
func counts(c Cmp) (least, most int) {
	switch c {
	case Set, Empty, IsTrue, IsFalse, Anniversary:
		return 0, 0
	case Between:
		return 2, 2
	case In, NotIn, HasAny, HasAll:
		return 1, maxValues
	}
	return 1, 1
}

func countWords(least, most int) string {
	switch {
	case most == 0:
		return "no value"
	case most == 1:
		return "one value"
	case most == 2:
		return "two values, the lower first"
	}
	return fmt.Sprintf("a list of %d to %d values", least, most)
}

var plainNumber = regexp.MustCompile(`^-?[0-9]{1,60}(\.[0-9]{1,60})?([eE][-+]?[0-9]{1,3})?$`)

// isNumber: digits that stand in SQL as they are, and that a DOUBLE can hold.
func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && plainNumber.MatchString(text)
}

// value checks one value against the sort of the column.
func (k *checker) value(path, what string, sort class, c Cmp, v model.Value) bool {
	wrong := func(wants, example string) bool {
		k.fail(path, "bad_value", fmt.Sprintf("%s is compared with %s, and there is something else", what, wants), "write "+example)
		return false
	}
	k.texts(path, "the value", v.Text)
	switch {
	case v.Kind == model.Null:
		return wrong("a value", "a value; for records without one there are set and empty")
	case c == Last || c == Next || c == BeforeLast || c == AfterNext:
		if _, err := ParseSpan(v.Text); err != nil {
			return wrong("a span of time", "30m, 24h, 7d or 2w")
		}
	case sort == numeric && !isNumber(v.Text):
		return wrong("a number", "a number such as 100 or 19.90")
	case sort == truthValue && v.Text != "true" && v.Text != "false":
		return wrong("true or false", "true or false")
	case sort == instant:
		if _, err := parseMoment(v.Text); err != nil {
			return wrong("a day or a time", "2026-01-31 or 2026-01-31T12:00:00Z")
		}
	case v.Text == "" && (sort == textual || sort == list):
		return wrong("a text that is not empty", "empty or set to ask whether there is a value")
	case c == Matches:
		if _, err := regexp.Compile(v.Text); err != nil {
			return wrong("a regular expression", "a pattern in RE2's form, such as ^A[0-9]+$")
		}
	}
	return true
}
