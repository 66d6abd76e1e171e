package contract_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/fault"
	"github.com/google/go-cmp/cmp"
)

const head = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\n"

// faults takes joined errors apart.
func faults(err error) (all []*fault.Fault) {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		for _, e := range many.Unwrap() {
			all = append(all, fault.As(e))
		}
		return all
	}
	if err != nil {
		all = append(all, fault.As(err))
	}
	return all
}

func TestWhatIsWrongIsPlaced(t *testing.T) {
	cases := []struct{ text, want string }{
		{"", "c.yaml:1:1 contract.empty see docs/CONTRACTS.md for one to begin with"},
		{"a: [", "c.yaml:1:1 contract.syntax look at this line and the one before it: indentation, quotes, colons"},
		{head + "shcema: []\n", "c.yaml:6:1 contract.unknown_key did you mean schema?"},
		{head + "schema:\n- name: t\n  proprties: []\n", "c.yaml:8:3 contract.unknown_key did you mean properties?"},
		{head + "schema:\n- name: t\n  properties:\n  - name: a\n    logicaltype: string\n", "c.yaml:10:5 contract.unknown_key did you mean logicalType?"},
		{head + "schema:\n- name: t\n  properties:\n  - name: a\n    logicalType: sting\n", "c.yaml:10:18 contract.unknown_value did you mean string?"},
		{head + "schema:\n- name: t\n  properties:\n  - logicalType: string\n", "c.yaml:9:5 contract.required add name:"},
		{head + "schema:\n- name: t\n  properties:\n  - name: a\n    required: yes please\n", "c.yaml:10:15 contract.wrong_type write true or false"},
		{head + "schema:\n- name: t\n  properties:\n  - {name: a, logicalType: string, logicalTypeOptions: {minimum: 3}}\n",
			"c.yaml:9:57 contract.unknown_key it can be minLength, maxLength, pattern, format"},
		{head + "schema:\n- name: t\n  properties:\n  - {name: a, quality: [{metric: nullValues, mustBe: 0, mustBeLessThan: 2}]}\n",
			"c.yaml:9:57 contract.conflict keep one; for a range write mustBeBetween: [from, to]"},
		{head + "schema:\n- name: t\n  properties:\n  - {name: a, quality: [{metric: nullValues}]}\n",
			"c.yaml:9:25 contract.required add one of mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween"},
		{head + "schema:\n- name: t\n  properties:\n  - {name: a, enum: [{value: 1}]}\n", "c.yaml:9:15 contract.later_key write apiVersion: v3.2.0, or take it out"},
		{head + "servers:\n- {server: s, type: kafka, hots: b}\n", "c.yaml:7:3 contract.required add host:\nc.yaml:7:28 contract.unknown_key did you mean host?"},
		{head + "schema:\n- name: t\n  quality: [{metric: rowCount, mustBe: 1, query: q}]\n", "c.yaml:8:43 contract.unknown_key it can be id, name, type, metric, rule, arguments, mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween, unit, dimension, method, severity, businessImpact, description, scheduler, schedule, authoritativeDefinitions, tags, customProperties"},
		{head + "schema:\n- name: t\n  quality: [{type: text, mustBe: 1, engine: e}]\n", "c.yaml:8:26 contract.unknown_key it can be id, name, type, unit, dimension, method, severity, businessImpact, description, scheduler, schedule, authoritativeDefinitions, tags, customProperties\nc.yaml:8:37 contract.unknown_key it can be id, name, type, unit, dimension, method, severity, businessImpact, description, scheduler, schedule, authoritativeDefinitions, tags, customProperties"},
		{head + "schema:\n- name: t\n  quality: [{type: custom, engine: e}]\n", "c.yaml:8:13 contract.required add implementation:"},
		{head + "schema:\n- name: t\n  properties:\n  - {name: a, logicalType: map}\n", "c.yaml:9:5 contract.required add map:\nc.yaml:9:28 contract.unknown_value it can be string, date, timestamp, time, number, integer, object, array, boolean"},
		{head + "servers:\n- {server: s, type: kafak, host: b}\n", "c.yaml:7:3 contract.unknown_value did you mean kafka?"},
		{head + "name: 7\nname: b\n", "c.yaml:6:7 contract.wrong_type put it in quotes\nc.yaml:7:1 contract.duplicate_key keep one of the two"},
		{head + "description: null\n", "c.yaml:6:14 contract.wrong_type write a value, or take the line out"},
		{"kind: DataContract\n", "c.yaml:1:1 contract.required add apiVersion:\nc.yaml:1:1 contract.required add id:\nc.yaml:1:1 contract.required add version:\nc.yaml:1:1 contract.required add status:"},
		{head + "---\nx: 1\n", "c.yaml:6:1 contract.syntax put it in a file of its own"},
		{"a: &a [*a]\n", "c.yaml:1:1 contract.too_deep write it out plainly"},
		{"- 1\n", "c.yaml:1:1 contract.wrong_type write a mapping"},
	}
	for _, c := range cases {
		_, err := contract.Read("c.yaml", []byte(c.text))
		var got []string
		for _, f := range faults(err) {
			got = append(got, fmt.Sprintf("%s %s %s", f.Where, f.Code, f.Suggestion))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s\n%s", c.text, diff)
		}
	}
}

