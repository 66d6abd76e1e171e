package contract

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// typeOf gives DuckDB's name of a property's type: that of its physical type, whatever database it is written for, else
// one that holds every value of its logical type; "" where neither says enough.
func typeOf(p *Property) string {
	if name := duckType(p.PhysicalType); name != "" {
		return name
	}
	format := ""
	zoned := false
	if p.Options != nil {
		format, zoned = p.Options.Format, yes(p.Options.Timezone)
	}
	switch p.LogicalType {
	case "string":
		return "VARCHAR"
	case "date":
		return "DATE"
	case "time":
		return "TIME"
	case "boolean":
		return "BOOLEAN"
	case "object", "array", "map", "vector":
		return "JSON"
	case "timestamp":
		if zoned {
			return "TIMESTAMP WITH TIME ZONE"
		}
		return "TIMESTAMP"
	case "integer":
		return integerType(format)
	case "number":
		if format == "f32" {
			return "FLOAT"
		}
		return "DOUBLE"
	}
	return ""
}

func integerType(format string) string {
	switch format {
	case "i8":
		return "TINYINT"
	case "i16":
		return "SMALLINT"
	case "i32":
		return "INTEGER"
	case "i128":
		return "HUGEINT"
	case "u8":
		return "UTINYINT"
	case "u16":
		return "USMALLINT"
	case "u32":
		return "UINTEGER"
	case "u64":
		return "UBIGINT"
	case "u128":
		return "UHUGEINT"
	default:
		return "BIGINT"
	}
}

var typeForm = regexp.MustCompile(`^([a-z0-9_ ]+?) *(?:\( *([0-9]+|max) *(?:, *([0-9]+) *)?\))?( with(?:out)? (?:local )?time zone)?$`)

// duckType finds DuckDB's type for a name of any usual database; "" where there is none. A length is no part of it.
func duckType(physical string) string {
	m := typeForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(physical)))
	if m == nil {
		return ""
	}
	name := m[1]
	if name == "timestamp" || name == "time" {
		name += strings.Replace(m[4], "without", "no", 1)
	}
	switch name {
	case "varchar", "text", "string", "char", "character", "character varying", "nvarchar", "nvarchar2", "varchar2", "nchar", "bpchar", "clob", "keyword", "enum":
		return "VARCHAR"
	case "boolean", "bool", "bit":
		return "BOOLEAN"
	case "tinyint", "int1":
		return "TINYINT"
	case "smallint", "int2", "short", "int16":
		return "SMALLINT"
	case "int", "integer", "int4", "int32", "mediumint", "serial":
		return "INTEGER"
	case "bigint", "int8", "long", "int64", "bigserial":
		return "BIGINT"
	case "hugeint", "int128":
		return "HUGEINT"
	case "utinyint", "uint8":
		return "UTINYINT"
	case "usmallint", "uint16":
		return "USMALLINT"
	case "uinteger", "uint32":
		return "UINTEGER"
	case "ubigint", "uint64":
		return "UBIGINT"
	case "uhugeint", "uint128":
		return "UHUGEINT"
	case "float", "real", "float4", "float32":
		return "FLOAT"
	case "double", "double precision", "float8", "float64":
		return "DOUBLE"
	case "decimal", "numeric", "number", "bignumeric":
		return decimalType(m[2], m[3])
	}
	return otherType(name)
}

func otherType(name string) string {
	switch name {
	case "date":
		return "DATE"
	case "time", "time no time zone":
		return "TIME"
	case "timetz", "time with time zone":
		return "TIME WITH TIME ZONE"
	case "timestamp", "datetime", "datetime2", "timestamp_ntz", "smalldatetime", "timestamp no time zone":
		return "TIMESTAMP"
	case "timestamptz", "timestamp_tz", "timestamp_ltz", "datetimeoffset", "timestamp with time zone", "timestamp with local time zone":
		return "TIMESTAMP WITH TIME ZONE"
	case "timestamp_s", "timestamp_ms", "timestamp_ns", "interval", "uuid":
		return strings.ToUpper(name)
	case "uniqueidentifier":
		return "UUID"
	case "json", "jsonb", "variant", "object", "array", "struct", "record", "map", "list", "super":
		return "JSON"
	case "blob", "bytea", "binary", "varbinary", "bytes", "image", "raw":
		return "BLOB"
	}
	return ""
}

// decimalType is a decimal as wide as it is written; without digits nobody knows how wide it is meant.
func decimalType(precision, scale string) string {
	p, err := strconv.Atoi(precision)
	if err != nil || p < 1 || p > 38 {
		return ""
	}
	s, _ := strconv.Atoi(scale)
	if s > p {
		return ""
	}
	return fmt.Sprintf("DECIMAL(%d,%d)", p, s)
}
