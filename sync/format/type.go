package format

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

// base is a DuckDB type without its width.
type base uint8

const (
	unknown base = iota
	boolean
	integer
	decimal
	float
	varchar
	blob
	uuid
	date
	clock
	zonedClock
	timestamp
	instant
	document
	bit
	digits // a decimal that no DECIMAL is wide enough for, as a text
	span   // a number of units, as an ISO 8601 duration
)

// Unit says how a value is written where its type alone does not say it. The zero Unit is "as it stands".
type Unit string

// The units.
const (
	Seconds  Unit = "s" // of a time: how long since midnight or since 1970
	Millis   Unit = "ms"
	Micros   Unit = "us"
	Nanos    Unit = "ns"
	Days     Unit = "days"
	UTC      Unit = "utc"       // a text with the zone of UTC, which says nothing: the type has none
	Base64   Unit = "base64"    // of bytes; of a decimal: its unscaled digits as a big-endian number
	Base64U  Unit = "base64url" // the same with - and _
	Hex      Unit = "hex"
	Digits   Unit = "text" // of a decimal: its digits
	JSONText Unit = "json" // of JSON: a text that holds it
	Anything Unit = "any"  // of JSON: whatever it is, a text too
	LowFirst Unit = "bits" // of a bit string: bytes, the lowest bit first
)

// Type is the type of a column in DuckDB, and how its values are written on the way. The zero Type knows nothing.
type Type struct {
	Name  string // as DuckDB writes it: "BIGINT", "DECIMAL(10,2)", "TIMESTAMP WITH TIME ZONE"
	Unit  Unit
	base  base
	width int  // of a decimal: digits; of an integer or float: bits; of a time: digits of a second's fraction; of a bit string: bits
	scale int  // of a decimal
	plus  bool // of an integer: never negative
}

// Known says whether the type is one.
func (t Type) Known() bool { return t.base != unknown }

// isTime says whether the type is one of dates and times.
func (t Type) isTime() bool {
	switch t.base {
	case date, clock, zonedClock, timestamp, instant:
		return true
	}
	return false
}

// plain are the types without parameters, by every name they may be written with.
var plain = map[string]Type{
	"BOOLEAN":  {Name: "BOOLEAN", base: boolean},
	"TINYINT":  {Name: "TINYINT", base: integer, width: 8},
	"SMALLINT": {Name: "SMALLINT", base: integer, width: 16},
	"INTEGER":  {Name: "INTEGER", base: integer, width: 32},
	"BIGINT":   {Name: "BIGINT", base: integer, width: 64},
	"HUGEINT":  {Name: "HUGEINT", base: integer, width: 128},

	"UTINYINT":  {Name: "UTINYINT", base: integer, width: 8, plus: true},
	"USMALLINT": {Name: "USMALLINT", base: integer, width: 16, plus: true},
	"UINTEGER":  {Name: "UINTEGER", base: integer, width: 32, plus: true},
	"UBIGINT":   {Name: "UBIGINT", base: integer, width: 64, plus: true},
	"UHUGEINT":  {Name: "UHUGEINT", base: integer, width: 128, plus: true},

	"FLOAT":   {Name: "FLOAT", base: float, width: 32},
	"DOUBLE":  {Name: "DOUBLE", base: float, width: 64},
	"VARCHAR": {Name: "VARCHAR", base: varchar},
	"BLOB":    {Name: "BLOB", base: blob},
	"UUID":    {Name: "UUID", base: uuid},
	"JSON":    {Name: "JSON", base: document},

	"DATE":                     {Name: "DATE", base: date},
	"TIME":                     {Name: "TIME", base: clock, width: 6},
	"TIME_NS":                  {Name: "TIME_NS", base: clock, width: 9},
	"TIME WITH TIME ZONE":      {Name: "TIME WITH TIME ZONE", base: zonedClock, width: 6},
	"TIMESTAMP":                {Name: "TIMESTAMP", base: timestamp, width: 6},
	"TIMESTAMP_S":              {Name: "TIMESTAMP_S", base: timestamp, width: 0, Unit: Seconds},
	"TIMESTAMP_MS":             {Name: "TIMESTAMP_MS", base: timestamp, width: 3, Unit: Millis},
	"TIMESTAMP_NS":             {Name: "TIMESTAMP_NS", base: timestamp, width: 9, Unit: Nanos},
	"TIMESTAMP WITH TIME ZONE": {Name: "TIMESTAMP WITH TIME ZONE", base: instant, width: 6},
}

