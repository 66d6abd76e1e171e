package format

import (
	"strconv"

	"github.com/freshet/freshet/sync/model"
)

// named are the types that Kafka Connect and Debezium give a name to.
var named = map[string]Type{
	"org.apache.kafka.connect.data.Date":      with("DATE", Days),
	"org.apache.kafka.connect.data.Time":      with("TIME", Millis),
	"org.apache.kafka.connect.data.Timestamp": with("TIMESTAMP WITH TIME ZONE", Millis),

	"io.debezium.time.Date":           with("DATE", Days),
	"io.debezium.time.Time":           with("TIME", Millis),
	"io.debezium.time.MicroTime":      with("TIME", Micros),
	"io.debezium.time.NanoTime":       with("TIME_NS", Nanos),
	"io.debezium.time.Timestamp":      with("TIMESTAMP", Millis),
	"io.debezium.time.MicroTimestamp": with("TIMESTAMP", Micros),
	"io.debezium.time.NanoTimestamp":  with("TIMESTAMP_NS", Nanos),
	"io.debezium.time.ZonedTimestamp": with("TIMESTAMP WITH TIME ZONE", ""),
	"io.debezium.time.ZonedTime":      with("TIME WITH TIME ZONE", ""),
	"io.debezium.time.IsoDate":        with("DATE", UTC),
	"io.debezium.time.IsoTime":        with("TIME", UTC),
	"io.debezium.time.IsoTimestamp":   with("TIMESTAMP", UTC),
	"io.debezium.time.Year":           with("INTEGER", ""),
	"io.debezium.time.Interval":       with("VARCHAR", ""),
	"io.debezium.time.MicroDuration":  {Name: "VARCHAR", base: span, Unit: Micros},
	"io.debezium.time.NanoDuration":   {Name: "VARCHAR", base: span, Unit: Nanos},

	"io.debezium.data.Json":     with("JSON", JSONText),
	"io.debezium.data.Xml":      with("VARCHAR", ""),
	"io.debezium.data.Uuid":     with("UUID", ""),
	"io.debezium.data.Enum":     with("VARCHAR", ""),
	"io.debezium.data.EnumSet":  with("VARCHAR", ""),
	"io.debezium.data.Ltree":    with("VARCHAR", ""),
	"io.debezium.data.Tsvector": with("VARCHAR", ""),
	"io.debezium.data.Bits":     {Name: "BIT", base: bit, Unit: LowFirst},
}

const (
	connectDecimal  = "org.apache.kafka.connect.data.Decimal"
	variableDecimal = "io.debezium.data.VariableScaleDecimal"
)

func with(name string, unit Unit) Type {
	t := plain[name]
	t.Unit = unit
	return t
}

// namedType finds a named type with its parameters; ok is false for names nobody gave a meaning to.
func namedType(name string, parameter func(string) string) (t Type, ok bool) {
	if name == connectDecimal {
		scale, err := strconv.Atoi(parameter("scale"))
		if err != nil {
			return Type{}, false
		}
		width, _ := strconv.Atoi(parameter("connect.decimal.precision"))
		return wideDecimal(width, scale), true
	}
	if t, ok = named[name]; ok && t.base == bit {
		t.width, _ = strconv.Atoi(parameter("length"))
		if t.width < 0 || t.width > maxBits {
			return Type{}, false
		}
	}
	return t, ok
}

// maxBits is how many bits a bit string may have.
const maxBits = 1 << 20

// wideDecimal is the column type of a decimal, of the widest kind where its width is not told. What is wider than a
// column of DuckDB can be is a text.
func wideDecimal(width, scale int) Type {
	if width <= 0 || width == 64 { // what Confluent's converter says where nobody told it
		width = 38
	}
	t, ok := decimalType(width, scale)
	if !ok {
		t = Type{Name: "VARCHAR", base: digits, scale: scale}
	}
	t.Unit = Base64
	return t
}

// Guess is the type of a column that has held this value, as far as one value can tell.
func Guess(v model.Value) Type {
	switch v.Kind {
	case model.Null:
		return Type{}
	case model.Bool:
		return plain["BOOLEAN"]
	case model.Int:
		for _, name := range []string{"BIGINT", "HUGEINT"} {
			if t := plain[name]; len(v.Text) < 40 && t.holds(v.Text) {
				return t
			}
		}
	case model.Decimal:
		width, scale := sizeOf(v.Text)
		if t, ok := decimalType(max(width, scale, 1), scale); ok {
			return t
		}
	case model.Float:
		return plain["DOUBLE"]
	case model.Bytes:
		return plain["BLOB"]
	case model.Date:
		return plain["DATE"]
	case model.Time:
		return plain["TIME"]
	case model.Timestamp:
		return plain["TIMESTAMP"]
	case model.Instant:
		return plain["TIMESTAMP WITH TIME ZONE"]
	case model.JSON:
		return plain["JSON"]
	}
	return plain["VARCHAR"]
}

// sizeOf counts the digits of a decimal, and those behind the point.
func sizeOf(text string) (width, scale int) {
	point := false
	for i := range len(text) {
		switch {
		case text[i] == '.':
			point = true
		case text[i] == '-' || text[i] == '0' && width == 0 && !point:
		default:
			width++
			if point {
				scale++
			}
		}
	}
	return width, scale
}
