package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

var columns = []Column{
	{"id", "BIGINT", model.Int}, {"email", "VARCHAR", model.String}, {"plan", "VARCHAR", model.String}, {"ltv", "DECIMAL(18,2)", model.Decimal},
	{"score", "DOUBLE", model.Float}, {"active", "BOOLEAN", model.Bool}, {"born", "DATE", model.Date}, {"seen", "TIMESTAMP", model.Timestamp},
	{"at", "TIMESTAMP WITH TIME ZONE", model.Instant}, {"raw", "BLOB", model.Bytes}, {"home", "STRUCT(city VARCHAR)", model.JSON}, {"unused", "VARCHAR", model.String},
}

var customers = model.Model{Name: "customers", Key: []string{"id"}}

// row is one customer; a test changes what it is about.
func row(changes ...string) map[string]model.Value {
	r := map[string]model.Value{
		"id": model.Integer(7), "email": model.Text("ann@example.com"), "plan": model.Text("pro"), "ltv": {Kind: model.Decimal, Text: "199.90"},
		"score": {Kind: model.Float, Text: "0.5"}, "active": model.Boolean(true), "born": {Kind: model.Date, Text: "1999-12-31"},
		"seen": {Kind: model.Timestamp, Text: "2024-02-29T13:04:05"}, "at": {Kind: model.Instant, Text: "2024-02-29T13:04:05.5Z"},
		"raw": model.Blob([]byte{0, 1}), "home": {Kind: model.JSON, Text: `{"city":"Köln"}`},
	}
	for i := 0; i < len(changes); i += 2 {
		v := r[changes[i]]
		v.Text = changes[i+1]
		if changes[i+1] == "NULL" {
			v = model.Value{}
		}
		r[changes[i]] = v
	}
	return r
}

func apply(p *Program, r map[string]model.Value) (Result, *Problem) {
	var values []model.Value
	for _, c := range p.Columns() {
		values = append(values, r[c.Name])
	}
	return p.Apply(values)
}

func col(target, column string) model.Mapping { return model.Mapping{Target: target, Column: column} }
func tpl(target, template string) model.Mapping {
	return model.Mapping{Target: target, Template: template}
}
func lit(target string, v model.Value) model.Mapping {
	return model.Mapping{Target: target, Literal: &v}
}

func syncOf(fields ...model.Mapping) model.Sync {
	return model.Sync{Name: "crm", Object: "contacts", Mode: model.Upsert, Fields: fields}
}

