package salesforce

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

// collect reads the files of a job that has ended and gives every operation its outcome.
func (j *bulk) collect(ctx context.Context) error {
	counted := 0
	good, err := j.file(ctx, "successfulResults", func(r resultRow) { counted++; j.each(r, j.taken) })
	if err != nil || !good {
		return err
	}
	var doubles, stale []int
	good, err = j.file(ctx, "failedResults", func(r resultRow) {
		counted++
		j.each(r, func(r resultRow, at int) { j.refusedRow(r, at, &doubles, &stale) })
	})
	if err != nil || !good {
		return err
	}
	if j.info.State != "JobComplete" {
		if _, err = j.file(ctx, "unprocessedrecords", func(r resultRow) { j.each(r, j.unprocessed) }); err != nil {
			return err
		}
	}
	doubles = append(doubles, j.rest(counted)...)
	if len(doubles) > 0 {
		if err := j.existing(ctx, doubles); err != nil {
			return err
		}
	}
	return j.again(ctx, stale)
}

// rest says what is known of operations that no file names. Where the files answer for every row that was worked on,
// such an operation was not done. An upsert hands in every row, so that a complete job must name it. The inserts among them are returned: their records may have been there already.
func (j *bulk) rest(counted int) (inserts []int) {
	handedIn := j.batch.Verb == connect.Upsert && j.info.State == "JobComplete"
	for _, at := range j.open(every) {
		o := connect.Outcome{Code: "job.no_result", Message: "the bulk job's results do not name the row"}
		if counted == j.info.Processed && !handedIn {
			o.Verdict = connect.Retry
			if j.batch.Verb == connect.Insert {
				inserts = append(inserts, at)
			}
		}
		j.end(at, o)
	}
	return inserts
}

// again sends operations whose known ids led nowhere in ordinary calls, by their match values.
func (j *bulk) again(ctx context.Context, ops []int) error {
	for _, at := range ops {
		j.batch.Ops = slices.Clone(j.batch.Ops)
		j.batch.Ops[at].RemoteID = ""
	}
	return j.aside(ctx, ops)
}

func (j *bulk) taken(r resultRow, at int) {
	did := connect.Updated
	switch {
	case j.batch.Verb == connect.Insert || j.batch.Verb == connect.Upsert && r.get("sf__Created") == "true":
		did = connect.Created
	case j.batch.Verb == connect.Delete || j.batch.Verb == connect.Archive:
		did = connect.Removed
	}
	j.end(at, connect.Outcome{Verdict: connect.Accepted, Effect: did, RemoteID: r.get("sf__Id"), RequestID: j.info.ID})
}

func (j *bulk) refusedRow(r resultRow, at int, doubles, stale *[]int) {
	answer := &rowResult{ID: r.get("sf__Id"), Errors: []rowError{bulkError(r.get("sf__Error"))}}
	o := answer.outcome(connect.EffectUnknown, j.info.ID)
	switch verb := j.batch.Verb; {
	case verb == connect.Insert && answer.duplicate():
		*doubles = append(*doubles, at)
	case verb != connect.Insert && verb != connect.Upsert && answer.absent():
		o = gone(o)
		if j.batch.Ops[at].RemoteID != "" && (verb == connect.Update || verb == connect.Clear) {
			*stale = append(*stale, at)
		}
	}
	j.end(at, o)
}

// broken are the codes of data that no repeat will make better.
var broken = map[string]bool{"InvalidBatch": true, "ClientInputError": true, "InvalidJob": true}

func (j *bulk) unprocessed(_ resultRow, at int) {
	code, words := j.info.reason()
	o := connect.Outcome{Verdict: connect.Retry, Code: code, Message: words, RequestID: j.info.ID}
	if broken[code] && j.info.Processed == 0 {
		o.Verdict = connect.Rejected
	}
	j.end(at, o)
}

// bulkError takes apart what the files say of a row: CODE:words:fields --.
func bulkError(text string) rowError {
	text = strings.TrimSuffix(strings.TrimSpace(text), "--")
	code, rest, _ := strings.Cut(text, ":")
	at := strings.LastIndex(rest, ":")
	if at < 0 {
		return rowError{Code: code, Message: strings.TrimSpace(rest)}
	}
	e := rowError{Code: code, Message: strings.TrimSpace(rest[:at])}
	for _, f := range strings.Split(rest[at+1:], ",") {
		if f = strings.TrimSpace(f); f != "" {
			e.Fields = append(e.Fields, f)
		}
	}
	return e
}

// resultRow is one line of a result file.
type resultRow struct {
	place map[string]int
	cells []string
}

func (r resultRow) get(column string) string {
	i, ok := r.place[column]
	if !ok || i >= len(r.cells) {
		return ""
	}
	return r.cells[i]
}

// each hands a result to the operations it belongs to.
func (j *bulk) each(r resultRow, do func(resultRow, int)) {
	key := known(r.get(j.field))
	if verb := j.batch.Verb; verb != connect.Upsert && verb != connect.Insert {
		key = r.get("Id")
		if key == "" {
			key = r.get("sf__Id")
		}
	}
	for _, at := range j.owners[key] {
		if !j.done[at] {
			do(r, at)
		}
	}
}

// file reads one of a job's files; good is false where it is gone with the job.
func (j *bulk) file(ctx context.Context, name string, each func(resultRow)) (good bool, err error) {
	reply, err := j.d.call(ctx, request{method: http.MethodGet, path: "jobs/ingest/" + j.info.ID + "/" + name, csv: true})
	if vanished(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if kind := reply.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") {
		return false, &connect.CallError{Status: reply.Status, Code: "reply.not_csv", Message: "the reply is not the job's results"}
	}
	lines := csv.NewReader(bytes.NewReader(reply.Body))
	lines.FieldsPerRecord, lines.ReuseRecord = -1, true
	header, err := lines.Read()
	place := make(map[string]int, len(header))
	for i, column := range header {
		place[column] = i
	}
	for err == nil {
		var cells []string
		if cells, err = lines.Read(); err == nil {
			each(resultRow{place, cells})
		}
	}
	if !errors.Is(err, io.EOF) {
		return false, &connect.CallError{Status: reply.Status, Code: "reply.broken", Message: "the job's results break off"}
	}
	return true, nil
}
