package liquid

import (
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/model"
)

// row is what the tests render over.
var row = map[string]model.Value{
	"name": model.Text("Zoë"), "plan": model.Text("pro"), "nothing": {}, "empty_text": model.Text(""), "blank_text": model.Text("  "),
	"ltv": {Kind: model.Decimal, Text: "199.90"}, "big": {Kind: model.Int, Text: "170141183460469231731687303715884105727"},
	"id": model.Integer(42), "float": {Kind: model.Float, Text: "1e+21"}, "active": model.Boolean(true),
	"day":    {Kind: model.Date, Text: "2024-02-29"},
	"at":     {Kind: model.Timestamp, Text: "2024-02-29T13:04:05.123456"},
	"moment": {Kind: model.Instant, Text: "2024-02-29T13:04:05Z"},
	"tags":   {Kind: model.JSON, Text: `["b","a",1.50]`}, "home": {Kind: model.JSON, Text: `{"city":"Köln","zip":"01067","n":12345678901234567890}`},
	"orders":     {Kind: model.JSON, Text: `[{"sku":"x","price":1.10},{"sku":"y","price":2.20}]`},
	"code":       model.Text("007"),
	"first name": model.Text("Ann"),
}

func columnsOf(row map[string]model.Value) (names []string) {
	for name := range row {
		names = append(names, name)
	}
	return names
}

func renderWith(template string, row map[string]model.Value) (string, error) {
	t, err := Parse(template, columnsOf(row))
	if err != nil {
		return "", err
	}
	var values []model.Value
	for _, name := range t.Columns() {
		values = append(values, row[name])
	}
	return t.Render(values)
}

