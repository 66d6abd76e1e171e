package model

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNestedNames(t *testing.T) {
	f := Fields{{"a", Integer(1)}, {"address!", Text("odd")}, {"address.city", Text("Łódź")}, {"address.geo.lat", Value{Decimal, "1.10"}},
		{"address.geo.lon", Value{}}, {"b.c", Value{JSON, `[1,{"x":2}]`}}}
	f.Sort()
	want := `{"a":1,"address":{"city":"Łódź","geo":{"lat":1.10,"lon":null}},"address!":"odd","b":{"c":[1,{"x":2}]}}`
	if got := string(f.AppendNested(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestQuotedLikeTheStandardLibrary: every text comes out as encoding/json reads it back.
func TestQuotedLikeTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\x00-\x7f]*`)).Draw(t, "text")
		var back string
		if err := json.Unmarshal(AppendQuoted(nil, s), &back); err != nil || back != s {
			t.Fatalf("%q came back as %q (%v)", s, back, err)
		}
	})
	if got := string(AppendQuoted(nil, "a\xffb\x01")); got != "\"a\ufffdb\\u0001\"" {
		t.Errorf("bytes that are not UTF-8: %s", got)
	}
}

func TestFlatComesBack(t *testing.T) {
	f := Fields{{"big", Value{Int, "170141183460469231731687303715884105727"}}, {"d", Value{Decimal, "1.10"}}, {"e", Value{Float, "1e-7"}},
		{"j", Value{JSON, `{"b":1,"a":[2]}`}}, {"n", Value{}}, {"s", Text("it's \"x\"\n😀")}, {"t", Boolean(true)}}
	back, err := ParseFlat(f.AppendFlat(nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, back); diff != "" {
		t.Error(diff)
	}
	if f.Hash() != back.Hash() {
		t.Error("the same fields have two hashes")
	}
}

// TestHashIsForever: hashes are kept in ledgers, so they never change.
func TestHashIsForever(t *testing.T) {
	f := Fields{{"email", Text("ann@example.com")}, {"ltv", Value{Decimal, "19.90"}}}
	if got := f.Hash(); got != 0x20044e53264826e0 {
		t.Errorf("the hash is %#x", got)
	}
}

func TestCompositeKeys(t *testing.T) {
	for _, parts := range [][]string{{"eu", "42"}, {`a"b`, "c,d"}, {"", "x", "ü"}} {
		key := CompositeKey(parts)
		if diff := cmp.Diff(parts, key.Parts(len(parts))); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	if got := Key("[1]").Parts(1); got[0] != "[1]" {
		t.Errorf("a single key was taken apart: %v", got)
	}
}
