package contract_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/model"
	"github.com/google/go-cmp/cmp"
)

// compiled compiles the only object of a contract whose properties these are.
func compiled(t testing.TB, properties string) *contract.Checks {
	t.Helper()
	checks, err := compile(properties)
	if err != nil {
		t.Fatalf("%s\n%v", properties, err)
	}
	return checks
}

func compile(properties string) (*contract.Checks, error) {
	c, err := contract.Read("c.yaml", []byte(strings.Replace(head, "v3.1.0", "v3.2.0", 1)+"schema:\n- name: t\n  properties:\n"+properties))
	if err != nil {
		return nil, err
	}
	return contract.Compile(c, &c.Schema[0])
}

func value(kind model.Kind, text string) model.Value { return model.Value{Kind: kind, Text: text} }

// TestWhatAValueMustBe is the table of docs/CONTRACTS.md in values: each property with values that keep it and values that
// break it, with the code they break.
func TestWhatAValueMustBe(t *testing.T) {
	null := model.Value{}
	text := model.Text
	number := func(s string) model.Value { return value(model.Int, s) }
	cases := []struct {
		property string
		good     []model.Value
		code     string
		bad      []model.Value
	}{
		{"required: true", []model.Value{text(""), number("1")}, contract.CodeRequired, []model.Value{null}},
		{"primaryKey: true", []model.Value{text("a")}, contract.CodeRequired, []model.Value{null}},
		{"quality: [{metric: nullValues, mustBe: 0}]", []model.Value{text("")}, contract.CodeRequired, []model.Value{null}},
		{"quality: [{metric: nullValues, mustBeLessThan: 1, unit: rows}]", []model.Value{text("")}, contract.CodeRequired, []model.Value{null}},
		{"quality: [{metric: nullValues, mustBeLessThan: 1, unit: percent}]", []model.Value{null}, "", nil},
		{"quality: [{metric: nullValues, mustBe: 0, severity: warning}]", []model.Value{null}, "", nil},
		{"quality: [{metric: missingValues, mustBe: 0, arguments: {missingValues: ['', N/A]}}]", []model.Value{null, text("x")}, contract.CodeRequired, []model.Value{text(""), text("N/A")}},
		{"quality: [{metric: missingValues, mustBe: 0}]", []model.Value{text("x")}, contract.CodeRequired, []model.Value{null, text("")}},
		{"quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [kg, 2]}}]", []model.Value{null, text("kg"), number("2"), value(model.Decimal, "2.00")}, contract.CodeValue, []model.Value{text("g"), number("3")}},
		{"quality: [{metric: invalidValues, mustBe: 0, arguments: {pattern: '^[A-Z]{2}$'}}]", []model.Value{null, text("DE")}, contract.CodePattern, []model.Value{text("de"), text("DEU")}},
		{"enum: [{value: FR}, {value: DE}]", []model.Value{null, text("FR")}, contract.CodeValue, []model.Value{text("fr"), text("")}},
		{"logicalType: string", []model.Value{null, text("é"), value(model.Bytes, "AA=="), value(model.JSON, "{}")}, contract.CodeType, []model.Value{number("1"), value(model.Bool, "true"), value(model.Date, "2024-01-01")}},
		{"logicalType: string, logicalTypeOptions: {minLength: 2, maxLength: 3}", []model.Value{null, text("ab"), text("éèê")}, contract.CodeLength, []model.Value{text("a"), text("abcd"), text("")}},
		{"logicalType: string, logicalTypeOptions: {pattern: 'ACC[0-9]{3}'}", []model.Value{text("ACC123"), text("xACC1234")}, contract.CodePattern, []model.Value{text("ACC12")}},
		{"logicalType: string, logicalTypeOptions: {format: email}", []model.Value{text("a@b.cd"), text("ü@müller.de")}, contract.CodeFormat, []model.Value{text("a"), text("a@b"), text("a@b..c"), text("a b@c.de"), text("@b.cd"), text("a@b@c.de")}},
		{"logicalType: string, logicalTypeOptions: {format: uuid}", []model.Value{text("5b3e0a6e-8a2b-4c3d-9e4f-0123456789AB")}, contract.CodeFormat, []model.Value{text("5b3e0a6e8a2b4c3d9e4f0123456789ab"), text("5b3e0a6e-8a2b-4c3d-9e4f-0123456789ag")}},
		{"logicalType: string, logicalTypeOptions: {format: ipv4}", []model.Value{text("127.0.0.1")}, contract.CodeFormat, []model.Value{text("::1"), text("127.0.0.256")}},
		{"logicalType: string, logicalTypeOptions: {format: ipv6}", []model.Value{text("::1")}, contract.CodeFormat, []model.Value{text("127.0.0.1")}},
		{"logicalType: string, logicalTypeOptions: {format: uri}", []model.Value{text("https://a.b/c"), text("mailto:a@b.cd")}, contract.CodeFormat, []model.Value{text("a.b/c"), text("1a:b"), text("a: b")}},
		{"logicalType: string, logicalTypeOptions: {format: hostname}", []model.Value{text("a.b-c")}, contract.CodeFormat, []model.Value{text("a_b"), text("-a"), text("a..b")}},
		{"logicalType: string, logicalTypeOptions: {format: password}", []model.Value{text("")}, "", nil},
		{"logicalType: integer", []model.Value{number("170141183460469231731687303715884105728"), value(model.Decimal, "7.00")}, contract.CodeType, []model.Value{value(model.Decimal, "7.01"), value(model.Float, "7"), text("7")}},
		{"logicalType: integer, logicalTypeOptions: {format: i8}", []model.Value{number("127"), number("-128")}, contract.CodeType, []model.Value{number("128"), number("-129"), number("99999999999999999999999")}},
		{"logicalType: integer, logicalTypeOptions: {format: u64}", []model.Value{number("18446744073709551615"), number("0")}, contract.CodeType, []model.Value{number("18446744073709551616"), number("-1")}},
		{"logicalType: integer, logicalTypeOptions: {minimum: 18, exclusiveMaximum: 100}", []model.Value{number("18"), number("99")}, contract.CodeRange, []model.Value{number("17"), number("100"), number("100000000000000000000")}},
		{"logicalType: integer, logicalTypeOptions: {minimum: 9007199254740993}", []model.Value{number("9007199254740993"), value(model.Decimal, "9007199254740993.0")}, contract.CodeRange, []model.Value{number("9007199254740992"), value(model.Decimal, "9007199254740992.0")}},
		{"logicalType: number, logicalTypeOptions: {maximum: 0.1}", []model.Value{value(model.Decimal, "0.1"), value(model.Float, "0.1"), number("-5"), value(model.Float, "-1e300")}, contract.CodeRange, []model.Value{value(model.Decimal, "0.10000000000000000000001"), value(model.Float, "1e21")}},
		{"logicalType: number, logicalTypeOptions: {multipleOf: 0.01}", []model.Value{value(model.Decimal, "0.07"), number("3")}, contract.CodeMultiple, []model.Value{value(model.Decimal, "0.071")}},
		{"logicalType: integer, logicalTypeOptions: {multipleOf: 5}", []model.Value{number("-10"), number("0")}, contract.CodeMultiple, []model.Value{number("7")}},
		{"logicalType: boolean", []model.Value{value(model.Bool, "false")}, contract.CodeType, []model.Value{number("0"), text("true")}},
		{"logicalType: date", []model.Value{value(model.Date, "2024-02-29"), text("2024-02-29")}, contract.CodeType, []model.Value{text("29.02.2024"), text("2023-02-29"), value(model.Timestamp, "2024-02-29T00:00:00")}},
		{"logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy, minimum: '2024-01-01'}", []model.Value{text("29.02.2024"), text("2024-02-29"), value(model.Date, "+12345-01-01")}, contract.CodeRange, []model.Value{text("31.12.2023"), value(model.Date, "2023-12-31"), value(model.Date, "-0043-03-15")}},
		{"logicalType: timestamp, logicalTypeOptions: {minimum: '2020-01-01 00:00:00', exclusiveMaximum: '2021-01-01T00:00:00Z'}", []model.Value{value(model.Instant, "2020-01-01T00:00:00Z"), value(model.Timestamp, "2020-12-31T23:59:59.999999"), text("2021-01-01T01:00:00+02:00")},
			contract.CodeRange, []model.Value{value(model.Instant, "2021-01-01T00:00:00Z"), value(model.Timestamp, "2019-12-31T23:59:59.5"), text("2020-12-31T23:00:00-02:00")}},
		{"logicalType: time, logicalTypeOptions: {maximum: '12:00:00'}", []model.Value{value(model.Time, "12:00:00"), text("11:59")}, contract.CodeRange, []model.Value{value(model.Time, "12:00:00.000001")}},
		{"logicalType: array, logicalTypeOptions: {minItems: 1, maxItems: 2}", []model.Value{value(model.JSON, `[1]`), value(model.JSON, `[1,{"a":[1,2,3]}]`)}, contract.CodeLength, []model.Value{value(model.JSON, `[]`), value(model.JSON, `[1,2,3]`)}},
		{"logicalType: array, logicalTypeOptions: {uniqueItems: true}", []model.Value{value(model.JSON, `[1,"1"]`)}, contract.CodeValue, []model.Value{value(model.JSON, `[1,1]`)}},
		{"logicalType: array", []model.Value{value(model.JSON, `[]`)}, contract.CodeType, []model.Value{value(model.JSON, `{}`), text("[]")}},
		{"logicalType: object, logicalTypeOptions: {required: [a], maxProperties: 2}", []model.Value{value(model.JSON, `{"a":null}`)}, contract.CodeRequired, []model.Value{value(model.JSON, `{"b":1}`)}},
		{"physicalType: 'numeric(10,2)'", []model.Value{value(model.Decimal, "1.50"), number("1")}, contract.CodeType, []model.Value{text("1.50")}},
		{"physicalType: geography", []model.Value{text("x"), number("1")}, "", nil},
		{"required: true, logicalType: string, customProperties: [{property: freshet.placeholder, value: __gone}], logicalTypeOptions: {maxLength: 2}", []model.Value{text("__gone"), text("ok")}, contract.CodeLength, []model.Value{text("not")}},
	}
	for _, c := range cases {
		checks := compiled(t, "  - {name: a, "+c.property+"}\n")
		for _, v := range c.good {
			if broken := checks.Row(model.Fields{{Name: "a", Value: v}}); broken != nil {
				t.Errorf("%s: %v breaks %v", c.property, v, broken)
			}
		}
		for _, v := range c.bad {
			broken := checks.Row(model.Fields{{Name: "a", Value: v}})
			if len(broken) != 1 || broken[0].Code != c.code || broken[0].Column != "a" || broken[0].Pos.Line != 9 {
				t.Errorf("%s: %v breaks %v, not %s", c.property, v, broken, c.code)
			}
			bound := checks.Bind([]string{"zz", "a"}).Row([]model.Value{text("other"), v})
			if diff := cmp.Diff(broken, bound); diff != "" {
				t.Errorf("bound, the row is judged in another way: %s", diff)
			}
		}
	}
}

