package engine

import (
	"context"
	"testing"

	"github.com/freshet/freshet/sync/model"
)

// TestFeedTableKeepsEveryValue: what was put in as text is in the table in its own type, digit for digit.
func TestFeedTableKeepsEveryValue(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	table := FeedTable{Name: "carts", Columns: []FeedColumn{{Name: "id", Type: "BIGINT"}, {Name: "big", Type: "HUGEINT"}, {Name: "price", Type: "DECIMAL(18,2)"},
		{Name: "name", Type: "VARCHAR"}, {Name: "at", Type: "TIMESTAMP WITH TIME ZONE"}, {Name: "raw", Type: "BLOB"}, {Name: "items", Type: "JSON"}, {Name: "odd \"name", Type: "DOUBLE"}}}
	if err := e.MakeFeed(ctx, table); err != nil {
		t.Fatal(err)
	}
	text := "it's \"x\" \u0001 😀 שלום"
	row := model.Fields{{Name: "id", Value: model.Integer(9007199254740993)}, {Name: "big", Value: model.Value{Kind: model.Int, Text: "170141183460469231731687303715884105727"}},
		{Name: "price", Value: model.Value{Kind: model.Decimal, Text: "19.90"}}, {Name: "name", Value: model.Text(text)},
		{Name: "at", Value: model.Value{Kind: model.Instant, Text: "2026-03-29T01:30:00.123456Z"}}, {Name: "raw", Value: model.Blob([]byte{0, 1, 255})},
		{Name: "items", Value: model.Value{Kind: model.JSON, Text: `[{"sku":"a","n":12345678901234567890}]`}},
		{Name: `odd "name`, Value: model.Value{Kind: model.Float, Text: "0.1"}}}
	row.Sort()
	err := e.PutFeed(ctx, table, []FeedRow{{Key: "1", Row: AppendFeedRow(nil, row)}, {Key: "2", Row: []byte(`{"id":"2","name":null}`)}, {Key: "3", Row: []byte(`{"id":"3"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.PutFeed(ctx, table, []FeedRow{{Key: "3"}, {Key: "2", Row: []byte(`{"id":"2","name":""}`)}}); err != nil {
		t.Fatal(err)
	}
	m := model.Model{Name: "m", SQL: `select * from feeds.carts`, Key: []string{"id"}}
	got := map[string]string{}
	fields, found, err := e.Row(ctx, m, "9007199254740993")
	if err != nil || !found {
		t.Fatal(found, err)
	}
	for _, f := range fields {
		got[f.Name] = f.Value.Text
	}
	want := map[string]string{"id": "9007199254740993", "big": "170141183460469231731687303715884105727", "price": "19.90", "name": text,
		"at": "2026-03-29 01:30:00.123456+00", "raw": `\x00\x01\xFF`, "items": `[{"sku":"a","n":12345678901234567890}]`, `odd "name`: "0.1"}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %q, want %q", k, got[k], v)
		}
	}
	if _, found, _ := e.Row(ctx, m, "3"); found {
		t.Error("a row that is gone is still there")
	}
	fields, _, _ = e.Row(ctx, m, "2")
	for _, f := range fields {
		if f.Name == "name" && (f.Value.IsNull() || f.Value.Text != "") {
			t.Errorf("an empty text came back as %v", f.Value)
		}
	}
}
