package salesforcefake

import (
	"net/http"
	"slices"
)

// Request is a call as it came in, where Options.Record is set.
type Request struct {
	Method, Path, Query, Kind, Body string // Kind is the Content-Type
}

// Requests copies the API calls so far, in their order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Server) record(r *http.Request, body []byte) {
	if s.opts.Record {
		s.requests = append(s.requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Content-Type"), string(body)})
	}
}
