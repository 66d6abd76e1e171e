package engine

import (
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// form is how one DuckDB type reaches a payload. docs/TYPES.md is this table in words.
type form struct {
	kind   model.Kind
	text   func(x string) string            // SQL for the canonical text of expression x; NULL stays NULL
	finish func(text string) (string, bool) // Go's last step on the text; false: the value cannot be sent. nil: none
	key    bool                             // may be a key: one value, one text, for ever
	free   bool                             // the text may hold any character
}

// cannotSend marks, inside JSON text made in SQL, a value that JSON cannot say. It never stands there otherwise: JSON
// escapes control characters.
const cannotSend = "chr(1)"

// formOf finds how a type is carried; ok is false for types nobody knows yet, which travel as DuckDB's own text.
func formOf(t typ) (f form, ok bool) {
	switch t.name {
	case "BOOLEAN":
		return form{kind: model.Bool, text: cast, key: true}, true
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "BIGNUM":
		return form{kind: model.Int, text: cast, key: true}, true
	case "DECIMAL":
		return form{kind: model.Decimal, text: decimalText(t.text), key: true}, true
	case "FLOAT":
		return form{kind: model.Float, text: cast, finish: shortest32}, true
	case "DOUBLE":
		return form{kind: model.Float, text: cast, finish: shortest64}, true
	case "VARCHAR":
		return form{kind: model.String, text: same, key: true, free: true}, true
	case "ENUM":
		return form{kind: model.String, text: cast, key: true, free: true}, true
	case "UUID", "BIT":
		return form{kind: model.String, text: cast, key: true}, true
	case "BLOB":
		return form{kind: model.Bytes, text: base64Text, key: true}, true
	case "GEOMETRY":
		return form{kind: model.String, text: cast, free: true}, true
	case "INTERVAL":
		return form{kind: model.String, text: intervalText}, true
	}
	if f, ok := timeForm(t); ok {
		return f, true
	}
	return nestedForm(t)
}

func timeForm(t typ) (form, bool) {
	switch t.name {
	case "DATE":
		return form{kind: model.Date, text: dateText, finish: finite, key: true}, true
	case "TIME", "TIME_NS":
		return form{kind: model.Time, text: cast, key: true}, true
	case "TIME WITH TIME ZONE":
		return form{kind: model.String, text: offsetTimeText, key: true}, true
	case "TIMESTAMP":
		return form{kind: model.Timestamp, text: timestampText, finish: finite, key: true}, true
	case "TIMESTAMP_S", "TIMESTAMP_MS":
		return form{kind: model.Timestamp, text: coarseTimestampText, finish: finite, key: true}, true
	case "TIMESTAMP_NS":
		return form{kind: model.Timestamp, text: fineTimestampText, finish: finite, key: true}, true
	case "TIMESTAMP WITH TIME ZONE":
		return form{kind: model.Instant, text: instantText, finish: finite, key: true}, true
	}
	return form{}, false
}

func nestedForm(t typ) (form, bool) {
	asJSON := func(x string) string { return jsonText(t, x, 0) }
	switch t.name {
	case "JSON":
		return form{kind: model.JSON, text: cast, finish: compactJSON, free: true}, true
	case "VARIANT", "LIST", "ARRAY", "STRUCT", "MAP", "UNION":
		return form{kind: model.JSON, text: asJSON, finish: compactJSON, free: true}, true
	}
	return form{kind: model.String, text: cast, free: true}, false
}

func same(x string) string { return x }

func cast(x string) string { return "CAST(" + x + " AS VARCHAR)" }

// decimalText: DuckDB writes decimals that are all fraction without the 0 before the point, which no JSON number lacks.
func decimalText(typ string) func(string) string {
	var width, scale int
	if n, err := fmt.Sscanf(typ, "DECIMAL(%d,%d)", &width, &scale); n < 2 || err != nil || width > scale {
		return cast
	}
	return func(x string) string { return `regexp_replace(` + cast(x) + `, '^(-?)\.', '\10.')` }
}

func base64Text(x string) string { return "to_base64(" + x + ")" }

// exoticDay writes years that four digits cannot say as ISO 8601 does: -0043-03-15 is the Ides of March of 44 BC.
func exoticDay(x string) string {
	return fmt.Sprintf("printf('%%s%%04d-%%02d-%%02d', CASE WHEN year(%[1]s) < 0 THEN '-' WHEN year(%[1]s) > 9999 THEN '+' ELSE '' END, "+
		"abs(year(%[1]s)), month(%[1]s), day(%[1]s))", x)
}

func dateText(x string) string {
	return fmt.Sprintf("CASE WHEN %[1]s BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(%[1]s AS VARCHAR) "+
		"WHEN isfinite(%[1]s) THEN %[2]s ELSE CAST(%[1]s AS VARCHAR) END", x, exoticDay(x))
}

func timestampText(x string) string { return stamp(x, "") }

func stamp(x, zone string) string {
	return fmt.Sprintf("CASE WHEN %[1]s BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' "+
		"THEN replace(CAST(%[1]s AS VARCHAR), ' ', 'T') || '%[3]s' "+
		"WHEN isfinite(%[1]s) THEN %[2]s || 'T' || CAST(CAST(%[1]s AS TIME) AS VARCHAR) || '%[3]s' ELSE CAST(%[1]s AS VARCHAR) END",
		x, exoticDay(x), zone)
}

func coarseTimestampText(x string) string { return stamp("CAST("+x+" AS TIMESTAMP)", "") }

// fineTimestampText: nanoseconds reach from 1677 to 2262 only, and a cast to TIMESTAMP would cut them off.
func fineTimestampText(x string) string {
	return "replace(CAST(" + x + " AS VARCHAR), ' ', 'T')"
}

func instantText(x string) string { return stamp("("+x+" AT TIME ZONE 'UTC')", "Z") }

// offsetTimeText: DuckDB leaves out the minutes of whole-hour offsets, ISO 8601 readers want them.
func offsetTimeText(x string) string {
	return `regexp_replace(CAST(` + x + ` AS VARCHAR), '([+-][0-9]{2})$', '\1:00')`
}

// intervalText writes an ISO 8601 duration; parts keep their own signs, as P1M-3DT2H.
func intervalText(x string) string {
	part := func(unit, letter string) string {
		p := "date_part('" + unit + "', " + x + ")"
		return "CASE WHEN " + p + " <> 0 THEN CAST(" + p + " AS VARCHAR) || '" + letter + "' ELSE '' END"
	}
	us := "date_part('microsecond', " + x + ")"
	seconds := "CASE WHEN " + us + " <> 0 THEN CASE WHEN " + us + " < 0 THEN '-' ELSE '' END || " +
		"rtrim(rtrim(CAST(abs(" + us + ") // 1000000 AS VARCHAR) || '.' || lpad(CAST(abs(" + us + ") % 1000000 AS VARCHAR), 6, '0'), '0'), '.') || 'S' ELSE '' END"
	day := strings.Join([]string{part("year", "Y"), part("month", "M"), part("day", "D")}, " || ")
	clock := strings.Join([]string{part("hour", "H"), part("minute", "M"), seconds}, " || ")
	return "CASE WHEN " + x + " IS NULL THEN NULL WHEN " + x + " = INTERVAL 0 SECOND THEN 'PT0S' ELSE 'P' || " + day +
		" || coalesce('T' || nullif(" + clock + ", ''), '') END"
}
