package config

import "regexp"

// kind is the sort of thing that may stand at a place.
type kind uint8

const (
	textKind kind = iota
	integerKind
	booleanKind
	literalKind // any scalar, kept with its type
	recordKind  // a mapping with fixed keys
	namedKind   // a mapping from names people choose to one shape
	listKind
	openKind      // a mapping to texts, lists of texts or further mappings
	anyKind       // whatever: it is checked where it is understood
	eitherKind    // one of several shapes, told apart by what YAML finds
	variantKind   // a record whose keys depend on its "type"
	conditionKind // a condition of an audience, in one of its forms
)

// shape says what may stand at a place of the workspace: for the checks, for the editors' schema and for messages.
type shape struct {
	kind    kind
	help    string
	fields  []field           // records, and the common keys of a variant
	of      *shape            // lists and named mappings
	either  []*shape          // eitherKind
	types   []variant         // variantKind
	later   map[string]string // choices or types that are fixed names but do not work in this version, with the words for it
	choices []string
	parse   func(string) error // a text of a special form
	form    string             // that form in words: "a span of time such as 90m"
	pattern string             // the form as a regular expression for editors; "" where none says it well
	rule    *regexp.Regexp     // what names may look like, with ruleSays
	says    string
	secret  bool // its text never stands in a message
}

// field is one key of a record.
type field struct {
	name     string
	shape    *shape
	required bool
	later    string // not "": the key is fixed, and this says that it does not work in this version
}

// variant is the record for one value of "type".
type variant struct {
	name   string
	help   string
	fields []field
}

func (s *shape) field(name string) (field, bool) {
	for _, f := range s.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func (s *shape) names() []string {
	var names []string
	for _, f := range s.fields {
		if f.later == "" {
			names = append(names, f.name)
		}
	}
	return names
}

// wants says in words what may stand here.
func (s *shape) wants() string {
	switch {
	case s.form != "":
		return s.form
	case len(s.choices) > 0:
		return "one of " + list(s.choices)
	}
	switch s.kind {
	case integerKind:
		return "a whole number"
	case booleanKind:
		return "true or false"
	case literalKind:
		return "one value: text, a number, true, false or null"
	case conditionKind:
		return "a condition such as {field: plan, op: is, value: pro}"
	case recordKind, namedKind, variantKind, openKind:
		return "a mapping"
	case listKind:
		return "a list"
	case eitherKind:
		return s.either[0].wants() + " or " + s.either[1].wants()
	default:
		return "text"
	}
}
