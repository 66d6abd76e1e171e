package config

import (
	"github.com/freshet/freshet/sync/audience"
)

// op is a comparison as people write it.
type op struct {
	word string
	cmp  audience.Cmp
}

// ops are the words of every comparison, the one that messages use first.
func ops() []op {
	return []op{{"is", audience.Eq}, {"=", audience.Eq}, {"exactly", audience.Eq}, {"is not", audience.Ne}, {"!=", audience.Ne},
		{"less than", audience.Lt}, {"<", audience.Lt}, {"at most", audience.Le}, {"<=", audience.Le}, {"more than", audience.Gt}, {">", audience.Gt},
		{"at least", audience.Ge}, {">=", audience.Ge}, {"between", audience.Between}, {"is one of", audience.In}, {"in", audience.In},
		{"is none of", audience.NotIn}, {"not in", audience.NotIn}, {"contains", audience.Contains}, {"does not contain", audience.NotContains},
		{"starts with", audience.Starts}, {"ends with", audience.Ends}, {"matches", audience.Matches}, {"is set", audience.Set}, {"is empty", audience.Empty},
		{"on", audience.On}, {"before", audience.Before}, {"after", audience.After}, {"in the last", audience.Last}, {"in the next", audience.Next},
		{"before the last", audience.BeforeLast}, {"after the next", audience.AfterNext}, {"anniversary", audience.Anniversary},
		{"is true", audience.IsTrue}, {"is false", audience.IsFalse}, {"has any of", audience.HasAny}, {"has all of", audience.HasAll}}
}

func opWords() []string {
	words := make([]string, len(ops()))
	for i, o := range ops() {
		words[i] = o.word
	}
	return words
}

func cmpOf(word string) audience.Cmp {
	for _, o := range ops() {
		if o.word == word {
			return o.cmp
		}
	}
	return ""
}

// form is one way to write a condition; its first field is the one that tells it from the others.
type form struct {
	help   string
	fields []field
}

func (f form) head() string { return f.fields[0].name }

// forms are all ways to write a condition.
func forms() []form {
	measured := func(head field) []field { return append(append([]field{head}, measures()...), windows()...) }
	forms := []form{
		{"True where every one of them is.", []field{{name: "all", required: true, shape: conditions("")}}},
		{"True where at least one of them is.", []field{{name: "any", required: true, shape: conditions("")}}},
		{"True where it is not.", []field{{name: "not", required: true, shape: condition("")}}},
		{"A column of the record.", append([]field{{name: "field", required: true, shape: text("The column.")}}, tests()...)},
		{"The record's rows in a related table; there is at least one, or as the measure says.", measured(field{name: "related", required: true, shape: text("The related table.")})},
		{"There are no such rows in a related table.", append([]field{{name: "no_related", required: true, shape: text("The related table.")}}, windows()...)},
		{"Events of the record; there is at least one, or as the measure says.", measured(field{name: "event", required: true, shape: oneOrMore("The related table with the events, or several.", text(""))})},
		{"There are no such events.", append([]field{{name: "no_event", required: true, shape: oneOrMore("The related table with the events, or several.", text(""))}}, windows()...)},
		{"Events one after the other, beginning in the window.", append([]field{{name: "sequence", required: true, shape: &shape{kind: listKind, of: stepShape()}}}, windowsOnly()...)},
		{"An event that nothing followed in time.", append([]field{{name: "abandoned", required: true, shape: abandonedShape()}}, windowsOnly()...)},
		{"Members of another audience of the same model.", []field{{name: "audience", required: true, shape: text("The audience.")}}},
		{"Consent for a purpose is on record.", []field{{name: "consent", required: true, shape: text("The purpose.")}}},
		{"A share of all records, always the same ones.", []field{{name: "bucket", required: true, shape: text("A name; other names choose other records.")},
			{name: "from", required: true, shape: percent("Where the share begins: 0%.")}, {name: "to", required: true, shape: percent("Where it ends: 10%.")}}},
	}
	for i := range forms {
		forms[i].fields = append(forms[i].fields, field{name: "id", shape: text("A name of the condition, for funnels and explanations.")})
	}
	return forms
}

func formHeads() []string {
	var heads []string
	for _, f := range forms() {
		heads = append(heads, f.head())
	}
	return heads
}

func condition(help string) *shape { return &shape{kind: conditionKind, help: help} }

func conditions(help string) *shape {
	return &shape{kind: listKind, help: help, of: condition("")}
}

func oneOrMore(help string, of *shape) *shape {
	return &shape{kind: eitherKind, help: help, either: []*shape{of, {kind: listKind, of: of}}}
}

func percent(help string) *shape {
	return formed(help, "a percentage such as 10%", `^[0-9]+(\.[0-9]+)?%$`, func(s string) error { _, err := parsePercent(s); return err })
}

func span(help string) *shape {
	return formed(help, "a span of time such as 30m, 7d or 2w", `^([0-9]+[dw]|([0-9.]+(ms|s|m|h))+)$`, func(s string) error { _, err := audience.ParseSpan(s); return err })
}

// tests are the keys of a comparison.
func tests() []field {
	return []field{
		{name: "op", required: true, shape: choice("How it compares.", opWords())},
		{name: "value", shape: oneOrMore("What it is compared with; a list where the comparison takes one.", &shape{kind: literalKind})},
		{name: "unset", shape: choice("What holds where there is no value; in for is not, is none of and does not contain, else out.", []string{"in", "out"})},
	}
}

