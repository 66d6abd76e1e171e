package contract

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// columnQuality compiles a rule about one column: a rule that allows no bad value at all is checked row by row, one that
// allows some over the whole set.
func (c *compiler) columnQuality(q *Quality, b *built) {
	if c.handedOn(q, b.column.Name) {
		return
	}
	set, ok := c.setRule(q, []string{b.column.Name})
	if !ok {
		return
	}
	if q.Metric == "duplicateValues" || q.Metric == "rowCount" || !set.zero() || set.Warn {
		c.out.Set = append(c.out.Set, set)
		return
	}
	switch t := &b.test; q.Metric {
	case "nullValues":
		t.required, b.column.Required = true, true
	case "missingValues":
		texts, null := missingOf(q.Arguments)
		t.missing = append(t.missing, texts...)
		if null {
			t.required, b.column.Required = true, true
		}
	case "invalidValues":
		if pattern := q.Arguments.Key("pattern"); pattern.IsText() {
			c.pattern(pattern.Scalar(), q.Pos, t)
		}
		if values := q.Arguments.Key("validValues"); values.IsList() {
			t.allow(values.Items())
		}
	}
}

// setQuality compiles a rule about an object.
func (c *compiler) setQuality(q *Quality, column string) {
	if c.handedOn(q, column) {
		return
	}
	columns, ok := q.Arguments.Key("properties").Texts()
	if q.Metric == "duplicateValues" && !ok {
		c.fail(q.Pos, "no_columns", "the rule counts duplicates and names no columns", "add arguments: {properties: [...]}")
		return
	}
	if q.Metric != "duplicateValues" && q.Metric != "rowCount" {
		c.fail(q.Pos, "no_columns", "the rule measures "+q.Metric+" and stands at no column", "move it to the quality of a property")
		return
	}
	for i, name := range columns {
		p := slices.IndexFunc(c.object.Properties, func(p Property) bool { return p.Name == name || p.Column() == name })
		if p < 0 {
			c.fail(q.Pos, "unknown_column", "the rule names "+name+", which is no property of "+c.object.Name, suggest(name, c.columnNames()))
			return
		}
		columns[i] = c.object.Properties[p].Column()
	}
	if set, ok := c.setRule(q, columns); ok {
		c.out.Set = append(c.out.Set, set)
	}
}

// handedOn keeps rules that other tools or people check.
func (c *compiler) handedOn(q *Quality, column string) bool {
	if q.Metric != "" && (q.Type == "" || q.Type == "library") {
		return false
	}
	kind := cmp.Or(q.Type, "text")
	c.out.Unchecked = append(c.out.Unchecked, Unchecked{Column: column, Kind: kind, Says: cmp.Or(q.Description, q.Name, q.Engine, q.Metric), Pos: q.Pos})
	return true
}

// missingOf lists the texts that count as missing, and whether null does; without a list null and the empty text do.
func missingOf(arguments Any) (texts []string, null bool) {
	list := arguments.Key("missingValues")
	if !list.IsList() {
		return []string{""}, true
	}
	for _, v := range list.Items() {
		if v.IsNull() {
			null = true
		} else {
			texts = append(texts, v.Scalar())
		}
	}
	return texts, null
}

// setRule compiles what is measured over a set of rows and what it is compared with.
func (c *compiler) setRule(q *Quality, columns []string) (SetRule, bool) {
	r := SetRule{Metric: q.Metric, Columns: columns, Percent: strings.EqualFold(q.Unit, "percent") || q.Unit == "%", Warn: mild(q.Severity), Pos: q.Pos}
	for _, o := range q.operators() {
		n, ok := numberOf(o.value.Scalar())
		if !ok || !o.value.IsNumber() {
			c.fail(q.Pos, "bad_bound", o.name+" is no number that can be compared with", "write it in plain digits")
			return r, false
		}
		r.limits = append(r.limits, limit{o.name, n.near})
	}
	if len(r.limits) == 0 {
		return r, false
	}
	r.describe(q)
	return r, c.measure(q, &r)
}

// mild says whether a rule only warns.
func mild(severity string) bool {
	return slices.Contains([]string{"warning", "warn", "info", "information", "informational", "notice", "low", "minor"}, strings.ToLower(severity))
}

type operator struct {
	name  string
	value Any
}

