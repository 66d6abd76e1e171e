package hubspotfake

import (
	"maps"
	"net/http"
)

// Request is one call as it came, kept where Options.Record is set.
type Request struct {
	Method, Path, Query, Body string
}

// note counts and keeps a call, and finds the fault it meets.
func (s *Server) note(r *http.Request, p place, body []byte) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.counts[p.name()]++
	if s.options.Record {
		s.requests = append(s.requests, Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body)})
	}
	f := s.strike(p)
	if f.Expire {
		s.expire()
	}
	s.revoked = s.revoked || f.Revoke
	return f
}

// Calls is how many calls came, refused ones and token calls included.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Writes is how many calls came that asked for a change, refused ones included.
func (s *Server) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, name := range writes {
		n += s.counts[name]
	}
	return n
}

// Inputs is how many inputs the batch writes carried that were let in.
func (s *Server) Inputs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inputs
}

// Counts is how many calls came for each place: "objects batch/upsert", "properties", "oauth"; "tokens" counts the
// access tokens given out, "throttled" the calls refused because there were too many.
func (s *Server) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// Requests are the calls kept since the last time they were asked for.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.requests
	s.requests = nil
	return kept
}