// measures say what the rows come to.
func measures() []field {
	comparison := func(of bool) *shape {
		s := &shape{kind: recordKind}
		if of {
			s.fields = append(s.fields, field{name: "of", required: true, shape: text("The column of the rows.")})
		}
		for _, word := range opWords() {
			s.fields = append(s.fields, field{name: word, shape: oneOrMore("", &shape{kind: literalKind})})
		}
		return s
	}
	var all []field
	for _, fn := range audience.Functions() {
		of := fn != audience.Count && fn != audience.FirstAt && fn != audience.LastAt
		s := comparison(of)
		s.help = "How it compares: {at least: 3}."
		if of {
			s.help = "Of which column, and how it compares: {of: amount, at least: 100}."
		}
		all = append(all, field{name: string(fn), shape: s})
	}
	return all
}

func windowsOnly() []field {
	return []field{
		{name: "last", shape: span("So far back from now.")},
		{name: "align", shape: choice("Count last in whole days or weeks, the present one among them.", []string{"day", "week"})},
		{name: "from", shape: text("Not before this day or time.")},
		{name: "to", shape: text("Up to this day, or before this time.")},
		{name: "ago", shape: &shape{kind: listKind, help: "Between so long ago and so long ago: [90d, 30d].", of: span("")}},
	}
}

// windows are the keys that choose rows.
func windows() []field {
	return append([]field{{name: "where", shape: rowsShape()}}, windowsOnly()...)
}

// rowsShape is a list of tests of which all hold, or all and any.
func rowsShape() *shape {
	preds := &shape{kind: listKind, of: &shape{kind: recordKind, fields: append([]field{{name: "field", required: true, shape: text("The column of the row.")}}, append(tests(),
		field{name: "record", shape: text("Instead of a value: the column of the record to compare with.")},
		field{name: "first", shape: text("Instead of a value: the column of the first step to compare with.")})...)}}
	return &shape{kind: eitherKind, form: "a list of tests, or a mapping with all and any", help: "Which rows count.", either: []*shape{preds,
		{kind: recordKind, fields: []field{{name: "all", shape: preds}, {name: "any", shape: preds}}}}}
}

func stepShape() *shape {
	return &shape{kind: recordKind, fields: []field{
		{name: "event", shape: text("What happened: a related table.")},
		{name: "without", shape: text("What did not happen.")},
		{name: "where", shape: rowsShape()},
		{name: "within", shape: span("So long after the event before it.")},
		{name: "same", shape: texts("Columns that are equal in this event and the one before it.")},
	}}
}

func abandonedShape() *shape {
	return &shape{kind: recordKind, fields: []field{
		{name: "event", required: true, shape: text("What was begun: a related table.")},
		{name: "where", shape: rowsShape()},
		{name: "without", required: true, shape: text("What would have completed it.")},
		{name: "same", shape: texts("Columns that are equal in both.")},
		{name: "within", required: true, shape: span("How long it has time.")},
	}}
}

func audienceShape() *shape {
	return &shape{kind: recordKind, fields: []field{
		{name: "model", required: true, shape: text("The model that the audience is a part of.")},
		{name: "where", shape: condition("Who is in; a list means all of it. Without it everybody.")},
		{name: "include", shape: condition("The same as where.")},
		{name: "exclude", shape: condition("Who is out again.")},
		{name: "zone", shape: text("Time zone that days are counted in, such as Europe/Berlin; UTC without it.")},
		{name: "split", shape: &shape{kind: recordKind, help: "Groups that members stay in for good.", fields: []field{
			{name: "salt", shape: text("A name; other names deal the groups anew. The audience's name without it.")},
			{name: "groups", required: true, shape: &shape{kind: namedKind, help: "Shares, one after the other: control: 10%.", of: percent("")}},
		}}},
		{name: "limit", shape: &shape{kind: recordKind, help: "Only the first of them; such an audience is evaluated as a whole.", fields: []field{
			{name: "count", required: true, shape: &shape{kind: integerKind, help: "How many."}},
			{name: "by", required: true, shape: text("The column that orders them.")},
			{name: "order", shape: choice("Which come first; highest without it.", []string{"highest", "lowest"})},
		}}},
		{name: "owner", shape: text("Who answers for the audience.")},
	}}
}

// relatedShape is a table with rows of a model's records.
func relatedShape() *shape {
	return &shape{kind: recordKind, fields: []field{
		{name: "table", required: true, shape: text("The table: source.table, feeds.name or models.name.")},
		{name: "on", required: true, shape: columnPairs()},
		{name: "at", shape: text("Its column with the time of the row; rows of the future do not count yet.")},
		{name: "via", shape: text("The related table that its rows belong to, where they do not belong to the record itself.")},
	}}
}

func columnPairs() *shape {
	return &shape{kind: namedKind, help: "Which columns are equal: its column: the model's.", of: text("")}
}

func consentShape() *shape {
	return &shape{kind: recordKind, help: "Where consent is on record. What is not on record is no.", fields: []field{
		{name: "columns", shape: &shape{kind: namedKind, help: "Purposes with columns of the model, true or false: advertising: ads_ok.", of: text("")}},
		{name: "table", shape: text("A table with a row for each person and purpose: source.table, feeds.name or models.name.")},
		{name: "on", shape: columnPairs()},
		{name: "purpose", shape: text("Its column with the purpose; purpose without it.")},
		{name: "granted", shape: text("Its column with true or false; granted without it.")},
		{name: "at", shape: text("Its column with the time: the last row counts. Without it every row must grant.")},
	}}
}
