package contract

import (
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// sort is what the values of a column are, by its logical type, else by its type.
type sort uint8

const (
	anySort sort = iota
	textSort
	integerSort
	numberSort
	booleanSort
	dateSort
	timestampSort
	timeSort
	objectSort
	listSort
)

var sortNames = [...]string{"anything", "a text", "a whole number", "a number", "true or false", "a date", "a timestamp", "a time", "an object", "a list"}

func sortOf(p *Property) sort {
	logical := map[string]sort{"string": textSort, "integer": integerSort, "number": numberSort, "boolean": booleanSort,
		"date": dateSort, "timestamp": timestampSort, "time": timeSort, "object": objectSort, "map": objectSort,
		"array": listSort, "vector": listSort}
	if s, ok := logical[p.LogicalType]; ok {
		return s
	}
	name, _, _ := strings.Cut(typeOf(p), "(")
	switch name {
	case "VARCHAR", "UUID":
		return textSort
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT":
		return integerSort
	case "FLOAT", "DOUBLE", "DECIMAL":
		return numberSort
	case "BOOLEAN":
		return booleanSort
	case "DATE":
		return dateSort
	case "TIME":
		return timeSort
	case "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS":
		return timestampSort
	}
	return anySort
}

// fit says what a kind of value can be of a sort.
type fit uint8

const (
	never   fit = iota
	perhaps     // the text decides
	always
)

func (s sort) fits(kind model.Kind) fit {
	if s == anySort || kind == model.Null {
		return always
	}
	switch kind {
	case model.String:
		return s.fitsText()
	case model.Bytes:
		return when(s == textSort)
	case model.Bool:
		return when(s == booleanSort)
	case model.Int:
		return when(s == integerSort || s == numberSort)
	case model.Decimal:
		if s == integerSort {
			return perhaps
		}
		return when(s == numberSort)
	case model.Float:
		return when(s == numberSort)
	case model.Date:
		return when(s == dateSort)
	case model.Time:
		return when(s == timeSort)
	case model.Timestamp, model.Instant:
		return when(s == timestampSort)
	case model.JSON:
		if s == objectSort || s == listSort {
			return perhaps
		}
		return when(s == textSort) // JSON is a text, too
	}
	return never
}

// fitsText: sources without types of their own for dates and times, as JSON is, write them as texts.
func (s sort) fitsText() fit {
	switch s {
	case textSort:
		return always
	case dateSort, timestampSort, timeSort:
		return perhaps
	default:
		return never
	}
}

func when(yes bool) fit {
	if yes {
		return always
	}
	return never
}

// holds decides where the text does.
func (t *columnTest) holds(v model.Value) bool {
	switch t.sort {
	case integerSort:
		_, fraction, _ := strings.Cut(v.Text, ".")
		return strings.Trim(fraction, "0") == ""
	case objectSort:
		return strings.HasPrefix(v.Text, "{")
	case listSort:
		return strings.HasPrefix(v.Text, "[")
	default:
		_, ok := t.moment(v)
		return ok
	}
}
