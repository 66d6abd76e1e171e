package config

import (
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

func quote(s string) string { return strconv.Quote(s) }

// quoteUnless quotes what people wrote, but not what came from the environment.
func quoteUnless(v value, text string) string {
	if n := v.content(); n != nil && n.Value != text {
		return "a text from the environment"
	}
	return quote(text)
}

// list joins names for people: "a, b or c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// suggest names the nearest valid name, or, where none is near, all of them.
func suggest(word string, valid []string) string {
	switch near := fault.Nearest(word, valid); {
	case near != "":
		return "did you mean " + near + "?"
	case len(valid) == 0:
		return "there is none to choose from: define one first"
	case len(valid) > 30:
		return "it can be " + strings.Join(valid[:30], ", ") + " and others"
	default:
		return "it can be " + list(valid)
	}
}