// TestMessagesTellNoSecrets: the texts of a contract that cannot be read are not repeated by the parser's words.
func TestMessagesTellNoSecrets(t *testing.T) {
	_, err := contract.Read("c.yaml", []byte("a: 'canary\n"+"b: *canary\n"))
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func TestWriteKeepsCommentsAndOrder(t *testing.T) {
	text := `# What this is about
status: active # for now
id: x
kind: DataContract
apiVersion: v3.1.0
version: "1.0.0" # semantic
schema:
  - name: people
    # the columns
    properties:
      - name: id # the key
        primaryKey: true
        examples: [1, 0x10, 1_000]
      - name: email
        description: ''
        required: false
`
	c, err := contract.Read("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	same, err := contract.Write(c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(same)); diff != "" {
		t.Errorf("nothing has changed (+):\n%s", diff)
	}
	people := &c.Schema[0]
	yes := true
	c.Status = "retired"
	people.Properties[1].Required = &yes
	people.Properties = append([]contract.Property{{Name: "phone", LogicalType: "string"}}, people.Properties...)
	people.Custom = []contract.CustomProperty{{Property: "freshet.purposes", Value: contract.List(contract.Text("crm"), contract.Text("42"))}}
	changed, err := contract.Write(c)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("active # for now", "retired # for now", "required: false", "required: true",
		"      - name: id # the key", "      - name: phone\n        logicalType: string\n      - name: id # the key").Replace(text) +
		"    customProperties:\n      - property: freshet.purposes\n        value: [crm, \"42\"]\n"
	if diff := cmp.Diff(want, string(changed)); diff != "" {
		t.Error(diff)
	}
}

func TestAliasesAndMerges(t *testing.T) {
	text := head + `schema:
  - name: t
    properties:
      - &text {name: a, logicalType: string, tags: &tags [x]}
      - {<<: *text, name: b}
      - {name: c, tags: *tags, customProperties: [{property: p, value: *tags}]}
`
	c, err := contract.Read("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b, last := c.Schema[0].Properties[1], c.Schema[0].Properties[2]
	if b.Name != "b" || b.LogicalType != "string" || last.Tags[0] != "x" {
		t.Errorf("%+v %+v", b, last)
	}
	if texts, ok := last.Custom[0].Value.Texts(); !ok || texts[0] != "x" {
		t.Errorf("%v", texts)
	}
	out, err := contract.Write(c)
	if err != nil || string(out) != text {
		t.Errorf("%v\n%s", err, cmp.Diff(text, string(out)))
	}
	c.Schema[0].Properties[1].Description = "new" // what is inherited is not written out
	out, err = contract.Write(c)
	if want := strings.Replace(text, "name: b}", "name: b, description: new}", 1); err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, cmp.Diff(want, string(out)))
	}
}

// FuzzRead: whatever is read ends, and what is accepted is written and read again with the same meaning.
func FuzzRead(f *testing.F) {
	f.Add([]byte(head))
	f.Add([]byte(head + "schema:\n- name: t\n  properties:\n  - {name: a, logicalType: string, quality: [{metric: rowCount, mustBeBetween: [1, 2]}]}\n"))
	f.Add([]byte(head + "team: [{username: u}]\nservers: [{server: s, type: kafka, host: h}]\nslaProperties: [{property: ly, value: 4, unit: d}]\n"))
	f.Add([]byte("a: &a [*a]\n<<: *a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := contract.Read("f.yaml", text)
		if err != nil {
			for _, f := range faults(err) {
				if f.Kind != fault.Usage || f.Code == "" || f.Suggestion == "" || !strings.HasPrefix(f.Where, "f.yaml:") {
					t.Errorf("a fault without a place or a remedy: %+v", f)
				}
			}
			return
		}
		for i := range c.Schema {
			_, _ = contract.Compile(c, &c.Schema[i])
		}
		written, err := contract.Write(c)
		if err != nil {
			t.Fatalf("written: %v", err)
		}
		again, err := contract.Read("f.yaml", written)
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, text, written)
		}
		twice, err := contract.Write(again)
		if err != nil || string(twice) != string(written) {
			t.Errorf("%v\n%q\n%q", err, written, twice)
		}
	})
}
