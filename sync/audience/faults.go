package audience

import (
	"errors"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

// faults collects what is wrong with a definition, each with the path of its node.
type faults struct{ all []error }

func (f *faults) fail(path, code, message, suggestion string) {
	f.all = append(f.all, fault.New(fault.Usage, "audience."+code, message).At(path).Do(suggestion))
}

func (f *faults) err() error { return errors.Join(f.all...) }

func quote(s string) string { return strconv.Quote(s) }

// listed joins words for people: "a, b or c".
func listed(words []string) string { return joined(words, " or ") }

func joined(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}

// suggest names the nearest valid word, or, where none is near, all of them.
func suggest(word string, valid []string) string {
	switch near := fault.Nearest(word, valid); {
	case near != "":
		return "did you mean " + near + "?"
	case len(valid) == 0:
		return "there is none to choose from: define one first"
	case len(valid) > 30:
		return "it can be " + strings.Join(valid[:30], ", ") + " and others"
	}
	return "it can be " + listed(valid)
}

func wordsOf[T ~string](all []T) []string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return words
}
