package salesforce

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// jobInfo is what Salesforce tells of a bulk job.
type jobInfo struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Processed int    `json:"numberRecordsProcessed"`
	Error     string `json:"errorMessage"` // "CODE : words"
}

func (j jobInfo) ended() bool {
	return j.State == "JobComplete" || j.State == "Failed" || j.State == "Aborted"
}

var jobID = regexp.MustCompile(`^[A-Za-z0-9]{15,18}$`)

// operations are the vendor's names of what a job does.
var operations = map[connect.Verb]string{connect.Upsert: "upsert", connect.Insert: "insert", connect.Update: "update",
	connect.Clear: "update", connect.Archive: "delete", connect.Delete: "delete"}

// Begin opens a bulk job; its id is the token. A job whose opening was not answered holds no data and does nothing.
func (d *destination) Begin(ctx context.Context, batch connect.Batch) (string, error) {
	if err := checked(batch, jobRows); err != nil {
		return "", err
	}
	if err := d.budget.allow(time.Now()); err != nil {
		return "", err
	}
	var info jobInfo
	err := d.ask(ctx, request{method: http.MethodPost, path: "jobs/ingest", body: jobBody(batch)}, &info)
	if err == nil && !jobID.MatchString(info.ID) {
		err = &connect.CallError{Code: "reply.unexpected", Message: "the reply names no job"}
	}
	if call := (*connect.CallError)(nil); errors.As(err, &call) && call.Class == connect.Lost {
		out := *call
		out.Class = connect.NotSent // of the batch, nothing was
		return "", &out
	}
	return info.ID, err
}

func jobBody(batch connect.Batch) []byte {
	dst := []byte(`{"object":`)
	dst = model.AppendQuoted(dst, batch.Object)
	dst = append(dst, `,"operation":`...)
	dst = model.AppendQuoted(dst, operations[batch.Verb])
	if batch.Verb == connect.Upsert {
		dst = append(dst, `,"externalIdFieldName":`...)
		dst = model.AppendQuoted(dst, newWork(nil, batch).field)
	}
	return append(dst, `,"contentType":"CSV","lineEnding":"LF","columnDelimiter":"COMMA"}`...)
}

// Finish hands the batch in where the job is still open, waits for its end, and matches its results to the operations.
func (d *destination) Finish(ctx context.Context, token string, batch connect.Batch) ([]connect.Outcome, error) {
	if err := checked(batch, jobRows); err != nil {
		return nil, err
	}
	if !jobID.MatchString(token) {
		return nil, refused("salesforce.job_id", "this is not the id of a bulk job")
	}
	w := newWork(d, batch)
	info, err := d.job(ctx, token)
	if vanished(err) {
		return w.out, nil // the vendor forgets jobs after seven days: nobody can say what became of the rows
	}
	if err != nil {
		return nil, underWay(err, batch.Attempt > 1) // an earlier attempt may have handed the data in
	}
	w.relate(ctx)
	w.demandMatch()
	j := &bulk{work: w, info: info, closed: info.State != "Open"}
	if err := j.finish(ctx); err != nil {
		return nil, underWay(err, j.closed)
	}
	return w.out, nil
}

// underWay says what an error means while Salesforce may be working on the job: whatever was refused just now, its
// rows may be applied, so that only their outcome is lost. It can be had by another Finish.
func underWay(err error, handedIn bool) error {
	var call *connect.CallError
	if !handedIn || !errors.As(err, &call) || call.Class == connect.Lost {
		return err
	}
	out := *call
	out.Class = connect.Lost
	return &out
}

func (d *destination) job(ctx context.Context, id string) (jobInfo, error) {
	var info jobInfo
	err := d.ask(ctx, request{method: http.MethodGet, path: "jobs/ingest/" + id}, &info)
	return info, err
}

func vanished(err error) bool {
	var call *connect.CallError
	return errors.As(err, &call) && call.Class == connect.Gone && call.Status == http.StatusNotFound
}

// bulk is a batch that goes through a job.
type bulk struct {
	*work
	info   jobInfo
	closed bool             // the job was closed: Salesforce works on it, or has
	owners map[string][]int // what a result row is known by -> its operations
}

// finish leaves closed set from the moment on at which the job may do something.
func (j *bulk) finish(ctx context.Context) error {
	if err := j.aside(ctx, j.open(j.unfit)); err != nil {
		return err
	}
	rows, err := j.rows(ctx)
	if err != nil {
		return err
	}
	if !j.closed {
		if len(rows) == 0 {
			return j.setState(ctx, "Aborted")
		}
		if err := j.handIn(ctx, rows); err != nil {
			return err
		}
	}
	if err := j.wait(ctx); err != nil {
		return err
	}
	return j.collect(ctx)
}

// handIn uploads the data and closes the job. Data that an earlier Finish uploaded is refused a second time; then only
// the closing is missing.
func (j *bulk) handIn(ctx context.Context, rows []row) error {
	_, err := j.d.call(ctx, request{method: http.MethodPut, path: "jobs/ingest/" + j.info.ID + "/batches", body: j.csv(rows), csv: true})
	var call *connect.CallError
	if err != nil && !(errors.As(err, &call) && call.Class == connect.Refused) {
		return err
	}
	j.closed = true
	closing := j.setState(ctx, "UploadComplete")
	if !errors.As(closing, &call) || call.Class != connect.Refused {
		return closing
	}
	if j.info, err = j.d.job(ctx, j.info.ID); err == nil && j.info.State == "Open" { // else it was closed already
		j.closed, err = false, closing
	}
	return err
}

func (j *bulk) setState(ctx context.Context, state string) error {
	return j.d.ask(ctx, request{method: http.MethodPatch, path: "jobs/ingest/" + j.info.ID, body: []byte(`{"state":"` + state + `"}`)}, &j.info)
}

// patience is how many polls in a row may fail before the job is left for later.
const patience = 5

// wait polls until the job has ended, less often every time.
func (j *bulk) wait(ctx context.Context) error {
	failures := 0
	for pause := j.d.firstPoll; !j.info.ended(); pause = min(pause*3/2, j.d.lastPoll) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &connect.CallError{Code: "canceled", Message: "waiting for the bulk job was stopped", Err: ctx.Err()}
		}
		info, err := j.d.job(ctx, j.info.ID)
		if err == nil {
			j.info, failures = info, 0
			continue
		}
		if failures++; failures >= patience || !passes(err) || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// passes says whether asking again may help.
func passes(err error) bool {
	var call *connect.CallError
	return errors.As(err, &call) && (call.Class == connect.Lost || call.Class == connect.NotSent || call.Class == connect.Throttled)
}

// reason is the code and words of a job that failed as a whole.
func (i jobInfo) reason() (code, words string) {
	code, words, ok := strings.Cut(i.Error, " : ")
	if !ok {
		return "JOB_" + strings.ToUpper(i.State), i.Error
	}
	return code, words
}
