package salesforcefake

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// bulkChunk is how many rows of a job are saved together, as the vendor does it.
const bulkChunk = 200

// HoldJobs keeps jobs in InProgress, before their first row, until it is called with false.
func (s *Server) HoldJobs(hold bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = hold
}

// ForgetJobs removes every job, as the vendor does seven days after their end.
func (s *Server) ForgetJobs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.jobs)
	s.jobOrder = nil
}

// Abort stops a job as an administrator would, after its first done rows.
func (s *Server) Abort(id string, done int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[id]
	if j == nil {
		return
	}
	if j.State == "InProgress" && j.prepare() == "" {
		s.process(j, j.rows[1:min(len(j.rows), done+1)])
	}
	j.State = "Aborted"
}

// JobState tells a job's state, "" where there is no such job.
func (s *Server) JobState(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.jobs[id]; j != nil {
		return j.State
	}
	return ""
}

// work carries a closed job through its states.
func (s *Server) work(j *job) {
	if !s.step(j, "UploadComplete", "InProgress") {
		return
	}
	for s.held() {
		if !s.sleep() {
			return
		}
	}
	if !s.sleep() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.State != "InProgress" {
		return
	}
	if message := j.prepare(); message != "" {
		j.State, j.Error = "Failed", message
		return
	}
	s.process(j, j.rows[1:])
	j.State, j.Modstamp = "JobComplete", s.now().Format(stamp)
	if j.Error != "" {
		j.State = "Failed"
	}
	j.Millis = s.now().Sub(j.opened).Milliseconds()
}

func (s *Server) step(j *job, from, to string) bool {
	if !s.sleep() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.State != from {
		return false
	}
	j.State = to
	return true
}

func (s *Server) held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hold
}

func (s *Server) sleep() bool {
	timer := time.NewTimer(s.opts.JobStep)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// prepare reads the data; the message says why the whole job fails.
func (j *job) prepare() string {
	if j.rows != nil {
		return ""
	}
	rows, err := readCSV(j.data)
	switch {
	case err != nil:
		return "InvalidBatch : Failed to parse CSV: " + err.Error()
	case len(rows) == 0:
		return "InvalidBatch : Unable to find any data"
	case bytes.Contains(j.data[:min(len(j.data), 1<<16)], []byte("\r\n")) && !bytes.Contains(j.data, []byte("\"")):
		return "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"
	case j.Operation == "delete" && !slices.Equal(rows[0], []string{"Id"}):
		return "InvalidBatch : Field name not found : a delete takes Id alone"
	case j.Operation == "update" && !slices.Contains(rows[0], "Id"):
		return "InvalidBatch : Field name not found : Id"
	}
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return fmt.Sprintf("InvalidBatch : Field count mismatch in row %d", i)
		}
	}
	j.rows = rows
	return ""
}

func (s *Server) process(j *job, rows [][]string) {
	t := s.table(j.Object)
	if unknown := s.unknownColumn(t, j.rows[0]); unknown != "" {
		j.Error = "InvalidBatch : Field name not found : " + unknown
		return
	}
	var seen map[string]bool
	for i, row := range rows {
		if i%bulkChunk == 0 {
			seen = map[string]bool{}
		}
		result := s.processRow(t, j, row, seen)
		j.results = append(j.results, bulkResult{row, result})
		j.Processed++
		if !result.Success {
			j.Failed++
		}
	}
	s.counters.Rows += len(rows)
}

func (s *Server) unknownColumn(t *table, header []string) string {
	for _, name := range header {
		if !s.selectable(t, name) {
			return name
		}
	}
	return ""
}

func (s *Server) processRow(t *table, j *job, row []string, seen map[string]bool) rowResult {
	id, fields := t.row(j.rows[0], row)
	switch j.Operation {
	case "insert":
		return s.save(t, nil, fields)
	case "update":
		result := s.update(t, id, fields)
		if result.Success {
			return saved(id, false)
		}
		return result
	case "delete":
		return s.remove(t, id)
	default:
		return s.upsert(t, t.object.field(j.ExternalID), fields, seen)
	}
}

// row turns a CSV row into a written row: an empty field is left alone, #N/A is null.
func (t *table) row(header, row []string) (id string, fields map[string]any) {
	fields = map[string]any{}
	for i, name := range header {
		v := any(row[i])
		switch row[i] {
		case "":
			continue
		case "#N/A":
			v = nil
		}
		if strings.EqualFold(name, "Id") {
			id = row[i]
			continue
		}
		if relation, field, nested := strings.Cut(name, "."); nested {
			fields[relation] = map[string]any{field: v}
			continue
		}
		fields[t.object.field(name).Name] = v
	}
	return id, fields
}

// results serves a job's three files. Their rows are not in the order of the upload.
func (s *Server) results(w http.ResponseWriter, j *job, which string) {
	var out bytes.Buffer
	var header []string
	if len(j.rows) > 0 {
		header = j.rows[0]
	}
	switch which {
	case "successfulResults":
		writeRow(&out, append([]string{"sf__Id", "sf__Created"}, header...)...)
		for _, r := range slices.Backward(j.results) {
			if r.result.Success {
				created := r.result.Created != nil && *r.result.Created
				writeRow(&out, append([]string{r.result.ID, fmt.Sprint(created)}, r.row...)...)
			}
		}
	case "failedResults":
		writeRow(&out, append([]string{"sf__Id", "sf__Error"}, header...)...)
		for _, r := range slices.Backward(j.results) {
			if !r.result.Success {
				writeRow(&out, append([]string{r.result.ID, r.result.Errors[0].bulk()}, r.row...)...)
			}
		}
	case "unprocessedrecords":
		if j.State != "JobComplete" && j.State != "Failed" && j.State != "Aborted" {
			fail(w, http.StatusBadRequest, "INVALIDJOBSTATE", "Job is not finished")
			return
		}
		s.unprocessed(&out, j)
	default:
		fail(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
	_, _ = w.Write(out.Bytes())
}

func (s *Server) unprocessed(out *bytes.Buffer, j *job) {
	rows := j.rows
	if rows == nil {
		rows, _ = readCSV(j.data)
	}
	for i, row := range rows {
		if i == 0 || i > len(j.results) {
			writeRow(out, row...)
		}
	}
}

// bulk is an error as the result files write it: CODE:message:fields --.
func (e rowError) bulk() string {
	return e.Code + ":" + e.Message + ":" + strings.Join(e.Fields, ", ") + " --"
}
