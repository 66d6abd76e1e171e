package files

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

// declarable are the types a column may be declared as, with their other names.
var declarable = map[string]string{
	"BOOLEAN": "BOOLEAN", "BOOL": "BOOLEAN",
	"TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INTEGER": "INTEGER", "INT": "INTEGER", "BIGINT": "BIGINT", "HUGEINT": "HUGEINT",
	"UTINYINT": "UTINYINT", "USMALLINT": "USMALLINT", "UINTEGER": "UINTEGER", "UBIGINT": "UBIGINT", "UHUGEINT": "UHUGEINT",
	"DECIMAL": "DECIMAL", "NUMERIC": "DECIMAL", "FLOAT": "FLOAT", "REAL": "FLOAT", "DOUBLE": "DOUBLE",
	"VARCHAR": "VARCHAR", "TEXT": "VARCHAR", "STRING": "VARCHAR", "UUID": "UUID", "JSON": "JSON",
	"DATE": "DATE", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP", "DATETIME": "TIMESTAMP",
	"TIMESTAMPTZ": "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
}

var decimalType = regexp.MustCompile(`^(?:DECIMAL|NUMERIC) ?\( ?(\d{1,2})(?: ?, ?(\d{1,2}))? ?\)$`)

// typeNamed brings a declared type into DuckDB's own writing of it.
func typeNamed(text string) (string, *fault.Fault) {
	name := strings.ToUpper(strings.Join(strings.Fields(text), " "))
	if m := decimalType.FindStringSubmatch(name); m != nil {
		width, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		if width >= 1 && width <= 38 && scale <= width {
			return fmt.Sprintf("DECIMAL(%d,%d)", width, scale), nil
		}
	}
	if base := declarable[name]; base == "DECIMAL" {
		return "DECIMAL(18,3)", nil
	} else if base != "" {
		return base, nil
	}
	names := sortedKeys(declarable)
	f := fault.New(fault.Usage, "files.unknown_type", fmt.Sprintf("there is no column type %q", text))
	if near := fault.Nearest(name, names); near != "" {
		return "", f.Do(fmt.Sprintf("did you mean %s?", near))
	}
	return "", f.Do("use for example VARCHAR, BIGINT, DECIMAL(10,2), DOUBLE, BOOLEAN, DATE or TIMESTAMP")
}

// misfit is SQL that is true where the text in column does not fit the declared type exactly. A plain cast would round
// 1.5 to an INTEGER and 1.005 to a DECIMAL(10,2).
func misfit(column, declared string) string {
	if declared == "VARCHAR" {
		return "false"
	}
	cast := fmt.Sprintf("try_cast(%s AS %s) IS NULL", column, declared)
	if shape := exactShape(declared); shape != "" {
		cast = fmt.Sprintf("(%s OR NOT regexp_full_match(trim(%s), %s))", cast, column, literal(shape))
	}
	return fmt.Sprintf("(%s IS NOT NULL AND %s)", column, cast)
}

func exactShape(declared string) string {
	integers := []string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
	if slices.Contains(integers, declared) {
		return `[+-]?[0-9]+`
	}
	if m := decimalType.FindStringSubmatch(declared); m != nil {
		return `[+-]?[0-9]*(\.[0-9]{0,` + m[2] + `}0*)?`
	}
	return ""
}
