package contract

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// columnTest is what every value of a column has to pass. The zero columnTest passes all.
type columnTest struct {
	required    bool
	placeholder string   // stands for a value the source could not give, which no rule can judge
	missing     []string // texts that count as missing
	sort        sort
	layouts     []string // of dates and times that are texts
	tests       []valueTest
	text        string // all of it in words, for the fingerprint
}

// valueTest is one rule for the values of a column that are there and of its type.
type valueTest struct {
	code    string
	message string
	passes  func(*columnTest, model.Value) bool
}

func (t *columnTest) describe() string {
	return fmt.Sprintf("required=%t placeholder=%q missing=%q sort=%d layouts=%q %s", t.required, t.placeholder, t.missing, t.sort, t.layouts, t.text)
}

// idle says whether no value of this kind can fail.
func (t *columnTest) idle(kind model.Kind) bool {
	return !t.required && len(t.missing) == 0 && len(t.tests) == 0 && t.sort.fits(kind) == always
}

func (t *columnTest) add(code, describe, message string, passes func(*columnTest, model.Value) bool) {
	t.tests = append(t.tests, valueTest{code, message, passes})
	t.text += " " + code + " " + describe
}

// test compiles what a property says of its values.
func (c *compiler) test(p *Property, b *built) {
	t := &b.test
	t.required, t.placeholder, t.sort = b.column.Required, b.column.Policy.Placeholder, sortOf(p)
	if t.sort == dateSort || t.sort == timestampSort || t.sort == timeSort {
		t.layouts = t.sort.layouts()
	}
	if p.Options != nil {
		c.optionTests(p, t)
	}
	if len(p.Enum) > 0 {
		var values []Any
		for _, e := range p.Enum {
			values = append(values, e.Value)
		}
		t.allow(values)
	}
	for i := range p.Quality {
		c.columnQuality(&p.Quality[i], b)
	}
	b.column.Rules = len(t.tests) + count(t.required) + count(t.sort != anySort) + count(len(t.missing) > 0)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *compiler) optionTests(p *Property, t *columnTest) {
	o := p.Options
	c.lengths(o, t)
	if o.Pattern != "" {
		c.pattern(o.Pattern, o.Pos, t)
	}
	c.format(p, t)
	c.bound(o, "minimum", o.Minimum, t, func(order int) bool { return order >= 0 }, "is below the minimum")
	c.bound(o, "maximum", o.Maximum, t, func(order int) bool { return order <= 0 }, "is above the maximum")
	c.bound(o, "exclusiveMinimum", o.ExclusiveMinimum, t, func(order int) bool { return order > 0 }, "is not above the exclusive minimum")
	c.bound(o, "exclusiveMaximum", o.ExclusiveMaximum, t, func(order int) bool { return order < 0 }, "is not below the exclusive maximum")
	if n, ok := numberOf(o.MultipleOf.Scalar()); ok && n.exact.Sign() > 0 {
		t.add(CodeMultiple, o.MultipleOf.Scalar(), "is no multiple of "+o.MultipleOf.Scalar(),
			func(_ *columnTest, v model.Value) bool { return n.multiple(v.Text) })
	}
}

// pattern: as in JSON Schema, a pattern that is found anywhere in the text matches; ^ and $ tie it to the ends.
func (c *compiler) pattern(text string, at model.Pos, t *columnTest) {
	re, err := regexp.Compile(text)
	if err != nil {
		c.fail(at, "bad_pattern", "the pattern cannot be used: it is no regular expression, or one that looks ahead or back",
			"write it in the syntax of RE2, which has no lookahead and no back references")
		return
	}
	t.add(CodePattern, text, "does not match the pattern", func(_ *columnTest, v model.Value) bool { return re.MatchString(v.Text) })
}

