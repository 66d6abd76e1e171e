package hubspot

import (
	"bytes"
	"context"
	"net/http"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
	"github.com/freshet/freshet/sync/model"
)

// archive moves records to the recycling bin by their ids, which are looked up where they are not known.
func (w *work) archive(ctx context.Context) error {
	rows := w.rows()
	ids, err := w.recordIDs(ctx, rows)
	if err != nil {
		return err
	}
	dst := []byte(`{"inputs":[`)
	seen := map[string]bool{}
	for _, r := range rows {
		id := ids[r.at]
		if id == "" || seen[id] {
			continue
		}
		if len(seen) > 0 {
			dst = append(dst, ',')
		}
		seen[id] = true
		dst = append(dst, `{"id":`...)
		dst = append(model.AppendQuoted(dst, id), '}')
	}
	if len(seen) > 0 {
		path := w.d.config.crm("objects", w.batch.Object, "batch/archive")
		if err := w.d.remove(ctx, path, append(dst, "]}"...)); err != nil {
			return w.interrupt(err, rows)
		}
		w.d.answered(w.batch.Object)
	}
	w.removed(rows, ids)
	return nil
}

func (w *work) removed(rows []row, ids map[int]string) {
	for _, r := range rows {
		w.outcomes[r.at] = connect.Outcome{Verdict: connect.Missing}
		if id := ids[r.at]; id != "" {
			w.outcomes[r.at] = connect.Outcome{Verdict: connect.Accepted, Effect: connect.Removed, RemoteID: id}
		}
	}
}

// erase is the GDPR deletion, one contact a call.
func (w *work) erase(ctx context.Context) error {
	rows := w.rows()
	ids, err := w.recordIDs(ctx, rows)
	if err != nil {
		return err
	}
	path := w.d.config.crm("objects", w.batch.Object, "gdpr-delete")
	for i, r := range rows {
		id := ids[r.at]
		if id == "" {
			w.outcomes[r.at] = connect.Outcome{Verdict: connect.Missing}
			continue
		}
		err := w.d.remove(ctx, path, append(model.AppendQuoted([]byte(`{"objectId":`), id), '}'))
		if e := callError(err); e != nil && e.Status == http.StatusNotFound {
			w.outcomes[r.at] = connect.Outcome{Verdict: connect.Missing, RequestID: e.RequestID}
			continue
		}
		if err != nil {
			return w.cutShort(err, rows[i:])
		}
		w.wrote = true
		w.outcomes[r.at] = connect.Outcome{Verdict: connect.Accepted, Effect: connect.Removed, RemoteID: id}
	}
	return nil
}

// remove makes a call that HubSpot answers with an empty 204. A page of a proxy in its place is no success.
func (d *destination) remove(ctx context.Context, path string, body []byte) error {
	reply, err := d.call(ctx, http.MethodPost, path, body)
	if err != nil || len(bytes.TrimSpace(reply.Body)) == 0 {
		return err
	}
	var parsed batchReply
	if err := httpcall.JSON(reply, &parsed); err != nil {
		return err
	}
	if len(parsed.Errors) == 0 {
		return nil
	}
	first := parsed.Errors[0]
	return &connect.CallError{Class: connect.Lost, Status: reply.Status, Code: first.code(), RequestID: first.CorrelationID,
		Message: "HubSpot answered a removal with success and errors"}
}

// cutShort: the first row's call failed; the rows after it were not sent.
func (w *work) cutShort(err error, rows []row) error {
	if !w.wrote {
		return err
	}
	for _, r := range rows[1:] {
		w.outcomes[r.at] = connect.Outcome{Verdict: connect.Retry, Code: "hubspot.not_sent"}
	}
	return w.interrupt(err, rows[:1])
}

// recordIDs gives HubSpot's id of each row's record, "" where there is none.
func (w *work) recordIDs(ctx context.Context, rows []row) (map[int]string, error) {
	ids := make(map[int]string, len(rows))
	var unknown []row
	for _, r := range rows {
		if first := r.target(false); first.property == "" {
			ids[r.at] = first.id
		} else {
			unknown = append(unknown, r)
		}
	}
	for _, group := range groups(unknown, true) {
		wanted := make([]string, len(group))
		for i, r := range group {
			wanted[i] = r.target(true).id
		}
		held, err := w.d.readBatch(ctx, w.batch.Object, group[0].target(true).property, wanted, nil)
		if err != nil {
			return nil, notWritten(err)
		}
		for i, r := range group {
			if held[i] != nil {
				ids[r.at] = held[i].ID
			}
		}
	}
	return ids, nil
}
