package files

import "github.com/freshet/freshet/sync/connect"

// messages says for people what each code means. They never carry a row's values.
var messages = map[string]string{
	"files.too_few_values":  "the row has fewer values than there are columns",
	"files.too_many_values": "the row has more values than there are columns",
	"files.open_quote":      "a quote opens here and does not close as it should",
	"files.stray_quote":     "text stands behind a closing quote; a quote inside a value is written twice",
	"files.bad_encoding":    "the row is not UTF-8 text; for other files set encoding: latin-1, windows-1252 or utf-16",
	"files.too_long":        "the row is longer than 1 MiB",
	"files.bad_json":        "the line is not a JSON object",
	"files.member_twice":    "the object has two members of one name",
	"files.bad_value":       "the value does not fit the column's declared type exactly",
}

func remedy(code string) string {
	if code == "files.bad_encoding" {
		return "set encoding: latin-1, windows-1252 or utf-16 for the table, or store the file as UTF-8"
	}
	return "mend the line in the file"
}

func (t *table) problem(path string, line int64, column, code string) connect.Problem {
	return connect.Problem{Table: t.name, File: path, Line: line, Column: column, Code: code, Message: messages[code]}
}
