package window

import (
	"slices"

	"github.com/freshet/freshet/sync/model"
)

// Fold leaves one change of every key between two Truncates: the one that does, at once, what its changes do one after
// the other. Patches are merged field by field, so that a value is not lost to a later event that does not carry it.
// A folded change is of the newest event, keeps the oldest Before, and stands where its key stood first.
func Fold(changes []Change) []Change {
	folded := make([]Change, 0, len(changes))
	at := make(map[model.Key]int, len(changes))
	for _, c := range changes {
		if c.Op == Nothing {
			continue
		}
		if c.Op == Truncate {
			clear(at)
			folded = append(folded, c)
			continue
		}
		if i, seen := at[c.Key]; seen {
			folded[i] = then(folded[i], c)
			continue
		}
		at[c.Key] = len(folded)
		folded = append(folded, c)
	}
	return folded
}

// then is one change that does what first and next do.
func then(first, next Change) Change {
	merged := next
	merged.Before = first.Before
	if next.OldKey == "" {
		merged.OldKey = first.OldKey
	}
	merged.Tombstone = next.Tombstone && first.Tombstone
	if next.Op != Patch {
		return merged
	}
	switch first.Op {
	case Delete: // what the row was before is not the new row's
		merged.Op = Write
	case Write, Patch:
		merged.Op = first.Op
		merged.Row = overlaid(first.Row, next.Row)
		merged.Absent = stillAbsent(first.Absent, next.Absent, merged.Row)
		merged.Columns = united(first.Columns, next.Columns)
	}
	return merged
}

// overlaid has the fields of both, of those in both the upper's.
func overlaid(lower, upper model.Fields) model.Fields {
	all := make(model.Fields, 0, len(lower)+len(upper))
	for len(lower) > 0 && len(upper) > 0 {
		switch {
		case lower[0].Name < upper[0].Name:
			all, lower = append(all, lower[0]), lower[1:]
		case lower[0].Name > upper[0].Name:
			all, upper = append(all, upper[0]), upper[1:]
		default:
			all, lower, upper = append(all, upper[0]), lower[1:], upper[1:]
		}
	}
	return append(append(all, lower...), upper...)
}

// stillAbsent are the columns that neither event carried.
func stillAbsent(first, next []string, row model.Fields) []string {
	var absent []string
	for _, name := range slices.Concat(first, next) {
		if _, carried := row.Get(name); !carried && !slices.Contains(absent, name) {
			absent = append(absent, name)
		}
	}
	return absent
}

// united are the columns of both; of a column in both the later word holds, where it says a type.
func united(first, next []Column) []Column {
	if slices.Equal(first, next) {
		return next
	}
	all := slices.Clone(next)
	for _, c := range first {
		i := slices.IndexFunc(all, func(n Column) bool { return n.Name == c.Name })
		switch {
		case i < 0:
			all = append(all, c)
		case all[i].Type == "":
			all[i] = c
		}
	}
	return all
}