func TestRender(t *testing.T) {
	for template, want := range map[string]string{
		"":                            "",
		"plain }} text":               "plain }} text",
		"{{ plan | upcase }}":         "PRO",
		"{{ name | upcase }}":         "ZOË",
		"Hi {{name}}, {{ nothing }}!": "Hi Zoë, !",
		"{{ ltv }}":                   "199.90",
		"{{ big }}":                   "170141183460469231731687303715884105727",
		"{{ big | plus: 1 }}":         "170141183460469231731687303715884105728",
		"{{ float }}":                 "1e+21",
		"{{ ltv | plus: 0.10 }}":      "200",
		"{{ ltv | times: 3 }}":        "599.7",
		"{{ 0.1 | plus: 0.2 }}":       "0.3",
		"{{ 7 | divided_by: 2 }}":     "3",
		"{{ -7 | divided_by: 2 }}":    "-4",
		"{{ 7 | divided_by: 2.0 }}":   "3.5",
		"{{ 1.0 | divided_by: 3 }}":   "0.33333333333333333333",
		"{{ -7 | modulo: 3 }}":        "2",
		"{{ ltv | round }} {{ 2.5 | round }} {{ -2.5 | round }} {{ 1.005 | round: 2 }}":                                        "200 3 -3 1.01",
		"{{ ltv | ceil }} {{ ltv | floor }} {{ -1.5 | abs }}":                                                                  "200 199 1.5",
		"{{ 5 | at_most: 3 }} {{ 5 | at_least: 8 }}":                                                                           "3 8",
		"{% if ltv > 100 %}big{% else %}small{% endif %}":                                                                      "big",
		"{% if 100 < ltv %}big{% endif %}":                                                                                     "big",
		"{% if ltv == 199.9 %}equal{% endif %}":                                                                                "equal",
		"{% if big > 170141183460469231731687303715884105726 %}yes{% endif %}":                                                 "yes",
		"{% if ltv > 200 %}a{% elsif ltv > 150 %}b{% else %}c{% endif %}":                                                      "b",
		"{% unless active %}off{% else %}on{% endunless %}":                                                                    "on",
		"{% if nothing > 1 or nothing < 1 %}x{% else %}neither{% endif %}":                                                     "neither",
		"{% if true or false and false %}right to left{% endif %}":                                                             "right to left",
		"{% if empty_text == empty and blank_text == blank and nothing == blank %}y{% endif %}":                                "y",
		"{% if blank_text == empty %}y{% else %}n{% endif %}":                                                                  "n",
		"{% if plan contains 'r' %}y{% endif %}{% if tags contains 'a' %}y{% endif %}":                                         "yy",
		"{% case plan %}{% when 'free', 'trial' %}0{% when 'pro' or 'team' %}1{% else %}2{% endcase %}":                        "1",
		"{% case plan %} {% when 'x' %}0{% else %}2{% endcase %}":                                                              "2",
		"{% for t in tags %}{{ forloop.index }}{{ t }}{% unless forloop.last %},{% endunless %}{% endfor %}":                   "1b,2a,31.50",
		"{% for i in (1..5) reversed limit:2 offset:1 %}{{ i }}{% endfor %}":                                                   "32",
		"{% for i in (1..9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i > 3 %}{% break %}{% endif %}{{ i }}{% endfor %}": "13",
		"{% for x in nothing %}x{% else %}none{% endfor %}":                                                                    "none",
		"{% assign n = ltv | times: 2 %}{{ n }}":                                                                               "399.8",
		"{% for plan in tags %}{{ plan }}{% endfor %}{{ plan }}":                                                               "ba1.50pro",
		"{% assign x = 1 %}{% for x in (2..3) %}{{ x }}{% endfor %}{{ x }}":                                                    "231",
		"{% assign plan = 'x' %}{{ plan }}":                                                                                    "x",
		"{% capture c %}<{{ plan }}>{% endcapture %}{{ c | size }}":                                                            "5",
		"{% for i in (1..3) %}{% assign last = i %}{% endfor %}{{ last }}":                                                     "3",
		"a {%- comment %} {{ oops | nope }} don't {% endcomment -%} b":                                                         "ab",
		"{% raw %}{{ not }} {% a %}{% endraw %}":                                                                               "{{ not }} {% a %}",
		"{% # a note, don't mind %}x":                                                                                          "x",
		" a {{- plan -}} b ":                                                                                                   " aprob ",
		"{{ home.city }} {{ home['zip'] }} {{ home.n }} {{ home.none }}|":                                                      "Köln 01067 12345678901234567890 |",
		"{{ tags[0] }}{{ tags[-1] }}{{ tags.size }}{{ tags.first }}":                                                           "b1.503b",
		"{{ tags }} {{ home | json }}":                                                                                         `["b","a",1.50] {"city":"Köln","zip":"01067","n":12345678901234567890}`,
		"{{ orders | map: 'sku' | join: '+' }} {{ orders | map: 'price' | sum }}":                                              "x+y 3.3",
		"{{ orders | where: 'sku', 'y' | map: 'price' | first }}":                                                              "2.20",
		"{{ tags | json }} {{ name | json }} {{ nothing | json }}":                                                             `["b","a",1.50] "Zoë" null`,
		`{{ ["first name"] }}`:                     "Ann",
		"{{ code }}":                               "007",
		"{{ name | sha256 }}":                      "2b56d0be42cb0cf12f5a45cdd83b4fdc2d0fa9bf8cb11ce1d7be9f6e9a0d1e7c",
		"{{ nothing | sha256 | default: 'none' }}": "none",
		"{{ name | base64_encode }} {{ name | base64_encode | base64_decode }}":                                      "Wm/Dqw== Zoë",
		"{{ nothing | default: 'x' }}{{ empty_text | default: 'y' }}{{ 0 | default: 'z' }}":                          "xy0",
		"{{ name | size }} {{ name | slice: 1, 2 }} {{ name | slice: -1 }} {{ name | slice: 9 }}|":                   "3 oë ë |",
		"{{ 'ZOË léon' | capitalize }}":                                                                              "Zoë léon",
		"{{ 'abcdef' | truncate: 5 }} {{ 'abcdef' | truncate: 4, '' }} {{ 'ab' | truncate: 5 }}":                     "ab... abcd ab",
		"{{ 'a b c' | truncatewords: 2 }}":                                                                           "a b...",
		"{{ ' x ' | strip }}|{{ ' x ' | lstrip }}|{{ ' x ' | rstrip }}|":                                             "x|x | x|",
		"{{ 'a-b-c' | replace: '-', '+' }} {{ 'a-b-c' | replace_first: '-', '+' }} {{ 'a-b-c' | remove_last: '-' }}": "a+b+c a+b-c a-bc",
		"{{ 'a,b,,' | split: ',' | size }}{{ 'abc' | split: '' | join: '.' }}":                                       "2a.b.c",
		"{{ 'b,a,b' | split: ',' | sort | uniq | reverse | join }}":                                                  "b a",
		"{{ '<b>\"&' | escape }} {{ 'a b&c' | url_encode }} {{ 'a+b' | url_decode }}":                                "&lt;b&gt;&quot;&amp; a+b%26c a b",
		"{{ day }} {{ at }} {{ moment }}":                                                                            "2024-02-29 2024-02-29T13:04:05.123456 2024-02-29T13:04:05Z",
		"{{ day | date: '%d.%m.%Y' }} {{ day | date: '%-d %b %y, %A' }}":                                             "29.02.2024 29 Feb 24, Thursday",
		"{{ at | date: '%H:%M:%S.%L %I %p %j %V' }}":                                                                 "13:04:05.123 01 PM 060 09",
		"{{ moment | date: '%s %z %:z %Z' }}":                                                                        "1709211845 +0000 +00:00 UTC",
		"{{ '2024-01-02' | date: '%Y/%m/%d' }}{{ nothing | date: '%Y' }}":                                            "2024/01/02",
		"{% if day > '2024-01-01' and day == '2024-02-29' %}later{% endif %}":                                        "later",
		"{{ 'it''s' }}":                      "ERROR",
		"{{ active }} {{ active | upcase }}": "true TRUE",
		"{{ 'a }} b' }}":                     "a }} b",
	} {
		got, err := renderWith(template, row)
		if want == "ERROR" {
			if err == nil {
				t.Errorf("%s\n renders %q, want an error", template, got)
			}
			continue
		}
		if strings.Contains(template, "name | sha256") && !strings.Contains(template, "nothing") {
			if len(got) != 64 {
				t.Errorf("sha256 is %q", got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s\n got  %q, %v\n want %q", template, got, err, want)
		}
	}
}

// TestParseRefuses: what can be known without a row is said without one, at its place, with the nearest name.
func TestParseRefuses(t *testing.T) {
	for template, want := range map[string]string{
		"{{ emial }}":                          "line 1, column 4 of the template: the model has no column \"emial\"",
		"{{ plan | upcas }}":                   "column 11 of the template: there is no filter \"upcas\"|\"upcase\"",
		"a\n  {{ plna }}":                      "line 2, column 6 of the template: the model has no column \"plna\"|\"plan\"",
		"{{ plan":                              "{{ is not closed with }}",
		"{% if plan %}x":                       "{% if %} has no {% endif %}",
		"{% endif %}":                          "has nothing to belong to",
		"{% if plan %}{% endfor %}":            "stands inside {% if %}",
		"{% include 'secrets' %}":              "there is no tag \"include\"",
		"{{ plan | append }}":                  "the filter append takes one value, not 0",
		"{{ plan | upcase: 1 }}":               "takes no values",
		"{{ }}":                                "a value is expected",
		"{{ plan plan }}":                      "\"plan\" is not expected here",
		"{{ 'abc }}":                           "is not closed",
		"{% break %}":                          "outside a for",
		"{% assign x %}":                       "an assign is written",
		"{% for x of tags %}{% endfor %}":      "a for is written",
		"{% for x in tags %}{% endfor %}{{x}}": "no column \"x\"",
		"{% case plan %}text{% when 1 %}{% endcase %}": "something stands between",
		"{{ plan | | upcase }}":                        "the name of a filter is expected",
		"{{ plan & name }}":                            "has no meaning here",
		"{% raw %}x":                                   "has no {% endraw %}",
		"{% comment %}x":                               "has no {% endcomment %}",
		strings.Repeat("{% if plan %}", 200) + strings.Repeat("{% endif %}", 200):      "nested too deeply",
		"{{ " + strings.Repeat("plan and ", 300) + "plan }}":                           "nested too deeply",
		"{{ " + strings.Repeat("(", 5000) + "plan" + strings.Repeat(")", 5000) + " }}": "nested too deeply",
	} {
		_, err := Parse(template, columnsOf(row))
		message, near, _ := strings.Cut(want, "|")
		if err == nil || !strings.Contains(err.Error(), message) || !strings.Contains(err.Suggestion, near) {
			t.Errorf("%.60s\n got %v\n want %q", template, err, want)
		}
	}
}

// TestRenderRefuses: a row that a template cannot be rendered for fails; nothing else is ever made of it. The message
// holds no values.
func TestRenderRefuses(t *testing.T) {
	for template, want := range map[string]string{
		"{{ name | plus: 1 }}":                    "a text is not a number",
		"{{ nothing | plus: 1 }}":                 "nothing is not a number",
		"{% if ltv > plan %}x{% endif %}":         "a number and a text cannot be compared",
		"{{ 1 | divided_by: nothing }}":           "nothing is not a number",
		"{{ 1 | divided_by: 0 }}":                 "divided by zero",
		"{{ plan | date: '%Y' }}":                 "cannot be read as a date",
		"{{ 'now' | date: '%Y' }}":                "no clock",
		"{{ day | date: '%Q' }}":                  "not known",
		"{{ at | date: '%s' }}":                   "needs a timestamp with a zone",
		"{{ plan | base64_decode }}":              "not base64",
		"{{ tags | map: 'x' }}":                   "has no part of that name",
		"{{ plan | join }}":                       "a text is not a list",
		"{{ 'a,b' | split: ',' }}":                "cannot be shown as it is",
		"{{ plan.length }}":                       "no part of that name",
		"{% for x in plan %}{% endfor %}":         "is not a list",
		"{% for x in (1..1000000) %}{% endfor %}": "too long",
		"{% for x in (1..40000) %}{% for y in (1..40000) %}{% endfor %}{% endfor %}":                           "too much work",
		"{% assign s = 'aaaaaaaaaaaaaaaa' %}{% for x in (1..100) %}{% assign s = s | append: s %}{% endfor %}": "too long",
		"{% assign n = 3 %}{% for x in (1..100) %}{% assign n = n | times: n %}{% endfor %}":                   "too large",
		"{% assign l = 'a,b' | split: ',' %}{% for x in (1..100) %}{% assign l = l | concat: l %}{% endfor %}": "too long",
		"{% for x in (1..20000) %}" + strings.Repeat("0123456789", 10) + "{% endfor %}":                        "1 MiB",
	} {
		got, err := renderWith(template, row)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %.40q, %v\n want %q", template, got, err, want)
			continue
		}
		for _, secret := range []string{"Zoë", "199", "pro\""} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the message shows a value: %v", template, err)
			}
		}
	}
}

