package salesforcefake

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// job is one Bulk API 2.0 ingest job.
type job struct {
	ID          string  `json:"id"`
	Operation   string  `json:"operation"`
	Object      string  `json:"object"`
	CreatedBy   string  `json:"createdById"`
	CreatedDate string  `json:"createdDate"`
	Modstamp    string  `json:"systemModstamp"`
	State       string  `json:"state"`
	ExternalID  string  `json:"externalIdFieldName,omitempty"`
	Concurrency string  `json:"concurrencyMode"`
	ContentType string  `json:"contentType"`
	APIVersion  float64 `json:"apiVersion"`
	JobType     string  `json:"jobType,omitempty"`
	ContentURL  string  `json:"contentUrl,omitempty"`
	LineEnding  string  `json:"lineEnding"`
	Delimiter   string  `json:"columnDelimiter"`
	Retries     int     `json:"retries"`
	Millis      int64   `json:"totalProcessingTime"`
	Processed   int     `json:"numberRecordsProcessed"`
	Failed      int     `json:"numberRecordsFailed"`
	Error       string  `json:"errorMessage,omitempty"`

	data    []byte
	rows    [][]string // with the header
	results []bulkResult
	opened  time.Time
}

// bulkResult is what became of one row; rows without one are unprocessed.
type bulkResult struct {
	row    []string
	result rowResult
}

// ingest serves /jobs/ingest and below.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request, version string, path []string) {
	if len(path) == 0 {
		s.jobsRoot(w, r, version)
		return
	}
	j := s.jobs[path[0]]
	if j == nil {
		fail(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	switch {
	case len(path) == 2 && path[1] == "batches" && r.Method == http.MethodPut:
		s.upload(w, r, j)
	case len(path) == 2 && r.Method == http.MethodGet:
		s.results(w, j, path[1])
	case len(path) == 1 && r.Method == http.MethodGet:
		reply(w, http.StatusOK, j)
	case len(path) == 1 && r.Method == http.MethodPatch:
		s.changeJob(w, r, j)
	case len(path) == 1 && r.Method == http.MethodDelete:
		s.deleteJob(w, j)
	default:
		fail(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "HTTP Method '"+r.Method+"' not allowed")
	}
}

func (s *Server) jobsRoot(w http.ResponseWriter, r *http.Request, version string) {
	if r.Method == http.MethodGet {
		list := make([]*job, 0, len(s.jobOrder))
		for _, id := range s.jobOrder {
			list = append(list, s.jobs[id])
		}
		reply(w, http.StatusOK, map[string]any{"done": true, "records": list, "nextRecordsUrl": nil})
		return
	}
	j := &job{}
	if err := json.NewDecoder(r.Body).Decode(j); err != nil {
		fail(w, http.StatusBadRequest, "JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]")
		return
	}
	if code, message := s.checkJob(j); code != "" {
		fail(w, http.StatusBadRequest, code, message)
		return
	}
	s.open(j, version)
	reply(w, http.StatusOK, j)
}

func (s *Server) open(j *job, version string) {
	s.counters.Jobs++
	now := s.now()
	j.ID, j.State, j.JobType, j.opened = newID("750", s.counters.Jobs), "Open", "V2Ingest", now
	j.CreatedBy, j.CreatedDate, j.Modstamp = newID("005", 1), now.Format(stamp), now.Format(stamp)
	j.Concurrency, j.ContentType = "Parallel", "CSV"
	j.APIVersion, _ = strconv.ParseFloat(version[1:], 64)
	j.ContentURL = "services/data/" + version + "/jobs/ingest/" + j.ID + "/batches"
	if j.LineEnding == "" {
		j.LineEnding = "LF"
	}
	if j.Delimiter == "" {
		j.Delimiter = "COMMA"
	}
	s.jobs[j.ID] = j
	s.jobOrder = append(s.jobOrder, j.ID)
}

func (s *Server) checkJob(j *job) (code, message string) {
	t := s.table(j.Object)
	switch {
	case t == nil:
		return "INVALIDENTITY", "Entity '" + j.Object + "' is not supported by the Bulk API."
	case j.Operation != "insert" && j.Operation != "update" && j.Operation != "upsert" && j.Operation != "delete":
		return "INVALIDOPERATION", "Operation " + j.Operation + " is not supported"
	case j.ContentType != "" && j.ContentType != "CSV":
		return "INVALIDJOB", "Content type must be CSV"
	case j.LineEnding == "CRLF" || j.Delimiter != "" && j.Delimiter != "COMMA":
		return "INVALIDJOB", "this receiver takes LF and COMMA only"
	}
	if f := t.object.field(j.ExternalID); j.Operation == "upsert" && (f == nil || !f.IDLookup) {
		return "INVALIDJOB", "InvalidJob : Field name provided does not match an External ID for " + j.Object
	}
	return "", ""
}

// upload takes a job's data, once.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, j *job) {
	body, _ := drain(r)
	switch {
	case j.State != "Open":
		fail(w, http.StatusBadRequest, "INVALIDJOBSTATE", "Job is not in Open state: "+j.ID)
	case j.data != nil:
		fail(w, http.StatusBadRequest, "INVALIDJOB", "Found multiple contents for job: <"+j.ID+
			">, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.")
	case len(body) > 150<<20:
		fail(w, http.StatusRequestEntityTooLarge, "REQUEST_BODY_TOO_LARGE", "The request body is too large")
	default:
		s.counters.Uploads++
		j.data = body
		w.WriteHeader(http.StatusCreated)
	}
}

func (s *Server) changeJob(w http.ResponseWriter, r *http.Request, j *job) {
	var ask struct{ State string }
	_ = json.NewDecoder(r.Body).Decode(&ask)
	switch {
	case ask.State == "UploadComplete" && j.State == "Open":
		j.State = "UploadComplete"
		s.running.Go(func() { s.work(j) })
	case ask.State == "Aborted" && (j.State == "Open" || j.State == "UploadComplete" || j.State == "InProgress"):
		j.State = "Aborted"
	default:
		fail(w, http.StatusBadRequest, "INVALIDJOBSTATE", "Job state transition from "+j.State+" to "+ask.State+" is not allowed")
		return
	}
	reply(w, http.StatusOK, j)
}

func (s *Server) deleteJob(w http.ResponseWriter, j *job) {
	if j.State == "UploadComplete" || j.State == "InProgress" {
		fail(w, http.StatusBadRequest, "INVALIDJOBSTATE", "Job cannot be deleted while it is being processed")
		return
	}
	delete(s.jobs, j.ID)
	w.WriteHeader(http.StatusNoContent)
}
