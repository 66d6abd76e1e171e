package contract

import (
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// SetRule is a rule about many rows together.
type SetRule struct {
	Metric  string   // rowCount, nullValues, missingValues, invalidValues, duplicateValues
	Columns []string // those it is about; none for rowCount
	Percent bool     // the limits are percentages of the rows
	Warn    bool     // its severity is below error: it tells, and holds nothing
	Says    string   // the rule in words
	Pos     model.Pos

	limits  []limit
	measure func(names []string) string // DuckDB's expression of what is measured, over these quoted columns
}

// SQL is DuckDB's expression of what is measured, over rows with these columns; ok is false where one is missing.
func (c *Checks) SQL(r *SetRule, columns []string) (expression string, ok bool) {
	names := make([]string, len(r.Columns))
	for i, want := range r.Columns {
		at := slices.IndexFunc(columns, func(name string) bool {
			found := c.index(name)
			return found >= 0 && c.Columns[found].Name == want
		})
		if at < 0 {
			return "", false
		}
		names[i] = sqlName(columns[at])
	}
	return r.measure(names), true
}

type limit struct {
	operator string
	value    float64
}

// zero says whether the rule allows no single bad value, so that every row can be judged alone.
func (r *SetRule) zero() bool {
	if len(r.limits) != 1 {
		return false
	}
	l := r.limits[0]
	switch l.operator {
	case "mustBe", "mustBeLessOrEqualTo":
		return l.value == 0
	case "mustBeLessThan":
		return !r.Percent && l.value > 0 && l.value <= 1
	}
	return false
}

// Judge says whether what was measured over this many rows keeps the rule. A percentage of no rows is 0.
func (r *SetRule) Judge(measured, rows int64) bool {
	v := float64(measured)
	if r.Percent {
		v = 0
		if rows > 0 {
			v = 100 * float64(measured) / float64(rows)
		}
	}
	if len(r.limits) == 2 && strings.HasPrefix(r.limits[0].operator, "outside") {
		return v <= r.limits[0].value || v >= r.limits[1].value
	}
	for _, l := range r.limits {
		if !l.holds(v) {
			return false
		}
	}
	return true
}

func (l limit) holds(v float64) bool {
	switch l.operator {
	case "mustBe":
		return v == l.value
	case "mustNotBe":
		return v != l.value
	case "mustBeGreaterThan":
		return v > l.value
	case "mustBeGreaterOrEqualTo":
		return v >= l.value
	case "mustBeLessThan":
		return v < l.value
	default:
		return v <= l.value
	}
}

func uniqueRule(column string, at model.Pos) SetRule {
	r := SetRule{Metric: "duplicateValues", Columns: []string{column}, Pos: at, limits: []limit{{"mustBe", 0}}, Says: "duplicates in " + column + " must be 0"}
	r.measure = duplicates
	return r
}
