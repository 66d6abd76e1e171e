package audience

import (
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// truth is a condition in SQL that is true or false, never NULL, with the next moment at which time alone can change it.
type truth struct{ is, due string }

// compare makes the condition of a test; to is the field it compares with, where it has one.
func compare(x operand, t Test, to *operand, zone string) truth {
	is, due := "", never
	switch {
	case t.Cmp == Set:
		return truth{is: "(" + x.sql + " IS NOT NULL)"}
	case t.Cmp == Empty:
		return truth{is: "(" + x.sql + " IS NULL)"}
	case t.Cmp == IsTrue:
		is = x.sql
	case t.Cmp == IsFalse:
		is = "NOT " + x.sql
	case to != nil:
		is = compareFields(x, t.Cmp, *to)
	case x.class == instant:
		is, due = compareTime(x.sql, t, zone)
	case x.class == numeric:
		is = compareNumber(x, t)
	case x.class == list:
		is = compareList(x, t)
	default:
		is = compareText(x, t)
	}
	return truth{is: "coalesce(" + is + ", " + fmt.Sprint(t.Unset.in(t.Cmp)) + ")", due: due}
}

var operators = map[Cmp]string{Eq: " = ", Ne: " <> ", Lt: " < ", Le: " <= ", Gt: " > ", Ge: " >= "}

// order compares x with values by an operator, between or a list of them.
func order(x string, c Cmp, values []string) string {
	switch c {
	case Between:
		return x + " BETWEEN " + values[0] + " AND " + values[1]
	case In:
		return x + " IN (" + strings.Join(values, ", ") + ")"
	case NotIn:
		return x + " NOT IN (" + strings.Join(values, ", ") + ")"
	}
	return x + operators[c] + values[0]
}

func compareFields(x operand, c Cmp, y operand) string {
	if x.class == numeric && !exactly(typeDigits(x.typ), typeDigits(y.typ)) {
		return order(double(x.sql), c, []string{double(y.sql)})
	}
	if x.class == textual {
		if found := inText(x.sql, c, y.sql); found != "" {
			return found
		}
	}
	return order(x.sql, c, []string{y.sql})
}

func compareNumber(x operand, t Test) string {
	all := []digits{typeDigits(x.typ)}
	values := make([]string, len(t.Values))
	for i, v := range t.Values {
		values[i] = v.Text
		all = append(all, textDigits(v.Text))
	}
	if exactly(all...) {
		return order(x.sql, t.Cmp, values)
	}
	for i, v := range values {
		values[i] = double(literal(v))
	}
	return order(double(x.sql), t.Cmp, values)
}

func texts(values []model.Value) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = literal(v.Text)
	}
	return all
}

func compareText(x operand, t Test) string {
	values := texts(t.Values)
	if x.class == truthValue {
		values[0] = t.Values[0].Text
	}
	if len(values) == 1 {
		if found := inText(x.sql, t.Cmp, values[0]); found != "" {
			return found
		}
	}
	return order(x.sql, t.Cmp, values)
}

// inText compares parts of texts; "" where the comparison is of another sort.
func inText(x string, c Cmp, y string) string {
	switch c {
	case Contains:
		return "contains(" + x + ", " + y + ")"
	case NotContains:
		return "NOT contains(" + x + ", " + y + ")"
	case Starts:
		return "starts_with(" + x + ", " + y + ")"
	case Ends:
		return "suffix(" + x + ", " + y + ")"
	case Matches:
		return "regexp_matches(" + x + ", " + y + ")"
	}
	return ""
}

// compareList brings both sides to texts, so that no type is refused.
func compareList(x operand, t Test) string {
	fn := "list_has_any"
	if t.Cmp == HasAll {
		fn = "list_has_all"
	}
	return fn + "(CAST(" + x.sql + " AS VARCHAR[]), CAST([" + strings.Join(texts(t.Values), ", ") + "] AS VARCHAR[]))"
}
