package audience

import (
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/google/go-cmp/cmp"
)

// everything is a definition with every node.
func everything() Definition {
	text := func(s string) []model.Value { return []model.Value{model.Text(s)} }
	number := func(n int64) []model.Value { return []model.Value{model.Integer(n)} }
	return Definition{Name: "all", Model: "customers", Zone: "Europe/Berlin",
		Include: All{ID: "top", Of: []Node{
			Any{Of: []Node{Prop{Field: "plan", Test: Test{Cmp: Ne, Values: text("pro"), Unset: UnsetOut}}, Prop{Field: "ltv", Test: Test{Cmp: In, Values: []model.Value{{Kind: model.Decimal, Text: "19.90"}, model.Integer(3)}}}}},
			Not{Of: Rel{ID: "r", Names: []string{"orders"}, Agg: Agg{Fn: Sum, Field: "amount"}, Test: Test{Cmp: Gt, Values: number(5)}, Window: Window{Ago: [2]Span{90 * day, 30 * day}}}},
			Rel{Event: true, Names: []string{"orders", "carts"}, Agg: Agg{Fn: Count}, Test: Test{Cmp: Ge, Values: number(3)}, Window: Window{Last: week, Align: Days},
				Where: Rows{All: []Pred{{Field: "cart", Test: Test{Cmp: Eq, Ref: RefEntity, Values: text("plan")}}}, Any: []Pred{{Field: "cart", Test: Test{Cmp: Set}}}}},
			Seq{Steps: []Step{{Event: "carts"}, {Event: "orders", Not: true, Within: Span(1800e9), Same: []string{"cart"}}}, Window: Window{From: "2026-01-01", To: "2026-02-01T00:00:00Z"}},
			Member{Audience: "vip"}, Consent{Purpose: "ads"}, Bucket{Salt: "s", From: 0, To: 500},
		}},
		Exclude: Prop{Field: "vip", Test: Test{Cmp: IsTrue}},
		Limit:   &Limit{N: 10, By: "ltv", Ascending: true},
		Split:   &Split{Salt: "x", Groups: []Group{{Name: "a", From: 0, To: 5000}, {Name: "b", From: 5000, To: 10000}}}}
}

func TestJSONComesBack(t *testing.T) {
	text, err := Write(everything())
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(everything(), back); diff != "" {
		t.Error(diff)
	}
	if err := Check(back, shop()); err != nil {
		t.Error(err)
	}
}

// TestJSONThatIsWrong: every mistake has its path and the nearest word.
func TestJSONThatIsWrong(t *testing.T) {
	for text, c := range map[string]struct{ code, path, says string }{
		`{"v":1,"entity":"c","include":{"op":"prop","feild":"plan","cmp":"eq","value":1}}`:                                               {"unknown_key", "include.feild", "did you mean field?"},
		`{"v":1,"entity":"c","include":{"op":"propp","field":"plan"}}`:                                                                   {"unknown_word", "include.op", "did you mean prop?"},
		`{"v":1,"entity":"c","include":{"op":"all","of":[{"op":"prop","field":"x","cmp":"eqq","value":1}]}}`:                             {"unknown_word", "include.of.0.cmp", "did you mean eq?"},
		`{"v":1,"entity":"c","include":{"op":"prop","field":"x","cmp":"eq","value":null}}`:                                               {"wrong_form", "include.value", "set and empty"},
		`{"v":1,"entity":"c","include":{"op":"prop","field":"x","cmp":"eq","value":1,"unset":"inn"}}`:                                    {"unknown_word", "include.unset", "did you mean in?"},
		`{"v":1,"entity":"c","include":{"op":"event","event":"o","agg":{"fn":"count"},"cmp":"ge","value":1,"window":{"last":"7 days"}}}`: {"bad_value", "include.window.last", "7d"},
		`{"v":1,"entity":"c","include":{"op":"seq","steps":[{"event":"a"},{"event":"b","neg":"yes"}]}}`:                                  {"wrong_form", "include.steps.1.neg", "write true"},
		`{"v":1,"entity":"c","include":{"op":"not"}}`:                                                                                    {"wrong_form", "include.of", "{…}"},
		`{"v":2,"entity":"c"}`:             {"bad_value", "v", `"v": 1`},
		`{"v":1}`:                          {"required", "entity", "add entity"},
		`{"v":1,"entity":"c","includ":{}}`: {"unknown_key", "includ", "did you mean include?"},
		`{"v":1,"entity":"c"} x`:           {"not_json", "", "commas"},
		`[`:                                {"not_json", "", "commas"},
		`{"v":1,"entity":"c","include":` + strings.Repeat(`{"op":"not","of":`, 2000) + `1` + strings.Repeat(`}`, 2000) + `}`: {"too_deep", "include.of.of.of.of.of.of", "take a level out"},
	} {
		_, err := Read([]byte(text))
		f := fault.As(err)
		if err == nil || f.Code != "audience."+c.code || f.Where != c.path || !strings.Contains(f.Message+" / "+f.Suggestion, c.says) || f.Kind != fault.Usage {
			t.Errorf("%.120s: %s at %q: %s / %s", text, f.Code, f.Where, f.Message, f.Suggestion)
		}
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{"30m": "30m", "90m": "1h30m", "24h": "1d", "7d": "1w", "10d": "10d", "2w": "2w", "1h0m1s": "1h0m1s", "1.5h": "1h30m", "36h": "36h"} {
		s, err := ParseSpan(text)
		if err != nil || s.String() != want {
			t.Errorf("%s is %s (%v), want %s", text, s, err, want)
		}
		if again, err := ParseSpan(s.String()); err != nil || again != s {
			t.Errorf("%s does not come back: %v", s, err)
		}
	}
	for _, text := range []string{"", "0s", "-3d", "7", "7 d", "1ns", "99999999d", "40000d", "d", "w", "+1w"} {
		if s, err := ParseSpan(text); err == nil {
			t.Errorf("%q is taken as %s", text, s)
		}
	}
}
