package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// column is a model column as SQL over the model sees it.
type column struct {
	name string
	expr string
	form form
}

func columnOf(c mapping.Column) column {
	f, _ := formOf(parseType(c.Type))
	return column{name: c.Name, expr: "m." + name(c.Name), form: f}
}

func columnsOf(columns []mapping.Column) []column {
	all := make([]column, len(columns))
	for i, c := range columns {
		all[i] = columnOf(c)
	}
	return all
}

// joined is SQL for the text of one or several columns by the rule of model.CompositeKey; NULL where any is NULL.
func joined(parts []column, change func(string) string) string {
	if len(parts) == 1 {
		return change(parts[0].form.text(parts[0].expr))
	}
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = jsonQuoted(change(p.form.text(p.expr)), p.form.free)
	}
	return "'[' || " + strings.Join(texts, " || ',' || ") + " || ']'"
}

// jsonQuoted is model.AppendQuoted in SQL. DuckDB's own to_json writes some control characters in another way.
func jsonQuoted(x string, free bool) string {
	plain := "'\"' || " + x + " || '\"'"
	if !free {
		return plain
	}
	escaped := "replace(replace(" + x + `, '\', '\\'), '"', '\"')`
	for c := range 0x20 {
		escape := model.AppendQuoted(nil, string(rune(c)))
		escaped = fmt.Sprintf("replace(%s, chr(%d), '%s')", escaped, c, escape[1:len(escape)-1])
	}
	return fmt.Sprintf(`CASE WHEN regexp_matches(%s, '[\x00-\x1f"\\]') THEN '"' || %s || '"' ELSE %s END`, x, escaped, plain)
}

// whitespace is every character that Unicode calls white space.
const whitespace = "chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || ' ' || chr(133) || chr(160) || chr(5760) || " +
	"chr(8192) || chr(8193) || chr(8194) || chr(8195) || chr(8196) || chr(8197) || chr(8198) || chr(8199) || chr(8200) || " +
	"chr(8201) || chr(8202) || chr(8232) || chr(8233) || chr(8239) || chr(8287) || chr(12288)"

// folded is a text without regard to case and surrounding space.
func folded(x string) string { return "lower(trim(" + x + ", " + whitespace + "))" }

// rowText is SQL for one text that says everything a row holds. It can be taken apart again in one way only, so different
// rows are different texts: the texts of the columns with a separator between them, and for NULL none or, for texts that
// can be empty, chr(30). Where a value itself holds the separator or is that mark, lengths go before the texts, which
// makes more separators than a plain row has. The hashes of these texts are kept, so they must never change; only casts
// to text are used in them.
func rowText(columns []column) string {
	var plain, lengths, long, free []string
	for _, c := range columns {
		text := c.form.text(c.expr)
		if !c.form.free {
			plain = append(plain, "coalesce("+cast(c.expr)+", "+noText(c.form)+")")
			continue
		}
		free = append(free, text)
		lengths = append(lengths, "CAST(coalesce(strlen("+text+"), -1) AS VARCHAR)")
		long = append(long, "coalesce("+text+", chr(30))")
	}
	all := separated(append(slices.Clone(plain), long...))
	if len(free) == 0 {
		return all
	}
	careful := separated(append(append(slices.Clone(plain), lengths...), long...))
	return "CASE WHEN " + clashes(free) + " THEN " + careful + " ELSE " + all + " END"
}

// noText is SQL for the text of NULL in a column whose texts are never the mark. Of those only bytes can be empty.
func noText(f form) string {
	if f.kind == model.Bytes {
		return "chr(30)"
	}
	return "''"
}

// clashes is SQL that says whether one of the texts holds the separator or is the mark for NULL. The separator is looked
// for in all of them together, for one long search takes less time than many short ones.
func clashes(texts []string) string {
	return "contains(concat(" + strings.Join(texts, ", ") + "), chr(31)) OR " + strings.Join(texts, " = chr(30) OR ") + " = chr(30)"
}

// separated is SQL for texts, none of them NULL, with the separator between them. concat_ws would say the same, and be slower.
func separated(texts []string) string { return "concat(" + strings.Join(texts, ", chr(31), ") + ")" }

// stableHash is SQL for the hash of a row's text that is kept in ledgers: md5_number_lower, written so that it does not go
// by way of a text of zeros and ones, which takes longer than the md5. DuckDB's own hash() may change between its
// releases, and this must never.
func stableHash(text string) string { return "CAST(md5_number(" + text + ") >> 64 AS UBIGINT)" }
