package connecttest

import (
	"errors"
	"fmt"

	"github.com/freshet/freshet/sync/connect"
)

// specComplete demands that forms, help and documents can be made from the spec.
func specComplete(s connect.Spec) error {
	var problems []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	need(s.Type != "", "no type")
	need(s.Title != "", "no title")
	need(s.Summary != "", "no summary")
	need(len(s.Objects) > 0, "no objects")
	names := map[string]bool{}
	for _, setting := range s.Settings {
		need(setting.Name != "" && !names[setting.Name], "setting %q has no name of its own", setting.Name)
		names[setting.Name] = true
		need(setting.Title != "", "setting %s has no title", setting.Name)
		need(setting.Help != "", "setting %s has no help", setting.Name)
		need(!setting.Required || setting.Default == "", "setting %s is required and has a default", setting.Name)
		need(setting.Kind != connect.ChoiceSetting || len(setting.Choices) > 0, "setting %s has no choices", setting.Name)
	}
	open := false
	for _, o := range s.Objects {
		open = open || o.Name == "*"
		problems = append(problems, objectComplete(o))
	}
	need(s.Open == open, "open is %v, but an object \"*\" says how other objects behave: %v", s.Open, open)
	return errors.Join(problems...)
}

func objectComplete(o connect.Object) error {
	var problems []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf("object %s: "+format, append([]any{o.Name}, args...)...))
		}
	}
	need(o.Name != "" && o.Title != "", "no name or no title")
	need(len(o.Verbs) > 0, "no verbs")
	need(!o.Match.Need || o.Match.Meaning != "", "the match rule has no meaning")
	need(o.Limits.Rows > 0, "no limit of rows: a call must end somewhere")
	need((o.Limits.Calls > 0) == (o.Limits.Per > 0), "calls and their window are set one without the other")
	seen := map[connect.Verb]bool{}
	for _, a := range o.Verbs {
		need(a.Verb != connect.NoVerb && !seen[a.Verb], "verb %v is none or twice", a.Verb)
		seen[a.Verb] = true
		need(a.Guarantee != connect.NoGuarantee, "verb %v has no guarantee", a.Verb)
		need(a.Meaning != "", "verb %v has no meaning", a.Verb)
	}
	return errors.Join(problems...)
}
