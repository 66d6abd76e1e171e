package files

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// candidate is a type a column of text may turn out to have. test is SQL over %[1]s, the column: true where the value,
// written back, is the same text.
type candidate struct{ typ, test string }

const (
	iso     = `\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?`
	isoZone = iso + `(Z|[+-]\d{2}(:?\d{2})?)`
)

// candidates in the order in which they are taken.
var candidates = []candidate{
	{"BOOLEAN", "%[1]s IN ('true', 'false')"},
	{"BIGINT", "try_cast(%[1]s AS BIGINT)::VARCHAR = %[1]s"},
	{"DECIMAL", `regexp_full_match(%[1]s, '-?(0|[1-9]\d*)\.\d+')`},
	{"DOUBLE", "%[1]s NOT IN ('-0', '-0.0') AND isfinite(try_cast(%[1]s AS DOUBLE)) AND try_cast(%[1]s AS DOUBLE)::VARCHAR IN (%[1]s, %[1]s || '.0')"},
	{"DATE", `regexp_full_match(%[1]s, '\d{4}-\d{2}-\d{2}') AND try_cast(%[1]s AS DATE) IS NOT NULL`},
	{"TIMESTAMP", "regexp_full_match(%[1]s, '" + iso + "') AND try_cast(%[1]s AS TIMESTAMP) IS NOT NULL"},
	{"TIMESTAMPTZ", "regexp_full_match(%[1]s, '" + isoZone + "') AND try_cast(%[1]s AS TIMESTAMPTZ) IS NOT NULL"},
	{"HUGEINT", "try_cast(%[1]s AS HUGEINT)::VARCHAR = %[1]s"},
	{"FIXED", `regexp_full_match(%[1]s, '-?(0|[1-9]\d*)(\.\d+)?')`},
	{"FLOATING", `isfinite(try_cast(%[1]s AS DOUBLE)) AND length(regexp_replace(split_part(lower(%[1]s), 'e', 1), '\D', '', 'g')) <= 15`},
}

// sampleRows is how many rows are looked at to strike candidates out quickly. All rows decide about those left.
const sampleRows = 2048

// infer gives every column its type, looking at all of its values.
func (l *loader) infer(ctx context.Context) ([]string, error) {
	left := make([][]candidate, len(l.columns))
	for i, c := range l.columns {
		switch {
		case c.declared != "" || c.fixed != "":
		case c.inexact:
			left[i] = []candidate{candidates[1], candidates[2], candidates[3], candidates[7], candidates[8], candidates[9]}
		default:
			left[i] = candidates[:7]
		}
	}
	if err := l.strike(ctx, fmt.Sprintf("(FROM %s LIMIT %d)", l.raw(), sampleRows), left); err != nil {
		return nil, err
	}
	types := make([]string, len(l.columns))
	for i, c := range l.columns {
		if types[i] = cmp.Or(c.declared, c.fixed); types[i] != "" {
			continue
		}
		typ, err := l.typeOf(ctx, i, left[i])
		if err != nil {
			return nil, err
		}
		types[i] = typ
	}
	return types, nil
}

// strike keeps the candidates that every value of their column passes.
func (l *loader) strike(ctx context.Context, from string, left [][]candidate) error {
	var tests []string
	for i, some := range left {
		for _, c := range some {
			test := fmt.Sprintf(c.test, "c"+strconv.Itoa(i))
			tests = append(tests, fmt.Sprintf("(count(c%d) > 0 AND bool_and(coalesce(%s, c%d IS NULL)))::INTEGER", i, test, i))
		}
	}
	if len(tests) == 0 {
		return nil
	}
	passed, err := l.numbers(ctx, "SELECT "+strings.Join(tests, ", ")+" FROM "+from)
	if err != nil {
		return err
	}
	for i, some := range left {
		var kept []candidate
		for _, c := range some {
			if passed[0] == 1 {
				kept = append(kept, c)
			}
			passed = passed[1:]
		}
		left[i] = kept
	}
	return nil
}

// typeOf takes the first candidate that all values of the column pass.
func (l *loader) typeOf(ctx context.Context, i int, left []candidate) (string, error) {
	for _, cand := range left {
		one := make([][]candidate, len(l.columns))
		one[i] = []candidate{cand}
		if err := l.strike(ctx, l.raw(), one); err != nil {
			return "", err
		}
		if len(one[i]) == 0 {
			continue
		}
		switch cand.typ {
		case "FLOATING": // up to 15 digits a DOUBLE holds as they are
			return "DOUBLE", nil
		case "DECIMAL", "FIXED":
			if decimal, err := l.decimal(ctx, i, cand.typ == "FIXED"); decimal != "" || err != nil {
				return decimal, err
			}
		default:
			return cand.typ, nil
		}
	}
	return "VARCHAR", nil
}

// decimal finds the narrowest DECIMAL that keeps every digit of a column of fixed-point numbers, "" where there is none.
// Where digits must stay as they are, all values need the same number of decimals.
func (l *loader) decimal(ctx context.Context, i int, anyScale bool) (string, error) {
	col := "c" + strconv.Itoa(i)
	n, err := l.numbers(ctx, fmt.Sprintf("SELECT min(length(split_part(%[1]s, '.', 2))), max(length(split_part(%[1]s, '.', 2))), "+
		"max(length(split_part(ltrim(%[1]s, '-'), '.', 1))) FROM %[2]s", col, l.raw()))
	if err != nil {
		return "", err
	}
	low, scale, whole := n[0], n[1], n[2]
	if whole+scale > 38 || !anyScale && low != scale {
		return "", nil
	}
	typ := fmt.Sprintf("DECIMAL(%d,%d)", whole+scale, scale)
	if anyScale {
		return typ, nil
	}
	same, err := l.numbers(ctx, fmt.Sprintf("SELECT bool_and(try_cast(%[1]s AS %[2]s)::VARCHAR = %[1]s)::INTEGER FROM %[3]s", col, typ, l.raw()))
	if err != nil || same[0] == 0 {
		return "", err
	}
	return typ, nil
}
