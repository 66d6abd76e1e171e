package salesforce

import (
	"context"
	"slices"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// identified gives a row with the record's id to every operation whose record is known or found. Records that several
// ids could be are refused.
func (w *work) identified(ctx context.Context, ops []int) ([]row, error) {
	var rows []row
	var unknown []int
	for _, i := range ops {
		if id := w.batch.Ops[i].RemoteID; id != "" {
			rows = append(rows, row{at: i, id: id})
		} else {
			unknown = append(unknown, i)
		}
	}
	found, err := w.found(ctx, unknown, priorMatch)
	if err != nil {
		return nil, err
	}
	rows = append(rows, found...)
	if w.batch.Verb != connect.Upsert { // a moved record may carry the new value already
		var again []int
		for _, i := range without(unknown, found) {
			if moved(w.batch.Ops[i]) && !w.done[i] {
				again = append(again, i)
			}
		}
		if found, err = w.found(ctx, again, presentMatch); err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	slices.SortFunc(rows, func(a, b row) int { return a.at - b.at })
	return rows, nil
}

// without gives the operations that have no row.
func without(ops []int, rows []row) []int {
	has := make(map[int]bool, len(rows))
	for _, r := range rows {
		has[r.at] = true
	}
	var out []int
	for _, i := range ops {
		if !has[i] {
			out = append(out, i)
		}
	}
	return out
}

// found looks operations up by a match value and gives rows for those that one record has.
func (w *work) found(ctx context.Context, ops []int, by func(connect.Operation) model.Fields) ([]row, error) {
	found, err := w.lookup(ctx, ops, by)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, i := range ops {
		switch ids := found[i]; len(ids) {
		case 0:
		case 1:
			rows = append(rows, row{at: i, id: ids[0]})
		default:
			w.end(i, connect.Outcome{Verdict: connect.Rejected, Code: "DUPLICATE_EXTERNAL_ID", Message: "several records have this match value"})
		}
	}
	return rows, nil
}

// lookup asks for the ids of the records with the operations' match values: operation -> ids. Operations without a
// record are not in it.
func (w *work) lookup(ctx context.Context, ops []int, by func(connect.Operation) model.Fields) (map[int][]string, error) {
	return w.lookupIn(ctx, ops, by, false)
}

// lookupIn is lookup, in the recycle bin too where binned is set.
func (w *work) lookupIn(ctx context.Context, ops []int, by func(connect.Operation) model.Fields, binned bool) (map[int][]string, error) {
	byValue := map[string][]int{}
	var values []model.Value
	for _, i := range ops {
		f, ok := matchOf(by(w.batch.Ops[i]))
		if !ok {
			continue
		}
		if key := fold(f.Value); byValue[key] == nil {
			values = append(values, f.Value)
		}
		byValue[fold(f.Value)] = append(byValue[fold(f.Value)], i)
	}
	out := map[int][]string{}
	if len(values) == 0 {
		return out, nil
	}
	q := query{object: w.object, fields: []string{"Id", w.field}, where: w.field, values: values, binned: binned}
	err := w.d.search(ctx, q, func(r record) error {
		v, _ := r.get(w.field)
		id, _ := r.get("Id")
		for _, i := range byValue[fold(v)] {
			out[i] = append(out[i], id.Text)
		}
		return nil
	})
	return out, err
}

// priorMatch is what the record was last accepted under.
func priorMatch(op connect.Operation) model.Fields {
	if len(op.PriorMatch) > 0 {
		return op.PriorMatch
	}
	return op.Match
}

// presentMatch is what the record is to be found under from now on.
func presentMatch(op connect.Operation) model.Fields { return op.Match }
