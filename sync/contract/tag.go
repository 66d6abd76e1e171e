package contract

import (
	"reflect"
	"strings"
)

// version is a version of the standard: 3.1 is 31.
type version int

// The versions that differ in what they know.
const (
	v31 version = 31
	v32 version = 32
)

// versionOf reads "v3.1.0"; what is no version counts as 3.1, and is reported where it stands.
func versionOf(text string) version {
	if len(text) < 4 || text[0] != 'v' || text[2] != '.' || text[1] < '0' || text[1] > '9' || text[3] < '0' || text[3] > '9' {
		return v31
	}
	return version(text[1]-'0')*10 + version(text[3]-'0')
}

// rule is what the tag of a field says.
type rule struct {
	required bool
	optional version  // from here on it is not required
	since    version  // the version it came with
	one      []string // the values it may have; "map@3.2" came with that version
	kind     string   // what an Any may be: number, scalar, mapping, textOrMapping, port
	id       bool     // a name that references can use
	short    bool     // a plain value instead of the mapping is this field
	named    bool     // the items of the list need a name
	filled   bool     // the list is not empty and names nothing twice
	pair     bool     // the list has two different items
	count    bool     // not less than 0
}

// field is one key of a struct.
type field struct {
	name  string
	index int
	rule
}

// fieldsOf lists the keys of a struct in the order of its fields.
func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		all = append(all, field{name: name, index: i, rule: ruleOf(t.Field(i).Tag.Get("odcs"))})
	}
	return all
}

func ruleOf(tag string) (r rule) {
	for _, part := range strings.Split(tag, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "required":
			r.required = true
		case "optional":
			r.optional = versionOf("v" + value)
		case "since":
			r.since = versionOf("v" + value)
		case "one":
			r.one = strings.Split(value, "|")
		case "id":
			r.id = true
		case "short":
			r.short = true
		case "named":
			r.named = true
		case "filled":
			r.filled = true
		case "pair":
			r.pair = true
		case "count":
			r.count = true
		case "number", "scalar", "mapping", "textOrMapping", "port":
			r.kind = name
		}
	}
	return r
}

func (r rule) requiredAt(v version) bool { return r.required && (r.optional == 0 || v < r.optional) }