// format: of texts what they hold, of numbers how wide they are, of dates and times how texts write them.
func (c *compiler) format(p *Property, t *columnTest) {
	format := p.Options.Format
	switch t.sort {
	case textSort:
		if passes := textForm(format); passes != nil {
			t.add(CodeFormat, format, "is not in the format "+format, func(_ *columnTest, v model.Value) bool { return passes(v.Text) })
		}
	case integerSort:
		c.width(format, t)
	case dateSort, timestampSort, timeSort:
		layout, ok := layoutOf(format)
		switch {
		case format == "":
		case !ok:
			c.warn(p.Options.Pos, "format_unknown", p.Column()+" has a format that is not read; texts are taken in ISO 8601", "write it with yyyy, MM, dd, HH, mm, ss, SSS, XXX")
		case !slices.Contains(t.layouts, layout):
			t.layouts = append([]string{layout}, t.layouts...)
		}
	}
}

// width bounds a whole number by its bits.
func (c *compiler) width(format string, t *columnTest) {
	if format == "" {
		return
	}
	low, high := widthOf(format)
	least, ok := numberOf(low)
	most, ok2 := numberOf(high)
	if ok && ok2 {
		t.add(CodeType, format, "does not fit into "+format, func(_ *columnTest, v model.Value) bool {
			below, ok := least.compare(v.Text)
			above, ok2 := most.compare(v.Text)
			return ok && ok2 && below >= 0 && above <= 0
		})
	}
}

func widthOf(format string) (low, high string) {
	switch format {
	case "i8":
		return "-128", "127"
	case "i16":
		return "-32768", "32767"
	case "i32":
		return "-2147483648", "2147483647"
	case "i64":
		return "-9223372036854775808", "9223372036854775807"
	case "i128":
		return "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"
	case "u8":
		return "0", "255"
	case "u16":
		return "0", "65535"
	case "u32":
		return "0", "4294967295"
	case "u64":
		return "0", "18446744073709551615"
	default:
		return "0", "340282366920938463463374607431768211455"
	}
}

// bound compares numbers as numbers, dates and times as moments.
func (c *compiler) bound(o *Options, name string, limit Any, t *columnTest, passes func(order int) bool, message string) {
	if limit.Absent() {
		return
	}
	text := limit.Scalar()
	if t.sort == integerSort || t.sort == numberSort {
		n, ok := numberOf(text)
		if !ok {
			c.fail(o.Pos, "bad_bound", name+" is no number that can be compared with", "write it in plain digits")
			return
		}
		t.add(CodeRange, name+text, message, func(_ *columnTest, v model.Value) bool {
			order, ok := n.compare(v.Text)
			return ok && passes(order)
		})
		return
	}
	at, ok := t.moment(model.Text(text))
	if !ok {
		c.fail(o.Pos, "bad_bound", name+" is no "+strings.TrimPrefix(sortNames[t.sort], "a ")+" that can be compared with", "write it as "+t.sort.canonical())
		return
	}
	t.add(CodeRange, name+at, message, func(t *columnTest, v model.Value) bool {
		moment, ok := t.moment(v)
		return ok && passes(orderOf(moment, at))
	})
}

func orderOf(a, b string) int {
	switch {
	case a == b:
		return 0
	case before(a, b):
		return -1
	default:
		return 1
	}
}

// allow takes only these values. Numbers are compared as numbers: 1 is 1.0.
func (t *columnTest) allow(values []Any) {
	texts := map[string]bool{}
	var numbers []number
	var names []string
	for _, v := range values {
		names = append(names, v.Scalar())
		if n, ok := numberOf(v.Scalar()); ok && v.IsNumber() {
			numbers = append(numbers, n)
		}
		if !v.IsNull() {
			texts[v.Scalar()] = true
		}
	}
	slices.SortFunc(names, cmp.Compare)
	t.add(CodeValue, fmt.Sprintf("%q", names), "is none of the values allowed", func(_ *columnTest, v model.Value) bool {
		return texts[v.Text] || v.Numeric() && slices.ContainsFunc(numbers, func(n number) bool {
			order, ok := n.compare(v.Text)
			return ok && order == 0
		})
	})
}