// TestViolationsHoldNoValues. Guarantee G9.
func TestViolationsHoldNoValues(t *testing.T) {
	checks := compiled(t, "  - {name: a, logicalType: string, logicalTypeOptions: {pattern: '^x$'}}\n  - {name: b, logicalType: integer}\n")
	broken := checks.Row(model.Fields{{Name: "a", Value: model.Text("canary")}, {Name: "b", Value: model.Text("canary")}})
	if len(broken) != 2 || strings.Contains(fmt.Sprint(broken), "canary") {
		t.Errorf("%v", broken)
	}
}

func TestAbsentIsNullInAWholeRowOnly(t *testing.T) {
	checks := compiled(t, "  - {name: b, required: true}\n  - {name: a, required: true}\n")
	row := model.Fields{{Name: "a", Value: model.Text("x")}, {Name: "zz", Value: model.Text("x")}}
	if broken := checks.Row(row); len(broken) != 1 || broken[0].Column != "b" {
		t.Errorf("%v", broken)
	}
	if broken := checks.Partial(row); broken != nil {
		t.Errorf("%v", broken)
	}
}

const shop = `apiVersion: v3.1.0
kind: DataContract
id: shop
name: customers
version: 2.0.0
status: active
team:
  name: growth
  members: [{username: old, role: owner, dateOut: "2024-01-01"}, {username: ann, role: Owner}]
customProperties:
  - {property: freshet.purposes, value: [crm]}
  - {property: somebodyElse, value: 1}
slaProperties:
  - {property: LATENCY, value: 4, unit: hours, element: people.email}
  - {property: latency, value: 90, unit: min}
  - {property: latency, value: 1, unit: s, element: orders.at}
  - {property: retention, value: 3, unit: y}
  - {property: frequency, value: 1, unit: m}
schema:
  - name: people
    physicalName: dim_people
    customProperties:
      - {property: freshet.consentBasis, value: contract}
      - {property: freshet.versionColumn, value: changed}
    quality:
      - {metric: rowCount, mustBeBetween: [10, 20]}
      - {metric: duplicateValues, mustBe: 0, arguments: {properties: [email, region]}}
      - {type: sql, query: select 1, mustBe: 1, description: by hand}
    properties:
      - {name: email, logicalType: string, physicalType: varchar(320), classification: restricted, unique: true,
         customProperties: [{property: freshet.purposes, value: [crm, advertising]}, {property: freshet.class, value: email},
           {property: freshet.approvedDestinations, value: hubspot}, {property: freshet.masking, value: sha256}]}
      - {name: id, primaryKey: true, primaryKeyPosition: 2, physicalName: person_id, physicalType: bigint}
      - {name: region, primaryKey: true, primaryKeyPosition: 1, logicalType: string, classification: public}
      - {name: changed, logicalType: timestamp, logicalTypeOptions: {timezone: true}}
      - {name: score, logicalType: number, quality: [{metric: nullValues, mustBeLessOrEqualTo: 5, unit: percent, severity: warning}]}
  - name: orders
    properties: [{name: at, logicalType: timestamp}]
`

