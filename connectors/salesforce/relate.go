package salesforce

import (
	"context"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// relate rewrites nulls in related records' external ids, Account.External_Id__c, as nulls in the field that holds the
// relation, AccountId: that takes the record away from its parent and leaves the parent alone. Where the object cannot
// be described the nulls stay, and are written as a null in the relationship.
func (w *work) relate(ctx context.Context) {
	if !slices.ContainsFunc(w.batch.Ops, func(op connect.Operation) bool { return slices.ContainsFunc(op.Fields, orphaned) }) {
		return
	}
	holders := map[string]string{}
	for _, f := range w.d.schema(ctx, w.object).Fields {
		if f.Relationship != "" {
			holders[strings.ToLower(f.Relationship)] = f.Name
		}
	}
	ops := slices.Clone(w.batch.Ops)
	for i, op := range ops {
		ops[i].Fields = related(op.Fields, holders)
	}
	w.batch.Ops = ops
}

func orphaned(f model.Field) bool { return f.Value.IsNull() && strings.Contains(f.Name, ".") }

func related(fields model.Fields, holders map[string]string) model.Fields {
	if !slices.ContainsFunc(fields, orphaned) {
		return fields
	}
	out := make(model.Fields, 0, len(fields))
	for _, f := range fields {
		relation, _, _ := strings.Cut(f.Name, ".")
		if orphaned(f) && otherwise(fields, relation) {
			continue // another of the parent's external ids says who it is
		}
		if holder := holders[strings.ToLower(relation)]; orphaned(f) && holder != "" {
			f.Name = holder
		}
		out = append(out, f)
	}
	out.Sort()
	return slices.CompactFunc(out, samePlace)
}

// otherwise says whether the fields name a parent by another of its external ids.
func otherwise(fields model.Fields, relation string) bool {
	return slices.ContainsFunc(fields, func(f model.Field) bool {
		return !f.Value.IsNull() && strings.HasPrefix(f.Name, relation+".")
	})
}
