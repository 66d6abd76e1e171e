package liquid

import (
	"testing"

	"github.com/freshet/freshet/sync/model"
	other "github.com/osteele/liquid"
)

// TestDialect: on templates without exact numbers, dates or mistakes, another implementation of Liquid says the same.
func TestDialect(t *testing.T) {
	row := map[string]model.Value{"plan": model.Text("pro"), "name": model.Text("Zoë O'Neil"), "n": model.Integer(7), "yes": model.Boolean(true), "none": {},
		"tags": {Kind: model.JSON, Text: `["b","a","b"]`}, "home": {Kind: model.JSON, Text: `{"city":"Köln"}`}}
	bindings := map[string]any{"plan": "pro", "name": "Zoë O'Neil", "n": 7, "yes": true, "none": nil, "tags": []any{"b", "a", "b"}, "home": map[string]any{"city": "Köln"}}
	engine := other.NewEngine()
	for _, template := range []string{
		"Hello {{ name }}, you are on {{ plan | upcase }}.",
		"{% if plan == 'pro' and n > 5 %}A{% else %}B{% endif %}",
		"{% if plan == 'free' or yes %}A{% endif %}",
		"{% unless none %}A{% else %}B{% endunless %}",
		"{% if plan contains 'ro' %}A{% endif %}{% if tags contains 'a' %}B{% endif %}",
		"{% case plan %}{% when 'free' %}1{% when 'pro', 'team' %}2{% else %}3{% endcase %}",
		"{% for t in tags %}{{ forloop.index }}:{{ t }}{% unless forloop.last %}, {% endunless %}{% endfor %}",
		"{% for t in tags reversed %}{{ t }}{% endfor %}{% for t in tags limit:1 offset:1 %}{{ t }}{% endfor %}",
		"{% for i in (1..3) %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
		"{% for t in tags %}{% if t == 'a' %}{% break %}{% endif %}{{ t }}{% endfor %}",
		"{% assign x = plan | append: '!' %}{{ x }}{% capture y %}<{{ x }}>{% endcapture %}{{ y }}",
		"a {%- if yes -%} b {%- endif -%} c",
		"{% comment %}{{ plan }}{% endcomment %}{% raw %}{{ plan }}{% endraw %}",
		"{{ none | default: 'x' }}{{ plan | default: 'x' }}",
		"{{ name | split: ' ' | first }}|{{ name | split: ' ' | last | downcase }}",
		"{{ tags | join: '-' }} {{ tags | sort | uniq | join }} {{ tags | size }} {{ tags | reverse | first }}",
		"{{ home.city }} {{ home['city'] }} {{ tags[1] }} {{ tags[-1] }}",
		"{{ n | plus: 3 }} {{ n | times: 2 }} {{ n | divided_by: 2 }} {{ n | modulo: 4 }} {{ 3.7 | floor }} {{ 3.2 | ceil }}",
		"{{ ' a ' | strip }}{{ 'abc' | slice: 1, 2 }}{{ 'a-b' | replace: '-', '_' }}{{ 'aab' | remove_first: 'a' }}{{ 'b' | prepend: 'a' }}",
		"{{ 'one two three' | truncatewords: 2 }} {{ 'abcdefghij' | truncate: 6 }} {{ 'a b' | url_encode }}",
	} {
		got, err := renderWith(template, row)
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		want, failed := engine.ParseAndRenderString(template, bindings)
		if failed != nil || got != want {
			t.Errorf("%s\n ours   %q\n theirs %q %v", template, got, want, failed)
		}
	}
}