func mustCompile(t testing.TB, s model.Sync, o *connect.ObjectInfo) *Program {
	t.Helper()
	p, err := Compile(s, customers, columns, o, connect.MatchRule{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestApply(t *testing.T) {
	s := syncOf(col("firstname", "plan"), tpl("greeting", "{{ plan | upcase }} {{ ltv }}"), lit("stage", model.Text("customer")),
		col("address.city", "plan"), col("amount", "ltv"), model.Mapping{Target: "left_out", Column: "email", Nulls: model.OmitNulls})
	s.Match = []model.Mapping{col("email", "email")}
	p := mustCompile(t, s, nil)
	got, problem := apply(p, row())
	if problem != nil {
		t.Fatal(problem)
	}
	want := `{"address.city":"pro","amount":199.90,"email":"ann@example.com","firstname":"pro","greeting":"PRO 199.90","left_out":"ann@example.com","stage":"customer"}`
	if s := string(got.Fields.AppendFlat(nil)); s != want {
		t.Errorf("fields\n%s, want\n%s", s, want)
	}
	if s := string(got.Match.AppendFlat(nil)); s != `{"email":"ann@example.com"}` {
		t.Errorf("match %s", s)
	}
	if v, ok := got.Fields.Get("stage"); !ok || v.Text != "customer" {
		t.Error("fields are not in name order")
	}
	got, _ = apply(p, row("plan", "NULL"))
	if s := string(got.Fields.AppendFlat(nil)); !strings.Contains(s, `"firstname":null`) || !strings.Contains(s, `"greeting":" 199.90"`) {
		t.Errorf("a null does not clear: %s", s)
	}
}

// TestNulls: cleared by default, left alone where nulls are omitted; the same for a template that makes nothing.
func TestNulls(t *testing.T) {
	omitted := model.Mapping{Target: "b", Column: "plan", Nulls: model.OmitNulls}
	empty := model.Mapping{Target: "c", Template: "{{ plan }}", Nulls: model.OmitNulls}
	p := mustCompile(t, syncOf(col("a", "plan"), omitted, empty, tpl("d", "{{ plan }}")), nil)
	got, problem := apply(p, row("plan", "NULL"))
	if s := string(got.Fields.AppendFlat(nil)); problem != nil || s != `{"a":null,"d":""}` {
		t.Errorf("%s, %v", s, problem)
	}
}

func TestMatch(t *testing.T) {
	s := syncOf(tpl("email", "{{ email | downcase }}"))
	s.Match = []model.Mapping{col("email", "email"), tpl("region", "eu-{{ id }}")}
	p := mustCompile(t, s, nil)
	got, problem := apply(p, row("email", "Ann@Example.com"))
	if problem != nil || string(got.Match.AppendFlat(nil)) != `{"email":"Ann@Example.com","region":"eu-7"}` ||
		string(got.Fields.AppendFlat(nil)) != `{"email":"ann@example.com","region":"eu-7"}` {
		t.Errorf("%s %s %v", got.Match.AppendFlat(nil), got.Fields.AppendFlat(nil), problem)
	}
	for _, v := range []string{"NULL", ""} {
		if _, problem := apply(p, row("email", v)); problem == nil || problem.Code != "mapping.match_null" || problem.Field != "email" {
			t.Errorf("email %q: %v", v, problem)
		}
	}
	readOnly := &connect.ObjectInfo{Fields: []connect.FieldInfo{{Name: "ext", Type: "string", ReadOnly: true, Unique: true, Scale: -1}, {Name: "x", Scale: -1}}}
	s = syncOf(col("x", "plan"))
	s.Match = []model.Mapping{col("ext", "id")}
	got, problem = apply(mustCompile(t, s, readOnly), row())
	if problem != nil || string(got.Fields.AppendFlat(nil)) != `{"x":"pro"}` || string(got.Match.AppendFlat(nil)) != `{"ext":"7"}` {
		t.Errorf("a match field that cannot be written: %s %s %v", got.Fields.AppendFlat(nil), got.Match.AppendFlat(nil), problem)
	}
}

// TestCoercion: what a value of a column becomes at a destination field, exactly or not at all.
func TestCoercion(t *testing.T) {
	info := func(f connect.FieldInfo) connect.FieldInfo {
		f.Name = "f"
		if f.Type != "decimal" {
			f.Scale = -1
		}
		return f
	}
	typ := func(s string) connect.FieldInfo { return info(connect.FieldInfo{Type: s}) }
	scaled := func(n int) connect.FieldInfo { return info(connect.FieldInfo{Type: "decimal", Scale: n}) }
	plans := info(connect.FieldInfo{Type: "choice", Choices: []string{"pro", "free"}})
	several := info(connect.FieldInfo{Type: "choices", Choices: []string{"pro", "free"}})
	short := info(connect.FieldInfo{Type: "string", Length: 3})
	for _, c := range []struct {
		field        connect.FieldInfo
		column, text string
		want         string // JSON, or a code
	}{
		{typ("string"), "id", "9007199254740993", `"9007199254740993"`},
		{typ("string"), "ltv", "19.90", `"19.90"`},
		{typ("string"), "active", "true", `"true"`},
		{typ("string"), "home", `{"a":1}`, `"{\"a\":1}"`},
		{typ("string"), "born", "1999-12-31", `"1999-12-31"`},
		{typ("string"), "email", "e\u0301", "\"e\u0301\""},
		{typ("string"), "email", "a\xff", "mapping.not_text"},
		{typ(""), "email", "a\xff", "mapping.not_text"},
		{short, "email", "äöü", `"äöü"`},
		{short, "email", "äöüß", "mapping.too_long"},

		{typ("integer"), "id", "170141183460469231731687303715884105727", "170141183460469231731687303715884105727"},
		{typ("integer"), "ltv", "19.00", "19"},
		{typ("integer"), "ltv", "19.90", "mapping.not_an_integer"},
		{typ("integer"), "score", "5e+20", "500000000000000000000"},
		{typ("integer"), "score", "0.5", "mapping.not_an_integer"},
		{typ("integer"), "email", "42", "42"},
		{typ("integer"), "email", "-42", "-42"},
		{typ("integer"), "email", "007", "mapping.not_an_integer"},
		{typ("integer"), "email", "42.0", "mapping.not_an_integer"},
		{typ("integer"), "email", " 42", "mapping.not_an_integer"},
		{typ("integer"), "email", "", "mapping.not_an_integer"},

		{scaled(-1), "ltv", "19.9000", "19.9000"},
		{scaled(2), "ltv", "19.9000", "19.90"},
		{scaled(2), "ltv", "19.905", "mapping.too_precise"},
		{scaled(0), "ltv", "19.00", "19"},
		{scaled(2), "id", "19", "19"},
		{scaled(-1), "score", "1e-07", "0.0000001"},
		{scaled(-1), "email", "-0.50", "-0.50"},
		{scaled(-1), "email", "1e3", "mapping.not_a_number"},
		{scaled(-1), "email", "1,5", "mapping.not_a_number"},
		{scaled(-1), "email", "NaN", "mapping.not_a_number"},

		{typ("float"), "ltv", "0.10", "0.1"},
		{typ("float"), "id", "9007199254740992", "9007199254740992"},
		{typ("float"), "id", "9007199254740993", "mapping.too_precise"},
		{typ("float"), "email", "x", "mapping.not_a_number"},

		{typ("boolean"), "active", "false", "false"},
		{typ("boolean"), "id", "1", "true"},
		{typ("boolean"), "id", "2", "mapping.not_a_boolean"},
		{typ("boolean"), "email", "FALSE", "false"},
		{typ("boolean"), "email", "yes", "mapping.not_a_boolean"},

		{typ("date"), "born", "1999-12-31", `"1999-12-31"`},
		{typ("date"), "seen", "2024-02-29T00:00:00", `"2024-02-29"`},
		{typ("date"), "seen", "2024-02-29T00:00:00.000001", "mapping.not_a_date"},
		{typ("date"), "at", "2024-02-29T00:00:00Z", `"2024-02-29"`},
		{typ("date"), "at", "2024-02-29T13:00:00Z", "mapping.not_a_date"},
		{typ("date"), "email", "2024-02-29", `"2024-02-29"`},
		{typ("date"), "email", "2023-02-29", "mapping.not_a_date"},
		{typ("date"), "email", "29.02.2024", "mapping.not_a_date"},

		{typ("timestamp"), "seen", "2024-02-29T13:04:05.123456", `"2024-02-29T13:04:05.123456"`},
		{typ("timestamp"), "at", "2024-02-29T13:04:05Z", `"2024-02-29T13:04:05Z"`},
		{typ("timestamp"), "born", "1999-12-31", `"1999-12-31T00:00:00"`},
		{typ("timestamp"), "email", "2024-02-29T13:04:05+02:00", `"2024-02-29T11:04:05Z"`},
		{typ("timestamp"), "email", "2024-02-29 13:04:05.5", `"2024-02-29T13:04:05.5"`},
		{typ("timestamp"), "email", "soon", "mapping.not_a_timestamp"},

		{plans, "plan", "pro", `"pro"`},
		{plans, "plan", "Pro", "mapping.not_a_choice"},
		{several, "plan", "pro;free", `"pro;free"`},
		{several, "plan", "pro;x", "mapping.not_a_choice"},
		{several, "home", `["free","pro"]`, `"free;pro"`},
		{several, "home", `{"a":1}`, "mapping.not_a_choice"},
		{several, "plan", "", `""`},

		{typ("json"), "home", `{"city":"x"}`, `{"city":"x"}`},
		{typ("json"), "email", ` {"a": 1.50} `, `{"a":1.50}`},
		{typ("json"), "email", "{", "mapping.not_json"},
		{typ("json"), "born", "1999-12-31", `"1999-12-31"`},
		{typ("json"), "id", "7", "7"},
	} {
		t.Run(fmt.Sprintf("%s %d/%s %s", c.field.Type, c.field.Scale, c.column, c.text), func(t *testing.T) {
			p := mustCompile(t, syncOf(col("f", c.column)), &connect.ObjectInfo{Fields: []connect.FieldInfo{c.field}})
			got, problem := apply(p, row(c.column, c.text))
			if problem != nil {
				if problem.Code != c.want || problem.Field != "f" || problem.Message == "" {
					t.Errorf("%+v, want %s", problem, c.want)
				}
				if len(c.text) > 2 && strings.Contains(problem.Message, c.text) {
					t.Errorf("the message shows the value: %s", problem.Message)
				}
				return
			}
			if s := string(got.Fields.AppendFlat(nil)); s != `{"f":`+c.want+`}` {
				t.Errorf("%s, want %s", s, c.want)
			}
		})
	}
}

// TestDeclaredTypeWins: a type in the definition is used instead of the destination's.
func TestDeclaredTypeWins(t *testing.T) {
	object := &connect.ObjectInfo{Fields: []connect.FieldInfo{{Name: "f", Type: "string", Length: 4, Scale: -1}}}
	m := col("f", "id")
	m.Type = "decimal"
	got, problem := apply(mustCompile(t, syncOf(m), object), row("id", "12345"))
	if problem != nil || string(got.Fields.AppendFlat(nil)) != `{"f":12345}` {
		t.Errorf("%s %v", got.Fields.AppendFlat(nil), problem)
	}
}

func TestBrokenTemplateSetsTheRowAside(t *testing.T) {
	p := mustCompile(t, syncOf(col("a", "plan"), tpl("n", "{{ plan | plus: 1 }}")), nil)
	got, problem := apply(p, row())
	if problem == nil || problem.Code != "mapping.bad_template" || problem.Field != "n" || got.Fields != nil {
		t.Errorf("%+v %+v", got, problem)
	}
	if got, problem := apply(p, row("plan", "41")); problem != nil || string(got.Fields.AppendFlat(nil)) != `{"a":"41","n":"42"}` {
		t.Errorf("%+v %+v", got, problem)
	}
}

// TestEveryFaultIsReported: with its place and the nearest name.
func TestEveryFaultIsReported(t *testing.T) {
	object := &connect.ObjectInfo{Name: "contacts", Fields: []connect.FieldInfo{
		{Name: "email", Type: "string", Unique: true, Scale: -1}, {Name: "firstname", Type: "string", Scale: -1}, {Name: "created", Type: "timestamp", ReadOnly: true, Scale: -1},
		{Name: "company", Required: true, Scale: -1}, {Name: "age", Type: "integer", Scale: -1}, {Name: "plan", Type: "choice", Choices: []string{"pro"}, Scale: -1},
	}}
	s := syncOf(col("frstname", "plan"), col("created", "seen"), col("email", "emial"), col("age", "born"), lit("plan", model.Text("gold")),
		tpl("firstname", "{{ plan | upcas }}"), col("firstname", "plan"), model.Mapping{Target: "company"}, col("a..b", "plan"))
	s.Fields[0].Pos = model.Pos{File: "freshet.yaml", Line: 12, Col: 5}
	s.Match = []model.Mapping{col("firstname", "plan"), lit("email", model.Text("x"))}
	s.Fields[4].Type = ""
	_, err := Compile(s, model.Model{Name: "customers", Key: []string{"idd"}}, columns, object, connect.MatchRule{Single: true})
	var got []string
	for _, e := range faults(err) {
		got = append(got, e.Code+" | "+e.Where+" | "+e.Message+" | "+e.Suggestion)
		if e.Kind != fault.Usage || e.Suggestion == "" {
			t.Errorf("%+v", e)
		}
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{
		`mapping.unknown_key | models.customers.key | the key "idd" is not a column of the model "customers" | Did you mean "id"?`,
		`mapping.unknown_field | freshet.yaml:12:5 | contacts has no field "frstname" | Did you mean "firstname"?`,
		`mapping.read_only | syncs.crm.fields.created`,
		`mapping.unknown_column | syncs.crm.fields.email | the model "customers" has no column "emial" | Did you mean "email"?`,
		`mapping.cannot_coerce | syncs.crm.fields.age | the column "born" is DATE (date), and the field "age" wants integer`,
		`mapping.bad_literal | syncs.crm.fields.plan`,
		`mapping.bad_template | syncs.crm.fields.firstname | the template of "firstname": line 1, column 11 of the template: there is no filter "upcas" | Did you mean "upcase"?`,
		`mapping.target_conflict | syncs.crm.fields.firstname | the field "firstname" is mapped twice`,
		`mapping.no_source | syncs.crm.fields.company`,
		`mapping.bad_target | syncs.crm.fields.a..b`,
		`mapping.match_single`,
		`mapping.match_literal | syncs.crm.match.email`,
		`mapping.match_field | syncs.crm.match.firstname | contacts cannot be found by "firstname", which is not unique there`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no fault %s in\n%s", want, all)
		}
	}
}

func faults(err error) (list []*fault.Fault) {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return nil
	}
	for _, e := range joined.Unwrap() {
		list = append(list, fault.As(e))
	}
	return list
}

func TestCompileRefuses(t *testing.T) {
	object := &connect.ObjectInfo{Fields: []connect.FieldInfo{{Name: "email", Scale: -1}, {Name: "city", Type: "string", Scale: -1}, {Name: "extra", Type: "json", Scale: -1}, {Name: "company", Required: true, Scale: -1}}}
	update := func(s model.Sync) model.Sync { s.Mode = model.Update; return s }
	matched := func(s model.Sync, m ...model.Mapping) model.Sync { s.Match = m; return s }
	typed := col("x", "plan")
	typed.Type = "strnig"
	for _, c := range []struct {
		name   string
		sync   model.Sync
		object *connect.ObjectInfo
		rule   connect.MatchRule
		want   string // code, "" for none
	}{
		{"parent and part", syncOf(col("address", "plan"), col("address.city", "plan")), nil, connect.MatchRule{}, "mapping.target_conflict"},
		{"part and parent", syncOf(col("a.b.c", "plan"), col("a.b", "plan")), nil, connect.MatchRule{}, "mapping.target_conflict"},
		{"names that only begin alike", syncOf(col("address", "plan"), col("address_city", "plan")), nil, connect.MatchRule{}, ""},
		{"two parts", syncOf(col("a.b", "plan"), col("a.c", "plan")), nil, connect.MatchRule{}, ""},
		{"part of a match", matched(syncOf(col("email.x", "plan")), col("email", "email")), nil, connect.MatchRule{}, "mapping.target_conflict"},
		{"match inside a field", matched(syncOf(col("email", "plan")), col("email.x", "email")), nil, connect.MatchRule{}, "mapping.target_conflict"},
		{"required missing", syncOf(col("email", "email")), object, connect.MatchRule{}, "mapping.required_field"},
		{"required missing in an update", update(syncOf(col("email", "email"))), object, connect.MatchRule{}, ""},
		{"required by match", matched(syncOf(), col("company", "plan")), object, connect.MatchRule{}, ""},
		{"nested in json", update(syncOf(col("extra.a", "plan"))), object, connect.MatchRule{}, ""},
		{"nested in text", update(syncOf(col("city.a", "plan"))), object, connect.MatchRule{}, "mapping.unknown_field"},
		{"object without fields", syncOf(col("anything", "plan")), &connect.ObjectInfo{}, connect.MatchRule{}, ""},
		{"no match where one is needed", syncOf(col("a", "plan")), nil, connect.MatchRule{Need: true}, "mapping.match_needed"},
		{"match not allowed", matched(syncOf(), col("a", "plan")), nil, connect.MatchRule{Fields: []string{"email"}}, "mapping.match_field"},
		{"match allowed", matched(syncOf(), col("email", "email")), nil, connect.MatchRule{Need: true, Single: true, Fields: []string{"email"}}, ""},
		{"type that is none", syncOf(typed), nil, connect.MatchRule{}, "mapping.unknown_type"},
		{"two sources", syncOf(model.Mapping{Target: "a", Column: "plan", Template: "x"}), nil, connect.MatchRule{}, "mapping.no_source"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(c.sync, customers, columns, c.object, c.rule)
			var codes []string
			for _, f := range faults(err) {
				codes = append(codes, f.Code)
			}
			if got := strings.Join(codes, " "); got != c.want {
				t.Errorf("%q, want %q: %v", got, c.want, err)
			}
		})
	}
}

// TestColumnsAreThoseRead: the key first, then the others by name, none twice and none that is not read.
func TestColumnsAreThoseRead(t *testing.T) {
	p := mustCompile(t, syncOf(col("a", "plan"), tpl("b", "{{ ltv }}{{ email }}"), col("c", "id")), nil)
	var got []string
	for _, c := range p.Columns() {
		got = append(got, c.Name)
	}
	if s := strings.Join(got, ","); s != "id,email,ltv,plan" {
		t.Error(s)
	}
}

func TestFingerprint(t *testing.T) {
	base := func() model.Sync {
		s := syncOf(col("a", "plan"), tpl("b", "{{ ltv }}"), lit("c", model.Text("x")))
		s.Match = []model.Mapping{col("email", "email")}
		return s
	}
	of := func(s model.Sync, cols []Column, o *connect.ObjectInfo) string {
		p, err := Compile(s, customers, cols, o, connect.MatchRule{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Fingerprint()
	}
	was := of(base(), columns, nil)
	reordered := base()
	reordered.Fields[0], reordered.Fields[2] = reordered.Fields[2], reordered.Fields[0]
	var backwards []Column
	for _, c := range columns {
		backwards = append([]Column{c}, backwards...)
	}
	if of(reordered, columns, nil) != was || of(base(), backwards, nil) != was || of(base(), columns, nil) != was {
		t.Error("the order of a definition or of a SELECT changes the fingerprint")
	}
	seen := map[string]string{was: "nothing"}
	for name, change := range map[string]func(*model.Sync){
		"target":   func(s *model.Sync) { s.Fields[0].Target = "z" },
		"column":   func(s *model.Sync) { s.Fields[0].Column = "email" },
		"template": func(s *model.Sync) { s.Fields[1].Template = "{{ltv}}" },
		"literal":  func(s *model.Sync) { v := model.Text("y"); s.Fields[2].Literal = &v },
		"kind":     func(s *model.Sync) { v := model.Value{Kind: model.JSON, Text: "x"}; s.Fields[2].Literal = &v },
		"nulls":    func(s *model.Sync) { s.Fields[0].Nulls = model.OmitNulls },
		"type":     func(s *model.Sync) { s.Fields[0].Type = "string" },
		"match":    func(s *model.Sync) { s.Match[0].Column = "plan" },
		"no match": func(s *model.Sync) { s.Match = nil; s.Fields = append(s.Fields, col("email", "email")) },
		"fewer":    func(s *model.Sync) { s.Fields = s.Fields[1:] },
	} {
		s := base()
		change(&s)
		print := of(s, columns, nil)
		if other, ok := seen[print]; ok {
			t.Errorf("changing %s has the fingerprint of changing %s", name, other)
		}
		seen[print] = name
	}
	retyped := append([]Column{}, columns...)
	retyped[3].Type = "DECIMAL(18,4)"
	if of(base(), retyped, nil) == was {
		t.Error("a column of another type has the same fingerprint")
	}
	typed := &connect.ObjectInfo{Fields: []connect.FieldInfo{{Name: "a", Type: "string", Scale: -1}, {Name: "b", Scale: -1}, {Name: "c", Scale: -1}, {Name: "email", Unique: true, Scale: -1}}}
	if of(base(), columns, typed) == was {
		t.Error("another type at the destination has the same fingerprint")
	}
}

func BenchmarkApplyColumns(b *testing.B) {
	var fields []model.Mapping
	for i := range 10 {
		fields = append(fields, col(fmt.Sprintf("field_%d", i), []string{"email", "plan", "ltv", "id", "born"}[i%5]))
	}
	p := mustCompile(b, syncOf(fields...), nil)
	benchmark(b, p)
}

func BenchmarkApplyTemplate(b *testing.B) {
	benchmark(b, mustCompile(b, syncOf(tpl("a", "{{ plan | upcase }} {{ email }}"), col("b", "email")), nil))
}

func benchmark(b *testing.B, p *Program) {
	var values []model.Value
	r := row()
	for _, c := range p.Columns() {
		values = append(values, r[c.Name])
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, problem := p.Apply(values); problem != nil {
			b.Fatal(problem)
		}
	}
}
