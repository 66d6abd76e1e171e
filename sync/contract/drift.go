package contract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

// Known is a column as readers have known it so far.
type Known struct {
	Name     string
	Type     string // DuckDB's name
	Required bool
	Key      bool
	Uses     []string // what reads it: "syncs.crm", "models.active"
}

// Incoming is a column of the new schema.
type Incoming struct {
	Name     string
	Type     string // DuckDB's name
	Required bool
	Key      bool
}

// Change is what has become of a column.
type Change string

// The changes. docs/CONTRACTS.md has this table in words.
const (
	Added          Change = "added"           // go on
	AddedRequired  Change = "added_required"  // go on; rows from before lack it
	TypeWidened    Change = "type_widened"    // go on
	TypeNarrowed   Change = "type_narrowed"   // hold what uses it
	TypeChanged    Change = "type_changed"    // hold what uses it
	Dropped        Change = "dropped"         // hold what uses it
	BecameOptional Change = "became_optional" // go on; nulls may come
	BecameRequired Change = "became_required" // go on
	KeyChanged     Change = "key_changed"     // hold everything that reads the rows
)

// Verdict is what one change of a schema means for those who read it.
type Verdict struct {
	Change    Change
	Column    string
	Was, Is   string   // types, where they differ
	Holds     []string // what must not go on before somebody has looked; none: go on
	RenamedTo string   // of a dropped column: the added one that is likely the same
	Rewritten bool     // of a widened type: values are written in another way, and records are sent once more
	Message   string
	Remedy    string
}

// Compare judges a new schema against what its readers have known. Verdicts come in the order of the columns known, then
// of the new ones. A schema is compatible with itself: no verdict.
func Compare(known []Known, now []Incoming) []Verdict {
	var verdicts []Verdict
	if v, changed := keyChange(known, now); changed {
		verdicts = append(verdicts, v)
	}
	for _, was := range known {
		at := slices.IndexFunc(now, func(n Incoming) bool { return strings.EqualFold(n.Name, was.Name) })
		if at < 0 {
			verdicts = append(verdicts, droppedColumn(was, known, now))
			continue
		}
		verdicts = append(verdicts, stillThere(was, now[at])...)
	}
	for _, n := range now {
		if !slices.ContainsFunc(known, func(k Known) bool { return strings.EqualFold(k.Name, n.Name) }) {
			verdicts = append(verdicts, addedColumn(n))
		}
	}
	return verdicts
}

// Held says whether any verdict stops anything.
func Held(verdicts []Verdict) bool {
	return slices.ContainsFunc(verdicts, func(v Verdict) bool { return len(v.Holds) > 0 })
}

func keyChange(known []Known, now []Incoming) (Verdict, bool) {
	var was, is, uses []string
	for _, k := range known {
		if k.Key {
			was = append(was, strings.ToLower(k.Name))
		}
		uses = append(uses, k.Uses...)
	}
	for _, n := range now {
		if n.Key {
			is = append(is, strings.ToLower(n.Name))
		}
	}
	slices.Sort(was)
	slices.Sort(is)
	if slices.Equal(was, is) {
		return Verdict{}, false
	}
	return Verdict{Change: KeyChanged, Was: strings.Join(was, ", "), Is: strings.Join(is, ", "), Holds: each(uses),
		Message: fmt.Sprintf("the key was (%s) and is (%s)", strings.Join(was, ", "), strings.Join(is, ", ")),
		Remedy:  "records would be taken for others: change the key of what reads it, look at its plan, and approve it"}, true
}

// each lists names once, sorted.
func each(names []string) []string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func droppedColumn(was Known, known []Known, now []Incoming) Verdict {
	v := Verdict{Change: Dropped, Column: was.Name, Was: was.Type, Holds: each(was.Uses), Message: was.Name + " is gone",
		Remedy: "bring the column back, or take it out of what uses it"}
	var candidates []string
	for _, n := range now {
		isNew := !slices.ContainsFunc(known, func(k Known) bool { return strings.EqualFold(k.Name, n.Name) })
		if change, _ := TypeChange(was.Type, n.Type); isNew && (change == SameType || change == Widened) {
			candidates = append(candidates, n.Name)
		}
	}
	if near := fault.Nearest(was.Name, candidates); near != "" {
		v.RenamedTo = near
		v.Remedy = "if " + was.Name + " was renamed to " + near + ", name it so in what uses it; else take it out there"
	}
	if len(v.Holds) == 0 {
		v.Remedy = "nothing uses it"
	}
	return v
}

func stillThere(was Known, now Incoming) (verdicts []Verdict) {
	change, rewritten := TypeChange(was.Type, now.Type)
	v := Verdict{Column: was.Name, Was: was.Type, Is: now.Type, Message: fmt.Sprintf("%s was %s and is %s", was.Name, was.Type, now.Type)}
	switch change {
	case Widened:
		v.Change, v.Rewritten, v.Remedy = TypeWidened, rewritten, "nothing to do"
		if rewritten {
			v.Remedy = "nothing to do; values are written in another way, so each record that carries it is sent once more"
		}
		verdicts = append(verdicts, v)
	case Narrowed:
		v.Change, v.Holds, v.Remedy = TypeNarrowed, each(was.Uses), "values may be cut off at their source: look at them, then approve the plan of what uses it"
		verdicts = append(verdicts, v)
	case Retyped:
		v.Change, v.Holds, v.Remedy = TypeChanged, each(was.Uses), "cast it in the SQL of what uses it, or approve its plan once you have looked"
		verdicts = append(verdicts, v)
	}
	switch {
	case was.Required && !now.Required:
		verdicts = append(verdicts, Verdict{Change: BecameOptional, Column: was.Name, Message: was.Name + " may be null now", Remedy: "see what a null means to what uses it"})
	case !was.Required && now.Required:
		verdicts = append(verdicts, Verdict{Change: BecameRequired, Column: was.Name, Message: was.Name + " is never null now", Remedy: "nothing to do; rows from before may still lack it"})
	}
	return verdicts
}

func addedColumn(n Incoming) Verdict {
	if n.Required {
		return Verdict{Change: AddedRequired, Column: n.Name, Is: n.Type, Message: n.Name + " is new and required",
			Remedy: "nothing to do; rows from before lack it, and are set aside where they are read again"}
	}
	return Verdict{Change: Added, Column: n.Name, Is: n.Type, Message: n.Name + " is new", Remedy: "nothing to do; map it where it is wanted"}
}

// Incoming gives the columns of the contract's object as a new schema.
func (c *Checks) Incoming() []Incoming {
	list := make([]Incoming, len(c.Columns))
	for i, col := range c.Columns {
		list[i] = Incoming{Name: col.Name, Type: col.Type, Required: col.Required, Key: col.Key > 0}
	}
	return list
}
