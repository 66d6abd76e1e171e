package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/liquid"
	"github.com/freshet/freshet/sync/model"
)

// Terms are those of one destination. The zero Terms let nothing leave that is personal.
type Terms struct {
	Destination string
	Purposes    []string // what data sent there is for
	Unreviewed  bool     // columns that nobody has reviewed may leave: the workspace says so
}

// read is a column that a sync reads into what it sends, and where it says so.
type read struct {
	column string
	where  string
}

// Judge says which columns may not leave by a sync: those of its payload and its match, through templates too, and the
// key, which goes along with every record. columns are all of the model's. Every refusal is a *fault.Fault, joined.
func Judge(s model.Sync, m model.Model, columns []string, t Terms) error {
	return judge(reads(s, m, columns), m, t)
}

// JudgeColumns judges the columns that a plan was made of, at the moment it is to be sent.
func JudgeColumns(s model.Sync, m model.Model, columns []string, t Terms) error {
	var all []read
	for _, column := range columns {
		all = append(all, read{column, placed(s.Pos, "syncs."+s.Name)})
	}
	return judge(all, m, t)
}

func judge(all []read, m model.Model, t Terms) error {
	var errs []error
	for _, r := range all {
		if f := refusal(r.column, m, t); f != nil {
			errs = append(errs, f.At(r.where))
		}
	}
	return errors.Join(errs...)
}

// refusal says why a column may not go to a destination; nil where it may. Guarantee G38.
func refusal(column string, m model.Model, t Terms) *fault.Fault {
	f := Of(m, column)
	field := "models." + m.Name + ".fields." + column
	says := func(code, suggestion, format string, args ...any) *fault.Fault {
		what := fmt.Sprintf("the column %s of %s may not go to %s: ", column, m.Name, t.Destination)
		return fault.New(fault.Usage, "policy."+code, what+fmt.Sprintf(format, args...)).Do(suggestion)
	}
	switch {
	case !t.Unreviewed && !Reviewed(f):
		return says("unreviewed", "say what it is: "+field+": "+Proposal(column, f, t.Purposes), "nobody has reviewed it%s", lacks(f))
	case len(f.Destinations) > 0 && !slices.Contains(f.Destinations, t.Destination):
		return says("destination", "if it may, add "+t.Destination+" to "+field+".destinations; else take it out of the sync",
			"it is approved for %s only", strings.Join(f.Destinations, ", "))
	case f.Class == Sensitive && len(f.Destinations) == 0:
		return says("sensitive", "if it may, write "+field+".destinations: ["+t.Destination+"]; else take it out of the sync",
			"it is sensitive, and names no destination that is approved for it")
	case len(f.Purposes) > 0 && len(t.Purposes) == 0:
		return says("no_purpose", "say what data sent there is for: destinations."+t.Destination+".purposes",
			"it may be used for %s, and the destination does not say what for", strings.Join(f.Purposes, ", "))
	case len(f.Purposes) > 0 && !fits(f.Purposes, t.Purposes):
		return says("purpose", "if people have agreed to it, add the purpose to "+field+".purposes; else take it out of the sync",
			"it may be used for %s, and the destination is for %s", strings.Join(f.Purposes, ", "), strings.Join(t.Purposes, ", "))
	}
	return nil
}

// lacks says what a review has left open.
func lacks(f model.FieldPolicy) string {
	if f.Class == "" {
		return ""
	}
	return " as a whole: the class " + f.Class + " needs purposes"
}

// Unreviewed are the columns that a sync sends and nobody has reviewed, as faults for a warning.
func Unreviewed(s model.Sync, m model.Model, columns []string, t Terms) []*fault.Fault {
	var all []*fault.Fault
	for _, r := range reads(s, m, columns) {
		if f := Of(m, r.column); !Reviewed(f) {
			all = append(all, fault.New(fault.Usage, "policy.unreviewed", fmt.Sprintf("the column %s of %s goes to %s, and nobody has reviewed it%s",
				r.column, m.Name, t.Destination, lacks(f))).At(r.where).
				Do("say what it is: models."+m.Name+".fields."+r.column+": "+Proposal(r.column, f, t.Purposes)))
		}
	}
	return all
}

// reads are the columns that a sync sends, each once, in the order of their places.
func reads(s model.Sync, m model.Model, columns []string) []read {
	var all []read
	add := func(column, where string) {
		if !slices.ContainsFunc(all, func(r read) bool { return r.column == column }) {
			all = append(all, read{column, where})
		}
	}
	for _, section := range []struct {
		name     string
		mappings []model.Mapping
	}{{"match", s.Match}, {"fields", s.Fields}} {
		for _, mapping := range section.mappings {
			for _, column := range mapped(mapping, columns) {
				add(column, placed(mapping.Pos, "syncs."+s.Name+"."+section.name+"."+mapping.Target))
			}
		}
	}
	for _, column := range m.Key {
		add(column, placed(s.Pos, "syncs."+s.Name))
	}
	return all
}

// mapped are the columns of one mapping. A template that cannot be read makes no payload: the mapping refuses it.
func mapped(m model.Mapping, columns []string) []string {
	if m.Template == "" {
		return slices.DeleteFunc([]string{m.Column}, func(c string) bool { return c == "" })
	}
	t, err := liquid.Parse(m.Template, columns)
	if err != nil {
		return nil
	}
	return t.Columns()
}

func placed(p model.Pos, otherwise string) string {
	if p.Line == 0 {
		return cmp.Or(otherwise, "the sync")
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
