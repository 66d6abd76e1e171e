package salesforcefake

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// FaultKind says what goes wrong.
type FaultKind string

// The faults. Each hits the next call that asks for a change, once, unless it says otherwise.
const (
	DropBefore          FaultKind = "drop-before"   // the connection closes, nothing is done
	DropAfter           FaultKind = "drop-after"    // everything is done, the connection closes without a reply
	LimitExceeded       FaultKind = "limit"         // 403 REQUEST_LIMIT_EXCEEDED, as for too many calls at once
	Unavailable         FaultKind = "unavailable"   // 503 SERVER_UNAVAILABLE, nothing is done
	UnavailableAfter    FaultKind = "unavailable-2" // the same, everything is done
	SessionOver         FaultKind = "session-over"  // every session ends; a new one can be had
	UnauthorizedForGood FaultKind = "unauthorized"  // from now on no session and no grant is taken, whatever is called
	NotAllowed          FaultKind = "not-allowed"   // 403 INSUFFICIENT_ACCESS
	LoginPage           FaultKind = "login-page"    // 200 with HTML, nothing is done
	Garbage             FaultKind = "garbage"       // 200 with bytes that are no reply, nothing is done
	Truncated           FaultKind = "truncated"     // everything is done, the JSON ends in its middle
	Slow                FaultKind = "slow"          // the reply comes after Wait
	RejectRows          FaultKind = "reject-rows"   // Rows are refused, the others are done
	OmitRows            FaultKind = "omit-rows"     // the reply leaves Rows out; everything is done
	Poison              FaultKind = "poison"        // from now on every call whose body holds Text is refused whole
	Huge                FaultKind = "huge"          // 200 with an endless body, nothing is done
)

// Fault is one thing going wrong.
type Fault struct {
	Kind FaultKind
	Rows []int         // positions in the next call
	Text string        // Poison
	Wait time.Duration // Slow
}

// Inject makes a later call go wrong. Faults wait for each other, except those that stay.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Kind == UnauthorizedForGood {
		s.active = &f
		clear(s.sessions)
		return
	}
	s.faults = append(s.faults, &f)
}

// drain reads a body to its end, so that a dropped connection is the server's doing alone.
func drain(r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, err == nil
}

// changes says whether a call asks for a change of records.
func changes(r *http.Request) bool {
	path := r.URL.Path
	switch {
	case strings.HasSuffix(path, "/composite/sobjects"):
		return true
	case strings.Contains(path, "/composite/sobjects/"):
		return r.Method == http.MethodPatch
	default:
		return strings.Contains(path, "/jobs/ingest/") && r.Method == http.MethodPut
	}
}

// due takes the fault that this call meets, nil for none.
func (s *Server) due(r *http.Request, body []byte) *Fault {
	if !changes(r) || !s.authorized(r) {
		return nil
	}
	s.counters.Changes++
	for i, f := range s.faults {
		if f.Kind != Poison {
			s.faults = slices.Delete(s.faults, i, i+1)
			return f
		}
		if bytes.Contains(body, []byte(f.Text)) {
			return f
		}
	}
	return nil
}

// misbehave answers a call as the fault wants it; serve is the honest answer. The lock is held.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f *Fault, serve func(http.ResponseWriter)) {
	switch f.Kind {
	case DropBefore:
		s.drop(nil)
	case DropAfter:
		s.drop(serve)
	case LimitExceeded:
		s.usage(w)
		fail(w, http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
	case Unavailable, UnavailableAfter:
		if f.Kind == UnavailableAfter {
			serve(&discard{header: http.Header{}})
		}
		fail(w, http.StatusServiceUnavailable, "SERVER_UNAVAILABLE", "Too many requests are waiting for connections.")
	case SessionOver:
		clear(s.sessions)
		serve(w)
	case NotAllowed:
		fail(w, http.StatusForbidden, "INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id")
	case Poison:
		fail(w, http.StatusBadRequest, "JSON_PARSER_ERROR", "Unexpected character in: "+f.Text)
	case Slow:
		s.mu.Unlock()
		pause(r, f.Wait)
		s.mu.Lock()
		serve(w)
	case RejectRows, OmitRows:
		s.active = f
		serve(w)
		s.active = nil
	default:
		s.nonsense(w, r, f, serve)
	}
}

func (s *Server) nonsense(w http.ResponseWriter, r *http.Request, f *Fault, serve func(http.ResponseWriter)) {
	switch f.Kind {
	case LoginPage:
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><html><head><title>Login</title></head><body>Please log in.</body></html>")
	case Garbage:
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = io.WriteString(w, "\x00\x01 not a reply")
	case Truncated:
		d := &discard{header: w.Header()}
		serve(d)
		w.WriteHeader(d.status)
		_, _ = w.Write(d.body.Bytes()[:d.body.Len()/2])
	case Huge:
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		s.mu.Unlock()
		defer s.mu.Lock()
		chunk := bytes.Repeat([]byte(`[{"success":true},`), 4096)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
}

// drop closes the connection instead of answering, after serving where serve is given.
func (s *Server) drop(serve func(http.ResponseWriter)) {
	if serve != nil {
		serve(&discard{header: http.Header{}})
	}
	panic(http.ErrAbortHandler) // net/http's own way to close without a reply
}

func pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// rejects refuses a row because a fault says so.
func (s *Server) rejects(i int) *rowError {
	if s.active == nil || s.active.Kind != RejectRows || !slices.Contains(s.active.Rows, i) {
		return nil
	}
	return refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "This value is not allowed by a validation rule.", "Description")
}

// trimmed leaves out of the reply what a fault says.
func (s *Server) trimmed(results []rowResult) []rowResult {
	if s.active == nil || s.active.Kind != OmitRows {
		return results
	}
	var kept []rowResult
	for i, r := range results {
		if !slices.Contains(s.active.Rows, i) {
			kept = append(kept, r)
		}
	}
	return kept
}

// discard is a reply that is not sent.
type discard struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) { return d.body.Write(p) }