// others are DuckDB's other names for them.
var others = map[string]string{"BOOL": "BOOLEAN", "INT": "INTEGER", "REAL": "FLOAT", "TEXT": "VARCHAR", "STRING": "VARCHAR",
	"BYTEA": "BLOB", "DATETIME": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "TIMETZ": "TIME WITH TIME ZONE"}

// units are those a person may write behind "from", by what they fit.
var units = map[base][]Unit{
	date:      {Days, Seconds, Millis, Micros, Nanos},
	clock:     {Seconds, Millis, Micros, Nanos, UTC},
	timestamp: {Seconds, Millis, Micros, Nanos, UTC},
	instant:   {Seconds, Millis, Micros, Nanos},
	decimal:   {Base64, Digits},
	blob:      {Base64, Base64U, Hex},
	document:  {JSONText},
}

// ParseType reads a declared type: "BIGINT", "DECIMAL(10,2)", and where its values are written in a way that the type
// does not tell, "TIMESTAMP from ms" or "DECIMAL(10,2) from base64". Fault format.unknown_type with the nearest name.
func ParseType(text string) (Type, error) {
	words := strings.Fields(text)
	unit := Unit("")
	if n := len(words); n > 2 && strings.EqualFold(words[n-2], "from") {
		unit, words = Unit(strings.ToLower(words[n-1])), words[:n-2]
	}
	name := strings.ToUpper(strings.Join(words, " "))
	t, ok := plain[name]
	if other, renamed := others[name]; renamed {
		t, ok = plain[other], true
	}
	if !ok {
		t, ok = parseDecimal(name)
	}
	if !ok {
		return Type{}, unknownType(text, name)
	}
	if unit == "" {
		return t, nil
	}
	if !slices.Contains(units[t.base], unit) {
		return Type{}, fault.New(fault.Usage, "format.unknown_unit", fmt.Sprintf("a %s is not read from %q", t.Name, string(unit))).
			Do(unitHint(t))
	}
	t.Unit = unit
	return t, nil
}

func unitHint(t Type) string {
	list := units[t.base]
	if len(list) == 0 {
		return "leave out \"from\" and what follows"
	}
	texts := make([]string, len(list))
	for i, u := range list {
		texts[i] = string(u)
	}
	return "use one of " + strings.Join(texts, ", ")
}

func parseDecimal(name string) (Type, bool) {
	inner, ok := strings.CutPrefix(strings.ReplaceAll(name, " ", ""), "DECIMAL(")
	if !ok {
		inner, ok = strings.CutPrefix(strings.ReplaceAll(name, " ", ""), "NUMERIC(")
	}
	inner, closed := strings.CutSuffix(inner, ")")
	if !ok || !closed {
		return Type{}, false
	}
	first, second, two := strings.Cut(inner, ",")
	if !two {
		second = "0"
	}
	width, err := strconv.ParseUint(first, 10, 8)
	scale, err2 := strconv.ParseUint(second, 10, 8)
	if err != nil || err2 != nil {
		return Type{}, false
	}
	return decimalType(int(width), int(scale))
}

// decimalType is DECIMAL(width,scale); ok is false where DuckDB has none such.
func decimalType(width, scale int) (t Type, ok bool) {
	if width < 1 || width > 38 || scale < 0 || scale > width {
		return Type{}, false
	}
	return Type{Name: decimalNames[width][scale], base: decimal, width: width, scale: scale}, true
}

var decimalNames = func() (names [39][39]string) {
	for width := range names {
		for scale := range width + 1 {
			names[width][scale] = fmt.Sprintf("DECIMAL(%d,%d)", width, scale)
		}
	}
	return names
}()

func unknownType(text, name string) error {
	names := []string{"DECIMAL(10,2)"}
	for n := range plain {
		names = append(names, n)
	}
	for n := range others {
		names = append(names, n)
	}
	slices.Sort(names)
	f := fault.New(fault.Usage, "format.unknown_type", fmt.Sprintf("there is no column type %q", text))
	if near := fault.Nearest(name, names); near != "" {
		return f.Do(fmt.Sprintf("did you mean %s?", near))
	}
	return f.Do("use for example VARCHAR, BIGINT, DECIMAL(10,2), DOUBLE, BOOLEAN, DATE, TIMESTAMP or JSON; what is nested is JSON")
}
