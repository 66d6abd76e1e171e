package salesforce

import (
	"bytes"
	"context"
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

const (
	null      = "#N/A" // how the CSV says null; an empty cell leaves the field alone
	cellRunes = 32_000 // the vendor's bound of a cell
)

// unfit says whether an operation cannot go through a job: a job cannot move a record to another external id, and its
// CSV cannot say some things.
func (j *bulk) unfit(op connect.Operation) bool {
	verb := j.batch.Verb
	if verb.Leaving() {
		return false
	}
	if verb == connect.Upsert && moved(op) {
		return true
	}
	if f, ok := matchOf(op.Match); ok && strings.ContainsAny(f.Value.Text, "\r\n") {
		return true
	}
	return slices.ContainsFunc(op.Fields, func(f model.Field) bool {
		return f.Value.Text == null || orphaned(f) ||
			len(f.Value.Text) > cellRunes && utf8.RuneCountInString(f.Value.Text) > cellRunes
	})
}

// aside delivers operations in ordinary calls. Repeating it after a crash changes nothing.
func (j *bulk) aside(ctx context.Context, ops []int) error {
	for part := range slices.Chunk(ops, collectionRows) {
		batch := j.batch
		batch.Ops = make([]connect.Operation, len(part))
		for i, at := range part {
			batch.Ops[i] = j.batch.Ops[at]
		}
		outcomes, err := j.d.Deliver(ctx, batch)
		if err != nil {
			return err
		}
		for i, at := range part {
			j.end(at, outcomes[i])
		}
	}
	return nil
}

// rows are what is handed in; by the way, j.owners learns how results are matched to operations.
func (j *bulk) rows(ctx context.Context) ([]row, error) {
	switch {
	case j.batch.Verb == connect.Upsert || j.batch.Verb == connect.Insert:
		return j.byMatch(ctx)
	case j.closed:
		return nil, j.ownIDs(ctx)
	}
	rows, err := j.identified(ctx, j.open(every))
	if err != nil {
		return nil, err
	}
	j.missing(rows)
	j.owners = make(map[string][]int, len(rows))
	for _, r := range rows {
		j.owners[r.id] = append(j.owners[r.id], r.at)
	}
	return rows, nil
}

// byMatch knows rows by their match value, which results repeat.
func (j *bulk) byMatch(ctx context.Context) ([]row, error) {
	if j.batch.Verb == connect.Insert && !j.closed && !j.unique(ctx) {
		if err := j.existing(ctx, j.open(every)); err != nil {
			return nil, err
		}
	}
	j.owners = make(map[string][]int, len(j.batch.Ops))
	var rows []row
	for _, at := range j.open(every) {
		f, _ := matchOf(j.batch.Ops[at].Match)
		rows = append(rows, row{at: at})
		j.owners[known(f.Value.Text)] = append(j.owners[known(f.Value.Text)], at)
	}
	return rows, nil
}

// known is the form in which a result row is recognised.
func known(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// ownIDs finds every id that the data of an earlier Finish can have held: known ones, and those of records with the
// old or new match value, in the recycle bin too, because the job may have put them there.
func (j *bulk) ownIDs(ctx context.Context) error {
	j.owners = map[string][]int{}
	var unknown []int
	var rows []row
	for _, at := range j.open(every) {
		if id := j.batch.Ops[at].RemoteID; id != "" {
			j.owners[id] = append(j.owners[id], at)
			continue
		}
		unknown = append(unknown, at)
	}
	for _, by := range []func(connect.Operation) model.Fields{priorMatch, presentMatch} {
		found, err := j.lookupIn(ctx, unknown, by, true)
		if err != nil {
			return err
		}
		for at, ids := range found {
			for _, id := range ids {
				if !slices.Contains(j.owners[id], at) {
					j.owners[id] = append(j.owners[id], at)
				}
			}
			rows = append(rows, row{at: at})
		}
	}
	for _, at := range without(unknown, rows) {
		j.end(at, connect.Outcome{Verdict: connect.Missing})
	}
	return nil
}

// csv is the data of a job: a header and a line for every row.
func (j *bulk) csv(rows []row) []byte {
	columns := j.columns(rows)
	place := make(map[string]int, len(columns))
	for i, name := range columns {
		place[name] = i
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(columns) // a buffer takes everything
	cells := make([]string, len(columns))
	for _, r := range rows {
		clear(cells)
		if i, ok := place["Id"]; ok {
			cells[i] = r.id
		}
		for _, f := range j.written(r.at) {
			cells[place[f.Name]] = cell(f.Value)
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return out.Bytes()
}

// cell writes a value. Salesforce keeps no empty texts, and an empty cell would leave the field alone: both nulls and
// empty texts clear it.
func cell(v model.Value) string {
	if v.IsNull() || v.Text == "" {
		return null
	}
	return spelled(v).Text
}

// columns are the names of all fields that any row writes, in order, after the id where rows are known by it.
func (j *bulk) columns(rows []row) []string {
	names := map[string]bool{}
	for _, r := range rows {
		for _, f := range j.written(r.at) {
			names[f.Name] = true
		}
	}
	columns := slices.Sorted(maps.Keys(names))
	if j.batch.Verb != connect.Upsert && j.batch.Verb != connect.Insert {
		columns = append([]string{"Id"}, columns...)
	}
	return columns
}

// written are the fields that an operation's row holds.
func (j *bulk) written(at int) model.Fields {
	op := j.batch.Ops[at]
	switch j.batch.Verb {
	case connect.Upsert, connect.Insert:
		return withMatch(op)
	case connect.Update:
		if moved(op) {
			return withMatch(op)
		}
		return op.Fields
	case connect.Clear:
		return nulls(op.Fields)
	default:
		return nil
	}
}

func withMatch(op connect.Operation) model.Fields {
	out := slices.Clone(op.Match)
	for _, f := range op.Fields {
		if _, twice := op.Match.Get(f.Name); !twice {
			out = append(out, f)
		}
	}
	return out
}
