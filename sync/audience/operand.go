package audience

import (
	"strconv"
	"strings"
)

// operand is a value in SQL, NULL where there is none: an empty text, an empty list, NaN and a time outside the years
// 1 to 9999 are no values. Times are microseconds.
type operand struct {
	sql   string
	class class
	typ   string // DuckDB's; of a number
}

// operandOf is a column's value.
func operandOf(expr, typ, zone string) operand {
	o := operand{sql: expr, class: classOf(typ), typ: strings.ToUpper(strings.TrimSpace(typ))}
	switch {
	case o.class == textual && o.typ == "VARCHAR":
		o.sql = "nullif(" + expr + ", '')"
	case o.class == textual:
		o.sql = "nullif(CAST(" + expr + " AS VARCHAR), '')"
	case o.class == list:
		o.sql = "CASE WHEN len(" + expr + ") > 0 THEN " + expr + " END"
	case o.typ == "FLOAT" || o.typ == "DOUBLE":
		o.sql, o.typ = "nullif(CAST("+expr+" AS DOUBLE), CAST('nan' AS DOUBLE))", "DOUBLE"
	case o.class == instant && o.typ == "DATE":
		o.sql = "CASE WHEN " + expr + " BETWEEN " + firstDay + " AND " + lastDay + " THEN " + midnight(expr, zone) + " END"
	case o.class == instant:
		o.sql = "CASE WHEN epoch_us(" + expr + ")" + rangeOfMicros + " THEN epoch_us(" + expr + ") END"
	}
	return o
}

// digits is how many digits a number has before and after the point; ok is false where it has no such limits.
type digits struct {
	whole, scale int
	decimal, ok  bool
}

func typeDigits(typ string) digits {
	if n := intDigits[typ]; n > 0 {
		return digits{whole: n, ok: true}
	}
	inner, found := strings.CutPrefix(typ, "DECIMAL(")
	if !found {
		return digits{}
	}
	w, s, _ := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	all, err := strconv.Atoi(strings.TrimSpace(w))
	scale, scaleErr := strconv.Atoi(strings.TrimSpace(s))
	return digits{whole: all - scale, scale: scale, decimal: true, ok: err == nil && scaleErr == nil}
}

func textDigits(text string) digits {
	text = strings.TrimLeft(text, "+-")
	if strings.ContainsAny(text, "eE") {
		return digits{}
	}
	before, behind, point := strings.Cut(text, ".")
	whole := len(strings.TrimLeft(before, "0"))
	return digits{whole: whole, scale: len(behind), decimal: point, ok: whole+len(behind) <= 38}
}

// exactly says whether DuckDB compares such numbers exactly: its decimals have 38 digits, and it fails beyond them.
func exactly(all ...digits) bool {
	whole, scale, decimal := 0, 0, false
	for _, d := range all {
		if !d.ok {
			return false
		}
		whole, scale, decimal = max(whole, d.whole), max(scale, d.scale), decimal || d.decimal
	}
	return !decimal || whole+scale <= 38
}

// double is a number as a DOUBLE, for what cannot be compared exactly.
func double(expr string) string { return "CAST(" + expr + " AS DOUBLE)" }
