package config

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// condition checks a condition by the form that its keys show, or a list of them.
func (r *report) condition(v value, depth int) {
	if v.kind() == yaml.SequenceNode {
		for _, item := range v.items() {
			r.check(item, condition(""), depth+1)
		}
		return
	}
	if v.kind() != yaml.MappingNode {
		r.wrong(v, condition(""))
		return
	}
	f, ok := formOf(v)
	if !ok {
		r.noForm(v)
		return
	}
	r.record(v, &shape{kind: recordKind, fields: f.fields}, depth)
}

// formOf finds the form by its first field. Where a condition has the first fields of two, as an audience with a name
// for a where might, the earlier form reports the other key.
func formOf(v value) (form, bool) {
	for _, f := range forms() {
		if !v.get(f.head()).absent() {
			return f, true
		}
	}
	return form{}, false
}

// noForm: nothing in the mapping says what sort of condition it is.
func (r *report) noForm(v value) {
	members := v.members()
	if len(members) == 0 {
		r.fail(v.pos(), "required", "there is an empty condition", "begin it with "+list(formHeads()))
		return
	}
	i := slices.IndexFunc(members, func(m member) bool { return !slices.Contains([]string{"id", "op", "value", "unset"}, m.key.name) })
	if i < 0 {
		r.fail(v.pos(), "required", label(v)+" has no field", "add field: with the column's name")
		return
	}
	key := members[i].key
	r.fail(key.pos(), "unknown_key", "there is no condition "+quote(key.name), suggest(key.name, formHeads()))
}