func TestHugeExponentsAreNotCalculated(t *testing.T) {
	row := map[string]model.Value{"j": {Kind: model.JSON, Text: `{"n":1e999999999}`}}
	if got, err := renderWith("{{ j.n | plus: 1 }}", row); err == nil {
		t.Errorf("rendered %d characters", len(got))
	}
	if got, err := renderWith("{% if j.n > 1 %}more{% endif %}", map[string]model.Value{"j": {Kind: model.JSON, Text: `{"n":1e99999}`}}); err == nil {
		t.Errorf("compared: %q", got)
	}
	if got, err := renderWith("{{ j.n }}", row); err != nil || got != "1e999999999" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestInvalidTextIsRefused(t *testing.T) {
	row := map[string]model.Value{"a": model.Text("x\xff")}
	if got, err := renderWith("{{ a }}", row); err == nil {
		t.Errorf("rendered %q", got)
	}
}

func TestColumnsAreThoseRead(t *testing.T) {
	tpl, err := Parse("{{ plan }}{% if ltv > 1 %}{{ plan }}{{ name | default: id }}{% endif %}", columnsOf(row))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tpl.Columns(), ","); got != "plan,ltv,name,id" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"{{ plan | upcase }}", "{% if a %}{% else %}", "{%- raw -%}{{", "{{-}}", "{%%}", "{{'", "{% for a in (1..2) limit: %}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tpl, err := Parse(s, []string{"plan", "a"})
		if err == nil {
			_, _ = tpl.Render(make([]model.Value, len(tpl.Columns())))
		}
	})
}

func BenchmarkRender(b *testing.B) {
	tpl, err := Parse("{{ plan | upcase }} {% if ltv > 100 %}vip{% endif %}", []string{"plan", "ltv"})
	if err != nil {
		b.Fatal(err)
	}
	values := []model.Value{model.Text("pro"), {Kind: model.Decimal, Text: "199.90"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tpl.Render(values); err != nil {
			b.Fatal(err)
		}
	}
}
