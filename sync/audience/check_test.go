package audience

import (
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// shop is a catalogue with every sort of column.
func shop() *Catalogue {
	feed := func(name, columns string) Relation {
		r := Relation{Table: name}
		for _, c := range strings.Split(columns, ", ") {
			n, typ, _ := strings.Cut(c, " ")
			r.Columns = append(r.Columns, Column{n, typ})
		}
		return r
	}
	mine := []Join{{"customer", "id"}}
	return &Catalogue{Model: "customers", Key: []string{"id"}, KeyText: `CAST(m."id" AS VARCHAR)`,
		Entity: func() Relation {
			r := feed("models.customers", "id BIGINT, plan VARCHAR, ltv DECIMAL(10,2), vip BOOLEAN, ads BOOLEAN, born DATE, tags VARCHAR[], blob BLOB, mail VARCHAR")
			r.Bases = []Base{{Table: "feeds.customers", Columns: map[string]string{"id": "no"}}}
			return r
		}(),
		Related: map[string]Related{
			"orders": {Relation: feed("feeds.orders", "no BIGINT, customer BIGINT, cart VARCHAR, amount DECIMAL(10,2), at TIMESTAMP"), On: mine, At: "at"},
			"items":  {Relation: feed("warehouse.items", "no BIGINT, order_no BIGINT, sku VARCHAR"), Via: "orders", On: []Join{{"order_no", "no"}}},
			"carts":  {Relation: feed("feeds.carts", "mail VARCHAR, cart VARCHAR, at TIMESTAMP WITH TIME ZONE"), On: []Join{{"mail", "mail"}}, At: "at"},
			"cards":  {Relation: feed("feeds.cards", "customer BIGINT, kind VARCHAR"), On: mine},
			"priced": {Relation: feed("feeds.priced", "customer DECIMAL(10,2)"), On: mine},
			"wrong":  {Relation: feed("feeds.wrong", "customer VARCHAR, at VARCHAR"), On: mine, At: "at"},
		},
		Consent:   Consents{Columns: map[string]string{"ads": "ads", "plans": "plan"}},
		Audiences: map[string]Definition{"vip": {Name: "vip", Model: "customers", Include: Prop{Field: "vip", Test: Test{Cmp: IsTrue}}}, "others": {Name: "others", Model: "orders"}},
	}
}

// TestDefinitionsThatAreWrong: types, names and bounds.
func TestDefinitionsThatAreWrong(t *testing.T) {
	prop := func(field, cmp string, values ...string) string {
		return `{"op":"prop","field":"` + field + `","cmp":"` + cmp + `"` + map[bool]string{true: `,"value":` + strings.Join(values, "")}[len(values) > 0] + `}`
	}
	for node, c := range map[string]struct{ code, path, says string }{
		prop("plann", "eq", `"x"`):      {"unknown_field", "include", "did you mean plan?"},
		prop("ltv", "eq", `"lots"`):     {"bad_value", "include", "a number"},
		prop("ltv", "eq", `"1e999"`):    {"bad_value", "include", "a number"},
		prop("ltv", "eq", `"1; drop"`):  {"bad_value", "include", "a number"},
		prop("ltv", "contains", `"1"`):  {"wrong_type", "include", "ltv is a number, which does not compare by contains"},
		prop("ltv", "last", `"7d"`):     {"wrong_type", "include", "does not compare by last"},
		prop("plan", "is_true"):         {"wrong_type", "include", "text"},
		prop("plan", "eq", `""`):        {"bad_value", "include", "not empty"},
		prop("plan", "matches", `"("`):  {"bad_value", "include", "RE2"},
		prop("plan", "eq", `"a\u0000"`): {"bad_text", "include", "no text"},
		prop("vip", "eq", `1`):          {"bad_value", "include", "true or false"},
		prop("born", "on", `"soon"`):    {"bad_value", "include", "2026-01-31"},
		prop("born", "last", `"7"`):     {"bad_value", "include", "7d"},
		prop("born", "in", `[]`):        {"bad_value", "include", "a list"},
		prop("born", "set", `1`):        {"bad_value", "include", "no value"},
		prop("tags", "eq", `"a"`):       {"wrong_type", "include", "has_any"},
		prop("blob", "eq", `"a"`):       {"wrong_type", "include", "set or empty"},
		`{"op":"rel","path":["orders"],"agg":{"fn":"sum","field":"cart"},"cmp":"gt","value":1}`:                                                                     {"wrong_type", "include.agg", "there is no sum"},
		`{"op":"rel","path":["orders"],"agg":{"fn":"sum"},"cmp":"gt","value":1}`:                                                                                    {"unknown_field", "include.agg", "no column"},
		`{"op":"rel","path":["orders"],"agg":{"fn":"count","field":"cart"},"cmp":"gt","value":1}`:                                                                   {"bad_value", "include.agg", "leave the column out"},
		`{"op":"rel","path":["cards"],"agg":{"fn":"count"},"cmp":"gt","value":1,"window":{"last":"7d"}}`:                                                            {"no_time", "include", "at: …"},
		`{"op":"event","event":"cards","agg":{"fn":"count"},"cmp":"gt","value":1}`:                                                                                  {"no_time", "include", "at: …"},
		`{"op":"rel","path":["wrong"],"agg":{"fn":"count"},"cmp":"gt","value":1}`:                                                                                   {"wrong_type", "include", "never equal"},
		`{"op":"rel","path":["order"],"agg":{"fn":"count"},"cmp":"gt","value":1}`:                                                                                   {"unknown_related", "include", "did you mean orders?"},
		`{"op":"rel","path":["orders"],"where":{"all":[{"field":"amount","cmp":"gt","ref":"entity","value":"plan"}]},"agg":{"fn":"count"},"cmp":"gt","value":1}`:    {"wrong_type", "include.where.all.0", "one sort"},
		`{"op":"event","event":["orders","carts"],"agg":{"fn":"min","field":"cart"},"cmp":"last","value":"7d"}`:                                                     {"wrong_type", "include", "does not compare by last"},
		`{"op":"seq","steps":[{"event":"orders"},{"event":"carts","where":{"any":[{"field":"cart","cmp":"eq","ref":"step0","value":"cart"}]}}]}`:                    {"bad_value", "include.steps.1.where.any.0", "move it there"},
		`{"op":"seq","steps":[{"event":"orders"},{"event":"carts"},{"event":"orders","where":{"all":[{"field":"cart","cmp":"eq","ref":"step0","value":"cart"}]}}]}`: {"bad_value", "include.steps.2.where.all.0", "measured from the first"},
		`{"op":"seq","steps":[{"event":"orders"},{"event":"carts","same":["amount"]}]}`:                                                                             {"unknown_field", "include.steps.1.same", "amount"},
		`{"op":"consent","purpose":"calls"}`:             {"unknown_consent", "include", "consent stands under the model"},
		`{"op":"consent","purpose":"plans"}`:             {"wrong_type", "include", "BOOLEAN"},
		`{"op":"audience","audience":"others"}`:          {"other_model", "include", "same model"},
		`{"op":"bucket","salt":"s","from":0,"to":10001}`: {"bad_bucket", "include", "10000"},
	} {
		d, err := Read([]byte(`{"v":1,"entity":"customers","include":` + node + `}`))
		if err != nil {
			t.Fatalf("%s: %v", node, err)
		}
		f := fault.As(Check(d, shop()))
		if f.Code != "audience."+c.code || f.Where != c.path || !strings.Contains(f.Message+" / "+f.Suggestion, c.says) || f.Suggestion == "" {
			t.Errorf("%s: %s at %q: %s / %s", node, f.Code, f.Where, f.Message, f.Suggestion)
		}
		if _, err := Compile(d, shop()); err == nil {
			t.Errorf("%s is compiled", node)
		}
	}
}

func TestBounds(t *testing.T) {
	leaf := Node(Prop{Field: "vip", Test: Test{Cmp: IsTrue}})
	deep := leaf
	for range maxDepth - 1 {
		deep = Not{Of: deep}
	}
	many := make([]Node, maxLeaves)
	for i := range many {
		many[i] = leaf
	}
	for _, c := range []struct {
		node Node
		code string
	}{{deep, ""}, {Not{Of: deep}, "audience.too_deep"}, {All{Of: many}, ""}, {All{Of: append(many, leaf)}, "audience.too_many"}, {All{}, "audience.empty_group"}, {Not{}, "audience.empty_group"}} {
		err := Check(Definition{Model: "customers", Include: c.node}, shop())
		if c.code == "" && err != nil || c.code != "" && !fault.Is(err, c.code) {
			t.Errorf("want %q, got %v", c.code, err)
		}
	}
	c := shop()
	c.Audiences["a"] = Definition{Name: "a", Model: "customers", Include: Member{Audience: "b"}}
	c.Audiences["b"] = Definition{Name: "b", Model: "customers", Exclude: Not{Of: Member{Audience: "a"}}}
	if err := Check(c.Audiences["a"], c); !fault.Is(err, "audience.cycle") || !strings.Contains(err.Error(), "a → b → a") {
		t.Errorf("a circle gives %v", err)
	}
}

// TestPaths: how changes of every table lead to keys, and what that means for live evaluation.
func TestPaths(t *testing.T) {
	rel := func(name string) Node {
		return Rel{Names: []string{name}, Agg: Agg{Fn: Count}, Test: Test{Cmp: Ge, Values: []model.Value{model.Integer(1)}}}
	}
	for name, c := range map[string]struct {
		node  Node
		live  bool
		paths string
	}{
		"":       {Prop{Field: "vip", Test: Test{Cmp: IsTrue}}, true, "feeds.customers[no]"},
		"cards":  {rel("cards"), true, "feeds.cards[customer] feeds.customers[no]"},
		"carts":  {rel("carts"), true, `feeds.carts(SELECT DISTINCT CAST(m."id" AS VARCHAR) AS pk FROM changed AS r JOIN "models"."customers" AS m ON r."mail" = m."mail") feeds.customers[no]`},
		"priced": {rel("priced"), true, `feeds.customers[no] feeds.priced(SELECT DISTINCT CAST(m."id" AS VARCHAR) AS pk FROM changed AS r JOIN "models"."customers" AS m ON r."customer" = m."id")`},
		"member": {Member{Audience: "vip"}, true, "feeds.customers[no]"},
		"items": {rel("items"), false, `feeds.customers[no] feeds.orders[customer] warehouse.items(SELECT DISTINCT CAST(m."id" AS VARCHAR) AS pk FROM changed AS r ` +
			`JOIN "feeds"."orders" AS p1 ON r."order_no" = p1."no" JOIN "models"."customers" AS m ON p1."customer" = m."id")`},
	} {
		compiled, err := Compile(Definition{Name: "this", Model: "customers", Include: c.node}, shop())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range compiled.Paths() {
			text := p.Table
			if p.Lookup != "" {
				text += "(" + strings.ReplaceAll(p.Lookup, "\n", " ") + ")"
			} else {
				text += "[" + strings.Join(p.Columns, ",") + "]"
			}
			got = append(got, text)
		}
		if text := strings.Join(got, " "); text != c.paths {
			t.Errorf("%s:\ngot  %s\nwant %s", name, text, c.paths)
		}
		if live := compiled.Live(); live.Live != c.live {
			t.Errorf("%s: live is %+v", name, live)
		}
	}
	limited, err := Compile(Definition{Model: "customers", Limit: &Limit{N: 1, By: "ltv"}}, shop())
	if err != nil || limited.Live().Live || !strings.Contains(limited.Live().Why, "the first by ltv") {
		t.Errorf("a limit is %+v (%v)", limited.Live(), err)
	}
	c := shop()
	c.Entity.Bases = append(c.Entity.Bases, Base{Table: "feeds.other"})
	joined, err := Compile(Definition{Model: "customers"}, c)
	if err != nil || joined.Live().Live || !strings.Contains(joined.Live().Why, "feeds.other") {
		t.Errorf("a table that leads nowhere is %+v (%v)", joined.Live(), err)
	}
}

func TestSentences(t *testing.T) {
	got := Sentence(everything())
	want := `Records of customers where (plan is not "pro" (and has a value) or ltv is one of 19.90 or 3) and not (the sum of amount of orders between 90 days and 30 days ago is more than 5) ` +
		`and the number of orders or carts whose cart is the record's plan and cart has a value in the last 7 days, today among them is at least 3 ` +
		`and there are carts from 2026-01-01 to 2026-02-01T00:00:00Z, with no orders for the same cart within 30 minutes and it is in vip and consent for ads is on record ` +
		`and it falls into the 5% of "s" from 0% to 5%, except where vip is true; of them the 10 with the lowest ltv; in the groups a (50%) and b (50%); days are those of Europe/Berlin.`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