func TestCompile(t *testing.T) {
	c, err := contract.Read("shop.yaml", []byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Find("nobody"); ok {
		t.Error("of several objects none has the name, and one was found")
	}
	object, ok := c.Find("dim_people")
	if !ok {
		t.Fatal("not found by its physical name")
	}
	checks, err := contract.Compile(c, object)
	if err != nil {
		t.Fatal(err)
	}
	email, _ := checks.Column("email")
	id, _ := checks.Column("id")
	region, _ := checks.Column("region")
	changed, _ := checks.Column("changed")
	got := []any{checks.Contract, checks.Version, checks.Owner, checks.Key, checks.VersionColumn, checks.Promise,
		email.Policy, id.Name, id.Type, id.Key, id.Required, region.Policy, changed.Type, email.Type, len(checks.Unchecked), len(checks.Warnings)}
	want := []any{"customers", "2.0.0", "ann", []string{"region", "person_id"}, "changed",
		contract.Promise{Latency: 90 * time.Minute, Retention: 3 * 365 * 24 * time.Hour},
		contract.Policy{Class: "email", Purposes: []string{"crm", "advertising"}, ApprovedDestinations: []string{"hubspot"}, ConsentBasis: "contract", Masking: "sha256"},
		"person_id", "BIGINT", 2, true, contract.Policy{Class: "public", Purposes: []string{"crm"}, ConsentBasis: "contract"},
		"TIMESTAMP WITH TIME ZONE", "VARCHAR", 1, 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var set []string
	for _, r := range checks.Set {
		sql, ok := checks.SQL(&r, []string{"id", "email", "region", "score"})
		set = append(set, fmt.Sprintf("%t %t %s | %s", r.Warn, ok, r.Says, sql))
	}
	wantSet := []string{
		`false true duplicates in email must be 0 | count(*) FILTER (WHERE "email" IS NOT NULL) - count(DISTINCT ("email")) FILTER (WHERE "email" IS NOT NULL)`,
		`true true nulls in score must be at most 5% | count(*) FILTER (WHERE "score" IS NULL)`,
		`false true the number of rows must be above 10 and must be below 20 | count(*)`,
		`false true duplicates in email, region must be 0 | count(*) FILTER (WHERE "email" IS NOT NULL AND "region" IS NOT NULL) - count(DISTINCT ("email", "region")) FILTER (WHERE "email" IS NOT NULL AND "region" IS NOT NULL)`,
	}
	if diff := cmp.Diff(wantSet, set); diff != "" {
		t.Error(diff)
	}
}

func TestSetRules(t *testing.T) {
	cases := []struct {
		operator       string
		measured, rows int64
		keeps          bool
	}{
		{"mustBe: 3", 3, 9, true}, {"mustBe: 3", 4, 9, false}, {"mustNotBe: 3", 3, 9, false}, {"mustBeGreaterThan: 3", 3, 9, false},
		{"mustBeGreaterOrEqualTo: 3", 3, 9, true}, {"mustBeLessThan: 3", 3, 9, false}, {"mustBeLessOrEqualTo: 3", 3, 9, true},
		{"mustBeBetween: [3, 5]", 4, 9, true}, {"mustBeBetween: [3, 5]", 3, 9, false}, {"mustNotBeBetween: [3, 5]", 4, 9, false},
		{"mustNotBeBetween: [3, 5]", 5, 9, true}, {"unit: percent, mustBeLessThan: 50", 4, 9, true},
		{"unit: percent, mustBeLessThan: 50", 5, 9, false}, {"unit: percent, mustBeLessThan: 50", 0, 0, true},
	}
	for _, c := range cases {
		checks := compiled(t, "  - {name: a, quality: [{metric: duplicateValues, "+c.operator+"}]}\n")
		if got := checks.Set[0].Judge(c.measured, c.rows); got != c.keeps {
			t.Errorf("%s of %d in %d: %t", c.operator, c.measured, c.rows, got)
		}
	}
}

func TestWhatCannotBeCompiled(t *testing.T) {
	cases := []struct{ property, want string }{
		{"logicalType: string, logicalTypeOptions: {pattern: '(?=x)'}", "c.yaml:9:56 contract.bad_pattern"},
		{"logicalType: string, logicalTypeOptions: {minLength: 5, maxLength: 2}", "c.yaml:9:56 contract.bad_bound"},
		{"logicalType: date, logicalTypeOptions: {minimum: tomorrow}", "c.yaml:9:54 contract.bad_bound"},
		{"quality: [{metric: nullValues, mustBe: none}]", "c.yaml:9:25 contract.bad_bound"},
		{"quality: [{metric: invalidValues, mustBeLessThan: 5}]", "c.yaml:9:25 contract.no_arguments"},
		{"customProperties: [{property: freshet.purpose, value: [a]}]", "c.yaml:9:34 contract.unknown_property"},
		{"customProperties: [{vendor: freshet, property: masking, value: 3}]", "c.yaml:9:34 contract.wrong_type"},
		{"customProperties: [{property: freshet.purposes, value: [1]}]", "c.yaml:9:34 contract.wrong_type"},
		{"primaryKey: true, primaryKeyPosition: 1}\n  - {name: b, primaryKey: true, primaryKeyPosition: 1", "c.yaml:10:5 contract.key_position"},
		{"required: true}\n  - {name: A", "c.yaml:10:5 contract.column_twice"},
	}
	for _, c := range cases {
		_, err := compile("  - {name: a, " + c.property + "}\n")
		var got []string
		for _, f := range faults(err) {
			got = append(got, f.Where+" "+f.Code)
			if f.Suggestion == "" {
				t.Errorf("%s: no remedy", c.property)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s: %v\n%s", c.property, err, diff)
		}
	}
}

func TestMisfits(t *testing.T) {
	checks := compiled(t, "  - {name: id, physicalName: person_id, logicalType: integer}\n  - {name: email, logicalType: string}\n  - {name: born, logicalType: date}\n")
	shapes := []contract.Shape{{Name: "id", Type: "BIGINT", Kind: model.Int}, {Name: "emial", Type: "VARCHAR", Kind: model.String},
		{Name: "born", Type: "BOOLEAN", Kind: model.Bool}, {Name: "more", Type: "JSON", Kind: model.JSON}}
	var got []string
	for _, m := range checks.Misfits("the model people", shapes) {
		got = append(got, m.Column+" "+m.Fault.Where+" "+m.Fault.Code+" "+m.Fault.Suggestion)
	}
	want := []string{"born c.yaml:11:5 contract.column_type cast it in the model's SQL, or change its type in the contract",
		"email c.yaml:10:5 contract.column_missing if it is emial there, name it so in the contract, or rename it with AS in the SQL"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string(nil), checks.Needs(shapes[:2])); diff != "" {
		t.Errorf("columns that can break nothing are looked at: %s", diff)
	}
}

// TestFingerprint: it tells rules apart, and not the order in which they stand.
func TestFingerprint(t *testing.T) {
	a := compiled(t, "  - {name: a, required: true}\n  - {name: b, logicalType: string}\n").Fingerprint()
	same := compiled(t, "  - {name: b, logicalType: string, description: new}\n  - {name: a, required: true}\n").Fingerprint()
	other := compiled(t, "  - {name: b, logicalType: string, logicalTypeOptions: {maxLength: 3}}\n  - {name: a, required: true}\n").Fingerprint()
	if a != same || a == other {
		t.Error(a, same, other)
	}
}

func BenchmarkRow(b *testing.B) {
	var properties strings.Builder
	var row model.Fields
	var names []string
	var values []model.Value
	for i := range 20 {
		name := fmt.Sprintf("c%02d", i)
		names = append(names, name)
		var v model.Value
		switch i % 5 {
		case 0:
			fmt.Fprintf(&properties, "  - {name: %s, required: true, logicalType: string, logicalTypeOptions: {maxLength: 40}}\n", name)
			v = model.Text("somebody@example.com")
		case 1:
			fmt.Fprintf(&properties, "  - {name: %s, logicalType: integer, logicalTypeOptions: {minimum: 0, format: i64}}\n", name)
			v = model.Integer(int64(i) * 1e9)
		case 2:
			fmt.Fprintf(&properties, "  - {name: %s, logicalType: number, logicalTypeOptions: {minimum: 0}}\n", name)
			v = value(model.Decimal, "19.90")
		case 3:
			fmt.Fprintf(&properties, "  - {name: %s, logicalType: timestamp, logicalTypeOptions: {minimum: '2000-01-01 00:00:00'}}\n", name)
			v = value(model.Instant, "2024-02-29T12:30:00Z")
		default:
			fmt.Fprintf(&properties, "  - {name: %s, logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [gold, pro]}}]}\n", name)
			v = model.Text("pro")
		}
		row = append(row, model.Field{Name: name, Value: v})
		values = append(values, v)
	}
	checks := compiled(b, properties.String())
	if broken := checks.Row(row); broken != nil {
		b.Fatal(broken)
	}
	b.Run("fields", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			checks.Row(row)
		}
	})
	bound := checks.Bind(names)
	b.Run("values", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			bound.Row(values)
		}
	})
}
