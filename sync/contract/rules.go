package contract

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// optionsOf lists the options each logical type has. A type without an entry takes any; no type at all takes none.
func optionsOf(logical string) (keys []string, some bool) {
	bounds := "minimum maximum exclusiveMinimum exclusiveMaximum "
	all := map[string]string{
		"":          "",
		"string":    "minLength maxLength pattern format",
		"date":      bounds + "format",
		"timestamp": bounds + "format timezone defaultTimezone",
		"time":      bounds + "format timezone defaultTimezone",
		"integer":   bounds + "multipleOf format",
		"number":    bounds + "multipleOf format",
		"object":    "minProperties maxProperties required",
		"array":     "minItems maxItems uniqueItems",
		"vector":    "dimensions elementType distanceMetric embeddingModel embeddingModelVersion normalized",
	}
	text, some := all[logical]
	return strings.Fields(text), some
}

// formats are the widths of numbers.
func formats(logical string) []string {
	switch logical {
	case "integer":
		return []string{"i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"}
	case "number":
		return []string{"f32", "f64"}
	}
	return nil
}

func (r *reader) propertyRules(p *Property, n *yaml.Node, path string) {
	for _, m := range membersOf(n) {
		switch m.key.Value {
		case "logicalTypeOptions":
			r.options(p, resolved(m.value), below(path, "logicalTypeOptions"))
		case "properties":
			r.belongs(m.key, p.LogicalType, "object", path)
		case "items":
			r.belongs(m.key, p.LogicalType, "array", path)
		case "map":
			r.belongs(m.key, p.LogicalType, "map", path)
		}
	}
	if p.LogicalType == "map" {
		r.need(n, "map", path)
	}
	for _, rel := range p.Relationships {
		if rel.From != nil {
			r.fail(rel.Pos, "unknown_key", path+".relationships has a from, which is the property itself", "take from: out")
		}
	}
}

func (r *reader) belongs(key *yaml.Node, logical, wants, path string) {
	if logical != wants && (logical != "" || wants == "map") {
		r.fail(r.pos(key), "unknown_key", fmt.Sprintf("%s has %s, which only the logicalType %s has", path, key.Value, wants),
			"write logicalType: "+wants+", or take it out")
	}
}

func (r *reader) options(p *Property, n *yaml.Node, path string) {
	valid, some := optionsOf(p.LogicalType)
	if !some {
		return
	}
	for _, m := range membersOf(n) {
		if !slices.Contains(valid, m.key.Value) {
			r.fail(r.pos(m.key), "unknown_key", fmt.Sprintf("%s knows no key %q for logicalType %s", path, m.key.Value, quoteEmpty(p.LogicalType)),
				suggest(m.key.Value, valid))
			continue
		}
		r.option(p.LogicalType, m, below(path, m.key.Value))
	}
	if p.LogicalType == "vector" {
		r.need(n, "dimensions", path)
	}
}

func quoteEmpty(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// option checks those options whose type depends on the logical type.
func (r *reader) option(logical string, m entry, path string) {
	numeric := logical == "integer" || logical == "number"
	a := Any{resolved(m.value)}
	switch m.key.Value {
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		if numeric && !a.IsNumber() {
			r.wrong(m.value, path, "a number")
		} else if !numeric && !a.IsText() {
			r.wrong(m.value, path, "text")
		}
	case "multipleOf":
		if a.IsNumber() && !positive(a) {
			r.wrong(m.value, path, "a number above 0")
		}
	case "format":
		if numeric && a.IsText() {
			r.choice(resolved(m.value), formats(logical), path)
		}
	case "dimensions":
		if a.Scalar() == "0" {
			r.wrong(m.value, path, "a whole number above 0")
		}
	}
}

func positive(a Any) bool {
	n, ok := numberOf(a.Scalar())
	return ok && n.exact.Sign() > 0
}

// operators are the keys that compare what was measured; a rule has exactly one.
var operators = []string{"mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
	"mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"}

// qualityKeys lists the keys a rule may have: those of every rule and those of its kind.
func qualityKeys(n *yaml.Node) (valid []string, why string) {
	kind := textOf(n, "type")
	for _, f := range fieldsOf(reflect.TypeFor[Quality]()) {
		valid = append(valid, f.name)
	}
	library := kind == "library" || has(n, "metric")
	drop := func(names ...string) {
		valid = slices.DeleteFunc(valid, func(name string) bool { return slices.Contains(names, name) })
	}
	if !library {
		drop("rule", "arguments")
	}
	if !library && kind != "" {
		drop("metric")
	}
	if !library && kind != "sql" {
		drop(operators...)
	}
	if kind != "sql" {
		drop("query")
	}
	if kind != "custom" {
		drop("engine", "implementation")
	}
	switch {
	case kind != "":
		why = " for the type " + kind
	case !library:
		why = " without a metric"
	}
	return valid, why
}

// qualityRules checks that a rule has what its kind needs. A rule without type and metric says nothing to a machine.
func (r *reader) qualityRules(n *yaml.Node, path string) {
	kind := textOf(n, "type")
	library := kind == "library" || has(n, "metric")
	if library {
		r.need(n, "metric", path)
	}
	if kind == "sql" {
		r.need(n, "query", path)
	}
	if kind == "custom" {
		r.need(n, "engine", path)
		r.need(n, "implementation", path)
	}
	if !library && kind != "sql" {
		return
	}
	var there []*yaml.Node
	for _, m := range membersOf(n) {
		if slices.Contains(operators, m.key.Value) {
			there = append(there, m.key)
		}
	}
	switch {
	case len(there) == 0:
		r.fail(r.pos(n), "required", path+" compares with nothing", "add one of "+strings.Join(operators, ", "))
	case len(there) > 1:
		r.fail(r.pos(there[1]), "conflict", fmt.Sprintf("%s has both %s and %s", path, there[0].Value, there[1].Value),
			"keep one; for a range write mustBeBetween: [from, to]")
	}
}
