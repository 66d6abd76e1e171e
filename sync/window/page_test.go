package window

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func formatsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/FORMATS.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// section is what stands under a heading of the page.
func section(t *testing.T, title string) string {
	t.Helper()
	_, text, found := strings.Cut(formatsPage(t), "\n## "+title+"\n")
	if !found {
		t.Fatalf("the page has no %s", title)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// pageValue reads a column x, and gives its payload, or that the event is set aside.
func pageValue(t *testing.T, o Options, value string) (typ, payload string) {
	t.Helper()
	reading := read(t, o, eventOf("", value))
	if reading.Problem != nil {
		return "", "*set aside*"
	}
	c := one(t, reading)
	v, _ := c.Row.Get("x")
	return c.Columns[1].Type, "`" + string(v.AppendJSON(nil)) + "`"
}

// TestFormatsPage runs the rows of the page.
func TestFormatsPage(t *testing.T) {
	declared := regexp.MustCompile("(?m)^\\| `(.*?)` \\| `(.*)` \\| (`.*`|\\*set aside\\*) \\|$").FindAllStringSubmatch(section(t, "Declared types"), -1)
	for _, row := range declared {
		_, got := pageValue(t, Options{Format: "json", Columns: map[string]string{"x": row[1]}}, `{"id":7,"x":`+row[2]+`}`)
		if got != row[3] {
			t.Errorf("%s of %s: %s, the page says %s", row[1], row[2], got, row[3])
		}
	}
	plain := regexp.MustCompile("(?m)^\\| `(.*?)` \\| ?`?(.*?)`? \\| (`.*`|\\*set aside\\*) \\|$").FindAllStringSubmatch(section(t, "JSON"), -1)
	for _, row := range plain {
		typ, got := pageValue(t, Options{Format: "json"}, `{"id":7,"x":`+row[1]+`}`)
		if got != row[3] || typ != row[2] {
			t.Errorf("%s: %s %s, the page says %s %s", row[1], typ, got, row[2], row[3])
		}
	}
	named := regexp.MustCompile("(?m)^\\| `(.*?)` \\| `(.*?)` \\| `(.*)` \\| (`.*`) \\|$").FindAllStringSubmatch(section(t, "Names of Kafka Connect and Debezium"), -1)
	for _, row := range named {
		typ, got := pageValue(t, Options{Format: "json"}, connectValue(row[1], row[3]))
		if got != row[4] || typ != row[2] {
			t.Errorf("%s of %s: %s %s, the page says %s %s", row[1], row[3], typ, got, row[2], row[4])
		}
	}
	if len(declared) < 30 || len(plain) < 12 || len(named) < 25 {
		t.Errorf("only %d, %d and %d rows were found", len(declared), len(plain), len(named))
	}
}

// connectValue is a value with a schema that gives it a name.
func connectValue(name, value string) string {
	typ := "int64"
	switch {
	case strings.HasSuffix(name, "data.Decimal") || strings.HasSuffix(name, "Bits"):
		typ = "bytes"
	case value[0] == '"':
		typ = "string"
	case value[0] == '{':
		typ = "struct"
	}
	return `{"schema":{"type":"struct","fields":[{"type":"int32","field":"id"},{"type":"` + typ + `","name":"` + name +
		`","parameters":{"scale":"2","length":"5"},"fields":[],"field":"x"}]},"payload":{"id":7,"x":` + value + `}}`
}

// TestFormatsPageNamesEveryFormat: and no other.
func TestFormatsPageNamesEveryFormat(t *testing.T) {
	table, _, _ := strings.Cut(formatsPage(t), "\n`auto`")
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		names = append(names, row[1])
	}
	for _, name := range Formats() {
		if !strings.Contains(table, "| `"+name+"` |") {
			t.Errorf("the page does not name %s", name)
		}
	}
	if len(names) != len(Formats()) {
		t.Errorf("the page names %v", names)
	}
}
