package salesforce

import (
	"context"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
	"github.com/freshet/freshet/sync/model"
)

// send makes collections calls, each of as many rows as one takes; under is the part of the path after
// composite/sobjects.
func (w *work) send(ctx context.Context, method, under string, rows []row, each func(row, *rowResult, connect.Outcome)) error {
	path := "composite/sobjects"
	if under != "" {
		path += "/" + under
	}
	for len(rows) > 0 {
		part := rows[:min(len(rows), collectionRows)]
		rows = rows[len(part):]
		reply, err := w.d.call(ctx, request{method: method, path: path, body: collection(w.object, part)})
		if err != nil {
			return err
		}
		if err := w.answers(reply, part, connect.Updated, each); err != nil {
			return err
		}
	}
	return nil
}

// answers hands every row its answer.
func (w *work) answers(reply *httpcall.Reply, rows []row, did connect.Effect, each func(row, *rowResult, connect.Outcome)) error {
	list, err := results(reply, len(rows))
	if err != nil {
		return err
	}
	w.wrote = true
	for i, r := range rows {
		each(r, list[i], list[i].outcome(did, requestID(reply)))
	}
	return nil
}

func nulls(fields model.Fields) model.Fields {
	out := make(model.Fields, len(fields))
	for i, f := range fields {
		out[i].Name = f.Name
	}
	return out
}
