package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

func rendered(t *testing.T, steps []Step, s Summary, o Options) string {
	t.Helper()
	_, s = write(t, steps, s)
	var out bytes.Buffer
	if err := Render(&out, s, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func storySummary() Summary {
	s := Summary{Sync: "customers_to_crm", Model: "customers", Destination: "crm", Object: "contacts", Mode: model.Mirror, OnLeave: model.Delete,
		Counts: Counts{Rows: 20000, Read: 20002, Unchanged: 19990, Holds: 20003}, Calls: 2, Seconds: 0.5}
	s.Guards = Judge(model.Guard{MaxLeaves: &model.Limit{Count: 1}}, Counts{Rows: 20000, Holds: 20003, Removals: 2})
	return s
}

func TestRenderTellsTheStory(t *testing.T) {
	got := rendered(t, story(), storySummary(), Options{})
	for _, line := range []string{
		"Plan for customers_to_crm",
		"customers → crm contacts · mode mirror · on leave delete",
		"20,000 rows read, 19,990 unchanged",
		"20,003 records at the destination now, 20,002 after",
		"+ 1  enter: new in the model",
		"- 1  delete   left the model  made by Freshet",
		"- 1  delete   left the model  there before Freshet",
		"plan  free → pro",
		"! key 5  mapping.too_long",
		"2 delete, 4 upsert in 2 calls, about a second at the destination's limits",
		"HELD  max_leaves     2 records would be removed (0.01% of 20,003); 1 allowed",
		"freshet run customers_to_crm --approve sha256:",
		"freshet quarantine customers_to_crm",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no line with %q in\n%s", line, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Error("color where none was asked for")
	}
	if strings.Contains(got, "To run it:") {
		t.Error("a held plan says how to run it")
	}
	for line := range strings.Lines(got) {
		if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("spaces at the end of %q", line)
		}
	}
	if !strings.Contains(rendered(t, story(), storySummary(), Options{Color: true}), "\x1b[31m- 1\x1b[0m  delete") {
		t.Error("no color where it was asked for")
	}
}

func TestRenderNothingToDo(t *testing.T) {
	got := rendered(t, nil, Summary{Sync: "s", Counts: Counts{Rows: 5, Read: 5, Unchanged: 5, Holds: 5}}, Options{})
	if !strings.Contains(got, "Nothing to do") || strings.Contains(got, "freshet run") {
		t.Error(got)
	}
}

// TestRenderIsHarmless: what stands in a row can neither move the cursor nor turn the rest of a line round, and wide
// characters do not push columns out of line.
func TestRenderIsHarmless(t *testing.T) {
	steps := []Step{
		{Kind: Change, Verb: connect.Upsert, Key: "\x1b[2Jk\n", Fields: fieldsOf("日本語", "後", "x", "b\u202e\x07"), Before: fieldsOf("日本語", "前", "x", "שלום")},
		{Kind: Enter, Verb: connect.Upsert, Key: "e", Fields: fieldsOf("x", "", "y", strings.Repeat("w", 500))},
	}
	got := rendered(t, steps, Summary{Sync: "s"}, Options{Width: 60})
	if strings.ContainsAny(got, "\x1b\x07\u202e") {
		t.Errorf("control characters in %q", got)
	}
	for _, want := range []string{`\u001b[2Jk\n`, "x       \u2068שלום\u2069 → b\\u202e\\u0007", "日本語  前 → 後", `x  ""`, "…"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for line := range strings.Lines(got) {
		if columns(strings.TrimSuffix(line, "\n")) > 75 && !strings.Contains(line, "sha256") {
			t.Errorf("a line of %d columns: %s", columns(line), line)
		}
	}
}
