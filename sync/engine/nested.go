package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// jsonText is SQL for the JSON of a value of any type; NULL stays NULL. DuckDB's own to_json is not used for numbers
// in it: it reads decimals as floats. depth names the lambdas' parameters apart.
func jsonText(t typ, x string, depth int) string {
	switch t.name {
	case "LIST":
		return elements(t.members[0].typ, x, depth)
	case "ARRAY":
		child := t.members[0].typ
		return elements(child, "CAST("+x+" AS "+child.text+"[])", depth)
	case "STRUCT":
		return structJSON(t, x, depth)
	case "MAP":
		return mapJSON(t, x, depth)
	case "UNION":
		return unionJSON(t, x, depth)
	case "VARIANT":
		return "CASE WHEN " + x + " IS NOT NULL THEN CAST(CAST(" + x + " AS JSON) AS VARCHAR) END"
	case "JSON":
		return cast(x)
	}
	return scalarJSON(t, x)
}

func scalarJSON(t typ, x string) string {
	f, _ := formOf(t)
	switch f.kind {
	case model.Bool, model.Int, model.Decimal:
		return f.text(x)
	case model.Float:
		return fmt.Sprintf("CASE WHEN isfinite(%[1]s) THEN CAST(%[1]s AS VARCHAR) WHEN %[1]s IS NOT NULL THEN %[2]s END", x, cannotSend)
	case model.Date, model.Timestamp, model.Instant:
		return fmt.Sprintf("CASE WHEN isfinite(%[1]s) THEN %[2]s WHEN %[1]s IS NOT NULL THEN %[3]s END", x, quotedJSON(f.text(x)), cannotSend)
	}
	return quotedJSON(f.text(x))
}

// quotedJSON makes a JSON string of a text.
func quotedJSON(x string) string { return "CAST(to_json(" + x + ") AS VARCHAR)" }

// orNull says null in JSON where SQL says NULL.
func orNull(x string) string { return "coalesce(" + x + ", 'null')" }

func elements(child typ, x string, depth int) string {
	e := "e" + strconv.Itoa(depth)
	return fmt.Sprintf("CASE WHEN %[1]s IS NOT NULL THEN '[' || coalesce(array_to_string(list_transform(%[1]s, lambda %[2]s: %[3]s), ','), '') || ']' END",
		x, e, orNull(jsonText(child, e, depth+1)))
}

// structJSON keeps the order of members; a struct whose members have no names is a list.
func structJSON(t typ, x string, depth int) string {
	open, end := "{", "}"
	parts := make([]string, 0, 2*len(t.members))
	for i, m := range t.members {
		before := ""
		if i > 0 {
			before = ","
		}
		item := fmt.Sprintf("struct_extract(%s, %s)", x, literal(m.name))
		if m.name == "" {
			open, end = "[", "]"
			item = fmt.Sprintf("struct_extract_at(%s, %d)", x, i+1)
		} else {
			before += string(model.AppendQuoted(nil, m.name)) + ":"
		}
		parts = append(parts, literal(before), orNull(jsonText(m.typ, item, depth)))
	}
	return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN concat('%s', %s, '%s') END", x, open, strings.Join(parts, ", "), end)
}

func mapJSON(t typ, x string, depth int) string {
	e := "e" + strconv.Itoa(depth)
	key, value := t.members[0].typ, t.members[1].typ
	f, _ := formOf(key)
	return fmt.Sprintf("CASE WHEN %[1]s IS NOT NULL THEN '{' || coalesce(array_to_string(list_transform(map_entries(%[1]s), lambda %[2]s: concat(%[3]s, ':', %[4]s)), ','), '') || '}' END",
		x, e, quotedJSON(f.text(e+".key")), orNull(jsonText(value, e+".value", depth+1)))
}

// unionJSON is an object of one member: the tag and its value.
func unionJSON(t typ, x string, depth int) string {
	var b strings.Builder
	b.WriteString("CASE CAST(union_tag(" + x + ") AS VARCHAR)")
	for _, m := range t.members {
		item := fmt.Sprintf("union_extract(%s, %s)", x, literal(m.name))
		fmt.Fprintf(&b, " WHEN %s THEN concat(%s, %s, '}')", literal(m.name),
			literal("{"+string(model.AppendQuoted(nil, m.name))+":"), orNull(jsonText(m.typ, item, depth)))
	}
	b.WriteString(" END")
	return b.String()
}
