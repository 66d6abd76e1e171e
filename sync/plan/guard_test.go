package plan

import (
	"testing"

	"github.com/freshet/freshet/sync/model"
)

func TestJudge(t *testing.T) {
	share := func(p float64) *model.Limit { return &model.Limit{Percent: p, IsShare: true} }
	most := func(n int64) *model.Limit { return &model.Limit{Count: n} }
	for _, c := range []struct {
		name   string
		guard  model.Guard
		counts Counts
		held   string // the guard that holds, "" for none
	}{
		{"nothing to do", model.Guard{}, Counts{Rows: 10, Holds: 10}, ""},
		{"first run", model.Guard{}, Counts{Rows: 10, Enter: 10}, ""},
		{"first run of an empty source", model.Guard{}, Counts{}, ""},
		{"empty source, records held", model.Guard{}, Counts{Holds: 3, Removals: 3, Leave: 3}, "empty_source"},
		{"empty source, on_leave keep", model.Guard{}, Counts{Holds: 3, Lapse: 3}, "empty_source"},
		{"empty source, min_rows 0, all may leave", model.Guard{MaxLeaves: share(100)}, Counts{Holds: 3, Removals: 3}, "empty_source"},
		{"records that left are no rows", model.Guard{}, Counts{Read: 3, Holds: 3, Removals: 3, Leave: 3}, "empty_source"},
		{"one row is not empty", model.Guard{}, Counts{Rows: 1, Holds: 4, Removals: 3}, ""},

		{"default: exactly 500 of few", model.Guard{}, Counts{Rows: 1, Holds: 600, Removals: 500}, ""},
		{"default: 501 of few", model.Guard{}, Counts{Rows: 1, Holds: 600, Removals: 501}, "large_removal"},
		{"default: exactly 10 %", model.Guard{}, Counts{Rows: 1, Holds: 10_000, Removals: 1000}, ""},
		{"default: a record above 10 %", model.Guard{}, Counts{Rows: 1, Holds: 10_000, Removals: 1001}, "large_removal"},
		{"default: above 10 %, under 500", model.Guard{}, Counts{Rows: 1, Holds: 100, Removals: 99}, ""},
		{"default: above 500, under 10 %", model.Guard{}, Counts{Rows: 1, Holds: 100_000, Removals: 9999}, ""},
		{"lapses are no removals", model.Guard{}, Counts{Rows: 1, Holds: 10_000, Lapse: 9999}, ""},

		{"own max_leaves replaces the default", model.Guard{MaxLeaves: share(100)}, Counts{Rows: 1, Holds: 10_000, Removals: 9999}, ""},
		{"max_leaves count, exactly", model.Guard{MaxLeaves: most(5)}, Counts{Rows: 1, Holds: 10, Removals: 5}, ""},
		{"max_leaves count, one more", model.Guard{MaxLeaves: most(5)}, Counts{Rows: 1, Holds: 10, Removals: 6}, "max_leaves"},
		{"max_leaves 0", model.Guard{MaxLeaves: most(0)}, Counts{Rows: 1, Holds: 10, Removals: 1}, "max_leaves"},
		{"max_leaves share, exactly", model.Guard{MaxLeaves: share(10)}, Counts{Rows: 1, Holds: 70, Removals: 7}, ""},
		{"max_leaves share, one more", model.Guard{MaxLeaves: share(10)}, Counts{Rows: 1, Holds: 70, Removals: 8}, "max_leaves"},

		{"max_changes, exactly", model.Guard{MaxChanges: share(50)}, Counts{Rows: 1, Holds: 10, Change: 3, Return: 1, Again: 1, Enter: 99}, ""},
		{"max_changes, one more", model.Guard{MaxChanges: share(50)}, Counts{Rows: 1, Holds: 10, Change: 4, Return: 1, Again: 1}, "max_changes"},
		{"max_changes: entering is not changing", model.Guard{MaxChanges: most(0)}, Counts{Rows: 5, Enter: 5}, ""},

		{"min_rows, exactly", model.Guard{MinRows: 3}, Counts{Rows: 3}, ""},
		{"min_rows, one less", model.Guard{MinRows: 3}, Counts{Rows: 2}, "min_rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			verdicts := Judge(c.guard, c.counts)
			held := ""
			for _, v := range verdicts {
				if v.Says == "" {
					t.Errorf("%s says nothing", v.Guard)
				}
				if v.Held {
					held += v.Guard
				}
			}
			if held != c.held || Held(verdicts) != (c.held != "") {
				t.Errorf("held by %q, want %q: %+v", held, c.held, verdicts)
			}
		})
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := number(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
	for p, want := range map[float64]string{0: "0%", 10: "10%", 12.5: "12.5%", 10.0166: "10.02%", 9.966: "9.97%", 0.001: "less than 0.01%", 150: "150%", 1234: "1234%"} {
		if got := percent(p); got != want {
			t.Errorf("%v is %q, want %q", p, got, want)
		}
	}
}