func (q *Quality) operators() (there []operator) {
	for _, o := range []operator{{"mustBe", q.MustBe}, {"mustNotBe", q.MustNotBe}, {"mustBeGreaterThan", q.MustBeAbove},
		{"mustBeGreaterOrEqualTo", q.MustBeAtLeast}, {"mustBeLessThan", q.MustBeBelow}, {"mustBeLessOrEqualTo", q.MustBeAtMost}} {
		if !o.value.Absent() {
			there = append(there, o)
		}
	}
	if len(q.MustBeWithin) == 2 {
		there = append(there, operator{"mustBeGreaterThan", q.MustBeWithin[0]}, operator{"mustBeLessThan", q.MustBeWithin[1]})
	}
	if len(q.MustNotBeWithin) == 2 {
		there = append(there, operator{"outsideFrom", q.MustNotBeWithin[0]}, operator{"outsideTo", q.MustNotBeWithin[1]})
	}
	return there
}

// describe says the rule in words.
func (r *SetRule) describe(q *Quality) {
	what := map[string]string{"rowCount": "the number of rows", "nullValues": "nulls in ", "missingValues": "missing values in ",
		"invalidValues": "invalid values in ", "duplicateValues": "duplicates in "}[r.Metric]
	if r.Metric != "rowCount" {
		what += strings.Join(r.Columns, ", ")
	}
	unit := ""
	if r.Percent {
		unit = "%"
	}
	words := map[string]string{"mustBe": "must be", "mustNotBe": "must not be", "mustBeGreaterThan": "must be above",
		"mustBeGreaterOrEqualTo": "must be at least", "mustBeLessThan": "must be below", "mustBeLessOrEqualTo": "must be at most",
		"outsideFrom": "must not be between", "outsideTo": "and"}
	for i, l := range r.limits {
		if i > 0 && l.operator != "outsideTo" {
			what += " and"
		}
		what += fmt.Sprintf(" %s %g%s", words[l.operator], l.value, unit)
	}
	r.Says = what
}

// measure says in SQL what is measured.
func (c *compiler) measure(q *Quality, r *SetRule) bool {
	switch r.Metric {
	case "rowCount":
		r.measure = func([]string) string { return "count(*)" }
	case "nullValues":
		r.measure = func(names []string) string { return "count(*) FILTER (WHERE " + names[0] + " IS NULL)" }
	case "missingValues":
		texts, null := missingOf(q.Arguments)
		r.measure = func(names []string) string { return "count(*) FILTER (WHERE " + oneOf(names[0], texts, null) + ")" }
	case "invalidValues":
		return c.measureInvalid(q, r)
	case "duplicateValues":
		r.measure = duplicates
	}
	return true
}

// duplicates counts the rows beyond the first of each value; rows in which a column is null are none.
func duplicates(names []string) string {
	there := strings.Join(names, " IS NOT NULL AND ") + " IS NOT NULL"
	return fmt.Sprintf("count(*) FILTER (WHERE %s) - count(DISTINCT (%s)) FILTER (WHERE %s)", there, strings.Join(names, ", "), there)
}

func (c *compiler) measureInvalid(q *Quality, r *SetRule) bool {
	pattern, values := q.Arguments.Key("pattern"), q.Arguments.Key("validValues")
	if pattern.IsText() {
		if _, err := regexp.Compile(pattern.Scalar()); err != nil {
			c.fail(q.Pos, "bad_pattern", "the pattern cannot be used: it is no regular expression, or one that looks ahead or back",
				"write it in the syntax of RE2, which has no lookahead and no back references")
			return false
		}
	}
	if !pattern.IsText() && !values.IsList() {
		c.fail(q.Pos, "no_arguments", "the rule counts invalid values and does not say which are valid", "add arguments: {validValues: [...]} or {pattern: ...}")
		return false
	}
	r.measure = func(names []string) string {
		var bad []string
		if pattern.IsText() {
			bad = append(bad, "NOT regexp_matches(CAST("+names[0]+" AS VARCHAR), "+sqlText(pattern.Scalar())+")")
		}
		if values.IsList() {
			var texts []string
			for _, v := range values.Items() {
				texts = append(texts, v.Scalar())
			}
			bad = append(bad, "NOT ("+oneOf(names[0], texts, false)+")")
		}
		return "count(*) FILTER (WHERE " + names[0] + " IS NOT NULL AND (" + strings.Join(bad, " OR ") + "))"
	}
	return true
}

func oneOf(name string, texts []string, null bool) string {
	var parts []string
	if null {
		parts = append(parts, name+" IS NULL")
	}
	if len(texts) > 0 {
		quoted := make([]string, len(texts))
		for i, text := range texts {
			quoted[i] = sqlText(text)
		}
		parts = append(parts, "CAST("+name+" AS VARCHAR) IN ("+strings.Join(quoted, ", ")+")")
	}
	if len(parts) == 0 {
		return "false"
	}
	return strings.Join(parts, " OR ")
}

func sqlName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
