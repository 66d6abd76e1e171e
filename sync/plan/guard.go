package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Verdict is what one guard says of a plan.
type Verdict struct {
	Guard string  `json:"guard"` // "empty_source", "min_rows", "max_leaves", "large_removal", "max_changes", "column_types" or "contract"
	Held  bool    `json:"held"`
	Says  string  `json:"says"`  // a sentence for people
	Limit float64 `json:"limit"` // what is allowed: records, for min_rows and empty_source rows
	Value float64 `json:"value"` // what the plan would do
}

// Without a max_leaves of its own a sync is held when removals are above both of these.
const (
	largeRemovals = 500
	largeShare    = 10.0 // percent of what the destination holds
)

// Judge asks every guard that applies and gives a verdict for each, held or not, in a fixed order.
//
// Removals are steps with a leaving verb; records that lapse under on_leave keep never trip a guard. Changes are records
// that are there and would be written: changed and returning ones, and those tried again; entering records are not.
// A source without any row, while the destination holds records of ours, is always held, whatever the sync says: only an
// approval lets it through.
func Judge(g model.Guard, c Counts) []Verdict {
	verdicts := []Verdict{emptySource(c)}
	if g.MinRows > 0 {
		verdicts = append(verdicts, minRows(g.MinRows, c))
	}
	return append(verdicts, JudgeKeys(g, c)...)
}

// JudgeKeys asks the guards that can be asked of a plan that looked at some keys alone. Such a plan holds no silence: a
// record leaves in it because something was said about it.
func JudgeKeys(g model.Guard, c Counts) []Verdict {
	var verdicts []Verdict
	if g.MaxLeaves != nil {
		verdicts = append(verdicts, limited("max_leaves", "removed", *g.MaxLeaves, c.Removals, c.Holds))
	} else {
		verdicts = append(verdicts, largeRemoval(c))
	}
	if g.MaxChanges != nil {
		changes := c.Change + c.Return + c.Again
		verdicts = append(verdicts, limited("max_changes", "changed", *g.MaxChanges, changes, c.Holds))
	}
	return verdicts
}

// Held says whether any guard holds the plan.
func Held(verdicts []Verdict) bool {
	for _, v := range verdicts {
		if v.Held {
			return true
		}
	}
	return false
}

// emptySource holds removals, and records that would be let go, while the model has no row at all. Guarantee G12.
func emptySource(c Counts) Verdict {
	v := Verdict{Guard: "empty_source", Limit: 1, Value: float64(c.Rows)}
	if c.Rows > 0 || c.Holds == 0 {
		v.Says = "the model has " + count(c.Rows, "row", "rows")
		return v
	}
	v.Held = c.Removals+c.Lapse > 0
	v.Says = "the model has no rows, and the destination holds " + count(c.Holds, "record", "records") + " of ours"
	return v
}

func minRows(limit int64, c Counts) Verdict {
	return Verdict{
		Guard: "min_rows", Held: c.Rows < limit, Limit: float64(limit), Value: float64(c.Rows),
		Says: fmt.Sprintf("the model has %s, and at least %s are asked for", count(c.Rows, "row", "rows"), number(limit)),
	}
}

func limited(guard, done string, limit model.Limit, value, holds int64) Verdict {
	v := Verdict{Guard: guard, Value: float64(value), Limit: float64(limit.Count)}
	allowed := number(limit.Count)
	if limit.IsShare {
		v.Limit = limit.Percent * float64(holds) / 100
		allowed = percent(limit.Percent) + " of the " + number(holds) + " the destination holds"
	}
	v.Held = v.Value > v.Limit
	v.Says = fmt.Sprintf("%s would be %s%s; %s allowed", count(value, "record", "records"), done, share(value, holds), allowed)
	return v
}

func largeRemoval(c Counts) Verdict {
	tenth := largeShare * float64(c.Holds) / 100
	v := Verdict{Guard: "large_removal", Value: float64(c.Removals), Limit: max(largeRemovals, tenth)}
	v.Held = v.Value > v.Limit
	v.Says = fmt.Sprintf("%s would be removed%s; up to %s or %s of what the destination holds go without asking",
		count(c.Removals, "record", "records"), share(c.Removals, c.Holds), number(largeRemovals), percent(largeShare))
	return v
}

func share(n, of int64) string {
	if n == 0 || of == 0 {
		return ""
	}
	return " (" + percent(100*float64(n)/float64(of)) + " of " + number(of) + ")"
}

// percent writes a share with the digits that matter, also where a limit is only just passed: 150%, 12.5%, 10.02%, 0.04%.
func percent(p float64) string {
	places := 2
	if p >= 100 {
		places = 0
	}
	s := strconv.FormatFloat(p, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "0" && p > 0 {
		s = "less than 0.01"
	}
	return s + "%"
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number groups digits by thousands: 20,000.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}
