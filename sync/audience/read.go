package audience

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Read reads the JSON form of a definition. It checks the form only; Check does the rest. Faults, joined, each with the
// path of what is wrong: audience.not_json, unknown_key, unknown_word, wrong_form, required, bad_value, too_deep.
func Read(data []byte) (Definition, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	r := &reader{}
	if err := d.Decode(&tree); err != nil || d.More() {
		r.fail("", "not_json", "the definition is not one JSON value", "check commas and quotes")
		return Definition{}, r.err()
	}
	def := r.definition(tree)
	return def, r.err()
}

// reader turns a tree of JSON into nodes and collects what is wrong.
type reader struct{ faults }

// object is a JSON object whose keys have been checked.
type object struct {
	*reader
	path string
	has  map[string]any
}

// object checks that v is an object with no other keys than these.
func (r *reader) object(path string, v any, keys ...string) (object, bool) {
	has, ok := v.(map[string]any)
	if !ok {
		r.fail(path, "wrong_form", "there is "+found(v)+", and an object is wanted", "write {…}")
		return object{}, false
	}
	for _, key := range slices.Sorted(maps.Keys(has)) {
		if !slices.Contains(keys, key) {
			r.fail(under(path, key), "unknown_key", "there is no key "+quote(key)+" here", suggest(key, keys))
		}
	}
	return object{reader: r, path: path, has: has}, true
}

func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func found(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case string:
		return "text"
	case []any:
		return "a list"
	}
	return "an object"
}

// text reads a text; "" where there is none.
func (o object) text(key string) string {
	v, ok := o.has[key]
	s, isText := v.(string)
	if ok && !isText {
		o.fail(under(o.path, key), "wrong_form", key+" is "+found(v)+", and text is wanted", "put it in quotes")
	}
	return s
}

// must reads a text that has to be there.
func (o object) must(key string) string {
	s := o.text(key)
	if _, there := o.has[key]; !there || s == "" && o.has[key] == "" {
		o.fail(under(o.path, key), "required", "there is no "+key, "add "+key)
	}
	return s
}

func (o object) integer(key string) int {
	v, ok := o.has[key]
	n, isNumber := v.(json.Number)
	i, err := n.Int64()
	if ok && (!isNumber || err != nil || int64(int(i)) != i) {
		o.fail(under(o.path, key), "wrong_form", key+" is "+found(v)+", and a whole number is wanted", "write a number")
	}
	return int(i)
}

func (o object) truth(key string) bool {
	v, ok := o.has[key]
	b, isBool := v.(bool)
	if ok && !isBool {
		o.fail(under(o.path, key), "wrong_form", key+" is "+found(v)+", and true or false is wanted", "write true, or leave it out")
	}
	return b
}

func (o object) list(key string) []any {
	v, ok := o.has[key]
	l, isList := v.([]any)
	if ok && !isList {
		o.fail(under(o.path, key), "wrong_form", key+" is "+found(v)+", and a list is wanted", "write [ … ]")
	}
	return l
}

// texts reads a list of texts, or one text.
func (o object) texts(key string) []string {
	if s, ok := o.has[key].(string); ok {
		return []string{s}
	}
	var all []string
	for i, v := range o.list(key) {
		s, ok := v.(string)
		if !ok {
			o.fail(fmt.Sprintf("%s.%d", under(o.path, key), i), "wrong_form", "there is "+found(v)+", and text is wanted", "put it in quotes")
		}
		all = append(all, s)
	}
	return all
}

// span reads a span of time; 0 where there is none.
func (o object) span(key string) Span {
	text := o.text(key)
	s, err := ParseSpan(text)
	if text != "" && err != nil {
		o.fail(under(o.path, key), "bad_value", key+" is no span of time", "write 30m, 24h, 7d or 2w")
	}
	return s
}

// word reads one of several words; "" where there is none.
func word[T ~string](o object, key string, valid []T) T {
	w := o.text(key)
	if w != "" && !slices.Contains(valid, T(w)) {
		o.fail(under(o.path, key), "unknown_word", "there is no "+key+" "+quote(w), suggest(w, wordsOf(valid)))
	}
	return T(w)
}

func (r *reader) definition(v any) Definition {
	o, ok := r.object("", v, "v", "id", "entity", "zone", "include", "exclude", "split", "limit")
	if !ok {
		return Definition{}
	}
	if version := o.integer("v"); version != 1 {
		r.fail("v", "bad_value", "this is not version 1 of the definition's form", `write "v": 1`)
	}
	d := Definition{Name: o.text("id"), Model: o.must("entity"), Zone: o.text("zone")}
	d.Include, d.Exclude = r.optional(o, "include"), r.optional(o, "exclude")
	if v, ok := o.has["split"]; ok {
		d.Split = r.split(v)
	}
	if v, ok := o.has["limit"]; ok {
		d.Limit = r.limit(v)
	}
	return d
}

func (r *reader) optional(o object, key string) Node {
	v, ok := o.has[key]
	if !ok || v == nil {
		return nil
	}
	return r.node(key, v, 1)
}

func (r *reader) split(v any) *Split {
	o, ok := r.object("split", v, "salt", "groups")
	if !ok {
		return nil
	}
	s := &Split{Salt: o.text("salt")}
	for i, v := range o.list("groups") {
		if g, ok := r.object(fmt.Sprintf("split.groups.%d", i), v, "name", "from", "to"); ok {
			s.Groups = append(s.Groups, Group{Name: g.must("name"), From: g.integer("from"), To: g.integer("to")})
		}
	}
	return s
}

func (r *reader) limit(v any) *Limit {
	o, ok := r.object("limit", v, "n", "by", "dir")
	if !ok {
		return nil
	}
	return &Limit{N: o.integer("n"), By: o.must("by"), Ascending: word(o, "dir", []string{"asc", "desc"}) == "asc"}
}

// value is a JSON scalar with its exact digits.
func (r *reader) value(path string, v any) model.Value {
	switch v := v.(type) {
	case string:
		return model.Text(v)
	case bool:
		return model.Boolean(v)
	case json.Number:
		switch text := v.String(); {
		case strings.ContainsAny(text, "eE"):
			return model.Value{Kind: model.Float, Text: text}
		case strings.Contains(text, "."):
			return model.Value{Kind: model.Decimal, Text: text}
		default:
			return model.Value{Kind: model.Int, Text: text}
		}
	}
	r.fail(path, "wrong_form", "there is "+found(v)+", and a value is wanted", "write a text, a number, true or false; set and empty ask whether there is a value")
	return model.Value{}
}

// values reads one value or a list of them; none where there is none.
func (o object) values(key string) []model.Value {
	v, ok := o.has[key]
	if !ok {
		return nil
	}
	path := under(o.path, key)
	if l, isList := v.([]any); isList {
		var all []model.Value
		for i, each := range l {
			all = append(all, o.reader.value(fmt.Sprintf("%s.%d", path, i), each))
		}
		return all
	}
	return []model.Value{o.reader.value(path, v)}
}
