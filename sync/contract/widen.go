package contract

import (
	"regexp"
	"strconv"
	"strings"
)

// Retype says what has become of a column's type.
type Retype uint8

// The changes of a type. The zero Retype is the one that stops what uses the column.
const (
	Retyped  Retype = iota // neither holds the values of the other
	Narrowed               // values that were there may not be any more
	Widened                // every value that was possible still is
	SameType
)

// TypeChange compares two of DuckDB's type names. rewritten says of a widened type that the same value is written in
// another way: 7 as 7.00, a day as a moment. Every record that carries it is then sent once more.
func TypeChange(was, now string) (change Retype, rewritten bool) {
	a, b := typed(was), typed(now)
	if a == b {
		return SameType, false
	}
	if holds(b, a) {
		return Widened, rewrites(a, b)
	}
	if holds(a, b) {
		return Narrowed, false
	}
	return Retyped, false
}

// plainType is a type's name with its digits: DECIMAL(18,2), VARCHAR(40). Of VARCHAR, 0 is any length.
type plainType struct {
	name         string
	width, scale int
}

var digitsForm = regexp.MustCompile(`^([A-Z][A-Z0-9_ ]*?) *\( *([0-9]+) *(?:, *([0-9]+) *)?\)$`)

func typed(name string) plainType {
	upper := strings.ToUpper(strings.TrimSpace(name))
	m := digitsForm.FindStringSubmatch(upper)
	if m == nil {
		t := plainType{name: synonym(upper)}
		if t.name == "DECIMAL" {
			t.width, t.scale = 18, 3
		}
		if t.name == "STRUCT" || strings.ContainsAny(name, "([") {
			t.name = strings.TrimSpace(name) // members keep their case
		}
		return t
	}
	t := plainType{name: synonym(m[1])}
	t.width, _ = strconv.Atoi(m[2])
	t.scale, _ = strconv.Atoi(m[3])
	return t
}

func synonym(name string) string {
	switch name {
	case "INT", "INT4", "INT32", "SIGNED":
		return "INTEGER"
	case "INT8", "INT64", "LONG":
		return "BIGINT"
	case "INT2", "INT16", "SHORT":
		return "SMALLINT"
	case "INT1":
		return "TINYINT"
	case "INT128":
		return "HUGEINT"
	case "FLOAT4", "REAL":
		return "FLOAT"
	case "FLOAT8":
		return "DOUBLE"
	case "NUMERIC":
		return "DECIMAL"
	case "TEXT", "STRING", "CHAR", "BPCHAR":
		return "VARCHAR"
	case "BOOL":
		return "BOOLEAN"
	case "BYTEA", "BINARY", "VARBINARY":
		return "BLOB"
	case "TIMESTAMPTZ":
		return "TIMESTAMP WITH TIME ZONE"
	case "TIMETZ":
		return "TIME WITH TIME ZONE"
	case "DATETIME", "TIMESTAMP_US":
		return "TIMESTAMP"
	}
	return name
}

// integerBits are the bits of a whole number's magnitude, and whether it has a sign.
func integerBits(name string) (bits int, signed, ok bool) {
	unsigned := strings.HasPrefix(name, "U")
	bits, ok = map[string]int{"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63, "HUGEINT": 127, "BIGNUM": 1 << 20,
		"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64, "UHUGEINT": 128}[name]
	return bits, !unsigned, ok
}

// integerDigits are the decimal digits that every value of a whole number type fits into; 0: no DECIMAL has as many.
func integerDigits(name string) int {
	return map[string]int{"TINYINT": 3, "UTINYINT": 3, "SMALLINT": 5, "USMALLINT": 5, "INTEGER": 10, "UINTEGER": 10, "BIGINT": 19, "UBIGINT": 20}[name]
}

// holds says whether every value of b is a value of a.
func holds(a, b plainType) bool {
	if a == b {
		return true
	}
	bits, signed, whole := integerBits(b.name)
	if into, intoSigned, ok := integerBits(a.name); ok && whole {
		return into >= bits && (intoSigned || !signed)
	}
	switch a.name {
	case "DECIMAL":
		return decimalHolds(a, b)
	case "DOUBLE":
		return b.name == "FLOAT" || whole && bits <= 53 || b.name == "DECIMAL" && b.scale == 0 && b.width <= 15
	case "FLOAT":
		return whole && bits <= 24 || b.name == "DECIMAL" && b.scale == 0 && b.width <= 7
	case "BIGNUM":
		return b.name == "DECIMAL" && b.scale == 0
	case "VARCHAR":
		return textHolds(a, b)
	case "JSON":
		return strings.HasPrefix(b.name, "STRUCT(") || strings.HasSuffix(b.name, "]")
	}
	return timeHolds(a.name, b.name)
}

func decimalHolds(a, b plainType) bool {
	if b.name == "DECIMAL" {
		return a.scale >= b.scale && a.width-a.scale >= b.width-b.scale
	}
	digits := integerDigits(b.name)
	return digits > 0 && a.width-a.scale >= digits
}

// textHolds: of texts only those that are texts already. A number as a text is another value to every reader.
func textHolds(a, b plainType) bool {
	if b.name == "VARCHAR" {
		return a.width == 0 || b.width > 0 && b.width <= a.width
	}
	return a.width == 0 && (b.name == "UUID" || strings.HasPrefix(b.name, "ENUM(")) || a.width >= 36 && b.name == "UUID"
}

// timeHolds: a day is the moment at which it begins. What has a zone and what has none is never the same.
func timeHolds(a, b string) bool {
	finer := map[string][]string{
		"TIMESTAMP_S":  {"DATE"},
		"TIMESTAMP_MS": {"DATE", "TIMESTAMP_S"},
		"TIMESTAMP":    {"DATE", "TIMESTAMP_S", "TIMESTAMP_MS"},
		"TIME_NS":      {"TIME"},
	}
	for _, name := range finer[a] {
		if name == b {
			return true
		}
	}
	return false
}

// rewrites says of a widening whether values are written in another way.
func rewrites(was, now plainType) bool {
	_, _, wasWhole := integerBits(was.name)
	_, _, isWhole := integerBits(now.name)
	switch {
	case wasWhole && isWhole:
		return false
	case was.name == "DECIMAL" && now.name == "DECIMAL":
		return was.scale != now.scale
	case was.name == "DATE" || now.name == "JSON":
		return true
	case now.name == "VARCHAR" || strings.HasPrefix(now.name, "TIME"):
		return false
	case now.name == "DECIMAL":
		return now.scale > 0
	default: // into binary floating point, which writes large numbers with an exponent
		return true
	}
}
