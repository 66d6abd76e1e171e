package hubspotfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// answer is a reply before it is written; body nil is an empty one.
type answer struct {
	status int
	body   any
}

// envelope is HubSpot's form of every error.
type envelope struct {
	Status        string              `json:"status"`
	Message       string              `json:"message"`
	CorrelationID string              `json:"correlationId,omitempty"`
	Category      string              `json:"category,omitempty"`
	SubCategory   string              `json:"subCategory,omitempty"`
	ErrorType     string              `json:"errorType,omitempty"`
	PolicyName    string              `json:"policyName,omitempty"`
	Errors        []detail            `json:"errors,omitempty"`
	Context       map[string][]string `json:"context,omitempty"`
	Links         map[string]string   `json:"links,omitempty"`
}

type detail struct {
	Message string              `json:"message"`
	Code    string              `json:"code,omitempty"`
	In      string              `json:"in,omitempty"`
	Context map[string][]string `json:"context,omitempty"`
}

// batch is the reply of every batch call that answers with records.
type batch struct {
	Status      string     `json:"status"`
	Results     []record   `json:"results"`
	NumErrors   int        `json:"numErrors,omitempty"`
	Errors      []envelope `json:"errors,omitempty"`
	StartedAt   string     `json:"startedAt"`
	CompletedAt string     `json:"completedAt"`
}

// record is one record in a reply.
type record struct {
	ID                 string             `json:"id"`
	Properties         map[string]*string `json:"properties"`
	New                *bool              `json:"new,omitempty"`
	CreatedAt          string             `json:"createdAt"`
	UpdatedAt          string             `json:"updatedAt"`
	Archived           bool               `json:"archived"`
	ObjectWriteTraceID string             `json:"objectWriteTraceId,omitempty"`
}

func (s *Server) fail(status int, category, message string, details ...detail) *answer {
	return &answer{status: status, body: envelope{Status: "error", Message: message, Category: category,
		CorrelationID: s.correlation(), Errors: details}}
}

// correlation makes the id that HubSpot's support asks for: a UUID in form, counting in substance.
func (s *Server) correlation() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.issued)
}

func (a *answer) write(w http.ResponseWriter, cut bool) {
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	text, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if cut {
		text = text[:len(text)/2]
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(text)
}

// stamp is HubSpot's form of a moment: milliseconds, UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
