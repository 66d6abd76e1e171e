package hubspot

import (
	"context"
	"net/http"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
	"github.com/freshet/freshet/sync/model"
)

// send makes one batch write (action upsert, update or create) and settles its rows. Every row carries a trace id, so
// that HubSpot answers row by row.
func (w *work) send(ctx context.Context, action string, rows []row, last bool) error {
	if len(rows) == 0 {
		return nil
	}
	path := w.d.config.crm("objects", w.batch.Object, "batch/"+action)
	reply, err := w.d.call(ctx, http.MethodPost, path, body(action, rows, last))
	if err != nil {
		return w.refused(ctx, err, rows, action)
	}
	var parsed batchReply
	if err := httpcall.JSON(reply, &parsed); err != nil {
		return w.interrupt(err, rows)
	}
	if refused := parsed.silent(reply); refused != nil {
		return w.refused(ctx, refused, rows, action)
	}
	w.d.answered(w.batch.Object)
	w.wrote = true
	w.settle(parsed, indexed(rows, last, action))
	return nil
}

func body(action string, rows []row, last bool) []byte {
	size := 16
	for _, r := range rows {
		size += len(r.properties) + 128
	}
	dst := append(make([]byte, 0, size), `{"inputs":[`...)
	for i, r := range rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '{')
		if action != "create" {
			dst = r.target(last).append(dst)
		}
		dst = append(dst, `"objectWriteTraceId":"`...)
		dst = strconv.AppendInt(dst, int64(r.at), 10)
		dst = append(dst, `","properties":`...)
		dst = append(dst, r.properties...)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

func (t target) append(dst []byte) []byte {
	if t.property != "" {
		dst = append(dst, `"idProperty":`...)
		dst = append(model.AppendQuoted(dst, t.property), ',')
	}
	dst = append(dst, `"id":`...)
	return append(model.AppendQuoted(dst, t.id), ',')
}

// refused: a batch of one row that is refused is that row's answer; a larger one is for the engine to halve. A 404 that
// is about records, not about the address, is such a refusal too.
func (w *work) refused(ctx context.Context, err error, rows []row, action string) error {
	err = w.d.explain(ctx, w.batch.Object, err)
	e := callError(err)
	if e != nil && e.Status == http.StatusNotFound && e.Code == "OBJECT_NOT_FOUND" {
		e.Class = connect.Refused
	}
	if e == nil || e.Class != connect.Refused || len(rows) > 1 {
		return w.interrupt(err, rows)
	}
	verdict := connect.Rejected
	switch {
	case action == "create" && e.Status == http.StatusConflict:
		verdict = connect.Exists
	case action == "update" && e.Status == http.StatusNotFound:
		verdict = connect.Missing
	}
	w.outcomes[rows[0].at] = connect.Outcome{Verdict: verdict, Code: e.Code, Message: e.Message, RequestID: e.RequestID}
	return nil
}
