package files

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// table is one entry of the setting tables.
type table struct {
	name      string
	where     string // for errors: "sources.lake.tables.orders"
	pattern   string // absolute path or pattern
	written   string // the path as the person wrote it
	format    string // csv, json, parquet, "": by ending
	types     map[string]string
	delimiter byte // 0: sniff
	quote     byte
	header    bool
	encoding  string // "": UTF-8, or as a byte-order mark says
	nulls     []string
}

var tableKeys = []string{"path", "format", "types", "delimiter", "quote", "header", "encoding", "null"}

func parseTables(s connect.Settings) ([]table, error) {
	entries := s.Map("tables")
	where := "sources." + s.Name + ".tables"
	if len(entries) == 0 {
		return nil, fault.New(fault.Usage, "files.no_tables", "a files source needs at least one table").At(where).
			Do(`write for example tables: {orders: "orders.csv"}`)
	}
	var tables []table
	for _, name := range sortedKeys(entries) {
		if slices.ContainsFunc(tables, func(other table) bool { return strings.EqualFold(other.name, name) }) {
			return nil, fault.New(fault.Usage, "files.table_twice", "two tables differ only in the case of their letters").
				At(where + "." + name).Do("give each table its own name; SQL makes no difference by case")
		}
		t := table{name: name, where: where + "." + name, quote: '"', header: true}
		if err := t.parse(entries[name]); err != nil {
			return nil, err
		}
		t.pattern = t.written
		if !filepath.IsAbs(t.pattern) {
			t.pattern = filepath.Join(s.Text("root"), t.pattern)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (t *table) parse(entry any) error {
	switch v := entry.(type) {
	case string:
		t.written = v
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if err := t.set(key, v[key]); err != nil {
				return err
			}
		}
	default:
		return t.usage("files.bad_table", "a table is a path or a mapping with a path", `write for example orders: "orders/*.csv"`)
	}
	if t.written == "" {
		return t.usage("files.no_path", "the table has no path", `write for example path: "orders/*.csv"`)
	}
	return nil
}

func (t *table) set(key string, value any) error {
	switch key {
	case "path":
		t.written, _ = value.(string)
	case "format":
		return t.choice(&t.format, key, value, "csv", "json", "parquet")
	case "encoding":
		return t.choice(&t.encoding, key, value, "utf-8", "utf-16", "latin-1", "windows-1252")
	case "delimiter":
		return t.character(&t.delimiter, key, value)
	case "quote":
		return t.character(&t.quote, key, value)
	case "header":
		return t.truth(&t.header, value)
	case "null":
		return t.nullTexts(value)
	case "types":
		return t.declare(value)
	default:
		suggestion := "a table takes " + strings.Join(tableKeys, ", ")
		if near := fault.Nearest(key, tableKeys); near != "" {
			suggestion = fmt.Sprintf("did you mean %q?", near)
		}
		return t.usage("files.unknown_key", fmt.Sprintf("unknown key %q", key), suggestion)
	}
	return nil
}

func (t *table) choice(into *string, key string, value any, choices ...string) error {
	text, _ := value.(string)
	*into = strings.ToLower(text)
	if slices.Contains(choices, *into) {
		return nil
	}
	return t.usage("files.bad_"+key, "there is no "+key+" of that name", "use one of "+strings.Join(choices, ", "))
}

func (t *table) character(into *byte, key string, value any) error {
	text, _ := value.(string)
	if text == `\t` || text == "tab" {
		text = "\t"
	}
	if len(text) != 1 || text[0] >= utf8.RuneSelf || text[0] == '\n' || text[0] == '\r' {
		return t.usage("files.bad_"+key, key+" must be one ASCII character", `write for example `+key+`: ";"`)
	}
	*into = text[0]
	return nil
}

func (t *table) truth(into *bool, value any) error {
	switch value {
	case true, "true":
		*into = true
	case false, "false":
		*into = false
	default:
		return t.usage("files.bad_header", "header must be true or false", "write header: false for a file without column names")
	}
	return nil
}

func (t *table) nullTexts(value any) error {
	switch v := value.(type) {
	case string:
		t.nulls = []string{v}
		return nil
	case []any:
		for _, item := range v {
			t.nulls = append(t.nulls, fmt.Sprint(item))
		}
		return nil
	case []string:
		t.nulls = v
		return nil
	}
	return t.usage("files.bad_null", "null must be a text or a list of texts", `write for example null: ["NA", "-"]`)
}

func (t *table) declare(value any) error {
	entries, ok := value.(map[string]any)
	if !ok {
		return t.usage("files.bad_types", "types must be a mapping of column to type", "write for example types: {zip: VARCHAR}")
	}
	t.types = map[string]string{}
	for _, column := range sortedKeys(entries) {
		text, _ := entries[column].(string)
		declared, err := typeNamed(text)
		if err != nil {
			return err.At(t.where + ".types." + column)
		}
		t.types[column] = declared
	}
	return nil
}

func (t *table) usage(code, message, suggestion string) error {
	return fault.New(fault.Usage, code, message).At(t.where).Do(suggestion)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
