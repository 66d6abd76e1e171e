package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// sameObjects reports two syncs that would undo each other: they write the same object of the same destination, and
// share a field, or one of them removes records that the other wants there. Where a sync names no object its records
// are its own.
func (b *builder) sameObjects() {
	for j, later := range b.w.Syncs {
		for _, first := range b.w.Syncs[:j] {
			if later.Object == "" || first.Object != later.Object || !b.sameDestination(first.Destination, later.Destination) {
				continue
			}
			message := fmt.Sprintf("syncs.%s writes %s of %s, and so does syncs.%s at %s", later.Name, later.Object, later.Destination,
				first.Name, where(first.Pos))
			if shared := sharedField(first, later); shared != "" {
				b.fail(later.Pos, "same_object", message+"; both write "+quote(shared), "let one sync write each field: join the models, or split the fields")
			} else if remover := removes(first, later); remover != "" {
				b.fail(later.Pos, "same_object", message+"; syncs."+remover+" removes records", "write on_leave: keep, or make one sync of the two")
			}
		}
	}
}

// sameDestination also sees through two names for one account.
func (b *builder) sameDestination(x, y string) bool {
	if x == y {
		return true
	}
	p, found := b.w.Destinations[x]
	q, also := b.w.Destinations[y]
	return found && also && p.Type == q.Type && maps.Equal(p.Settings.Values, q.Settings.Values) &&
		maps.Equal(p.Settings.Secrets, q.Settings.Secrets)
}

// sharedField finds a field that both write, "" where there is none. Match fields only find the record.
func sharedField(x, y model.Sync) string {
	for _, m := range x.Fields {
		for _, n := range y.Fields {
			outer, inner := m.Target, n.Target
			if outer == inner || strings.HasPrefix(inner, outer+".") || strings.HasPrefix(outer, inner+".") {
				if !isMatch(x, outer) || !isMatch(y, inner) {
					return inner
				}
			}
		}
	}
	return ""
}

// isMatch: a field by which both find their records holds the same value whoever writes it.
func isMatch(s model.Sync, target string) bool {
	return slices.ContainsFunc(s.Match, func(m model.Mapping) bool { return m.Target == target })
}

func removes(syncs ...model.Sync) string {
	for _, s := range syncs {
		if s.OnLeave == model.Delete || s.OnLeave == model.Archive {
			return s.Name
		}
	}
	return ""
}
