package window

import (
	"strings"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// document gives the row that an envelope holds. MongoDB's are texts of Extended JSON.
func (r *Reader) document(n *format.Node, v envelope) (*format.Node, rowRules, *Problem) {
	if n == nil || n.Shape != format.Scalar || n.Value.Kind != model.String {
		return n, rowRules{}, nil
	}
	inner, p := r.values.JSONText(n.Value.Text)
	if p != nil {
		return nil, rowRules{}, p
	}
	format.Extended(&inner)
	return &inner, rowRules{unsure: true}, nil
}

// mongoUpdate reads an update that comes without its document: the fields that have changed, and those that are gone.
func (r *Reader) mongoUpdate(e *model.Event, c Change, update *format.Node, lookup Lookup) (Reading, error) {
	fields, rules, p := r.document(update.Get("updatedFields"), envelope{})
	if p != nil {
		return Reading{Problem: p}, nil
	}
	row := format.Node{Shape: format.Object}
	if fields != nil {
		row.Items = append(row.Items, fields.Items...)
	}
	removed := update.Get("removedFields")
	if removed != nil {
		for i := range removed.Items {
			row.Items = append(row.Items, format.Node{Name: removed.Items[i].Value.Text})
		}
	}
	truncated := update.Get("truncatedArrays")
	partial := truncated != nil && len(truncated.Items) > 0
	for i := range row.Items {
		partial = partial || strings.Contains(row.Items[i].Name, ".")
	}
	if partial {
		return r.problem("window.partial_column", "the update says only a part of a nested column. "+
			"Set the connector's capture.mode to change_streams_update_full, so that it sends whole documents")
	}
	c.Op = Patch
	rules.unsure = true
	return r.written(e, c, &row, rules, lookup)
}
