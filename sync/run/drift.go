package run

import (
	"errors"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// worked says of a model's error that the model ran before: then it is the source that has changed, and the sync is
// held until somebody has looked.
func worked(err error, ranBefore bool, m model.Model) error {
	f := fault.As(err)
	if !ranBefore || f.Kind != fault.Usage && f.Kind != fault.Source {
		return err
	}
	return fault.New(fault.Held, "model.drift", "the model "+m.Name+" ran before and does not any more; nothing was sent").
		At(f.Where).Do("a column or table it uses was renamed, dropped or retyped: mend the model's SQL, or undo the change. " +
		f.Suggestion).Because(err)
}

// dropped says which columns a sync used in its last run and the model does not have any more.
func dropped(before, now []mapping.Column, job Job) error {
	var missing, names []string
	have := map[string]bool{}
	for _, c := range now {
		have[strings.ToLower(c.Name)] = true
		names = append(names, c.Name)
	}
	used := mappedColumns(job)
	for _, c := range before {
		if !have[strings.ToLower(c.Name)] && used[strings.ToLower(c.Name)] {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	f := fault.New(fault.Held, "model.drift", "the model "+job.Model.Name+" no longer has the column "+
		quotedNames(missing)+", which this sync sends; nothing was sent")
	if near := fault.Nearest(missing[0], names); near != "" {
		return f.Do("if " + quotedNames(missing[:1]) + " was renamed to " + quotedNames([]string{near}) + ", change the mapping; else take the field out of it")
	}
	return f.Do("if it was renamed, change the mapping, else take the field out of it; the model has " + strings.Join(names, ", "))
}

func quotedNames(names []string) string {
	return `"` + strings.Join(names, `", "`) + `"`
}

// mappedColumns are the columns the sync's plain mappings still name; templates are checked by the compiler.
func mappedColumns(job Job) map[string]bool {
	used := map[string]bool{}
	for _, list := range [][]model.Mapping{job.Sync.Fields, job.Sync.Match} {
		for _, m := range list {
			used[strings.ToLower(m.Column)] = true
		}
	}
	for _, k := range job.Model.Key {
		used[strings.ToLower(k)] = true
	}
	return used
}

// retyped holds a plan whose columns have other types than in the last run: the same values may be written differently, or
// may have been cut off at their source. A type that only became wider holds nothing.
func retyped(before, now []mapping.Column) *plan.Verdict {
	types := map[string]string{}
	for _, c := range before {
		types[c.Name] = c.Type
	}
	var changed []string
	for _, c := range now {
		change, rewritten := contract.TypeChange(types[c.Name], c.Type)
		if was, known := types[c.Name]; known && was != c.Type && (change != contract.Widened || rewritten) {
			changed = append(changed, c.Name+" was "+was+" and is "+c.Type)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return &plan.Verdict{Guard: "column_types", Held: true, Says: "the types of columns this sync sends have changed: " +
		strings.Join(changed, "; ")}
}

// CallFault tells people about a call that failed as a whole.
func CallFault(err error, destination string) error {
	var call *connect.CallError
	if !errors.As(err, &call) {
		return err
	}
	f := fault.New(fault.Destination, "destination."+strings.ReplaceAll(call.Class.String(), " ", "_"), told(call, destination)).
		At("destinations." + destination)
	return f.Do(remedies[call.Class]).Because(call)
}

// told is what the connector says of a call, which is in words for people.
func told(call *connect.CallError, destination string) string {
	if call.Message == "" {
		return destination + ": " + call.Error()
	}
	text := destination + ": " + call.Message
	if call.Status != 0 {
		text += " (HTTP " + strconv.Itoa(call.Status) + ")"
	}
	return text
}

// remedies say what to do about each class of failure.
var remedies = map[connect.Class]string{
	connect.Lost:         "check the address and whether the destination is up; nothing is lost, the next run goes on",
	connect.NotSent:      "check the address, the network and the certificate; nothing was sent",
	connect.Throttled:    "wait: the next run goes on",
	connect.Refused:      "see the destination's message; the mapping or the object does not suit it",
	connect.TooLarge:     "see the destination's message; the mapping makes records that are too large",
	connect.Unauthorized: "check the token or the client's id and secret",
	connect.Forbidden:    "give the token the rights the destination names",
	connect.Gone:         "check the object's name and the address",
}
